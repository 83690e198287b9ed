"""LimeSurvey: every heading of its export page (`export/Writer.php`, function `write`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from innocap_analysis.survey.tools.tool import Tool

# "Question code & question text": Q1. Text, Q2[SQ1]. Text [Sub text], and with underscores for
# spaces where that was ticked.
_CODE_TEXT = re.compile(
    r"^(?P<code>[A-Za-z]\w{0,40}(?:\[[^\[\]]*\]){0,2})\.[ _](?P<text>.*)$", re.DOTALL
)


def _split(header: str) -> tuple[str, str]:
    both = _CODE_TEXT.match(header)
    return (both["code"], both["text"]) if both else (header, "")


def _count_header(rows: Sequence[Sequence[str]], at: int) -> int:
    """Count the codes of its VV export, which stand below the texts."""
    below = [str(cell).strip() for cell in rows[at + 1]] if at + 1 < len(rows) else []
    return 2 if {"id", "submitdate"} <= set(below) else 1


def _name(cells: Sequence[str]) -> tuple[str, str]:
    return (cells[1], cells[0]) if len(cells) > 1 else (cells[0], "")


def _count_submitdate(rows: Sequence[Sequence[str]], at: int) -> int:
    """Find its code under any heading: ``submitdate. Date submitted``."""
    return int(any(str(cell).strip().partition(".")[0] == "submitdate" for cell in rows[at]))


TOOL = Tool(
    name="limesurvey",
    marks=("response id|date submitted",),
    recognise=_count_submitdate,
    columns={
        "response_id": "id|response id|svars-id|vastauksen id|vastaustunnus|id de la réponse",
        "started": "startdate|date started|påbörjad|påbörjat datum|aloituspäivä|date de début|"
        "date de lancement",
        "ended": "submitdate|date submitted|inskickad|inlämnat datum|lähetyspäivä|"
        "date de soumission",
        "seconds": "interviewtime|total time|temps total|total tid|kokonaisaika",
        "language": "startlanguage|start language|startspråk|aloituskieli|langue de départ",
        "finished": "lastpage|last page",
        "personal": "ipaddr|ip address|ip-adress|ip-osoite|adresse ip|refurl|referrer url|token",
    },
    status={"ended": {"": "partial", "{question_not_shown}": "partial"}},
    no_answer="n/a|{question_not_shown}",
    count_header=_count_header,
    name_column=_name,
    split_header=_split,
    typed_other="option",
)
