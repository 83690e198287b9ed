"""Every number that pages 10, 20 and 50 say, against the oracle."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from innocap_analysis.pages.facts import Fact

from . import oracle_method as method
from . import oracle_wide as wide
from .oracle import PUBLISHED, Oracle, consult
from .reading import read_page
from .test_index_facts import EXPECTED as INDEX
from .test_index_facts import PARTNERS, Expected, check_facts


def _plain(value: Callable[[Oracle, Fact], float]) -> Callable[[Oracle, Fact], Expected]:
    return lambda o, f: (float(value(o, f)), None, None)


def _tail(f: Fact) -> str:
    """Return what the last part of a measure names: a year, a country, a rank."""
    return f.measure.rpartition("_")[2]


def _end(o: Oracle, f: Fact) -> Expected:
    """First or last edition of an indicator, or what changed between them, of who changed most."""

    def change(unit: str) -> float:
        own = o.raw[unit, f.code]
        return own[max(own)] - own[min(own)]

    assert f.unit == max(o.partners, key=lambda u: abs(change(u)))
    own = o.raw[f.unit, f.code]
    told = {"first_edition": min(own), "last_edition": max(own), "change": change(f.unit)}
    return float(told[f.measure]), None, None


def _goalpost(o: Oracle, f: Fact) -> Expected:
    """Return the lowest or highest figure of all; the codebook holds the same."""
    ends = (np.nanmin, np.nanmax)[f.measure.endswith("high")]
    found = float(ends(o.values[:, o.leaves.index(f.code)]))
    assert found == float(o.node[f.code][f.measure.removeprefix("goalpost_")])
    return found, None, None


def _pairs(f: Fact) -> list[float]:
    return [r for r, _ in method.correlate_parts(f.code).values()]


def _alternative(o: Oracle, f: Fact) -> Expected:
    key = f.measure.removeprefix("rank_among_partners_").removeprefix("score_")
    scores = method.alternatives()[key]
    if f.measure.startswith("score"):
        return scores[f.unit], None, None
    return 1.0 + sum(x > scores[f.unit] for x in scores.values()), None, None


def _change_without(o: Oracle, f: Fact) -> Expected:
    code, unit, change = method.moves_most()
    assert (f.measure, f.unit) == (f"change_without_{code}", unit)
    return change, None, None


def _median_wide(o: Oracle, f: Fact) -> Expected:
    ranks = wide.wide_ranks()[:, o.partners.index(f.unit)]
    low, high = (
        float(np.quantile(ranks, at, method=side))
        for at, side in ((0.05, "lower"), (0.95, "higher"))
    )
    return float(np.median(ranks)), low, high


def _share_wide(place: int) -> Callable[[Oracle, Fact], Expected]:
    return _plain(lambda o, f: (wide.wide_ranks()[:, o.partners.index(f.unit)] == place).mean())


def _sobol(kind: str, choice: str) -> Callable[[Oracle, Fact], Expected]:
    return lambda o, f: wide.sobol()[1][choice][kind]


DATA: dict[str, Callable[[Oracle, Fact], Expected]] = {
    "n_complete": _plain(lambda o, f: (~np.isnan(o.values).any(axis=1)).sum()),
    "n_with_value": _plain(lambda o, f: (~np.isnan(o.values[:, o.leaves.index(f.code)])).sum()),
    "first_scored_year": _plain(lambda o, f: min(method.all_years_scored())),
    "last_scored_year": _plain(lambda o, f: max(method.all_years_scored())),
    "median_scored_year": _plain(lambda o, f: math.floor(np.median(method.years_scored()))),
    "n_figures_read": _plain(lambda o, f: o.n_read),
    "n_figures_older": _plain(lambda o, f: method.count_log()["dropped"][1]),
    "n_cells_partners": _plain(lambda o, f: len(o.partners) * len(o.leaves)),
    "n_cells_reference": _plain(lambda o, f: len(o.units) * len(o.leaves)),
    "n_missing_partners": _plain(
        lambda o, f: np.isnan(o.values[[o.units.index(u) for u in o.partners]]).sum()
    ),
    "n_missing_reference": _plain(lambda o, f: np.isnan(o.values).sum()),
    **{
        f"n_{what}_{action}": _plain(
            lambda o, f, at=at: method.count_log()[_tail(f)][at]  # type: ignore[misc]
        )
        for at, what in enumerate(("decisions", "figures"))
        for action in ("changed", "dropped", "missing")
    },
    **dict.fromkeys(("first_edition", "last_edition", "change"), _end),
}
METHOD: dict[str, Callable[[Oracle, Fact], Expected]] = {
    "goalpost_low": _goalpost,
    "goalpost_high": _goalpost,
    "n_goalposts": DATA["n_with_value"],
    "n_with_value": DATA["n_with_value"],
    "weight_in_index": _plain(
        lambda o, f: 1 / len(o.dimensions) / len(o.of[method.parent_of(o, f.code)])
    ),
    "weight_in_parent": _plain(lambda o, f: method.importance()[f.code][0]),
    "share_of_differences": _plain(lambda o, f: method.importance()[f.code][1]),
    "n_fewest_importance": _plain(lambda o, f: min(n for *_, n in method.importance().values())),
    "n_most_importance": _plain(lambda o, f: max(n for *_, n in method.importance().values())),
    "correlation_weakest": _plain(lambda o, f: min(_pairs(f))),
    "correlation_mean": _plain(lambda o, f: np.mean(_pairs(f))),
    "n_parts": _plain(lambda o, f: len(method.parts_of(o, f.code))),
    "alpha": _plain(lambda o, f: method.compute_alpha(f.code)[0]),
    "n_with_all_parts": _plain(lambda o, f: method.compute_alpha(f.code)[1]),
    "correlation_with_whole": _plain(lambda o, f: method.correlate_with_whole(f.code)[0]),
    "n_with_whole": _plain(lambda o, f: method.correlate_with_whole(f.code)[1]),
}
RANKS: dict[str, Callable[[Oracle, Fact], Expected]] = {
    "n_alternatives": _plain(lambda o, f: len(method.alternatives())),
    "n_order_kept": _plain(
        lambda o, f: sum(
            method.order_of(scores) == method.order_reported()
            for scores in method.alternatives().values()
        )
    ),
    **{
        f"share_rank_{k}": _plain(
            lambda o, f: (o.rank_runs(f.unit, o.root, o.partners) == int(_tail(f))).mean()
        )
        for k in (2, 3)
    },
    **{
        f"share_above_{unit}": _plain(lambda o, f: method.share_above(f.unit, _tail(f)))
        for unit in PARTNERS
    },
    "median_rank_wide": _median_wide,
    "share_first_wide": _share_wide(1),
    "share_last_wide": _share_wide(len(PARTNERS)),
    "n_ranked_wide": _plain(lambda o, f: wide.sobol()[0]),
    "n_runs_wide": _plain(lambda o, f: wide.BASE * (len(wide.WIDE) + 2)),
    "interval_level_sobol": _plain(lambda o, f: wide.SOBOL_LEVEL),
    **{
        f"sobol_{kind}_{choice}": _sobol(kind, choice)
        for kind in ("first_order", "total")
        for choice in wide.WIDE
    },
}


def _published() -> dict[str, Callable[[Oracle, Fact], Expected]]:
    """Return the measures of published indexes: every edition that has all parts of one."""
    o, found = consult(), {}
    for index in PUBLISHED:
        for year in {y for (_, c), own in o.raw.items() if c == index for y in own}:
            if method.recompute(index, year):
                found |= {
                    f"edition_{year}": _plain(lambda o, f: int(_tail(f))),
                    f"n_recomputed_{year}": _plain(
                        lambda o, f: len(method.recompute(f.code, int(_tail(f))))
                    ),
                    f"largest_difference_{year}": _plain(
                        lambda o, f: max(map(abs, method.recompute(f.code, int(_tail(f)))))
                    ),
                }
    return found


def _one_choice() -> dict[str, Callable[[Oracle, Fact], Expected]]:
    kinds = ("rank_among_partners", "score")
    found = {f"{kind}_{key}": _alternative for key in method.alternatives() for kind in kinds}
    return found | {f"change_without_{method.moves_most()[0]}": _change_without}


def test_every_number_about_the_data() -> None:
    page = read_page("10", language="en")
    check_facts(page, INDEX | DATA | _published())
    told = {(f.code, f.measure) for f in page.facts.values()}
    for index in PUBLISHED:
        editions = {m for c, m in told if c == index and m.startswith("edition")}
        o = consult()
        years = {y for (_, c), own in o.raw.items() if c == index for y in own}
        assert editions == {f"edition_{y}" for y in years if method.recompute(index, y)}


def test_every_number_about_the_method() -> None:
    check_facts(read_page("20", language="en"), INDEX | METHOD)


def test_every_number_about_the_ranks() -> None:
    check_facts(read_page("50", language="en"), INDEX | RANKS | _one_choice())


# How many countries, indicators or runs a number rests on; what is not named here tells none.
_SCORED = ("score", "gap", "gap_to_best", "rank", "value")
_AMONG = ("rank_among_partners", "share_first", "share_last", "share_rank", "median_rank_wide")


def _rests_on(o: Oracle, f: Fact) -> float:
    if f.measure in _SCORED:
        return float(np.isfinite(o.scores[f.code]).sum())
    if f.measure.startswith(_AMONG):
        return len(o.partners)
    if f.measure.startswith("sobol"):
        return wide.BASE * (len(wide.WIDE) + 2)
    if f.measure == "correlation_weakest":
        return min(method.correlate_parts(f.code).values())[1]
    if f.measure == "share_of_differences":
        return method.importance()[f.code][2]
    told = {
        "n_complete": len(o.units),
        "n_with_value": len(o.units),
        "n_at_or_above_median": len(o.leaves),
        "n_order_kept": len(method.alternatives()),
        "alpha": method.compute_alpha(f.code)[1] if f.measure == "alpha" else 0,
        "correlation_with_whole": (
            method.correlate_with_whole(f.code)[1] if f.measure == "correlation_with_whole" else 0
        ),
    }
    return told.get(f.measure, math.nan)


@pytest.mark.parametrize("number", ["10", "20", "50"])
def test_every_number_says_how_many_it_rests_on(number: str) -> None:
    o = consult()
    for fact in read_page(number, language="en").facts.values():
        assert fact.n == pytest.approx(_rests_on(o, fact), nan_ok=True), fact.id
