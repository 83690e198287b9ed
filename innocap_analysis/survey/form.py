"""The questionnaire to field: an XLSForm for survey tools, and a page to print."""

from __future__ import annotations

from html import escape
from pathlib import Path

from babel import Locale

from innocap_analysis.archives import make_workbook
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import write_atomically
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import Instrument, Item, choose_text, read_instrument
from innocap_analysis.survey.scales import Scale, format_code, make_place_scales

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
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    known = instrument.languages
    if language not in known:
        near = suggest(language, known)
        raise InnocapError(f"language {language!r} is none of {', '.join(known)}{near}")
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
    tongues = instrument.languages
    heads = [f"label::{_name_language(tongue)}" for tongue in tongues]
    survey: list[list[object]] = [
        ["type", "name", *heads, "required", "constraint", "appearance"],
        ["start", "start"],
        ["end", "end"],
    ]
    if "intro" in instrument.notes:
        texts = [_write_intro(instrument, tongue, minimum) for tongue in tongues]
        survey.append(["note", "intro", *texts])
    used: dict[str, Scale] = {}
    for item in _list_items(instrument):
        kind, limits, look = _TYPES.get(item.answer, ""), "", ""
        if item.scale == "place":
            kind = "text"
        elif item.answer in ("likert", "single", "multi"):
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
            labels = [scale.label(code, tongue) for tongue in tongues]
            choices.append([name, format_code(code), *labels])
    settings = [
        ["form_title", "form_id", "default_language"],
        [_write_title(instrument, language), "innocap", _name_language(language)],
    ]
    return make_workbook({"survey": survey, "choices": choices, "settings": settings})


def make_page(
    instrument: Instrument, places: dict[str, Scale], *, minimum: int, language: str
) -> str:
    """Make the questionnaire as a page to print and fill in by hand."""
    title = escape(_write_title(instrument, language))
    intro = escape(_write_intro(instrument, language, minimum))
    parts = [f"<h1>{title}</h1><p>{intro}</p>"]
    book = instrument.codebook
    for group in book.children(book.indexes[0]):
        heading = book.label(group, language.split("_")[0])
        items = [instrument.items[code] for code in book.leaves_of(group)]
        parts.append(f"<h2>{escape(heading)}</h2>" + _make_grid(instrument, items, language))
    rest = [item for item in _list_items(instrument) if item.code not in instrument.scored]
    parts.append(_make_grid(instrument, [i for i in rest if i.answer == "likert"], language))
    for item in rest:
        if item.answer != "likert":
            scale = places.get(item.scale) or instrument.scales.get(item.scale)
            parts.append(_make_question(instrument, item, scale, language))
    tongue, _, country = language.partition("_")
    tongue += f"-{country.upper()}" if country else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{tongue}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _name_language(language: str) -> str:
    """Name a language in itself, with its code as XLSForm wants it: ``Suomi (fi)``."""
    locale = Locale.parse(language)
    name = str(locale.get_language_name(language)).capitalize()
    country = f", {locale.get_territory_name(language)}" if locale.territory else ""
    return f"{name}{country} ({locale.language})"


def _write_title(instrument: Instrument, language: str) -> str:
    if "title" in instrument.notes:
        return choose_text(instrument.notes["title"].texts, language)
    return instrument.codebook.label(instrument.codebook.indexes[0], language.split("_")[0])


def _write_intro(instrument: Instrument, language: str, minimum: int) -> str:
    if "intro" not in instrument.notes:
        return ""
    return choose_text(instrument.notes["intro"].texts, language).replace("{minimum}", str(minimum))


def _list_items(instrument: Instrument) -> list[Item]:
    return [item for item in instrument.items.values() if item.role not in ("synthetic", "weight")]


def _make_grid(instrument: Instrument, items: list[Item], language: str) -> str:
    """Make a grid of statements for every scale that they have."""
    grids = []
    for name in dict.fromkeys(item.scale for item in items):
        scale = instrument.scales[name]
        codes = list(dict.fromkeys(scale.labels.values()))
        numbers = sorted(code for code in codes if code in scale.codes)
        order = [*numbers, *(code for code in codes if code not in scale.codes)]
        head = "".join(f"<th>{escape(scale.label(code, language))}</th>" for code in order)
        boxes = '<td><span class="box"></span></td>' * len(order)
        rows = "".join(
            f"<tr><td>{escape(instrument.text(item.code, language))}</td>{boxes}</tr>"
            for item in items
            if item.scale == name
        )
        grids.append(f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>")
    return "".join(grids)


def _make_question(instrument: Instrument, item: Item, scale: Scale | None, language: str) -> str:
    text = escape(instrument.text(item.code, language))
    if item.answer == "number":
        low, high = map(int, instrument.limits(item.code))
        boxes = " ".join(f'<span class="box"></span>{n}' for n in range(low, high + 1))
        return f'<div class="question">{text}<br>{boxes}</div>'
    if item.answer in ("text", "id") or item.scale in ("region", "place") or scale is None:
        return f'<div class="question">{text}<div class="line"></div></div>'
    options = "".join(
        f'<li><span class="box"></span>{escape(scale.label(code, language))}</li>'
        for code in dict.fromkeys(scale.labels.values())
    )
    return f'<div class="question">{text}<ul class="options">{options}</ul></div>'
