"""EUSurvey (EU, open source): short names in brackets, titles above the header, 254 columns."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

# "Contribution ID" in the languages of the interface, as its message files have it.
_ID = ("contribution id|svar-id|vastauksen tunnistenumero|"
       "numéro d'identification de la contribution|id na haighneachta")  # fmt: skip

TOOL = Tool(
    name="eusurvey",
    marks=tuple(_ID.split("|")),
    above="alias|export date",
    columns={
        "response_id": _ID,
        "ended": "creation date|date created|skapad den|luontipäivä|date de création|"
        "dáta a chruthaithe",
        "language": "languages|kielet|langues|teangacha",
        "personal": "invitation number|inbjudans nummer|inbjudan|kutsun numero|käyttäjätunnus|"
        "numéro de l'invitation|uimhir cuiridh|user name|an t-ainm úsáideora",
    },
    no_answer="no answer|inga svar|ei vastauksia|sans réponse|gan fhreagra",
    noise=r"\(ID\d+\)",  # of "assigned values": Somewhat agree(ID100)
)
