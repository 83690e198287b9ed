"""ODK Central: groups before a hyphen, options after a slash (`lib/data/briefcase.js`)."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool


def _split(header: str) -> tuple[str, str]:
    path, slash, last = header.partition("/")
    return path.rpartition("-")[2] + slash + last, ""


TOOL = Tool(
    name="odk",
    marks=("submissiondate|key",),
    columns={
        "response_id": "key",
        "started": "start",
        "ended": "end",
        "sent": "submissiondate",
        "status": "reviewstate",
        "personal": "submitterid|submittername|deviceid|username",
    },
    status={"status": {"received": "complete", "edited": "complete", "hasissues": "complete"}},
    separator=" ",
    split_header=_split,
    codes_are_answers=True,
)
