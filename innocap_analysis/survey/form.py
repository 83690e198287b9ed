"""The questionnaire to field: an XLSForm for survey tools, and a page to print."""

from __future__ import annotations

from html import escape
from pathlib import Path

from innocap_analysis.archives import make_workbook
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import write_atomically
from innocap_analysis.settings import Settings
from innocap_analysis.survey.files.places import make_place_scales
from innocap_analysis.survey.instrument import Instrument, Item, read_instrument
from innocap_analysis.survey.scales import Code, Scale, format_code

# Language of the questionnaire, by the heading that XLSForm gives it.
FORM_LANGUAGES = {
    "en": "English (en)",
    "sv": "Svenska (sv)",
    "sv_fi": "Svenska i Finland (sv)",
    "fi": "Suomi (fi)",
    "fr": "Français (fr)",
}
_TITLES = {
    "en": "Capacity to innovate: questionnaire",
    "sv": "Innovationskapacitet: enkät",
    "sv_fi": "Innovationskapacitet: enkät",
    "fi": "Innovointikyky: kysely",
    "fr": "Capacité d’innovation : questionnaire",
}
_INTRO = {
    "en": "Please answer for your own organisation. There are no right answers. Answers are "
    "shown for groups of {minimum} people or more only.",
    "sv": "Svara för din egen organisation. Det finns inga rätta svar. Svar visas bara för "
    "grupper om minst {minimum} personer.",
    "sv_fi": "Svara för din egen organisation. Det finns inga rätta svar. Svar visas endast för "
    "grupper på minst {minimum} personer.",
    "fi": "Vastaa oman organisaatiosi puolesta. Oikeita vastauksia ei ole. Vastauksia näytetään "
    "vain vähintään {minimum} hengen ryhmistä.",
    "fr": "Répondez pour votre propre organisation. Il n’y a pas de bonne réponse. Les réponses "
    "ne sont montrées que pour des groupes d’au moins {minimum} personnes.",
}
_TYPES = {"number": "integer", "text": "text", "id": "text"}
_STYLE = """
@page { size: A4; margin: 16mm }
body { font: 10.5pt/1.4 "DejaVu Sans", Arial, sans-serif; color: #222; max-width: 178mm;
  margin: 0 auto; padding: 1rem }
h1 { font-size: 17pt; margin: 0 0 .3rem }
h2 { font-size: 12pt; margin: 1.2rem 0 .3rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #bbb; padding: .25rem .3rem; text-align: center;
  vertical-align: middle }
th { font-size: 7.5pt; font-weight: normal; width: 8.5% }
th:first-child, td:first-child { text-align: left; width: auto }
tr { break-inside: avoid }
.box { display: inline-block; width: 3.6mm; height: 3.6mm; border: 1px solid #222;
  vertical-align: -0.5mm; margin-right: 1.2mm }
.question { break-inside: avoid; margin: .7rem 0 }
.options { columns: 2; margin: .2rem 0 0; padding: 0; list-style: none }
.line { border-bottom: 1px solid #222; height: 1.6rem }
"""


def write_form(settings: Settings, *, language: str, folder: Path) -> list[Path]:
    """Write the questionnaire as an XLSForm and as a page to print."""
    if language not in FORM_LANGUAGES:
        known = list(FORM_LANGUAGES)
        near = suggest(language, known)
        raise InnocapError(f"language {language!r} is none of {', '.join(known)}{near}")
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    places = make_place_scales(settings)
    minimum = settings.min_respondents
    book = make_xlsform(instrument, places, minimum=minimum, language=language)
    page = make_page(instrument, places, minimum=minimum, language=language)
    return [
        write_atomically(folder / "innocap_form.xlsx", book),
        write_atomically(folder / f"innocap_form.{language}.html", page),
    ]


