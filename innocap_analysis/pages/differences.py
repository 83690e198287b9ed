"""Page 85: whether the countries differ, and who is first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from innocap_analysis.data.flags import find_flags, group_flags
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import marks
from innocap_analysis.pages.comparing import compares
from innocap_analysis.pages.drawing.figure import REFERENCE, Chart, styled
from innocap_analysis.pages.facts import HIDDEN, Said
from innocap_analysis.pages.measurement import find_alpha, tell_items
from innocap_analysis.pages.pairs import count_verdicts, tell_smallest
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Prose, Table, round_columns
from innocap_analysis.survey.evidence import PRIOR_SCALE
from innocap_analysis.survey.grouping import COUNTRY


def table_organisations(view: SurveyView) -> Table:
    """Show how alike people of one organisation answer."""
    return view.table(
        view.evidence.clusters.assign(unit="").to_dict("records"),
        {
            view.say("Score"): lambda row: view.code(row["code"]),
            view.say("Respondents with a score"): view.column("n_scored", "n", "count"),
            view.say("Organisations"): view.column("n_organisations", "clusters", "count"),
            view.say("Between organisations"): view.column(*_BETWEEN),
            view.say("Design effect"): view.column("design_effect", "design_effect", "number_2"),
            view.say("Worth as many independent respondents"): view.column(*_EFFECTIVE),
        },
        caption=view.say("Organisations inside countries"),
    )


_BETWEEN = ("share_between_organisations", "icc_reml", "share")
_EFFECTIVE = ("effective_n", "effective_n", "number_0")


@compares(2)
def table_tests(view: SurveyView) -> Table:
    """Show the tests over all countries."""
    tests = view.evidence.tests.assign(unit="").set_index(["code", "test"], drop=False)

    def find(code: str, test: str) -> Said:
        return view.cell(f"p_{test}", tests.loc[(code, test)].to_dict(), "p", of="p")

    return view.table(
        tests[tests["test"] == "welch"].to_dict("records"),
        {
            view.say("Score"): lambda row: view.code(row["code"]),
            view.say("Welch, p"): lambda row: find(row["code"], "welch"),
            view.say("Kruskal–Wallis, p"): lambda row: find(row["code"], "kruskal_wallis"),
            view.say("Permutation, p"): lambda row: find(row["code"], "permutation"),
            view.say("Omega squared (95% interval)"): view.column(
                "omega_squared", "estimate", "number_2", interval=True
            ),
        },
        caption=view.say("Any difference between the countries, people taken as independent"),
    )


@compares(2)
@styled
def plot_pooled(view: SurveyView) -> Chart:
    """Draw the means as answered and partially pooled."""
    evidence, pooled = view.evidence, view.evidence.pooled
    if pooled is None:
        data = evidence.means.rename(columns={"n": "respondents"})
        title = view.say("The means cannot be pooled: a country has too few organisations")
    else:
        data = pooled.means
        title = view.say(
            "Pooling takes {share} of the way to the common mean on average; highest with "
            "probability {p}: {p.place}",
            share=view.fact("mean_shrinkage", data["shrinkage"].mean(), "share", code=view.root),
            p=_rank_chance(view, 1, {"unit": pooled.ranks[1].idxmax()}),
        )
    data = round_columns(data.set_index("unit").loc[evidence.groups].reset_index())
    chart, (ax,) = view.start_chart(
        title,
        view.say(
            "Mean index of each country as answered (hollow) and partially pooled (filled) with "
            "95% intervals."
        ),
        data=data,
        height=0.6 + 0.5 * len(data),
        note=view.say(
            "Prior of the standard deviation between countries: half-normal, scale {scale} points.",
            scale=view.given("prior_scale", PRIOR_SCALE, "given_points"),
        ),
    )
    names = [view.sized(unit) for unit in data["unit"]]
    marks.frame_rows(ax, names, tick=view.tick())
    looks = view.looks(data["unit"])
    above, below = data.assign(y=data.index - 0.14), data.assign(y=data.index + 0.14)
    marks.draw_points(ax, above, "mean", looks=looks, size=6, hollow=True)
    if pooled is not None:
        marks.draw_points(ax, below, "pooled", looks=looks, size=6.5, ends=("low", "high"),
                          linewidth=1.6)  # fmt: skip
        ax.axvline(pooled.spread["grand_mean"], color=REFERENCE, linewidth=1, linestyle="--")
    return chart


def _rank_chance(view: SurveyView, rank: int, row: Mapping[Any, Any]) -> Said:
    """Return how probable a rank of a country is."""
    assert view.evidence.pooled is not None
    unit = str(row["unit"])
    p = view.evidence.pooled.ranks.at[unit, rank]
    return view.fact(f"probability_rank_{rank}", p, "chance", unit=unit, code=view.root)


@compares(2)
def table_ranks(view: SurveyView) -> Table:
    """Show pooled means and how probable every rank is; no rows where an error is missing."""
    pooled = view.evidence.pooled
    columns: dict[str, Callable[[Mapping[Any, Any]], object]] = {
        view.say("Country"): lambda row: view.unit(row["unit"]),
        view.say("Mean as answered"): lambda row: _score(view, row["unit"]),
        view.say("Pooled mean (95% interval)"): view.column(
            "score_pooled", "pooled", "points", interval=True
        ),
    }
    if pooled is None:
        return view.table([], columns)
    for rank in pooled.ranks:
        head = view.say("Rank {n}", n=view.tick()(rank, None))
        columns[head] = partial(_rank_chance, view, rank)
    means = pooled.means.set_index("unit", drop=False).loc[view.evidence.groups]
    caption = view.say("Partially pooled means, and the probability of each rank")
    rows = means.assign(code=view.root, n=np.nan).to_dict("records")
    return view.table(rows, columns, caption=caption)


def _score(view: SurveyView, unit: str) -> Said:
    """Return the mean index of a country as answered, with its interval over organisations."""
    row = view.evidence.means.set_index("unit", drop=False).loc[unit].to_dict()
    return view.cell("score", row, "points", of="mean", ends=True, code=view.root)


@compares(1)
def table_imputed(view: SurveyView) -> Table:
    """Show the index as scored, of complete answers only, and with missing ones imputed."""
    return view.table(
        view.evidence.imputed.assign(code=view.root).to_dict("records"),
        {
            view.say("Country"): lambda row: view.unit(row["unit"]),
            view.say("As scored"): lambda row: _score(view, row["unit"]),
            view.say("Respondents"): lambda row: view.count(row["unit"]),
            view.say("Only who answered every item"): lambda row: view.fact(
                "score_complete",
                row["complete"],
                "points",
                unit=row["unit"],
                code=view.root,
                hidden=HIDDEN if pd.isna(row["complete"]) else "",
            ),
            view.say("Imputed (95% interval)"): view.column(
                "score_imputed", "estimate", "points", interval=True
            ),
            view.say("Information missing"): view.column(
                "share_information_missing", "lambda", "share"
            ),
        },
        caption=view.say("The index with missing answers treated in three ways"),
    )


@compares(2)
def table_countries(view: SurveyView, capacity: CapacityData) -> Table | Prose:
    """Show the published index beside the survey's; so few values are no sample, so no test."""
    if view.wave.by != COUNTRY:
        return Prose(view.say("Published figures are of countries, and these groups are not."))
    book, root = capacity.codebook, capacity.root
    scores = capacity.result.scores[root]
    members = capacity.reference_units(next(iter(capacity.settings.reference_sets)))
    words = group_flags(capacity.flags)
    files = {str(book.table.at[leaf, "source"]) for leaf in book.leaves_of(root)}

    def find(unit: str) -> Said:
        return view.fact(
            "score", scores.get(unit, np.nan), "points", unit=unit, code=root,
            n=int(scores.loc[members].notna().sum()), sources=tuple(sorted(files - {""})),
            flag=find_flags(words, unit, root),
        )  # fmt: skip

    return view.table(
        [{"unit": unit} for unit in view.evidence.groups],
        {
            view.say("Country"): lambda row: view.unit(row["unit"]),
            view.say("Index of published figures"): lambda row: find(row["unit"]),
            view.say("Index of the answers"): lambda row: _score(view, row["unit"]),
        },
        caption=view.say("Two different things on scales of their own"),
    )


