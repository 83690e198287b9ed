"""KoBoToolbox: the questionnaire's own form; a person starts and ends it, a server takes it."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

TOOL = Tool(
    name="kobo",
    marks=("_uuid", "_id|_index"),
    columns={
        "response_id": "_uuid",
        "started": "start",
        "ended": "end",
        # When the device next had a connection.
        "sent": "_submission_time",
        "status": "_validation_status",
        "personal": "username|deviceid|subscriberid|simserial|phonenumber|_submitted_by|"
        "_geolocation|_notes",
    },
    # What whoever runs the survey noted of a response.
    status={"status": {"validation_status_not_approved": "screened", "on hold": "complete",
                       "validation_status_on_hold": "complete",
                       "validation_status_approved": "complete"}},
    separator=" ",
    codes_are_answers=True,
)  # fmt: skip