def make_xlsform(
    instrument: Instrument, places: dict[str, Scale], *, minimum: int, language: str = "en"
) -> bytes:
    """Make the XLSForm: sheets `survey`, `choices` and `settings`."""
    tongues = list(FORM_LANGUAGES)
    heads = [f"label::{FORM_LANGUAGES[tongue]}" for tongue in tongues]
    survey: list[list[object]] = [
        ["type", "name", *heads, "required", "constraint", "appearance"],
        ["start", "start"],
        ["end", "end"],
        ["note", "intro", *(_INTRO[tongue].format(minimum=minimum) for tongue in tongues)],
    ]
    used: dict[str, Scale] = {}
    for item in _list_items(instrument):
        kind, limits, look = _TYPES.get(item.answer, ""), "", ""
        if item.answer in ("likert", "single", "multi"):
            used[item.scale] = places.get(item.scale) or instrument.scales[item.scale]
            kind = f"select_{'multiple' if item.answer == 'multi' else 'one'} {item.scale}"
        if item.answer == "number":
            low, high = instrument.limits(item.code)
            limits = f". >= {low:g} and . <= {high:g}"
        if item.answer == "text":
            look = "multiline"
        texts = [instrument.text(item.code, tongue) for tongue in tongues]
        survey.append([kind, item.code, *texts, "no", limits, look])
    choices: list[list[object]] = [["list_name", "name", *heads]]
    for name, scale in used.items():
        for code in dict.fromkeys(scale.labels.values()):
            labels = [_label(scale, code, tongue) for tongue in tongues]
            choices.append([name, format_code(code), *labels])
    settings = [
        ["form_title", "form_id", "default_language"],
        [_TITLES[language], "innocap", FORM_LANGUAGES[language]],
    ]
    return make_workbook({"survey": survey, "choices": choices, "settings": settings})


def make_page(
    instrument: Instrument, places: dict[str, Scale], *, minimum: int, language: str
) -> str:
    """Make the questionnaire as a page to print and fill in by hand."""
    intro = _INTRO[language].format(minimum=minimum)
    parts = [f"<h1>{escape(_TITLES[language])}</h1><p>{escape(intro)}</p>"]
    book = instrument.codebook
    for group in book.children(book.indexes[0]):
        heading = book.label(group, language.split("_")[0])
        items = [instrument.items[code] for code in book.children(group)]
        parts.append(f"<h2>{escape(heading)}</h2>" + _make_grid(instrument, items, language))
    rest = [item for item in _list_items(instrument) if item.code not in instrument.scored]
    scaled = [item for item in rest if item.answer == "likert"]
    parts.append(_make_grid(instrument, scaled, language))
    for item in rest:
        if item.answer != "likert":
            scale = places.get(item.scale) or instrument.scales.get(item.scale)
            parts.append(_make_question(instrument, item, scale, language))
    tongue = language.replace("_fi", "-FI")
    return (
        f'<!DOCTYPE html>\n<html lang="{tongue}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_TITLES[language])}</title><style>{_STYLE}</style></head>\n<body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _list_items(instrument: Instrument) -> list[Item]:
    return [item for item in instrument.items.values() if item.code != "SYNTHETIC"]


def _label(scale: Scale, code: Code, language: str) -> str:
    for tongue in (language, language.split("_")[0]):
        for (spoken, label), own in scale.labels.items():
            if spoken == tongue and own == code:
                return label
    return scale.label(code, "en")


def _make_grid(instrument: Instrument, items: list[Item], language: str) -> str:
    scale = instrument.scales[items[0].scale]
    codes = list(dict.fromkeys(scale.labels.values()))
    numbers = sorted(code for code in codes if code in scale.codes)
    order = [*numbers, *(code for code in codes if code not in scale.codes)]
    head = "".join(f"<th>{escape(_label(scale, code, language))}</th>" for code in order)
    boxes = '<td><span class="box"></span></td>' * len(order)
    rows = "".join(
        f"<tr><td>{escape(instrument.text(item.code, language))}</td>{boxes}</tr>" for item in items
    )
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _make_question(instrument: Instrument, item: Item, scale: Scale | None, language: str) -> str:
    text = escape(instrument.text(item.code, language))
    if item.answer == "number":
        low, high = map(int, instrument.limits(item.code))
        boxes = " ".join(f'<span class="box"></span>{n}' for n in range(low, high + 1))
        return f'<div class="question">{text}<br>{boxes}</div>'
    if item.answer in ("text", "id") or item.scale == "region" or scale is None:
        return f'<div class="question">{text}<div class="line"></div></div>'
    options = "".join(
        f'<li><span class="box"></span>{escape(_label(scale, code, language))}</li>'
        for code in dict.fromkeys(scale.labels.values())
    )
    return f'<div class="question">{text}<ul class="options">{options}</ul></div>'
