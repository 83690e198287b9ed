"""Pages 35 and 45: every number against the raw files, with csv and numpy alone."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from innocap_analysis.pages.facts import Fact
from tests.frozen import EDITION

from .oracle_places import consult_places
from .oracle_survey import consult_survey
from .reading import Page, read_page

# Örnsköldsvik, Sundsvall, Mikkeli, Savonlinna, Donegal's seven areas and its county, divisions of
# Newfoundland, a city, a place of some 500 people, merged ones and those they joined, regions.
PLACES = [
    "SE-2284", "SE-2281", "FI-491", "FI-740", *(f"IE-135040{i}" for i in range(7)), "IE-135",
    "CA-1001", "CA-1006", "CA-1011", "SE-0180", "IS-6706", "FI-736", "FI-035", "FI-214", "FI-099",
    "FI-541", "FI-911", "SE32", "SE321", "FI1DA", "CA-NL", "FI20", "IS-0000", "IS001",
]  # fmt: skip
Compute = Callable[[Fact, str], float]


def _stand(values: list[float], own: float) -> int:
    return 1 + sum(x > own for x in values)


def _of_region(f: Fact) -> tuple[float, list[float]]:
    """Return the figure of a fact's region, and those of the other regions of its country."""
    known = consult_places().same_country(f.unit, f.code)
    return known.get(f.unit, math.nan), [x for c, x in known.items() if c != f.unit]


def _among_peers(what: str, place: str) -> tuple[float, list[float]]:
    o = consult_places()
    return o.size(place, what), [o.size(c, what) for c in o.peers(place)[0]]


def _level(f: Fact, level: str) -> tuple[float, int]:
    return consult_places().government[(f.unit, f.code)][level]


def _count_regions(f: Fact) -> int:
    """Return of how many regions of a country there is a figure; of any, where none is named."""
    o = consult_places()
    region = next(c for c, n in o.nodes.items() if n.country == f.unit and c == o.region(c))
    codes = [f.code] if f.code else [
        code for code in o.regional if len(set(o.same_country(region, code).values())) > 1
    ]  # fmt: skip
    return max(len(o.same_country(region, code)) for code in codes)


def _joined(place: str) -> float:
    o = consult_places()
    own = [c for c, (into, _) in o.merged.items() if into == place]
    return o.nodes[place].people + sum(o.nodes[c].people for c in own)


SIZES = ("population", "area_km2", "density", "around")
COMPUTE: dict[str, Compute] = {
    "population": lambda f, _: consult_places().nodes[f.unit].people,
    "area_km2": lambda f, _: consult_places().nodes[f.unit].land,
    "density": lambda f, _: consult_places().nodes[f.unit].density,
    "around": lambda f, _: consult_places().around(f.unit),
    "rural_share": lambda f, _: (
        consult_places().nodes[f.unit].rural_people / consult_places().nodes[f.unit].people
    ),
    "sparse_below": lambda *_: 12.5,
    "rural_below": lambda *_: 150,
    "centre_from": lambda *_: 200_000,
    "n_peers": lambda _, p: len(consult_places().peers(p)[0]),
    "peer_factor": lambda _, p: consult_places().peers(p)[1],
    "n_peers_above_density": lambda _, p: sum(
        x > _among_peers("density", p)[0] for x in _among_peers("density", p)[1]
    ),
    "merged_in": lambda f, _: consult_places().merged[f.unit][1],
    "population_with_merged": lambda f, _: _joined(f.unit),
    "value": lambda f, _: consult_places().regional[f.code][f.unit][0],
    "year": lambda f, _: consult_places().regional[f.code][f.unit][1],
    "country_median": lambda f, _: float(np.median(_of_region(f)[1])),
    "rank_in_country": lambda f, _: _stand(_of_region(f)[1], _of_region(f)[0]),
    "n_shared": lambda f, _: _of_region(f)[1].count(_of_region(f)[0]),
    "n_regions": lambda f, _: _count_regions(f),
    "central": lambda f, _: _level(f, "central")[0],
    "local": lambda f, _: _level(f, "local")[0],
    "gap": lambda f, _: _level(f, "central")[0] - _level(f, "local")[0],
    "services_central": lambda f, _: _level(f, "central")[1],
    "services_local": lambda f, _: _level(f, "local")[1],
    "median_gap": lambda f, _: float(np.median(consult_places().gaps(f.code))),
    "few_services": lambda *_: 3,
    "policy_year": lambda *_: 2018,
}


