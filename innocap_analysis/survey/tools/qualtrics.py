"""Qualtrics: codes, texts and import ids in three rows, two in its older export, one in SPSS's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from innocap_analysis.survey.scales import normalise_label
from innocap_analysis.survey.tools.tool import Tool

_OLD = re.compile(r"V\d{1,2}")


def _has_ids(rows: Sequence[Sequence[str]], at: int) -> bool:
    below = [row for row in rows[at + 1 :] if any(str(cell).strip() for cell in row)][:2]
    return any('"importid"' in str(cell).lower() for row in below for cell in row)


def _is_old(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Tell the export with two rows: the second one calls the column of ids by its name."""
    below = rows[at + 1] if at + 1 < len(rows) else []
    return any(
        (_OLD.fullmatch(str(code)) or normalise_label(str(code)) == "responseid")
        and normalise_label(str(name)) in ("responseid", "response id")
        for code, name in zip(rows[at], below, strict=False)
    )


def _recognise(rows: Sequence[Sequence[str]], at: int) -> int:
    return 3 * (_has_ids(rows, at) or _is_old(rows, at))


def _count_header(rows: Sequence[Sequence[str]], at: int) -> int:
    filled = [i for i in range(at + 1, len(rows)) if any(str(c).strip() for c in rows[i])][:2]
    if _has_ids(rows, at):
        return filled[-1] - at + 1
    return 2 if _is_old(rows, at) else 1


def _name(cells: Sequence[str]) -> tuple[str, str]:
    text = cells[1] if len(cells) > 1 else ""
    return (text, "") if text and _OLD.fullmatch(cells[0]) else (cells[0], text)


_NO = dict.fromkeys(
    ("n", "no", "nej", "ei", "non", "0", "false", "falskt", "epätosi", "faux"), "partial"
)

TOOL = Tool(
    name="qualtrics",
    marks=("responseid|finished|status", "responseid|finished|startdate|enddate"),
    recognise=_recognise,
    columns={
        "response_id": "responseid",
        "started": "startdate|start date",
        "ended": "enddate|end date",
        "sent": "recordeddate|recorded date",
        "seconds": "duration (in seconds)|duration__in_seconds_",
        "language": "userlanguage|user language",
        "status": "status|response type",
        "channel": "distributionchannel|distribution channel",
        "finished": "finished",
        "personal": "ipaddress|ip address|recipientemail|recipient email|recipientlastname|"
        "recipient last name|recipientfirstname|recipient first name|externalreference|"
        "external data reference|externaldatareference|locationlatitude|location latitude|"
        "locationlongitude|location longitude",
    },
    status={
        "finished": _NO,
        # By word, and by number where values were exported.
        "status": {
            **dict.fromkeys(("ip address", "0", "imported", "4", "offline", "16"), "complete"),
            "survey preview": "preview",
            "preview": "preview",
            "1": "preview",
            "offline survey preview": "preview",
            "17": "preview",
            "survey test": "test",
            "test": "test",
            "2": "test",
            "generated test responses": "test",
            "spam": "spam",
            "8": "spam",
            "9": "spam",
            "12": "spam",
            "40": "spam",
        },
        "channel": {"preview": "preview", "test": "test"},
    },
    separator=",",
    no_answer="-99",
    count_header=_count_header,
    name_column=_name,
)
