"""Netigate: an id of the answer set beside question texts; it describes its export nowhere.

So little is taken for granted: what is not known by its header is left out and listed, and
``innocap import --suggest`` asks.
"""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

TOOL = Tool(
    name="netigate",
    marks=("answersetid", "answer set id"),
    columns={
        "response_id": "answersetid|answer set id",
        "started": "start time|starttime|starttid|aloitusaika|heure de début",
        "ended": "end time|endtime|sluttid|lopetusaika|heure de fin",
        "language": "language|språk|kieli|langue",
        "personal": "sendoutid|login|inloggning|käyttäjätunnus|identifiant|mobile|mobil|mobiili",
    },
    no_answer="no answer|inget svar|ei vastausta|pas de réponse",
)