def _named(f: Fact) -> float:
    question, _, option = f.code.partition("_")
    return consult_survey().named(question, f.unit)[0][option]


# From the answers: rounded as they are published (METHODS section 8), hidden ones never computed.
ANSWERED: dict[str, Compute] = {
    "score": lambda f, _: consult_survey().mean(f.code, f.unit)[0],
    "n_respondents": lambda f, _: len(consult_survey().people(f.unit)),
    "n_organisations": lambda f, _: len(
        {p.organisation for p in consult_survey().people(f.unit)} - {""}
    ),
    "difference": lambda f, _: _differ(f)["gap"],
    "share_agree": lambda f, _: consult_survey().share_agree(f.code, f.unit)[0],
    "share_named": lambda f, _: _named(f),
    "smallest_difference": lambda *_: 5,
}
ROUNDED = {"count": 0, "points": 1, "gap": 1, "share": 2, "given_points": 0}


def _differ(f: Fact) -> dict[str, float]:
    return consult_survey().difference(*f.unit.split("/", 1), f.code, k=2)  # type: ignore[misc]


for _what in SIZES:
    COMPUTE |= {
        f"peer_median_{_what}": lambda _, p, w=_what: float(np.median(_among_peers(w, p)[1])),  # type: ignore[misc]
        f"pool_median_{_what}": lambda _, p, w=_what: float(  # type: ignore[misc]
            np.median([consult_places().size(c, w) for c in consult_places().pool(p)])
        ),
        f"n_peers_below_{_what}": lambda _, p, w=_what: sum(  # type: ignore[misc]
            x < _among_peers(w, p)[0] for x in _among_peers(w, p)[1]
        ),
        f"n_peers_equal_{_what}": lambda _, p, w=_what: _among_peers(w, p)[1].count(  # type: ignore[misc]
            _among_peers(w, p)[0]
        ),
    }


@pytest.mark.parametrize("place", PLACES)
def test_every_number_of_a_place_is_that_of_the_raw_files(place: str) -> None:
    page = read_page("35", place=place, language="en")
    assert page.facts
    for fact in page.facts.values():
        if fact.measure in ANSWERED:
            check_answered(fact, place)
            continue
        assert fact.measure in COMPUTE, f"nobody recomputes {fact.id}"
        wanted = COMPUTE[fact.measure](fact, place)
        assert fact.value == pytest.approx(wanted, rel=1e-9, nan_ok=True), fact.id


def check_answered(fact: Fact, place: str) -> None:
    """Hold a number from the answers against the raw exports; FI1D has too few in the others."""
    o = consult_survey()
    assert fact.flag == ("" if fact.measure == "smallest_difference" else "SYNTHETIC"), fact.id
    assert (fact.hidden == "not shown") == (fact.unit in ("FI1D", "FI19")), fact.id
    if fact.hidden:
        assert math.isnan(fact.value)
        return
    error = 10.0 ** -ROUNDED[fact.kind] / 2 + 1e-9
    assert fact.value == pytest.approx(ANSWERED[fact.measure](fact, place), abs=error), fact.id
    ends = {
        "score": lambda: o.mean(fact.code, fact.unit)[1:3],
        "share_agree": lambda: o.share_agree(fact.code, fact.unit)[1:3],
        "difference": lambda: (_differ(fact)["low"], _differ(fact)["high"]),
    }.get(fact.measure)
    if ends:
        wanted = pytest.approx(ends(), abs=error, nan_ok=True)
        assert (fact.low, fact.high) == wanted, fact.id


