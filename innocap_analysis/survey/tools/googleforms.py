"""Google Forms: a timestamp, then question texts; what was typed under *other* is an answer."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

_STAMP = "timestamp|tidstämpel|aikaleima|horodateur|tidsmerke|tidsstempel|zeitstempel"

TOOL = Tool(
    name="googleforms",
    first=_STAMP,
    columns={
        "ended": _STAMP,
        "personal": "email address|e-postadress|sähköpostiosoite|adresse e-mail|username|"
        "användarnamn|käyttäjänimi|nom d'utilisateur",
    },
    separator=",",
    typed_other="cell",
)
