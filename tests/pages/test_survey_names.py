"""What pages 80 and 35 say of the answers in words, names and stars; bars of even scales."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from innocap_analysis.pages import answers, differences, measurement, pairs, statements
from innocap_analysis.pages.facts import Ledger
from innocap_analysis.pages.survey_view import open_survey_view

from .oracle_survey import consult_survey
from .reading import Page, read_numbers, read_page
from .test_survey_figures import _label, _name, _names, _plain


def _page() -> Page:
    return read_page("80", language="en")


def test_findings_tell_the_scores_of_each_country_and_the_three_most_named() -> None:
    o = consult_survey()
    lines = [_plain(x) for x in _page().texts[-2].splitlines()]
    for d in o.dimensions:
        (line,) = [x for x in lines if x.startswith(f"- {_label(d)}: ")]
        parts = line.removeprefix(f"- {_label(d)}: ").rstrip(".").split("; ")
        told = [part.removeprefix(f"{_name(o, u)} ")
                for u, part in zip(o.countries, parts, strict=True)]  # fmt: skip
        for unit, text in zip(o.countries, told, strict=True):
            wanted = [x for x in o.mean(d, unit)[:3] if not np.isnan(x)]
            found = read_numbers(text.replace("–", " "))
            assert found == pytest.approx(wanted, abs=0.0501), (d, unit)
    for question in ("OUT6", "BAR1"):
        (line,) = [x for x in lines if "Named most" in x and _label(question).rstrip("?.") in x]
        shares, _ = o.named(question)
        scale = o.node[question]["scale"]
        told = [o.labels[scale, option, "en"] for option in list(shares)[:3]]
        assert [line.index(x) for x in told] == sorted(line.index(x) for x in told)
        assert line.count("%") == 3


def test_what_is_worded_the_other_way_round_has_a_star() -> None:
    o = consult_survey()
    chart = next(c for c in _page().charts if "Furthest apart" in c.alt)
    for y, told in _names(chart.axes[0]).items():
        assert told.endswith("*") == (o.node[o.items[int(y)]]["direction"] == "-1"), told
    shown = " ".join(" ".join(t.get_text() for t in chart.texts).split())
    assert "agrees or strongly agrees" in shown
    assert "worded the other way round" in shown


def test_the_statement_that_sets_countries_furthest_apart_is_named_with_its_shares() -> None:
    o = consult_survey()
    title = next(c.alt for c in _page().charts if "Furthest apart" in c.alt).split("Share that")[0]
    shares = {c: {u: o.share_agree(c, u)[0] for u in o.countries} for c in o.items}
    spread = {c: max(own.values()) - min(own.values()) for c, own in shares.items()}
    far = max(spread, key=lambda c: spread[c])
    low, high = (f(shares[far], key=lambda u: shares[far][u]) for f in (min, max))
    assert _label(far).rstrip(".") in _plain(title)
    at = [title.index(f" in {_name(o, u)}") for u in (low, high)]
    assert at == sorted(at)
    told = [read_numbers(part)[0] for part in re.findall(r"(\d+)\s?%", title)]
    assert told[:2] == pytest.approx([100 * shares[far][u] for u in (low, high)], abs=0.501)


def test_of_one_group_the_highest_share_is_told_and_of_two_the_distance() -> None:
    view = open_survey_view("80", wave="synthetic")
    for groups, words in ((["SE"], "Highest share, "), (["FI", "SE"], "Furthest apart, ")):
        own = replace(view, ledger=Ledger())
        agreement = view.agreement
        own.__dict__["agreement"] = agreement[agreement["unit"].isin(groups)]
        own.__dict__["groups"] = groups
        assert answers._title_agreement(own).startswith(words)


def test_the_share_of_everyone_alone_has_its_interval() -> None:
    view = open_survey_view("80", wave="synthetic", by="nothing")
    (block, *_) = statements.list_blocks(view)
    statements.plot_answers(view, *block)
    told = [f for f in view.ledger.facts.values() if f.measure == "share_agree"]
    most = max(told, key=lambda fact: fact.value)
    assert most.low < most.value < most.high


def test_the_country_most_probably_first_is_named_with_its_probability() -> None:
    o = consult_survey()
    title = next(c.alt for c in read_page("85", language="en").charts if "Pooling takes" in c.alt)
    chances = o.pooled["ranks"][:, 0]
    first = int(chances.argmax())
    told = re.search(r"highest with probability (\S+): (\w+)", title)
    assert told is not None
    assert told[2] == _name(o, o.countries[first])
    assert read_numbers(told[1]) == pytest.approx([100 * chances[first]], abs=0.75)


def test_figures_of_answers_are_named_by_their_subject() -> None:
    view = open_survey_view("80", wave="synthetic")
    named = [statements.name_block(view, *block) for block in statements.list_blocks(view)]
    assert named == ["80_skills", "80_digital", "80_delivery", "80_procurement"]
    assert [statements.name_question(view, q) for q in view.multiple] == [
        "80_effects", "80_barriers",
    ]  # fmt: skip


def test_an_even_scale_has_its_nought_between_the_halves() -> None:
    ax = Figure().subplots()
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    statements._draw_diverging(ax, {2.0: (shares, "30%", "70%")}, ["k"] * 4)  # type: ignore[dict-item]
    ends = [own.get_paths()[0].vertices[:4] for own in ax.collections]
    assert [(x[:, 0].min(), x[:, 0].max()) for x in ends] == [
        pytest.approx(pair) for pair in ((-0.3, -0.2), (-0.2, 0), (0, 0.3), (0.3, 0.7))
    ]
    assert all((x[:, 1].min(), x[:, 1].max()) == pytest.approx((1.6, 2.4)) for x in ends)
    left, right = ax.texts
    assert (left.get_text(), right.get_text()) == ("30%", "70%")
    assert left.get_position()[0] < -0.3
    assert right.get_position()[0] > 0.7


def test_fewer_groups_than_two_are_not_compared() -> None:
    view = open_survey_view("85", wave="synthetic")
    for part in (pairs.plot_pairs, measurement.plot_items, differences.table_tests,
                 differences.plot_pooled, differences.table_ranks,
                 partial(differences.table_countries, capacity=None)):  # fmt: skip
        alone, two = (replace(view, ledger=Ledger()) for _ in range(2))
        alone.__dict__["evidence"] = SimpleNamespace(groups=["SE"])
        assert "There is nothing to compare" in str(part(alone))
        two.__dict__["evidence"] = SimpleNamespace(groups=["CA", "SE"])
        with pytest.raises(AttributeError):  # it looks for what is not there
            part(two)
    nobody, alone = (replace(view, ledger=Ledger()) for _ in range(2))
    nobody.__dict__["evidence"] = SimpleNamespace(groups=[])
    assert "There is nothing to compare" in str(differences.table_imputed(nobody))
    alone.__dict__["evidence"] = SimpleNamespace(groups=["SE"])
    with pytest.raises(AttributeError):  # the index of one group may be told
        differences.table_imputed(alone)
    for groups, shown in ((["SE"], False), (["CA", "SE"], True)):
        own = replace(view, ledger=Ledger())
        pairs_of = view.evidence.pairs
        pairs_of = pairs_of[pairs_of["unit"].isin(groups) & pairs_of["other"].isin(groups)]
        own.__dict__["evidence"] = SimpleNamespace(groups=groups, pairs=pairs_of)
        told = str(pairs.write_pairs(own))
        assert ("There is nothing to compare" in told) != shown
        assert ("Groups that can be told: 1." in told) != shown
