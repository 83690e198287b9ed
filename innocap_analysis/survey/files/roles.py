"""Columns that survey tools add by themselves, in the languages they write them in."""

from __future__ import annotations

from collections.abc import Mapping

from innocap_analysis.survey.scales import normalise_label

# What a column says about a response. Everything that is none of these, and no item of the
# questionnaire, is left out of the answers: nothing personal comes in by accident.
_KEPT: Mapping[str, str] = {
    "response_id": "id|response id|responseid|svars-id|svar-id|vastauksen id|vastaustunnus|"
    "id de la réponse|_uuid|contribution id|"
    "vastauksen tunnistenumero|numéro d'identification de la contribution|id na haighneachta|"
    "respondent id|respondent_id|caseid|key",
    "started": "startdate|start date|start time|starttid|aloitusaika|heure de début|start|"
    "date started|påbörjad|påbörjat datum|aloituspäivä|date de début|date de lancement",
    "submitted": "submitdate|enddate|end date|recordeddate|recorded date|completion time|"
    "slutförandetid|valmistumisaika|päättymisaika|heure de fin|timestamp|tidstämpel|aikaleima|"
    "horodateur|_submission_time|submissiondate|end|date submitted|inskickad|"
    "inlämnat datum|lähetyspäivä|date de soumission|creation date|date created|skapad den|"
    "luontipäivä|date de création|dáta a chruthaithe",
    "seconds": "interviewtime|total time|duration (in seconds)|duration|duration_seconds|"
    "temps total|total tid|kokonaisaika",
    "language": "startlanguage|start language|userlanguage|user language|language|languages|"
    "språk|kieli|kielet|langue|langues|teangacha|startspråk|aloituskieli|langue de départ",
    "status": "status|distributionchannel|distribution channel|_validation_status",
    "finished": "finished|lastpage|last page",
}
_PERSONAL = (
    "ipaddress|ipaddr|ip address|ip-adress|ip-osoite|adresse ip|recipientemail|recipient email|"
    "recipientlastname|recipient last name|recipientfirstname|recipient first name|"
    "externalreference|external data reference|locationlatitude|location latitude|"
    "locationlongitude|location longitude|email|e-mail|email address|e-post|e-postadress|"
    "sähköposti|sähköpostiosoite|adresse de messagerie|adresse e-mail|courriel|adresse courriel|"
    "name|namn|nimi|nom|first name|last name|förnamn|efternamn|etunimi|sukunimi|prénom|"
    "username|user name|user|användarnamn|användare|käyttäjänimi|käyttäjä|nom d'utilisateur|"
    "utilisateur|phonenumber|phone|telefon|puhelin|téléphone|deviceid|subscriberid|simserial|"
    "refurl|referrer url|token|invitation number|inbjudans nummer|inbjudan|kutsun numero|"
    "käyttäjätunnus|"
    "numéro de l'invitation|uimhir cuiridh|an t-ainm úsáideora|_submitted_by|submitterid|"
    "submittername|_geolocation|geolocation|"
    "user agent|useragent|browser|"
    "_notes|personnummer|henkilötunnus|pps number|social insurance number|date of birth"
)

ROLES: Mapping[str, str] = {
    normalise_label(name): role for role, names in _KEPT.items() for name in names.split("|")
}
PERSONAL = frozenset(normalise_label(name) for name in _PERSONAL.split("|"))

# How tools write that a question was not answered.
NO_ANSWER: Mapping[str, frozenset[str]] = {
    "limesurvey": frozenset({"n/a"}),
    "eusurvey": frozenset(
        map(normalise_label, ("No Answer", "Inga svar", "Ei vastauksia", "Sans réponse",
                              "Gan Fhreagra"))
    ),
    "qualtrics": frozenset({"-99"}),
}  # fmt: skip

YES = frozenset(map(normalise_label, ("Y", "Yes", "Ja", "Kyllä", "Oui", "1", "true", "x",
                                      "selected", "checked", "vald", "valittu")))  # fmt: skip
NO = frozenset(map(normalise_label, ("", "N", "No", "Nej", "Ei", "Non", "0", "false",
                                     "not selected", "unchecked", "inte vald",
                                     "ei valittu")))  # fmt: skip

PREVIEW = frozenset({"survey preview", "preview", "survey test", "survey_test", "1"})
TEST = frozenset({"survey test", "spam", "test", "generated test responses", "2"})
