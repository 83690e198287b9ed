"""Pages 10, 20 and 50: what is not measured, counted twice, or said in the reader's language."""

from __future__ import annotations

import csv
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from innocap_analysis import open_view, score_index
from innocap_analysis.index.alternatives import change_codebook, find_double_counts
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.pages import (
    alternatives,
    comparison,
    country,
    data,
    indicators,
    method,
    ranks,
)
from innocap_analysis.pages.index_view import IndexView
from tests.frozen import EDITION


def _look(capacity: CapacityData, page: str, language: str = "en") -> IndexView:
    return open_view(page, capacity=capacity, language=language, runs=100)


@pytest.fixture(scope="module")
def gaps(capacity: CapacityData) -> CapacityData:
    """Return the project's data without any figure on skills for Ireland, and none for Canada."""
    values = capacity.values.copy()
    values.loc["IE", capacity.codebook.leaves_of("SKL")] = np.nan
    values.loc["CA"] = np.nan
    return replace(capacity, values=values, result=score_index(values, capacity.codebook))


def test_what_is_not_measured_is_said_and_never_ranked(gaps: CapacityData) -> None:
    view = _look(gaps, "50")
    assert view.measured == ["SE", "FI", "IE"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = alternatives.compare(view, leave_out="BIPA_PROCDATA")
        wide = ranks.simulate_wide(view, base=16)
        drawn = [t.get_text() for t in alternatives.plot_alternatives(view, found).axes[0].texts]
        said = ranks.write_findings(view, found, wide)
    assert drawn.count("not measured") == found["alternative"].nunique()
    assert "Not measured, and so not ranked: Canada." in said
    assert "Ireland is ranked without what is not measured: Skills." in said
    assert set(found["unit"]) == {"SE", "FI", "IE"}
    for table in (ranks.table_rank_summary(view, wide), ranks.table_superiority(view)):
        assert "Canada" not in table.cells.to_string()


def test_every_page_stands_gaps(gaps: CapacityData) -> None:
    view = _look(gaps, "20")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert method.plot_normalisation(view, "PIAAC_LIT", "IE").alt.startswith(
            "Adult literacy: Ireland is not measured"
        )
        assert "Canada –" in indicators.plot_indicators(view, view.shown).alt
        cells = comparison.table_scores(view, ranks=False).cells
        for draw in (method.plot_importance, data.plot_coverage, data.plot_years):
            assert not draw(view).data.empty
        assert len(method.table_coherence(view).cells) == 1 + len(view.dimensions)
    unmeasured = cells[cells["Verdict"] == "not measured"]
    assert list(unmeasured["Country"]) == ["Canada", "Ireland", *["Canada"] * 4]
    assert set(unmeasured["Score"]) == {"–"}


def test_a_dimension_without_any_figure_breaks_nothing(capacity: CapacityData) -> None:
    values = capacity.values.copy()
    values[capacity.codebook.leaves_of("SKL")] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = score_index(values, capacity.codebook)
    view = _look(replace(capacity, values=values, result=result), "20")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = method.table_coherence(view).cells.set_index("Dimension").loc["Skills"]
        assert set(row[2:]) == {"–"}
        assert row["Countries with all"] == "0"
        method.plot_importance(view)
        assert len(alternatives.compare(view, leave_out="BIPA_PROCDATA")) > 4


def test_double_counts_are_found_with_the_groups_they_fill() -> None:
    with (EDITION / "data" / "codebooks" / "indicators.csv").open(encoding="utf-8") as stream:
        parts = {row["code"]: row["part_of"] for row in csv.DictReader(stream) if row["part_of"]}
    book = read_codebook(EDITION / "data" / "codebooks" / "indicators.csv")
    assert find_double_counts(book) == list(parts)
    table = book.table.reset_index()
    inside = table[
        ~table["parent"].isin(["SKL"]) | (table["code"] == "OECD_OUR_REUSE_DATALITERACY")
    ]
    # The group goes with the only indicator that it has.
    left = change_codebook(read_codebook(inside), drop=find_double_counts(read_codebook(inside)))
    assert "SKL" not in left.parents


def test_overlaps_are_named_with_their_correlation(capacity: CapacityData) -> None:
    view = _look(capacity, "20")
    said = str(method.write_overlaps(view)).splitlines()
    for code, whole in (("UN_EPI", "UN_OSI"), ("OECD_DGI_USER", "OECD_DGI")):
        pair = capacity.values[[code, whole]].dropna().to_numpy()
        r = np.corrcoef(pair.T)[0, 1]
        line = next(line for line in said if line.startswith(f"- {view.code(code)} "))
        assert f"{view.code(whole)}: their figures correlate {r:.2f} over {len(pair)} " in line


def test_two_figures_do_not_correlate(capacity: CapacityData) -> None:
    """Any two points lie on a line: a correlation of 1 or -1 that says nothing."""
    for n, told in ((2, "correlate – over 2 "), (3, "over 3 ")):
        values = capacity.values.copy()
        both = values[["UN_EPI", "UN_OSI"]].dropna()
        values.loc[values.index.difference(both.index[:n]), "UN_EPI"] = np.nan
        said = str(method.write_overlaps(_look(replace(capacity, values=values), "20")))
        line = next(line for line in said.splitlines() if "E-participation" in line)
        assert told in line
        assert ("correlate –" in line) == (n == 2)


def test_two_simulations_have_measures_of_their_own(capacity: CapacityData) -> None:
    view = _look(capacity, "50")
    found = alternatives.compare(view, leave_out="BIPA_PROCDATA")
    wide = ranks.simulate_wide(view, base=16)
    ranks.plot_rank_shares(view)
    ranks.table_rank_summary(view, wide)
    ranks.write_findings(view, found, wide)  # one name for two numbers would stop here
    facts = view.ledger.facts
    for unit in view.shown:
        assert {f"50:{unit}:INNOCAP:share_first", f"50:{unit}:INNOCAP:share_first_wide"} <= {*facts}
    assert facts["50:::n_runs"].value == 100
    assert facts["50:::n_runs_wide"].value == 16 * 8


@pytest.mark.parametrize("language", ["sv", "fi", "fr"])
def test_notes_are_in_the_reader_s_language(capacity: CapacityData, language: str) -> None:
    view = _look(capacity, "10", language)
    html = data.table_sources(view)._repr_html_()
    for resource in (r for r in html.split("<tr>") if "<td" in r):
        assert resource.count(' lang="en"') == 2  # title and publisher stay as published
    english = _look(capacity, "10")
    for table in (data.table_sources, data.table_cautions):
        own, other = (table(v).cells.iloc[:, -1] for v in (view, english))
        assert not set(own) & set(other)
        words = re.findall(r"\b(the|and|of|were|figures)\b", " ".join(own))
        assert not words


def test_what_is_below_the_median_is_hatched_and_nothing_else(capacity: CapacityData) -> None:
    view = open_view("30", capacity=capacity, region="SE", runs=20)
    (ax,) = country.plot_gaps(view).axes
    bars = [bar for bar in ax.patches if isinstance(bar, Rectangle)]
    assert min(abs(bar.get_width()) for bar in bars) < 1  # also of what is above it by a little
    assert [bool(bar.get_hatch()) for bar in bars] == [bar.get_width() < 0 for bar in bars]
