"""SurveyMonkey: questions in row 1, their parts (or *Response*) in row 2; American dates."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.survey.scales import normalise_label
from innocap_analysis.survey.tools.tool import Tool

_PART = {"response", "open-ended response", "svar", "vastaus", "réponse"}


def _count_header(rows: Sequence[Sequence[str]], at: int) -> int:
    """Count row 2 where it says nothing of the respondent, whose columns row 1 has named."""
    below = rows[at + 1] if at + 1 < len(rows) else []
    ids = [str(b).strip() for a, b in zip(rows[at], below, strict=False)
           if normalise_label(str(a)) in ("respondent id", "collector id")]  # fmt: skip
    return 1 + (any(str(cell).strip() for cell in below) and not any(ids))


def _name(cells: Sequence[str]) -> tuple[str, str]:
    part = cells[1] if len(cells) > 1 else ""
    if not part or normalise_label(part) in _PART:
        return cells[0], ""
    return (part, "") if not cells[0] else (f"{cells[0]} [{part}]", "")


TOOL = Tool(
    name="surveymonkey",
    marks=("respondent id|collector id", "respondent_id|collector_id"),
    columns={
        "response_id": "respondent id|respondent_id",
        "started": "start date|date_created",
        "ended": "end date|date_modified",
        "personal": "ip address|ip_address|email address|email_address|first name|first_name|"
        "last name|last_name|custom data 1|custom_1",
    },
    separator=",",
    count_header=_count_header,
    name_column=_name,
    dates="month_first",
)