def test_the_answers_of_a_region_stand_on_the_pages_of_its_places() -> None:
    """SE32: 42 people from 11 organisations; FI1D leaves 2 people elsewhere, so it is hidden."""
    facts = {p: read_page("35", place=p, language="en").facts for p in PLACES}
    for place in ("SE-2284", "SE-2281", "SE32", "SE321"):
        assert facts[place]["35:SE32::n_respondents"].value == 42
        assert facts[place]["35:SE32::n_organisations"].value == 11
        assert "35:SE32/rest:SELF:score" in facts[place]
    for place in ("FI-491", "FI-740", "FI1DA"):
        answered = [f for f in facts[place].values() if f.measure in ANSWERED]
        assert [f.hidden for f in answered] == ["not shown"], place
    for place in ("SE-0180", "IS-6706"):  # nobody from Stockholm or Iceland was asked
        assert not [f for f in facts[place].values() if f.measure in ANSWERED], place
        assert "has answered the survey" in _text(read_page("35", place=place, language="en"))
    data = {
        (f.unit, f.code): f.value for f in facts["CA-NL"].values() if f.measure == "share_agree"
    }
    told = {code for _, code in data}
    o = consult_survey()

    def gap(item: str) -> float:
        return abs(o.share_agree(item, "CA-NL")[0] - o.share_agree(item, "CA-NL/rest")[0])

    assert told == set(sorted(o.items, key=gap)[-3:])


def test_the_table_of_peers_is_the_rule(tmp_path: Path) -> None:
    o = consult_places()
    for place in PLACES:
        data = read_page("35", place=place, language="en").charts[0].data
        drawn = set(data.loc[data["role"] == "peer", "code"])
        assert drawn == set(o.peers(place)[0]), place
        assert set(data["code"]) == {*o.pool(place), place}


def test_no_two_places_have_the_same_figure() -> None:
    seen: dict[tuple[str, str], str] = {}
    for place in PLACES:
        chart = read_page("35", place=place, language="en").charts[0]
        key = (chart.alt, chart.data.to_csv())
        assert key not in seen, (place, seen.get(key))
        seen[key] = place


def test_the_byte_equal_pictures_of_two_regions_are_gone() -> None:
    first, second = (read_page("35", place=p, language="en").charts[0] for p in ("SE32", "SE33"))
    assert first.to_svg() != second.to_svg()
    assert first.to_png() != second.to_png()


def _text(page: Page) -> str:
    return "\n".join([*page.texts, *(t.caption for t in page.tables)])


@pytest.mark.parametrize(
    ("place", "told", "untold"),
    [
        ("FI-214", ["**Honkajoki joined Kankaanpää in 2021.**", "11,471", "13,137"], []),
        ("FI-099", ["**Honkajoki is no municipality any more.**", "joined Kankaanpää in 2021"], []),
        ("FI-541", ["**Valtimo joined Nurmes in 2020.**"], []),
        ("FI-911", ["**Valtimo is no municipality any more.**", "joined Nurmes in 2020"], []),
        ("FI-507", ["**Pertunmaa joined Mäntyharju in 2025.**"], []),
        # Nothing is measured of the region, the country or its local government: said, not empty.
        ("CA-1011", ["does not cover Canada", "no figure of Newfoundland and Labrador",
                     "is not in the EU’s benchmark of policies"], ["Central ahead"]),
        ("IS-6706", ["No figure tells the regions of Iceland apart", "the only region"], []),
        ("FI-736", ["Households with broadband: there is no figure of Åland"], []),
        ("SE-2284", ["every region of the country has 100", "both levels have 100.0",
                     "No rural municipality of Sweden", "no published figure measures it",
                     "Level of the figures: the residents of Central Norrland",
                     "Level of the figures: government in the whole of Sweden",
                     "Level of the figures: Örnsköldsvik"], []),
        ("IE-1350405", ["local electoral areas are parts of the 31", "rural area"], []),
    ],
)  # fmt: skip
def test_what_is_missing_merged_or_says_nothing_is_told(
    place: str, told: list[str], untold: list[str]
) -> None:
    text = _text(read_page("35", place=place, language="en"))
    assert all(words in text for words in told), [w for w in told if w not in text]
    assert not any(words in text for words in untold)


