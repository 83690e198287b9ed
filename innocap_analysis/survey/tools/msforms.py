"""Microsoft Forms: a workbook of question texts; options with a trailing semicolon."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

_START = "start time|starttid|aloitusaika|heure de début"

TOOL = Tool(
    name="msforms",
    marks=tuple(_START.split("|")),
    first="id",
    columns={
        "response_id": "id",
        "started": _START,
        "ended": "completion time|slutförandetid|valmistumisaika|päättymisaika|heure de fin",
        "language": "språk|kieli|langue",
        "personal": "email|e-post|sähköposti|adresse de messagerie|name|namn|nimi|nom",
    },
    typed_other="cell",
)
