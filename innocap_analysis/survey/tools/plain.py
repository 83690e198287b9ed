"""Any other table, and what columns are called that no tool has as its own."""

from __future__ import annotations

from innocap_analysis.survey.tools.tool import Tool

# Words of a status that any tool, or whoever keeps the table, may write.
_WORDS = {
    "complete": "complete|completed|finished|submitted|approved|fullständig|fullständigt|slutförd|"
    "avslutad|klar|inskickad|valmis|lähetetty|hyväksytty|complet|complète|terminé|terminée|soumis",
    "partial": "partial|partially complete|incomplete|not complete|not completed|unfinished|"
    "in progress|started|suspended|abandoned|timed out|timeout|expired|dropout|drop out|"
    "dropped out|break-off|ikke fullført|ufullstendig|påbegynt|delvis|"
    "delvis slutförd|ofullständig|ofullständigt|påbörjad|pågående|pågår|avbruten|ej slutförd|"
    "ej slutfört|inte slutförd|inte slutfört|ej klar|kesken|keskeneräinen|keskeytetty|"
    "keskeytynyt|aloitettu|osittainen|"
    "partiel|partielle|incomplet|incomplète|inachevé|inachevée|en cours|abandonné|non terminé",
    "screened": "screened|screened out|screen out|screenout|disqualified|not approved|rejected|"
    "quota full|quota out|over quota|bortsorterad|ej kvalificerad|underkänd|hylätty|karsittu|"
    "disqualifié|refusé|rejeté|hors quota",
    "preview": "preview|survey preview|förhandsgranskning|förhandsvisning|esikatselu|aperçu|"
    "prévisualisation",
    "test": "test|survey test|test response|test data|testsvar|testi|testivastaus|essai",
    "spam": "spam|bot|bot detected|roskaposti|skräppost|pourriel",
}
_FINISHED = "n|no|nej|ei|non|0|false|falskt|epätosi|faux"

TOOL = Tool(
    name="plain",
    columns={
        "response_id": "respondent id|respondent_id|caseid|vastaajan id|svars-id",
        "started": "started|started at|startad|påbörjad|aloitettu|commencé le",
        "ended": "submitted|submitted at|submission date|completed at|ended|avslutad|svarsdatum|"
        "vastauspäivä|date de réponse",
        "seconds": "duration|duration_seconds|time taken|tidsåtgång|kesto|durée",
        "status": "status|response status|completion status|svarsstatus|vastauksen tila|"
        "vastauksen status|statut|statut de la réponse",
        "finished": "finished|completed|slutförd|valmis|terminé",
        "language": "language|languages|språk|kieli|kielet|langue|langues",
        "personal": "email|e-mail|email address|e-post|e-postadress|sähköposti|sähköpostiosoite|"
        "adresse de messagerie|adresse e-mail|courriel|adresse courriel|name|namn|nimi|nom|"
        "first name|last name|förnamn|efternamn|etunimi|sukunimi|prénom|username|user name|user|"
        "användarnamn|användare|käyttäjänimi|käyttäjä|nom d'utilisateur|utilisateur|phonenumber|"
        "phone|telefon|puhelin|téléphone|geolocation|user agent|useragent|browser|personnummer|"
        "henkilötunnus|pps number|social insurance number|date of birth",
    },
    status={
        "status": {word: told for told, words in _WORDS.items() for word in words.split("|")},
        "finished": dict.fromkeys(_FINISHED.split("|"), "partial"),
        "channel": {"preview": "preview", "test": "test"},
    },
    # As R, pandas and databases write a missing value, and people, if no scale has it as a label.
    no_answer="na|nan|<na>|null|#n/a|-|--|---|(blank)|(empty)|no answer|(no answer)|no response|"
    "not answered",
)
