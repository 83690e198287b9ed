"""Any other table, and what columns are called that no tool has as its own."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

TOOL = Tool(
    name="plain",
    columns={
        "response_id": "respondent id|respondent_id|caseid",
        "seconds": "duration|duration_seconds",
        "language": "language|languages|språk|kieli|kielet|langue|langues",
        "personal": "email|e-mail|email address|e-post|e-postadress|sähköposti|sähköpostiosoite|"
        "adresse de messagerie|adresse e-mail|courriel|adresse courriel|name|namn|nimi|nom|"
        "first name|last name|förnamn|efternamn|etunimi|sukunimi|prénom|username|user name|user|"
        "användarnamn|användare|käyttäjänimi|käyttäjä|nom d'utilisateur|utilisateur|phonenumber|"
        "phone|telefon|puhelin|téléphone|geolocation|user agent|useragent|browser|personnummer|"
        "henkilötunnus|pps number|social insurance number|date of birth",
    },
    no_answer="na|nan|<na>",  # as R and pandas write a missing value, if no scale has it as a label
)
