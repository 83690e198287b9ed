"""SoSci Survey: variables in capitals, a row of their labels below; a tick is 2, none is 1."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.survey.tools.tool import Tool


def _count_header(rows: Sequence[Sequence[str]], at: int) -> int:
    """Count the row of labels, where the number of the case is no number."""
    below = rows[at + 1] if at + 1 < len(rows) else []
    at_case = [str(cell).strip() for cell in rows[at]].index("CASE") if "CASE" in rows[at] else 0
    told = str(below[at_case]).strip() if at_case < len(below) else ""
    return 1 + bool(told and not told.isdecimal())


def _name(cells: Sequence[str]) -> tuple[str, str]:
    """Name a column by its variable; its label is the title of the question and the statement."""
    text = cells[1] if len(cells) > 1 else ""
    return cells[0], text.partition(": ")[2] or text


TOOL = Tool(
    name="soscisurvey",
    marks=("case|questnnr|mode|started", "case|questnnr|lastdata|finished"),
    columns={
        "response_id": "case",
        "started": "started",
        "ended": "lastdata",
        "seconds": "time_sum",
        "language": "language",
        "status": "status",
        "channel": "mode",
        "finished": "finished",
        "personal": "serial|mailsent|ip|referer|useragnt",
    },
    status={
        "finished": dict.fromkeys(("0", "f", "false"), "partial"),
        "status": {"quality fail": "spam", "quota full": "screened", "screenout": "screened"},
        "channel": {"pretest": "test", "admin": "test", "debug": "test"},
    },
    ticked="2|checked|ausgewählt",
    unticked="1|not checked|nicht gewählt",
    # What was seen and not answered; an option beside the scale has a code below zero as well.
    no_answer="-9|[na] not answered|not answered|[na] nicht beantwortet|nicht beantwortet",
    count_header=_count_header,
    name_column=_name,
)