def write_findings(view: SurveyView) -> Prose:
    """Write what may be said, and what may not."""
    alpha = find_alpha(view, "low")
    told = [
        view.say(
            "The least reliable dimension is {alpha.name}, alpha {alpha} ({alpha.low} to "
            "{alpha.high}).", alpha=alpha,
        )
    ]  # fmt: skip
    if len(view.evidence.groups) > 1:
        counts = count_verdicts(view)
        verdicts = view.say(
            "Of {n} comparisons of two countries, {differs} differ, {equivalent} are alike and "
            "{open} are open, at a smallest difference of {smallest} points.",
            open=counts["inconclusive"], smallest=tell_smallest(view), **counts,
        )  # fmt: skip
        told = [verdicts, *told, tell_items(view)]
    data = view.evidence.clusters.assign(unit="").set_index("code", drop=False)
    own = data.loc[view.root].to_dict()
    if pd.notna(own["icc_reml"]):
        between, n, effective = (
            view.cell(measure, own, kind, of=column)
            for measure, column, kind in (_BETWEEN, ("n_scored", "n", "count"), _EFFECTIVE)
        )
        told.append(
            view.say(
                "Inside a country, {icc} of the differences between people lie between "
                "organisations: {n} respondents are worth about {effective}.",
                icc=between, n=n, effective=effective,
            )
        )  # fmt: skip
    return view.write_list(told)
