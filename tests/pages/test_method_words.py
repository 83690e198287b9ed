"""What pages 10, 20 and 50 say in words, against the oracle: who, which, first and last."""

from __future__ import annotations

import numpy as np
import pytest
from babel import Locale

from . import oracle_method as method
from . import oracle_wide as wide
from .oracle import PUBLISHED, consult
from .reading import read_page
from .test_index_facts import LANGUAGES, PARTNERS

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


def test_the_log_tells_each_number_behind_its_own_words() -> None:
    o, log = consult(), method.count_log()
    page = read_page("10", language="en")
    gaps = np.isnan(o.values[[o.units.index(u) for u in PARTNERS]]).sum()
    k, years = len(o.leaves), method.all_years_scored()
    assert page.texts[0].splitlines() == [
        f"- {o.n_read:,} figures were read and verified; {log['changed'][1]:,} had their unit code "
        f"mapped, {log['dropped'][1]:,} belong to older years and serve trends only.",
        f"- Of the {k * len(PARTNERS)} scored figures of the partner countries {gaps} are missing; "
        f"of the {k * len(o.units)} of the reference countries {log['missing'][1]}.",
        f"- The scored figures are from {min(years)} to {max(years)}.",
    ]
    assert page.tables[1].cells.to_numpy().tolist() == [
        [words, *(f"{n:,}" for n in log[action])]
        for words, action in (
            ("unit code mapped", "changed"),
            ("left out of the scores", "dropped"),
            ("missing", "missing"),
        )
    ]


def test_goalposts_and_published_indexes_stand_in_their_own_columns() -> None:
    o = consult()
    cells = (
        read_page("20", language="en").tables[0].cells[["Indicator", "Low", "High", "Countries"]]
    )
    ends = [[f"{f(x[~np.isnan(x)]):g}" for f in (min, max, len)] for x in o.values.T]
    assert cells.to_numpy().tolist() == [
        [_label(c, "en"), *own] for c, own in zip(o.leaves, ends, strict=True)
    ]
    for row in read_page("10", language="en").tables[2].cells.to_numpy().tolist():
        code = next(c for c in PUBLISHED if _label(c, "en") == row[0])
        found = method.recompute(code, int(row[1]))
        assert row[2:] == [str(len(found)), f"{max(map(abs, found)):.5f}"]


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
    if language != "en":
        return
    for code, row in zip((o.root, *o.dimensions), cells.to_numpy().tolist(), strict=True):
        alpha, n = method.compute_alpha(code)
        mean = np.mean([r for r, _ in method.correlate_parts(code).values()])
        parts = str(len(method.parts_of(o, code)))
        assert row[1:5] == [parts, str(n), f"{alpha:.2f}", f"{mean:.2f}"]


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
    title = page.charts[3].alt.split(": ", 1)[1]
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
    spots = [t.get_position() for t in read_page("50", language="en").charts[0].axes[0].texts]
    wanted = [(x, y) for y in range(size // 2 // len(PARTNERS)) for x in range(len(PARTNERS))]
    assert [(int(x), int(y)) for x, y in spots[-size::2]] == wanted
    assert [(int(x), int(y)) for x, y in spots[1 - size :: 2]] == wanted
    base = {u: o.score(u, o.root) for u in PARTNERS}
    for row, own in enumerate([base, *method.alternatives().values()]):
        for column, unit in enumerate(PARTNERS):
            at = row * len(PARTNERS) + column
            ranks = [1 + sum(x > each[unit] for x in each.values()) for each in (own, base)]
            arrow = "" if ranks[0] == ranks[1] else " ▲" if ranks[0] < ranks[1] else " ▼"
            assert places[at] == f"{ranks[0]}{arrow}"
            assert scores[at] == f"{own[unit]:.1f}"
