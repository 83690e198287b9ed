"""The brief about one municipality, district or region, made of what its page says."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.documents.brief import Bars, Brief, Grid, Picture, Section, make_grid
from innocap_analysis.documents.ending import describe_making, list_sources
from innocap_analysis.pages import place as page
from innocap_analysis.pages import place_frame as frame
from innocap_analysis.pages import place_lessons as lessons
from innocap_analysis.pages import place_survey as survey
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, QUIET
from innocap_analysis.pages.facts import Fact, Said
from innocap_analysis.pages.language import drop_name
from innocap_analysis.pages.place_view import PlaceView

_MARKS = re.compile(r"^\s*(?:[->] |\d+\. )|\*\*")  # of lists, quotations and bold letters
# The raw file of urban-rural types, and their year as the page says it.
_TYPES, _TYPE_YEAR = "regions_nuts3_rurality", "2024"
Rows = Sequence[dict[str, str | Said]]


def make_place_brief(view: PlaceView) -> Brief:
    """Return the brief about the place of a view."""
    found, starts = lessons.list_lessons(view), lessons.list_starts(view)
    nobody = view.say("The figures name nobody who does better.")
    answers = survey.open_answers(view)
    sections = [*_write_sections(view, answers, found or [nobody], starts)]
    standing = f"{page.tell_standing(view)}."
    return Brief(
        view=view,
        kicker=view.say("Capacity to innovate in the public sector"),
        title=view.unit(view.place),
        headline=_tell_headline(view),
        messages=(
            (view.say("Among places like it"), drop_name(standing, view.unit(view.place))),
            (view.say("Whom to learn from"), lessons.tell_first_lesson(view)),
            (view.say("Where to start"), starts[0]),
        ),
        sections=(*sections, list_sources(view, _list_years(view, sections))),
        foot=describe_making(view),
        names=_name_answers(view, answers),
    )


def _name_answers(view: PlaceView, answers: survey.PlaceSurvey | None) -> dict[str, str]:
    """Name what numbers from answers are about: groups, scores, items and what was chosen."""
    if answers is None:
        return {}
    sides = answers.contrast.sides if answers.contrast else ()
    names = {side: f"{answers.unit(side)}" for side in sides}
    names["/".join(sides)] = " / ".join(names.values())
    items = answers.instrument.items
    for fact in view.ledger.facts.values():
        if fact.sources != answers.find_sources(""):
            continue
        question = next((item for item in items if fact.code.startswith(f"{item}_")), "")
        if fact.code in items:
            names[fact.code] = answers.question(fact.code)
        elif question:
            chosen = answers.answer(question, fact.code.removeprefix(f"{question}_"))
            names[fact.code] = f"{answers.question(question)} {chosen}"
        elif fact.code:
            names[fact.code] = answers.code(fact.code)
    return names


def _tell_headline(view: PlaceView) -> str:
    kind = view.tell_kind(view.place)
    inside = [view.unit(code) for code in view.places.ancestors(view.place)]
    return view.say(
        "{kind}, {class}: {people} people, {density} per km². Lies in: {inside}.",
        kind=kind[:1].upper() + kind[1:], people=view.size("population"),
        density=view.size("density"), inside=", ".join(dict.fromkeys(inside)),
        **{"class": view.tell_rurality(view.place)},
    )  # fmt: skip


def _write_sections(
    view: PlaceView,
    answers: survey.PlaceSurvey | None,
    found: Sequence[str],
    starts: Sequence[str],
) -> Iterator[Section]:
    yield Section(
        "kind", view.say("What kind of place is it?"), "",
        tuple(_list_points(*page.tell_mergers(view), page.write_kind(view))),
    )  # fmt: skip
    yield _write_peers(view)
    yield _write_region(view)
    if answers:
        yield _write_answers(view, answers)
    yield _write_levels(view)
    yield Section("teachers", view.say("Whom to learn from"), "", tuple(found))
    if view.row["smallest"] and (abroad := lessons.list_abroad(view)):
        text = view.say(
            "Places of the same class and of about the same size, with their people in brackets: "
            "ask how they do it."
        )
        yield Section("abroad", view.say("Places like it abroad"), text, tuple(abroad))
    yield Section("start", view.say("Where to start"), "", tuple(starts))
    unknown = tuple(_list_points(lessons.write_unknown(view)))
    yield Section("unknown", view.say("What is not known"), "", unknown)


def _list_points(*texts: str) -> list[str]:
    """Return the sentences of lists without their marks."""
    lines = [line for text in texts for line in text.splitlines()]
    return [_MARKS.sub("", line) for line in lines if line.strip()]


def _write_peers(view: PlaceView) -> Section:
    """Write how large and dense the place is beside those that are like it."""
    rows = page.list_sizes(view)
    message = f"{page.tell_standing(view)}."
    density = next(row for row in rows if row[view.say("Figure")] == view.say("People per km²"))
    own, peers, everyone = [cell for cell in density.values() if isinstance(cell, Said)][:3]
    names = (view.unit(view.place), view.say("Median of its peers"), page.tell_everyone(view))
    told = ". ".join(f"{name}: {value}" for name, value in zip(names, (own, peers, everyone),
                                                              strict=True))  # fmt: skip
    return Section(
        "peers", view.say("Among places like it"), drop_name(message, view.unit(view.place)),
        tuple(_list_points(page.write_peers(view))),
        _make_grid(view.say("Size and density, beside its peers"), rows),
        Picture("36_peers", page.plot_peers,
                f"{message} {view.say('People per km²')}. {told}.", _tell_source(view)),
        Bars(view.say("People per km²"), view.say("People per km²"), names,
             ((view.say("People per km²"), BEHIND, (own, peers, everyone)),)),
    )  # fmt: skip


def _write_region(view: PlaceView) -> Section:
    """Write how the residents of its region stand among those of the country's regions."""
    region = view.unit(view.region)
    caption = view.say("Level of the figures: the residents of {region}.", region=region)
    told = tuple(_list_points(frame.write_region(view)))
    grid = _make_grid(caption, frame.list_region(view))
    return Section("region", view.say("How does its region do?"), "", told, grid)


