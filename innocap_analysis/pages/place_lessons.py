"""Page 35: whom to learn from, where to start and what is not known; in short at its head."""

from __future__ import annotations

from itertools import islice
from typing import Any

from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.language import drop_name
from innocap_analysis.pages.place_frame import list_levels, list_telling, name_figure, stand_region
from innocap_analysis.pages.place_view import FEW_SERVICES, PlaceView
from innocap_analysis.pages.texts import Prose

_MOST = 3  # names of those to learn from
_ABROAD = 2  # places of the same kind in each other country


def list_weak_figures(view: PlaceView) -> list[str]:
    """List the figures in which the region lies below the median of its country's others."""
    weak = []
    for code in list_telling(view):
        standing = view.stand_in_country(code)
        own = float(view.regional.at[view.region, code])
        if own < standing.median:
            weak.append((standing.rank / standing.n, code))
    return [code for _, code in sorted(weak, key=lambda pair: -pair[0])]


def list_teachers(view: PlaceView, code: str) -> list[str]:
    """List the regions to learn a figure from: as rural, or a partner's, and better; best first."""
    table = view.places.table
    partners = {c.partner_region for c in view.settings.countries.values()}
    own = table.loc[view.region]
    known = view.regional[code].dropna()
    likely = [
        str(unit)
        for unit in known.index
        if unit in partners
        or (
            table.at[unit, "sparse"] == own["sparse"]
            and table.at[unit, "rurality"] >= own["rurality"]
        )
    ]
    better = known[likely]
    better = better[better > known[view.region]].sort_values(ascending=False, kind="stable")
    return [str(unit) for unit in better.index[:_MOST]]


def write_answers(view: PlaceView, standing: str) -> Prose:
    """Write what a reader asks first, in one sentence each; the page says more below."""
    unsure = view.say(
        "No figure measures how able its own administration is to innovate: what is said here is "
        "about its people and land, the residents of its region, or government in the whole "
        "country."
    )
    answers = {
        view.say("Among places like it"): drop_name(f"{standing}.", view.unit(view.place)),
        view.say("How its region does"): _tell_ranks(view),
        view.say("How sure it is"): unsure,
        view.say("Where to start"): list_starts(view)[0],
        view.say("Whom to learn from"): tell_first_lesson(view),
    }
    return view.write_list(
        view.say("**{title}:** {told}", title=title, told=told)
        for title, told in answers.items()
        if told
    )


def _tell_ranks(view: PlaceView) -> str:
    """Say which rank the region has in its country, by what tells regions apart."""
    ranks = "; ".join(
        view.say(
            "{figure}, rank {rank} of {n}",
            figure=view.code(code), n=_count_regions(view, code),
            rank=stand_region(view, code, view.stand_in_country(code)),
        )
        for code in list_telling(view)
    )  # fmt: skip
    if not ranks:
        return ""
    return view.say("Among the regions of {country}: {ranks}.",
                    country=view.unit(view.country), ranks=ranks)  # fmt: skip


def _count_regions(view: PlaceView, code: str) -> Said:
    """Return of how many regions of the country there is a figure."""
    n = view.stand_in_country(code).n
    return view.fact("n_regions", n, "count", unit=view.country, code=code)


def tell_first_lesson(view: PlaceView) -> str:
    """Say whom to learn from in what the page says to start with, or else in the weakest figure."""
    own = [_tell_best(view, row) for row in _list_firm(view)[:1]]
    found = [text for text in (*own, *list_lessons(view)) if text]
    return found[0] if found else view.say("The figures name nobody who does better.")


def write_lessons(view: PlaceView) -> Prose:
    """Write whom to learn from, what for, and where places of the same kind are abroad."""
    told = list_lessons(view)
    if view.row["smallest"] and (abroad := list_abroad(view)):
        text = view.say(
            "Places of the same class abroad, the nearest in size (people in brackets), to ask "
            "how they do it:"
        )
        told.append("\n  - ".join([text, *abroad]))
    return view.write_list(told or [view.say("The figures name nobody who does better.")])


def list_lessons(view: PlaceView) -> list[str]:
    """List whom to learn from: regions for its weak figures, countries for local government."""
    told = []
    for code in list_weak_figures(view):
        found = list_teachers(view, code)
        if not found:
            continue
        named = "; ".join(
            f"{_name_with_country(view, unit)} ({view.measure_region(code, unit)})"
            for unit in found
        )
        value = view.measure_region(code)
        text = view.say(
            "{figure} ({value.place}: {value}): {named}.",
            figure=name_figure(view, code), value=value, named=named,
        )  # fmt: skip
        told.append(text)
    return told + _tell_best_local(view)


def _name_with_country(view: PlaceView, unit: str) -> str:
    country = view.unit(str(view.places.table.at[unit, "country"]))
    name = view.unit(unit)
    return name if name == country else f"{name}, {country}"


def _tell_best_local(view: PlaceView) -> list[str]:
    """Name the countries whose local government does best where the own one lags most."""
    told = (_tell_best(view, row) for row in list_levels(view) if row.gap > 0)
    return list(islice(filter(None, told), _MOST))


