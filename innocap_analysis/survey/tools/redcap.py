"""REDCap: a form's own columns end in its name, options follow three underscores or *choice*."""

from __future__ import annotations

import re
from collections.abc import Sequence

from innocap_analysis.survey.tools.tool import Tool

# A check box of the export by name, bar1___time, and of the one by label, "Why? (choice=Time)".
_BY_NAME = re.compile(r"(?P<head>[a-z][a-z0-9_]*?)___(?P<option>\w+)")
_BY_LABEL = re.compile(r"(?P<head>.*\S)\s*\(choice=(?P<option>.*)\)", re.DOTALL)


def _split(header: str) -> tuple[str, str]:
    found = _BY_NAME.fullmatch(header) or _BY_LABEL.fullmatch(header)
    return (f"{found['head']} [{found['option']}]", "") if found else (header, "")


def _count_forms(rows: Sequence[Sequence[str]], at: int) -> int:
    """Count a form that has both columns which REDCap gives to a survey."""
    names = {str(cell).strip() for cell in rows[at]}
    forms = (name.removesuffix("_complete") for name in names if name.endswith("_complete"))
    return 2 * any(f"{form}_timestamp" in names for form in forms)


TOOL = Tool(
    name="redcap",
    marks=("redcap_survey_identifier", "survey identifier|survey timestamp|complete?",
           "record_id|redcap_data_access_group", "record_id|redcap_event_name"),
    recognise=_count_forms,
    columns={
        "response_id": "record_id|record id",
        "ended": "survey timestamp",
        "status": "complete?",
        "personal": "redcap_survey_identifier|survey identifier",
    },
    endings={"ended": "_timestamp", "status": "_complete"},
    status={
        # Of a survey 0 is somebody who began; 1, unverified, is somebody's note of a whole record.
        "status": {"0": "partial", "incomplete": "partial",
                   **dict.fromkeys(("1", "2", "unverified"), "complete")},
        "ended": {"[not completed]": "partial"},
    },
    separator=",",
    split_header=_split,
)  # fmt: skip