def _write_answers(view: PlaceView, answers: survey.PlaceSurvey) -> Section:
    """Write what people around the place answered."""
    told = [survey.write_who(view, answers), survey.write_comparison(view, answers) or ""]
    table = survey.table_scores(view, answers)
    rows = table.cells.to_numpy().tolist() if table else []
    grid = make_grid(table.caption, list(table.cells), rows) if table else None
    return Section(
        "answers", view.say("What do people in its public organisations say?"), "",
        tuple(_list_points(*told)), grid,
    )  # fmt: skip


def _write_levels(view: PlaceView) -> Section:
    """Write how far local government in the country is behind central government."""
    title = view.say("Local government against central government")
    told = tuple(_list_points(frame.write_levels(view)))
    rows = frame.list_levels(view)
    if not rows:
        return Section("levels", title, str(frame.table_levels(view)), told)
    central, local = ([view.level(row, level) for row in rows] for level in ("central", "local"))
    heads = frame.name_levels(view)
    cells = [[make(row) for make in heads.values()] for row in rows]
    caption = view.say("Level of the figures: government in the whole of {country}.",
                       country=view.unit(view.country))  # fmt: skip
    return Section(
        "levels", title, "", told, make_grid(caption, list(heads), cells),
        bars=Bars(
            view.say("Scores, 0 to 100"), view.say("Score"), tuple(view.code(r.code) for r in rows),
            ((view.say("Central government"), AHEAD, tuple(central)),
             (view.say("Local government"), QUIET, tuple(local))),
        ),
    )  # fmt: skip


def _make_grid(caption: str, rows: Rows) -> Grid | None:
    return make_grid(caption, list(rows[0]), [list(row.values()) for row in rows]) if rows else None


def _tell_source(view: PlaceView) -> str:
    """Name the publishers of the figures about the place and those like it."""
    used = set(view.size("population").fact.sources)
    known = read_datapackage(view.settings.raw_dir)
    names = dict.fromkeys(one.publisher for one in known if one.name in used)
    return view.say("Sources: {publishers}.", publishers="; ".join(names))


def _list_years(view: PlaceView, sections: Sequence[Section]) -> dict[str, str]:
    """List from when the figures of each raw file are that the sections show."""
    grids = [section.grid for section in sections if section.grid]
    cells = [cell for grid in grids for row in grid.rows for cell in row if isinstance(cell, Said)]
    facts = [*view.ledger.facts.values(), *(cell.fact for cell in cells)]
    found: dict[str, dict[str, None]] = {}
    published = {one.name for one in read_datapackage(view.settings.raw_dir)}
    for fact in facts:
        for name in published.intersection(fact.sources):
            found.setdefault(name, {})[_tell_year(view, fact, name)] = None
    return {name: ", ".join(sorted(years)) for name, years in found.items()}


def _tell_year(view: PlaceView, fact: Fact, source: str) -> str:
    """Say from when the figures of a raw file are that a fact rests on."""
    if fact.measure == "policy_year":
        return f"{fact.value:.0f}"
    if source == _TYPES:
        return _TYPE_YEAR
    if fact.code in view.government_codes:
        return str(view.local.government["year"].iloc[0]).replace("-", "–")
    if not fact.code:
        return page.tell_date(view, fact.unit)
    year = view.find_year(fact.unit, fact.code)
    if math.isnan(year):  # of a number about several regions
        regions = view.local.regions
        year = float(regions.loc[regions["code"] == fact.code, "time"].max())
    return f"{year:.0f}"