def test_an_indicator_that_tells_nothing_is_in_no_table() -> None:
    page = read_page("35", place="SE-2284", language="en")
    figures = {cell for table in page.tables for cell in table.cells.iloc[:, 0]}
    assert "Households with broadband, %" not in figures
    assert "Mobile friendliness" not in figures
    assert "Households with broadband, %" in {
        c for t in read_page("35", place="FI-491", language="en").tables for c in t.cells.iloc[:, 0]
    }


def test_those_to_learn_from_do_better() -> None:
    o = consult_places()
    for place in PLACES:
        page = read_page("35", place=place, language="en")
        region = o.region(place)
        others = [f for f in page.facts.values() if f.measure == "value" and f.unit != region]
        for fact in others:
            assert fact.value > o.regional[fact.code][region][0], (place, fact.id)
        country = o.nodes[place].country
        local = [f for f in page.facts.values() if f.measure == "local" and f.unit != country]
        for fact in local:
            own = o.government[(country, fact.code)]["local"][0]
            value, services = o.government[(fact.unit, fact.code)]["local"]
            assert value > own
            assert services >= 3


def _all_governments(f: Fact) -> list[dict[str, tuple[float, int]]]:
    return [v for (_, code), v in consult_places().government.items() if code == f.code]


OF_ALL: dict[str, Callable[[Fact], float]] = {
    "n_countries": lambda f: len(_all_governments(f)),
    "n_central_ahead": lambda f: sum(v["central"][0] > v["local"][0] for v in _all_governments(f)),
    "median_central": lambda f: float(np.median([v["central"][0] for v in _all_governments(f)])),
    "median_local": lambda f: float(np.median([v["local"][0] for v in _all_governments(f)])),
    "median_gap": lambda f: float(np.median(consult_places().gaps(f.code))),
    "n_few_services": lambda _: sum(
        v["local"][1] < 3 for v in consult_places().government.values()
    ),
    "n_local_figures": lambda _: len(consult_places().government),
    "n_rural": lambda _: sum(
        consult_places().nodes[c].rurality == 3 for c in consult_places().smallest
    ),
    "n_places": lambda _: 1132,
    "share_rural": lambda _: (
        sum(n.people for n in map(consult_places().nodes.get, consult_places().smallest)
            if n and n.rurality == 3)
        / sum(n.people for n in map(consult_places().nodes.get, consult_places().smallest) if n)
    ),
}  # fmt: skip


def test_every_number_of_local_government_is_that_of_the_raw_file() -> None:
    page = read_page("45", language="en")
    for fact in page.facts.values():
        known = OF_ALL.get(fact.measure)
        wanted = known(fact) if known else COMPUTE[fact.measure](fact, "")
        assert fact.value == pytest.approx(wanted, rel=1e-9), fact.id
    table = page.tables[1].cells.set_index(["Country", "Figure, 0 to 100"])
    wanted_rows = {  # eGovernment Benchmark 2023, as the issue of the page names them, rounded
        ("Sweden", "Transparency of service delivery"): (51, 7),
        ("Finland", "Transparency of service delivery"): (58, 10),
        ("Ireland", "Transparency of service delivery"): (65, 36),
        ("Sweden", "Electronic identification"): (73, 36),
        ("Finland", "Electronic identification"): (95, 62),
        ("Ireland", "Electronic identification"): (50, 3),
    }
    for key, (central, local) in wanted_rows.items():
        row = table.loc[key]
        assert abs(float(row["Central government"]) - central) <= 0.5
        assert abs(float(row["Local government"]) - local) <= 0.5
    assert "No rural municipality is in the sample" in _text(page)


@pytest.mark.parametrize("language", ["sv", "fi", "fr"])
def test_pages_of_places_speak_the_language(language: str) -> None:
    page, english = (read_page("35", place="FI-491", language=lang) for lang in (language, "en"))
    assert page.facts.keys() == english.facts.keys()
    same = [a for a, b in zip(page.texts, english.texts, strict=True) if a == b]
    assert same == []
    with (EDITION / "data/codebooks/places.csv").open(encoding="utf-8", newline="") as stream:
        names = {row["code"]: row for row in csv.DictReader(stream)}
    assert names["FI-491"][f"label_{language}"] in page.texts[0]
