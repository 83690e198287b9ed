"""The page that opens the report: the countries at a glance, and links to every page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from babel import Locale
from PIL import Image

from innocap_analysis.batch.html import STYLESHEET, TEMPLATES, find_title
from innocap_analysis.batch.outcome import Outcome
from innocap_analysis.batch.parameters import read_notebook
from innocap_analysis.batch.plan import COMPARISON, name_report
from innocap_analysis.compare.reference import compare_to_reference
from innocap_analysis.prepare.files import write_atomically
from innocap_analysis.present.labels import Labels, make_labels
from innocap_analysis.present.language import translate_notebook
from innocap_analysis.present.sentences import write_run_stamp
from innocap_analysis.present.survey_labels import MARK
from innocap_analysis.score.capacity import CapacityData, load_capacity
from innocap_analysis.score.robustness import rank_interval
from innocap_analysis.score.sensitivity import run_sensitivity
from innocap_analysis.settings import Settings

PICTURE = "40_dimensions"


def write_index_page(
    settings: Settings, outcomes: Sequence[Outcome] = (), *, language: str
) -> Path:
    """Write ``reports/index.html`` (``index.sv.html`` for another language).

    Parameters
    ----------
    settings : Settings
        Names the folders.
    outcomes : sequence of Outcome
        Runs of this batch; failures are shown on the page.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the page.

    Returns
    -------
    Path
        The page.
    """
    capacity = load_capacity(settings=settings)
    labels = make_labels(capacity, language)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("index.html.j2").render(
        language=language,
        title=labels.say("Capacity to innovate in the public sector"),
        intro=labels.say(
            "How able is the public sector of {countries} to innovate? Four dimensions, scored "
            "from published national indicators, each with how sure it is.",
            countries=labels.units(capacity.countries),
        ),
        style=STYLESHEET.read_text(encoding="utf-8"),
        languages=_link_languages(settings, language),
        failures=[
            {
                "title": labels.say("{report} could not be made", report=outcome.run.name),
                "text": f"{labels.say('Cell')} {outcome.cell}: {outcome.error}",
            }
            for outcome in outcomes
            if outcome.status == "failed"
        ],
        glance=labels.say("The countries at a glance"),
        **_table(capacity, labels),
        picture=_read_picture(settings, language),
        sections=_link_reports(settings, labels),
        foot=write_run_stamp(capacity, language=language),
    )
    return write_atomically(
        settings.reports_dir / f"{name_report('index', language, settings)}.html", page
    )


def _table(capacity: CapacityData, labels: Labels) -> dict[str, Any]:
    everyone = list(capacity.values.index)
    table = compare_to_reference(capacity.result, capacity.countries, reference_units=everyone)
    runs = run_sensitivity(
        capacity.values, capacity.codebook, min_coverage=capacity.settings.min_coverage
    )
    codes = [capacity.root, *capacity.dimensions]
    rows = []
    for unit in capacity.countries:
        own = table[table["unit"] == unit].set_index("code")
        index = own.loc[capacity.root]
        rows.append(
            [
                labels.unit(unit),
                *(labels.number(own.at[code, "score"]) for code in codes),
                labels.rank(
                    index["reference_rank"],
                    *rank_interval(runs, capacity.root, unit, units=everyone),
                ),
            ]
        )
    return {
        "heads": [labels.say("Country"), *(labels.code(c) for c in codes), labels.say("Rank")],
        "rows": rows,
        "glance_note": labels.say(
            "Scores from 0 to 100. Rank of the overall index among the {n} countries with enough "
            "data; the brackets hold {level} of the runs with other choices. Four countries are "
            "four values: no significance tests. No indicator measures innovation procurement "
            "directly.",
            n=capacity.result.scores[capacity.root].count(),
            level=labels.share(0.9),
        ),
    }


def _link_languages(settings: Settings, language: str) -> list[dict[str, str]]:
    links = []
    for other in settings.languages:
        file = settings.reports_dir / f"{name_report('index', other, settings)}.html"
        if other != language and file.exists():
            name = str(Locale(other).get_display_name(other)).capitalize()
            links.append({"href": file.name, "language": other, "name": name})
    return links


def _link_reports(settings: Settings, labels: Labels) -> list[dict[str, Any]]:
    """Link the reports that exist, those of an earlier batch included."""
    folders = sorted(path.name for path in settings.reports_dir.glob("*") if path.is_dir())
    countries = [code for code in settings.countries if code in folders]
    regions = [code for code in folders if code not in (*countries, COMPARISON)]
    cards = {
        folder: {
            "title": labels.say("All countries") if folder == COMPARISON else labels.unit(folder),
            "links": _link_folder(settings, folder, labels.language),
        }
        for folder in (COMPARISON, *countries, *regions)
    }
    sections = (
        (labels.say("Comparison"), [COMPARISON]),
        (labels.say("Countries"), countries),
        (labels.say("Regions"), regions),
    )
    found = []
    for title, members in sections:
        shown = [cards[member] for member in members if cards[member]["links"]]
        if shown:
            found.append({"title": title, "cards": shown})
    return found


def _link_folder(settings: Settings, folder: str, language: str) -> list[dict[str, str]]:
    links = []
    for name in sorted((*settings.batch.comparison, *settings.batch.region)):
        file = settings.reports_dir / folder / f"{name_report(name, language, settings)}.html"
        notebook = settings.notebooks_dir / f"{name}.ipynb"
        if file.exists() and notebook.exists():
            title = find_title(translate_notebook(read_notebook(notebook), language))
            if f"<strong>{MARK}.</strong>" in file.read_text(encoding="utf-8"):
                title = f"{title} ({MARK})"
            links.append({"href": f"{folder}/{file.name}", "title": title or name})
    return links


def _read_picture(settings: Settings, language: str) -> dict[str, str] | None:
    stem = name_report(PICTURE, language, settings)
    file = settings.figures_dir / COMPARISON / f"{stem}.png"
    if not file.exists():
        return None
    with Image.open(file) as image:
        alt = str(image.info.get("Description", stem))
    data = base64.b64encode(file.read_bytes()).decode("ascii")
    return {"data": f"data:image/png;base64,{data}", "alt": alt}