def _tell_best(view: PlaceView, row: Any) -> str:
    """Name the countries whose local government does best in one thing; nobody: an empty text."""
    others = view.levels[
        (view.levels["code"] == row.code) & (view.levels["country"] != view.country)
        & (view.levels["services_local"] >= FEW_SERVICES)
        & (view.levels["local"] > row.local)
    ]  # fmt: skip
    best = others.sort_values("local", ascending=False, kind="stable").head(_MOST)
    if best.empty:
        return ""
    named = "; ".join(
        view.say_number(
            "{value.place} ({value}; {n} service)", "{value.place} ({value}; {n} services)",
            value=view.level(one, "local"), n=view.level(one, "services_local"),
        )
        for one in best.itertuples(index=False)
    )  # fmt: skip
    return view.say(
        "Local government, {value.name} ({value.place}: {value}): {named}.",
        value=view.level(row, "local"), named=named,
    )  # fmt: skip


def list_abroad(view: PlaceView) -> list[str]:
    """List places of the same kind and about the same size in each of the other countries."""
    own, table = view.row, view.places.smallest
    told = []
    for country in table["country"].unique():
        if country == view.country:
            continue
        same = table[
            (table["country"] == country) & (table["rurality"] == own["rurality"])
            & (table["merged_into"] == "")
        ]  # fmt: skip
        apart = (same["population"] / own["population"]).map(lambda x: max(x, 1 / x))
        same = same.assign(apart=apart)[apart <= view.settings.peers.factor**2]
        near = same[same["sparse"] == own["sparse"]]
        near = (same if near.empty else near).sort_values("apart", kind="stable")
        codes = [str(c) for c in near.index[:_ABROAD]]
        named = ", ".join(f"{view.unit(c)} ({view.size('population', c)})" for c in codes)
        if codes:
            told.append(
                view.say("{country}: {names}", country=view.unit(str(country)), names=named)
            )
    return told


def write_start(view: PlaceView) -> Prose:
    """Write where to start: what to look at in one's own services, and whom to ask first."""
    told = list_starts(view)
    return Prose("\n".join(f"{i}. {text}" for i, text in enumerate(told, start=1)))


def list_starts(view: PlaceView) -> list[str]:
    """List what to look at in one's own services, and whom to ask first."""
    told = []
    for row in _list_firm(view)[:2]:
        told.append(
            view.say_number(
                "{question} Local government in {country} has {local} of 100 here, central "
                "government {central} ({n} local service).",
                "{question} Local government in {country} has {local} of 100 here, central "
                "government {central} ({n} local services).",
                question=_ask(view, row.code),
                local=view.level(row, "local"), central=view.level(row, "central"),
                n=view.level(row, "services_local"),
            )
        )  # fmt: skip
    weak = list_weak_figures(view)
    if weak:
        standing = view.stand_in_country(weak[0])
        told.append(
            view.say(
                "Among the residents’ conditions, {figure} is where {region} stands lowest in its "
                "country (rank {rank} of {n}): ask what that means for who can use digital "
                "services and whom you can recruit.",
                figure=view.code(weak[0]),
                rank=stand_region(view, weak[0], standing),
                n=_count_regions(view, weak[0]),
            )
        )  # fmt: skip
    nearest = ", ".join(view.unit(code) for code in view.peers.codes[:_MOST])
    told.append(
        view.say(
            "Ask the nearest peers what they buy and deliver together: {names}.", names=nearest
        )
    )
    if view.country in view.settings.countries:
        told.append(
            view.say(
                "Which of the four dimensions comes first for {country} as a whole is on page 60 "
                "of the country."
            )
        )
    return told


def _list_firm(view: PlaceView) -> list[Any]:
    """List where local government lags by what enough services say, the widest gap first."""
    rows = list_levels(view)
    return [row for row in rows if row.services_local >= FEW_SERVICES and row.gap > 0]


def _ask(view: PlaceView, code: str) -> str:
    """Return the question that an indicator puts to a municipality's own services."""
    questions = {
        "EGOV_TRANSPARENCY": view.say(
            "Do your services say how long each step takes and where a case stands?"
        ),
        "EGOV_EID": view.say("Can residents identify themselves electronically in your services?"),
        "EGOV_EDOCUMENTS": view.say("Can documents be sent in and received electronically?"),
        "EGOV_PREFILLED": view.say("Are your forms filled in with what authorities know already?"),
        "EGOV_MOBILE": view.say("Do your pages work on a telephone?"),
    }
    return questions[code]


def write_unknown(view: PlaceView) -> Prose:
    """Write what is not known about the place, and what the figures must not be taken for."""
    row = view.row
    told = [
        view.say(
            "How able the administration of {place} is to innovate: no published figure measures "
            "it. The figures above are about people and land, the residents of a region, or "
            "government in the whole country."
        ),
        view.say(
            "What people in its organisations answered: the survey is told by country and region, "
            "on pages 80 and 85, and never for a single place."
        ),
    ]
    if view.country == "CA":
        told.append(
            view.say(
                "How rural it is by a finer measure: a census division is large, and one with a "
                "town may count as rural where the rest of it is empty."
            )
        )
    if row["kind"] in ("electoral area", "county"):
        told.append(
            view.say(
                "What its local authority does: local electoral areas are parts of the 31 "
                "authorities of Ireland, and no figure here is about an authority."
            )
        )
    if view.country == "FI" and row["level"] != "region":
        told.append(
            view.say(
                "How dense it is on land: the area holds inland and sea water, so densities are "
                "lower than in other countries."
            )
        )
    if "ISOC_IDAY" in list_telling(view):
        told.append(
            view.say(
                "How many use the internet daily now: the figures by region end in {year}.",
                year=view.figure_year("ISOC_IDAY"),
            )
        )
    return view.write_list(told)
