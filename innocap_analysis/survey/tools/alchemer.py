"""Alchemer, once SurveyGizmo: its own status column beside an id and the day it was handed in."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

TOOL = Tool(
    name="alchemer",
    marks=("response id|date submitted|status", "response id|time started|date submitted"),
    columns={
        "response_id": "response id",
        "started": "time started",
        "ended": "date submitted",
        "language": "language",
        "status": "status",
        "personal": "contact id|sessionid|longitude|latitude|ip address",
    },
    status={"status": {"partial": "partial", "disqualified": "screened", "deleted": "test",
                       "in progress": "partial", "test": "test"}},
    separator=",",
    dates="month_first",
)  # fmt: skip
