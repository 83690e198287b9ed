"""Page 35, middle: how the region of a place does, and local against central government."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from innocap_analysis.index.peers import Standing
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.place_view import FEW_SERVICES, PlaceView
from innocap_analysis.pages.texts import Prose, Table


def list_region(view: PlaceView) -> list[dict[str, str | Said]]:
    """List what is measured of the region, held against the regions of its country."""
    rows: list[dict[str, str | Said]] = []
    for code in list_telling(view):
        standing = view.stand_in_country(code)
        about, n = (view.region, code), standing.n
        row: dict[str, str | Said] = {
            view.say("Figure"): name_figure(view, code),
            view.unit(view.region): view.measure_region(code),
            view.say("Year"): view.figure_year(code),
            view.say("Median of the other regions"): view.fact(
                "country_median", standing.median, "figure", *about, n=n - 1
            ),
            view.say("Rank in the country"): stand_region(view, code, standing),
            view.say("Others at this rank"): view.fact(
                "n_shared", standing.shared, "count", *about, n=n
            ),
        }
        rows.append(row)
    return rows


def name_figure(view: PlaceView, code: str) -> str:
    """Return the label of what is measured of regions, and what one is."""
    return f"{view.code(code)}, {view.find_measure(code)}"


def table_region(view: PlaceView) -> Table | Prose:
    """Show what is measured of the region, held against the regions of its country."""
    rows = list_region(view)
    if not rows:
        country = view.unit(view.country)
        text = view.say("No figure tells the regions of {country} apart.", country=country)
        return Prose(text)
    region = view.unit(view.region)
    caption = view.say("Level of the figures: the residents of {region}.", region=region)
    return view.table(rows, caption=caption)


def stand_region(view: PlaceView, code: str, standing: Standing) -> Said:
    """Return the rank of the region in its country."""
    return view.fact("rank_in_country", standing.rank, "rank", unit=view.region, code=code,
                     n=standing.n)  # fmt: skip


def _count_regions(view: PlaceView, codes: list[str]) -> Said:
    """Return of how many regions of the country there is a figure, at most."""
    n = max(view.stand_in_country(code).n for code in codes)
    return view.fact("n_regions", n, "count", unit=view.country, sources=())


def list_telling(view: PlaceView) -> list[str]:
    """List what the region has a figure of, and what tells the regions of its country apart."""
    known = [c for c in view.regional_codes if view.region in view.regional.index]
    return [
        code
        for code in known
        if pd.notna(view.regional.at[view.region, code]) and view.stand_in_country(code).telling
    ]


def write_region(view: PlaceView) -> Prose:
    """Write what was left out of the table of the region, and why."""
    telling = list_telling(view)
    told = []
    if len(telling) > 1:
        told.append(
            view.say(
                "Rank 1 is the highest figure of the regions of the country, of which {n} have "
                "figures; a higher figure is better in every row.",
                n=_count_regions(view, telling),
            )
        )
    for code in view.regional_codes:
        if code in telling:
            continue
        values = view.regional[code]
        own = values.get(view.region)
        if own is None or pd.isna(own):
            told.append(
                view.say("{figure}: there is no figure of {region}.", figure=view.code(code))
            )  # fmt: skip
        elif view.stand_in_country(code).n > 1:
            told.append(
                view.say(
                    "{figure}: every region of the country has {value}, so it tells nothing and is "
                    "left out.",
                    figure=view.code(code), value=view.measure_region(code),
                )
            )  # fmt: skip
        else:
            told.append(
                view.say(
                    "{figure}: {value} ({year}); it is the only region of the country with a "
                    "figure.",
                    figure=view.code(code), value=view.measure_region(code),
                    year=view.figure_year(code),
                )
            )  # fmt: skip
    return view.write_list(told)


def list_levels(view: PlaceView) -> list[Any]:
    """List the rows of the country's levels of government, the widest gap first.

    What is equally full at both levels tells nothing and is left out.
    """
    own = view.levels[view.levels["country"] == view.country]
    own = own[~((own["central"] == own["local"]) & (own["central"] == 100))]
    return list(own.sort_values("gap", ascending=False, kind="stable").itertuples(index=False))


def table_levels(view: PlaceView) -> Table | Prose:
    """Show local and central government of the country side by side."""
    rows = list_levels(view)
    if not rows:
        return Prose(
            view.say(
                "The EU’s eGovernment Benchmark does not cover {country}: there are no figures of "
                "its local level of government that could be held against others."
            )
        )
    return view.table(
        rows,
        name_levels(view),
        caption=view.say(
            "Level of the figures: government in the whole of {country}.",
            country=view.unit(view.country),
        ),
    )


def name_levels(view: PlaceView) -> dict[str, Callable[[Any], str | Said]]:
    """Return what each column of the levels of government shows of a row, by its heading."""
    gaps = view.levels.groupby("code")["gap"].agg(["median", "count"])

    def median_gap(row: Any) -> Said:
        median, n = gaps.loc[row.code]
        return view.fact("median_gap", median, "gap", code=row.code, n=n)

    return {
        view.say("Figure, 0 to 100"): lambda row: view.code(row.code),
        view.say("Central government"): lambda row: view.level(row, "central"),
        view.say("Local government"): lambda row: view.level(row, "local"),
        view.say("Central ahead by"): lambda row: view.level(row, "gap"),
        view.say("Local services tried"): lambda row: view.level(row, "services_local"),
        view.say("Median gap of all countries"): median_gap,
    }


def write_levels(view: PlaceView) -> Prose:
    """Write what the frame is: local against central government, and how little it rests on."""
    told = []
    rows = list_levels(view)
    if rows:
        codes = {row.code for row in rows}
        own = view.levels[view.levels["country"] == view.country]
        told += [
            view.say("{figure}: both levels have {value}, so it tells nothing and is left out.",
                     figure=view.code(row.code), value=view.level(row, "central"))
            for row in own.itertuples(index=False)
            if row.code not in codes
        ]  # fmt: skip
        few = [row for row in rows if row.services_local < FEW_SERVICES]
        if few:
            told.append(
                view.say(
                    "Rests on fewer than {n} local services, so a single one moves it: {figures}.",
                    n=view.fact("few_services", FEW_SERVICES, "count", sources=()),
                    figures=", ".join(view.code(row.code) for row in few),
                )
            )  # fmt: skip
        told.append(
            view.say(
                "Local means the few services that the country leaves to local government, tried "
                "on its largest cities: an upper bound for a rural municipality. No rural "
                "municipality of Sweden, Finland, Ireland or Iceland is in the sample."
            )
        )
    told += _tell_policy(view) or [
        view.say("{country} is not in the EU’s benchmark of policies for innovation procurement.")
    ]
    return view.write_list(told)


def _tell_policy(view: PlaceView) -> list[str]:
    """Say how the country's policy for innovation procurement was classed."""
    own = view.local.policy
    own = own[own["country"] == view.country]
    words = {
        1: view.say("low"), 2: view.say("modest"), 3: view.say("moderate"),
        4: view.say("good"), 5: view.say("strong"),
    }  # fmt: skip
    return [
        view.say(
            "Policy framework for innovation procurement, {year}: {country} has the class "
            "**{class}** (low, modest, moderate, good, strong). A class of {year}, of the "
            "country’s policy, not of what municipalities buy.",
            year=view.fact("policy_year", float(row["year"]), "year", unit=view.country,
                           sources=("innovation_procurement_policy",)),
            **{"class": words[int(row["value"])]},
        )
        for row in own.to_dict("records")
    ]  # fmt: skip
