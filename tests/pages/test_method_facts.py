"""Every number that pages 10, 20 and 50 say, against the oracle; and the words beside it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from babel import Locale

from innocap_analysis.pages.facts import Fact

from . import oracle_method as method
from . import oracle_wide as wide
from .oracle import PUBLISHED, Oracle, consult
from .reading import Page, read_page
from .test_index_facts import EXPECTED as INDEX
from .test_index_facts import LANGUAGES, PARTNERS, Expected, check_facts

# How the words of page 50 call the choices of the wide simulation.
CHOICES = {
    "en": ("weights", "indicator left out", "mean of the dimensions", "normalisation",
           "treatment of outliers", "filling of gaps"),
    "sv": ("vikter", "utelämnad indikator", "medelvärde av dimensionerna", "normalisering",
           "behandling av extremvärden", "ifyllning av luckor"),
    "fi": ("painot", "pois jätetty indikaattori", "ulottuvuuksien keskiarvo", "normalisointi",
           "poikkeavien arvojen käsittely", "puuttuvien täyttäminen"),
    "fr": ("pondérations", "indicateur omis", "moyenne des dimensions", "normalisation",
           "traitement des valeurs extrêmes", "comblement des lacunes"),
}  # fmt: skip


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


# ------------------------------------------------------------ the words beside the numbers


def _label(code: str, language: str) -> str:
    return consult().node[code][f"label_{language}"]


def _name(unit: str, language: str) -> str:
    return str(Locale.parse(language).territories[unit])


def _order(text: str, language: str) -> list[str]:
    """Return the partners in the order in which a text names them."""
    return sorted(
        (u for u in PARTNERS if _name(u, language) in text),
        key=lambda u: text.index(_name(u, language)),
    )


def _one(lines: list[str], words: str) -> str:
    """Return the one line with some words."""
    found = [line for line in lines if words in line]
    assert len(found) == 1, (words, found)
    return found[0]


def _charts(page: Page, word: str) -> str:
    return _one([chart.alt for chart in page.charts], word)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_changed_most_is_named_for_each_indicator(language: str) -> None:
    o = consult()
    title = read_page("10", language=language).charts[2].alt
    for code in ("UN_OSI", "UN_EPI", "WB_DCEI"):
        change = {u: max(own.items())[1] - min(own.items())[1] for u in PARTNERS
                  for own in [o.raw[u, code]]}  # fmt: skip
        most = max(change, key=lambda u: abs(change[u]))
        before = title[: title.index(_label(code, language))]
        named = max(PARTNERS, key=lambda u: before.rfind(_name(u, language)))
        assert named == most, (code, title)
        own = title[len(before) :].split(")" if "(" not in _label(code, language) else "),")[0]
        assert f"+{change[most]:.2f}".replace(".", "." if language == "en" else ",") in own, own


@pytest.mark.parametrize("language", LANGUAGES)
def test_half_of_the_indicators_are_as_old_as_said(language: str) -> None:
    years = method.years_scored()
    told = int(read_page("10", language=language).facts["10::INNOCAP:median_scored_year"].value)
    assert str(told) in read_page("10", language=language).charts[1].alt
    assert sum(y <= told for y in years) >= len(years) / 2 > sum(y < told for y in years)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_part_that_decides_otherwise_than_it_weighs_is_named(language: str) -> None:
    page = read_page("20", language=language)
    part = method.furthest_from_its_weight()
    parent = method.parent_of(consult(), part)
    weight, share, _ = method.importance()[part]
    title = page.charts[3].alt
    sign = "%" if language == "en" else "\N{NO-BREAK SPACE}%"
    told = [_label(part, language), f"{100 * weight:.0f}{sign}", _label(parent, language),
            f"{100 * share:.0f}{sign}"]  # fmt: skip
    assert all(text in title for text in told), (told, title)
    assert title.startswith(told[0])
    assert title.index(told[1]) < title.rindex(told[3])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_weakest_pair_of_each_dimension_is_named(language: str) -> None:
    o = consult()
    cells = read_page("20", language=language).tables[2].cells
    assert list(cells.iloc[:, 0]) == [_label(c, language) for c in (o.root, *o.dimensions)]
    for code, told in zip((o.root, *o.dimensions), cells.iloc[:, -1], strict=True):
        pairs = method.correlate_parts(code)
        a, b = min(pairs, key=lambda pair: pairs[pair][0])
        assert told.startswith(f"{_label(a, language)}, {_label(b, language)} ("), told


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_overlaps_with_whom(language: str) -> None:
    o = consult()
    lines = read_page("20", language=language).texts[0].splitlines()
    pairs = [(c, o.node[c]["part_of"]) for c in o.leaves if o.node[c]["part_of"]]
    assert len(lines) == len(pairs)
    for line, (part, whole) in zip(lines, pairs, strict=True):
        assert line.startswith(f"- {_label(part, language)}")
        assert _label(whole, language) in line[len(_label(part, language)) + 2 :]


def test_a_score_is_read_off_the_line_that_the_subtitle_writes() -> None:
    o = consult()
    code = "OECD_PMR_PROC"
    value, high = o.newest("SE", code), np.nanmax(o.values[:, o.leaves.index(code)])
    assert o.node[code]["direction"] == "-1"
    low = np.nanmin(o.values[:, o.leaves.index(code)])
    title = read_page("20", language="en").charts[0].alt
    assert f"{value:g} for Sweden becomes {o.score('SE', code):.1f} of 100" in title
    assert f"100 × ({high:g} − {value:g}) / ({high:g} − {low:g})" in title
    table = read_page("20", language="en").tables[0].cells
    lower = table.loc[table["Direction"] == "lower is better", "Indicator"]
    assert list(lower) == [_label(c, "en") for c in o.leaves if o.node[c]["direction"] == "-1"]


def test_scores_and_gaps_stand_in_their_own_columns() -> None:
    o = consult()
    cells = read_page("20", language="en").tables[1].cells
    rows = [(c, u) for c in (o.root, *o.dimensions) for u in PARTNERS]
    assert len(cells) == len(rows)
    for (code, unit), row in zip(rows, cells.to_dict("records"), strict=True):
        assert (row["Dimension"], row["Country"]) == (_label(code, "en"), _name(unit, "en"))
        best = o.score(unit, code) - np.nanmax(o.scores[code])
        told = [f"{o.score(unit, code):.1f}", f"{o.gap(unit, code):+.1f}", f"{best:+.1f}"]
        told = [x.replace("-", "−").replace("+0.0", "0.0") for x in told]
        assert [row["Score"], row["From the median"], row["From the best"]] == told
        words = {"rests on one": "rests on one figure"}
        assert row["Verdict"] == words.get(o.verdict(unit, code), o.verdict(unit, code))


KEPT = {
    "en": "Without double counts the order stays the same",
    "sv": "Utan dubbelräkning är ordningen densamma",
    "fi": "Ilman kaksinkertaista laskentaa järjestys säilyy",
    "fr": "Sans double compte, l’ordre reste le même",
}
NAMED = {"geometric": "Geometric mean", "equal_indicators": "All indicators weigh the same",
         "no_double_counts": "Without double counts"}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_alternatives_that_change_the_order_are_named_with_theirs(language: str) -> None:
    o = consult()
    page = read_page("50", language=language)
    lines = page.texts[0].splitlines()
    changing = [
        (key, method.order_of(scores))
        for key, scores in method.alternatives().items()
        if method.order_of(scores) != method.order_reported()
    ]
    *told, twice = lines
    assert len(told) == len(changing)
    for line, (key, order) in zip(told, changing, strict=True):
        name = (
            _label(key.removeprefix("without_"), language)
            if key.startswith("without_")
            else NAMED[key]
        )
        assert name in line
        assert _order(line, language) == order, line
    parts = [c for c in o.leaves if o.node[c]["part_of"] in o.leaves]
    assert [c for c in o.leaves if _label(c, language) in twice] == parts
    same = "no_double_counts" not in [key for key, _ in changing]
    assert (KEPT[language] in page.texts[1]) == same
    kept = len(method.alternatives()) - len(changing)
    assert [len(PARTNERS), kept, len(method.alternatives())] == [
        int(x) for x in _digits(page.texts[1].splitlines()[0])
    ]


def _digits(text: str) -> list[str]:
    return [part for part in "".join(x if x.isdigit() else " " for x in text).split() if part]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_indicator_and_the_country_that_move_most_are_named(language: str) -> None:
    code, unit, change = method.moves_most()
    title = read_page("50", language=language).charts[1].alt
    assert [c for c in consult().leaves if _label(c, language) in title] == [code]
    assert _order(title, language) == [unit]
    sign = "." if language == "en" else ","
    assert f"{change:+.1f}".replace(".", sign).replace("-", "−") in title


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_and_last_over_the_runs_are_named_in_their_places(language: str) -> None:
    o = consult()
    first, last = (
        max(PARTNERS, key=lambda u: (o.rank_runs(u, o.root, o.partners) == place).mean())
        for place in (1, len(PARTNERS))
    )
    title = read_page("50", language=language).charts[2].alt
    assert _order(title, language) == [first, last]
    halves = (
        title[: title.index(_name(last, language))],
        title[title.index(_name(last, language)) :],
    )
    for text, word in zip(halves, FIRST_LAST[language], strict=True):
        assert word in text, (word, text)
    lines = read_page("50", language=language).texts[1].splitlines()
    for unit in PARTNERS:
        own = _one(lines, f"- {_name(unit, language)}")
        share = [o.rank_runs(unit, o.root, o.partners), wide.wide_ranks()[:, PARTNERS.index(unit)]]
        told = [_percent(float((ranks == 1).mean())) for ranks in share]
        spread = sorted({int(x) for x in o.rank_interval(unit, o.root, o.partners)})
        numbers = [*map(str, spread), str(len(PARTNERS)), "90", *told]
        assert _digits(own) == numbers, own


FIRST_LAST = {
    "en": ("first", "last"),
    "sv": ("först", "sist"),
    "fi": ("ensimmäinen", "viimeinen"),
    "fr": ("en tête", "en dernier"),
}


def _percent(share: float) -> str:
    """Return a share of runs in whole percent; 0 and 100 are never claimed."""
    return "99" if share > 0.99 else "1" if share < 0.01 else f"{100 * share:.0f}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_choices_that_matter_most_are_named(language: str) -> None:
    page = read_page("50", language=language)
    order = wide.choices_by_total()
    names = dict(zip(wide.WIDE, CHOICES[language], strict=True))
    title = page.charts[3].alt.split("\N{NO-BREAK SPACE}: " if language == "fr" else ": ", 1)[1]
    line = page.texts[1].splitlines()[2]
    for text in (title, line):
        found = [names[c] for c in order[:2]]
        assert found == sorted(found, key=text.index), text
        assert not [c for c in order[2:] if names[c] in text.split(found[1])[0]]
    shares = [100 * wide.sobol()[1][c][kind][0] for c in order[:2]
              for kind in ("first_order", "total")]  # fmt: skip
    assert _digits(line) == [f"{x:.0f}" for x in shares]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_the_wide_simulation_has_each_number_in_its_column(language: str) -> None:
    o = consult()
    cells = read_page("50", language=language).tables[1].cells
    assert list(cells.iloc[:, 0]) == [_name(u, language) for u in PARTNERS]
    for unit, row in zip(PARTNERS, cells.to_numpy(), strict=True):
        ranks = wide.wide_ranks()[:, PARTNERS.index(unit)]
        low, high = np.quantile(ranks, [0.05, 0.95])
        told = [o.rank(unit, o.root, o.partners), np.median(ranks), low, high]
        shares = [_percent(float((ranks == place).mean())) for place in (1, len(PARTNERS))]
        assert _digits(" ".join(row[1:])) == [*(f"{x:.0f}" for x in told), *shares]


def test_who_scores_above_whom_stands_in_row_and_column() -> None:
    cells = read_page("50", language="en").tables[0].cells
    for i, unit in enumerate(PARTNERS):
        for other in PARTNERS:
            told = _digits(str(cells[_name(other, "en")].iloc[i]))
            share = _percent(method.share_above(unit, other)) if unit != other else None
            assert told == ([] if share is None else [share]), (unit, other)


def test_the_picture_of_alternatives_has_rank_and_score_of_each() -> None:
    o = consult()
    texts = [t.get_text() for t in read_page("50", language="en").charts[0].axes[0].texts]
    size = 2 * len(PARTNERS) * (1 + len(method.alternatives()))
    places, scores = texts[-size::2], texts[1 - size :: 2]
    base = {u: o.score(u, o.root) for u in PARTNERS}
    for row, own in enumerate([base, *method.alternatives().values()]):
        for column, unit in enumerate(PARTNERS):
            at = row * len(PARTNERS) + column
            ranks = [1 + sum(x > each[unit] for x in each.values()) for each in (own, base)]
            arrow = "" if ranks[0] == ranks[1] else " ▲" if ranks[0] < ranks[1] else " ▼"
            assert places[at] == f"{ranks[0]}{arrow}"
            assert scores[at] == f"{own[unit]:.1f}"
