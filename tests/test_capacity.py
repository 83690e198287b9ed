"""The pooled data: complete for the partners, indifferent to order and company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import change_codebook, load_capacity, open_view, score_index
from innocap_analysis.data.observations import select_year, widen
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import read_table
from innocap_analysis.index.alternatives import leave_out_indicators
from innocap_analysis.index.capacity import CapacityData, write_scores
from innocap_analysis.index.verdicts import judge_units
from innocap_analysis.settings import load_settings


def test_partners_are_complete(capacity: CapacityData) -> None:
    assert capacity.countries == ["SE", "FI", "IE", "CA"]
    assert len(capacity.values) == 43
    assert capacity.result.values.loc[capacity.countries].notna().all(axis=None)
    assert capacity.result.coverage.loc[capacity.countries].eq(1).all(axis=None)
    assert len(capacity.regional) == 29


def test_codes_are_mapped(capacity: CapacityData) -> None:
    units = set(capacity.prepared.observations["unit"])
    assert {"SE", "GB", "GR", "CA-NL", "CA-NU", "SE32", "FI1D", "IE04"} <= units
    assert not {"SWE", "CA10"} & units


def test_scores_are_bit_equal_for_any_order_of_raw_rows(
    project: Path, accept_raw: Callable[[str], None], capacity: CapacityData
) -> None:
    rng = np.random.default_rng(5)
    for file in (project / "data" / "raw").glob("*.csv"):
        head, *rows = file.read_text(encoding="utf-8").splitlines()
        mixed = [rows[i] for i in rng.permutation(len(rows))]
        file.write_text("\n".join([head, *mixed]) + "\n", encoding="utf-8", newline="")
        accept_raw(file.name)
    shuffled = load_capacity()
    pd.testing.assert_frame_equal(shuffled.result.scores, capacity.result.scores, check_exact=True)
    pd.testing.assert_frame_equal(shuffled.observations, capacity.observations, check_exact=True)


def test_scores_of_one_country_are_bit_equal_alone(capacity: CapacityData) -> None:
    for unit in capacity.countries:
        alone = score_index(capacity.values.loc[[unit]], capacity.codebook)
        pd.testing.assert_frame_equal(
            alone.scores, capacity.result.scores.loc[[unit]], check_exact=True
        )


def test_newest_and_chosen_years(capacity: CapacityData) -> None:
    newest = capacity.observations.set_index(["unit", "code"])["time"]
    assert newest["SE", "UN_OSI"] == 2024
    assert newest["SE", "WB_CGSI"] == 2025
    older = load_capacity(year=2022, settings=capacity.settings)
    assert older.observations["time"].max() == 2022
    assert older.observations.set_index(["unit", "code"])["time"]["SE", "UN_OSI"] == 2022
    # In 2022 there was no OECD index yet: two of four digital indicators and no score lost.
    assert older.result.coverage.at["SE", "DIG"] == 0.75
    assert older.regional.shape == capacity.regional.shape
    assert older.regional.loc["SE32"].isna().all()
    with pytest.raises(InnocapError, match=r"year 2020: too few figures .* SE, FI, IE, CA"):
        load_capacity(year=2020, settings=capacity.settings)
    with pytest.raises(InnocapError, match=r"year 1999: .* the first are of 2016"):
        load_capacity(year=1999, settings=capacity.settings)


def test_the_log_accounts_for_every_figure(capacity: CapacityData) -> None:
    log = capacity.prepared.log
    kept, years = select_year(capacity.prepared.observations)
    older = log.loc[log["action"] == "dropped", "n_values"].sum()
    assert len(kept) + older == len(capacity.prepared.observations)
    assert years["n_values"].sum() == older
    missing = log[log["action"] == "missing"]
    holes = capacity.result.values.isna().sum()
    assert missing.set_index("code")["n_values"].to_dict() == holes[holes > 0].to_dict()


def test_processed_tables_read_back_equal(project: Path) -> None:
    settings = load_settings()
    scores = write_scores(settings)
    back = read_table(settings.processed_dir / "scores.csv", unit="str", code="str")
    pd.testing.assert_frame_equal(back, scores, check_exact=True, check_dtype=False)
    observations = read_table(settings.processed_dir / "observations.csv", unit="str", code="str")
    assert len(observations) == 2472
    first = {file.name: file.read_bytes() for file in settings.processed_dir.iterdir()}
    write_scores(settings)
    assert first == {file.name: file.read_bytes() for file in settings.processed_dir.iterdir()}


def test_a_double_value_cannot_be_widened() -> None:
    twice = pd.DataFrame({"unit": ["SE", "SE"], "code": ["A", "A"], "value": [1.0, 2.0]})
    with pytest.raises(InnocapError, match="SE has two figures for A"):
        widen(twice)


def test_reference_sets(capacity: CapacityData) -> None:
    assert len(capacity.reference_units("oecd_eu")) == 43
    assert len(capacity.reference_units("oecd")) == 38
    assert len(capacity.reference_units("eu")) == 27
    assert capacity.reference_units("nordic") == ["DK", "FI", "IS", "NO", "SE"]


def test_what_pages_share_depends_on_its_content_and_no_page_changes_it(
    capacity: CapacityData,
) -> None:
    one, other = (open_view("60", region=unit, runs=50, capacity=capacity) for unit in ("SE", "FI"))
    # Judged anew, without what is shared.
    runs = capacity.simulate(n=50, seed=1)
    left_out = leave_out_indicators(capacity.values, capacity.codebook, min_coverage=0.5)
    own = judge_units(capacity.result, runs, left_out, units=capacity.countries,
                      reference_units=one.members)  # fmt: skip
    pd.testing.assert_frame_equal(one.verdicts.table, own.table)
    one.verdicts.table.loc[:, "score"] = 0.0  # as a cell of a notebook may
    one.runs.scores["INNOCAP"].iloc[0] = -1.0
    one.runs.choices["mine"] = 1
    pd.testing.assert_frame_equal(other.verdicts.table, own.table)
    third = open_view("30", region="IE", runs=50, capacity=capacity)
    pd.testing.assert_frame_equal(third.runs.scores["INNOCAP"], runs.scores["INNOCAP"])
    pd.testing.assert_frame_equal(third.runs.choices, runs.choices)
    # Another weight, figure, rule of coverage, number or seed is another content.
    book = change_codebook(capacity.codebook, weights={"SKL": 3})
    values = capacity.values.copy()
    values.loc["SE"] *= 1.01
    config = capacity.settings.model_copy(update={"min_coverage": 0.6})
    digests = {
        made.digest
        for made in (capacity, capacity.with_codebook(book), replace(capacity, values=values),
                     replace(capacity, settings=config))
    }  # fmt: skip
    assert len(digests) == 4
    for changed in ({"runs": 51}, {"seed": 2}, {"capacity": capacity.with_codebook(book)}):
        given = {"runs": 50, "capacity": capacity, **changed}
        view = open_view("60", region="SE", **given)
        assert not view.verdicts.table["gap_low"].equals(own.table["gap_low"])
