"""Page 45: how far local government lies behind central government."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from innocap_analysis.data.place_tree import RURAL
from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.drawing.figure import AHEAD, BEHIND, GRID, Chart, styled
from innocap_analysis.pages.drawing.lettering import measure_width
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.place_view import FEW_SERVICES, PlaceView
from innocap_analysis.pages.texts import Prose, Table

_MOST_TILES = 99
_WIDE_CODE = "CA-ON0"  # with the space that the widest codes need


@styled
def plot_levels(view: PlaceView, code: str) -> Chart:
    """Draw central and local government of every country, the widest gap first."""
    rows = _take_rows(view, code)
    table = view.places.table
    shown = [u for u in table.index[table["level"] == "country"] if u in set(rows["country"])]
    chart, (ax,) = view.start_chart(
        view.say(
            "{figure}: central government is ahead in {ahead} of {n} countries, by {gap.points} in "
            "the median",
            figure=view.code(code), ahead=_count_ahead(view, code), n=_count_countries(view, code),
            gap=_median(view, code, "gap"),
        ),
        view.say(
            "Score from 0 to 100, 2021–2022; on the right how many local services it rests on. In "
            "bold: {countries}.",
            countries=view.units(shown),
        ),
        data=rows,
        height=0.185 * len(rows) + 0.5,
        key=[
            marks.make_mark(AHEAD, view.say("Central government")),
            marks.make_mark(BEHIND, view.say("Local government"), mfc="white"),
        ],
        note=view.say(
            "Local: the services that a country leaves to local government, tried on its largest "
            "cities. European Commission, eGovernment Benchmark 2023."
        ),
    )  # fmt: skip
    names = [view.unit(unit) for unit in rows["country"]]
    marks.frame_rows(ax, names, bold=[unit in shown for unit in rows["country"]], size=7.5)
    ax.hlines(rows.index, rows["local"], rows["central"], color=GRID, linewidth=3, zorder=0)
    looks = {
        "palette": {"local": BEHIND, "central": AHEAD},
        "markers": {"local": "o", "central": "o"},
    }
    for level in ("central", "local"):
        own = rows.assign(y=rows.index, level=level)
        marks.draw_points(ax, own, level, looks=looks, by="level", size=6, hollow=level == "local")
    for y, row in enumerate(rows.itertuples(index=False)):
        ax.text(103, y, f"{view.level(row, 'services_local')}", va="center", size=7.5)
    ax.set_xlim(-2, 107)
    ax.set_xticks(range(0, 101, 20))
    return chart


def _take_rows(view: PlaceView, code: str) -> pd.DataFrame:
    own = view.levels[view.levels["code"] == code]
    return own.sort_values("gap", ascending=False, kind="stable").reset_index(drop=True)


def _count_countries(view: PlaceView, code: str) -> Said:
    return view.fact("n_countries", len(_take_rows(view, code)), "count", code=code)


def _count_ahead(view: PlaceView, code: str) -> Said:
    rows = _take_rows(view, code)
    return view.fact("n_central_ahead", (rows["gap"] > 0).sum(), "count", code=code, n=len(rows))


def _median(view: PlaceView, code: str, column: str) -> Said:
    rows = _take_rows(view, code)
    return view.fact(f"median_{column}", rows[column].median(), "points", code=code, n=len(rows))


def table_indicators(view: PlaceView) -> Table:
    """Show each figure over all countries: medians of both levels and who is ahead."""
    return view.table(
        view.government_codes,
        {
            view.say("Figure, 0 to 100"): view.code,
            view.say("Countries with both"): lambda code: _count_countries(view, code),
            view.say("Central, median"): lambda code: _median(view, code, "central"),
            view.say("Local, median"): lambda code: _median(view, code, "local"),
            view.say("Gap, median"): lambda code: _median(view, code, "gap"),
            view.say("Central ahead in"): lambda code: _count_ahead(view, code),
        },
    )


def table_countries(view: PlaceView) -> Table:
    """Show both levels of the countries whose places have pages, with what they rest on."""
    every = {(row.country, row.code): row for row in view.levels.itertuples(index=False)}
    at = [(unit, code) for unit in _list_countries(view) for code in view.government_codes]
    return view.table(
        [every[key] for key in at if key in every],
        {
            view.say("Country"): lambda row: view.unit(row.country),
            view.say("Figure, 0 to 100"): lambda row: view.code(row.code),
            view.say("Central government"): lambda row: view.level(row, "central"),
            view.say("Local government"): lambda row: view.level(row, "local"),
            view.say("Central ahead by"): lambda row: view.level(row, "gap"),
            view.say("Central services tried"): lambda row: view.level(row, "services_central"),
            view.say("Local services tried"): lambda row: view.level(row, "services_local"),
        },
    )


def _list_countries(view: PlaceView) -> list[str]:
    """List the countries whose places have pages: partners first, in their order."""
    table = view.places.table
    known = [str(code) for code in table.index[table["level"] == "country"]]
    order = list(view.settings.countries)
    return sorted(known, key=lambda code: (order.index(code) if code in order else 99, code))


@styled
def plot_rural(view: PlaceView) -> Chart:
    """Draw how many of the people of each region live in rural places, a tile for a region."""
    table = view.places.table
    regions = table[table["kind"].isin(["nuts3", "province"])].copy()
    regions["share"] = 100 * regions["rural_share"]
    countries = _list_countries(view)
    most = _count_tiles(view, names := [view.unit(country) for country in countries])
    lines, heads = [], []
    for country, name in zip(countries, names, strict=True):
        own = regions[regions["country"] == country].sort_values("share", ascending=False)
        parts = [own.iloc[start : start + most] for start in range(0, len(own), most)]
        lines += parts
        heads += [name, *[""] * (len(parts) - 1)]
    width = max(len(line) for line in lines)
    cells = np.full((len(lines), width), np.nan)
    texts = [[""] * width for _ in lines]
    for y, line in enumerate(lines):
        cells[y, : len(line)] = line["share"]
        texts[y][: len(line)] = [str(code) for code in line.index]
    rural, smallest = view.places.smallest["rurality"] == RURAL, view.places.smallest
    chart, (ax,) = view.start_chart(
        view.say(
            "{rural} of {n} municipalities, electoral areas and census divisions are rural; they "
            "hold {share} of the people",
            rural=view.fact("n_rural", rural.sum(), "count", n=len(rural), sources=()),
            n=view.fact("n_places", len(rural), "count", sources=()),
            share=view.fact(
                "share_rural",
                smallest.loc[rural, "population"].sum() / smallest["population"].sum(), "share",
                n=len(rural), sources=(),
            ),
        ),
        view.say(
            "One tile for each NUTS 3 region or Canadian province, the most rural first; its shade "
            "is the share of its people who live in rural places."
        ),
        data=regions.reset_index()[["code", "country", "label_en", "population", "share"]],
        height=0.42 * len(lines) + 0.2,
        key=marks.key_shades(view.say("none"), view.say("all")),
        note=view.say(
            "Rural: by the degree of urbanisation (Eurostat, 2019); in Canada census divisions "
            "with few people per km² and no city, by the OECD’s criteria."
        ),
    )  # fmt: skip
    plots.draw_tiles(ax, cells, 0, 100, texts, rows=heads, columns=(), text_size=6.5)
    return chart


def _count_tiles(view: PlaceView, names: Sequence[str]) -> int:
    """Return how many regions stand side by side: in a document so many as leave room for codes."""
    medium = view.medium
    if not medium.name:
        return _MOST_TILES
    size = medium.size(9)
    taken = max(measure_width(name, size) for name in names) + 2 * size
    return int((medium.room(1) - taken) / measure_width(_WIDE_CODE, medium.size(6.5)))


def write_findings(view: PlaceView) -> Prose:
    """Write what was found, what it rests on, and whom the sample leaves out."""
    told = []
    for code in view.government_codes:
        told.append(
            view.say(
                "{figure}: central government is ahead in {ahead} of {n} countries; the median gap "
                "is {gap.points}.",
                figure=view.code(code), ahead=_count_ahead(view, code),
                n=_count_countries(view, code), gap=_median(view, code, "gap"),
            )
        )  # fmt: skip
    few = view.levels["services_local"] < FEW_SERVICES
    told.append(
        view.say(
            "{few} of {n} local figures rest on fewer than {limit} services: read single countries "
            "with care; the gap over many countries is steadier.",
            few=view.fact("n_few_services", few.sum(), "count", n=len(few)),
            n=view.fact("n_local_figures", len(few), "count"),
            limit=view.fact("few_services", FEW_SERVICES, "count", sources=()),
        )
    )
    told += [
        view.say(
            "**No rural municipality is in the sample of Sweden, Finland, Ireland or Iceland**: "
            "local services were tried on the largest cities, in Sweden also on universities and "
            "regions. What the figures say of local government is an upper bound for rural places."
        ),
        view.say("Canada is not covered; no other source here measures its local government."),
        view.say(
            "How available services are online is left out: the published figures do not come out "
            "when the mean over the services is taken again."
        ),
    ]
    return view.write_list(told)
