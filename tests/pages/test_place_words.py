"""Which words, names and columns pages 35 and 45 choose, against the raw files."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from innocap_analysis.pages import government
from innocap_analysis.pages.drawing.medium import find_media
from innocap_analysis.pages.facts import Ledger
from innocap_analysis.pages.place_frame import _tell_policy

from .oracle_places import FACTOR, LEAST, consult_places, read_raw
from .reading import Page, read_numbers, read_page
from .test_numbers import WRITERS
from .test_place_facts import PLACES
from .test_survey_figures import _names

# A municipality of each class, merged ones, parts of Ireland and Canada, districts and regions.
SOME = ["SE-2284", "SE-0180", "FI-491", "FI-736", "FI-214", "FI-541", "IE-1350405", "IE-135",
        "CA-1001", "CA-1011", "IS-6706", "SE32", "SE321", "FI1DA", "CA-NL"]  # fmt: skip
COASTAL = {row["nuts3"]: row["coastal"] for row in read_raw("regions_nuts3_rurality")}
CLASSES = {
    "degurba": {1: "city", 2: "town or suburb", 3: "rural area"},
    "density": {2: "urban or mixed", 3: "rural"},
    "share": {1: "predominantly urban", 2: "intermediate", 3: "predominantly rural"},
}


def _read(place: str) -> Page:
    return read_page("35", place=place, language="en")


def _plain(text: object) -> str:
    return str(text).replace("−", "-").replace("\u2060", "").replace("\u00a0", " ")


def _class_of(code: str) -> str:
    node = consult_places().nodes[code]
    kind = {"municipality": "degurba", "area": "degurba", "division": "density"}.get(node.kind)
    return CLASSES[kind or "share"][node.rurality]


@pytest.mark.parametrize("place", SOME)
def test_what_kind_of_place_it_is(place: str) -> None:
    o, page = consult_places(), _read(place)
    node, lines = o.nodes[place], page.texts[1].splitlines()
    view = page.namespace["view"]
    if node.kind in ("municipality", "area"):
        first = f"- Degree of urbanisation (Eurostat, 2019): **{_class_of(place)}**."
    elif node.kind == "division":
        first = f"- **{_class_of(place).capitalize()}**, by the OECD’s criteria"
    elif node.kind == "nuts3" and place in COASTAL:
        first = f"- Urban-rural type (Eurostat, 2024): **{_class_of(place)}**."
    else:
        first = f"- **{_class_of(place).capitalize()}**, by the share of its people"
    assert lines[0].startswith(first)
    assert lines[1].startswith("- **Sparsely populated**") == node.sparse
    assert ("not below" in lines[1]) == (not node.sparse)
    district = next((c for c in node.outer if o.nodes[c].kind == "nuts3"), None)
    told = [x for x in lines if "of its people live in rural places" in x]
    assert len(told) == bool(district)
    if district:
        assert told[0].startswith(f"- {view.unit(district)}: {_class_of(district)}, ")
        coast = f"- {view.unit(district)} lies on the coast."
        assert (coast in lines) == (COASTAL.get(district) == "1")


def _find_step(place: str) -> int:
    """Return by which step of the rule the peers were found: 1 to 7 (METHODS section 10)."""
    o = consult_places()
    own, pool = o.nodes[place], o.pool(place)
    same = [c for c in pool if o.nodes[c].rurality == own.rurality]
    alike = [c for c in same if o.nodes[c].sparse == own.sparse]
    steps = [(FACTOR, alike), (FACTOR**2, alike), (FACTOR, same), (FACTOR**2, same),
             (math.inf, same), (FACTOR**2, pool)]  # fmt: skip
    for number, (factor, chosen) in enumerate(steps, start=1):
        ratio = [abs(math.log(o.nodes[c].people / own.people)) for c in chosen]
        if sum(x <= math.log(factor) + 1e-12 for x in ratio) >= LEAST:
            return number
    return 7


RULE = {
    **dict.fromkeys((1, 2), "sparsely populated just as it is or just as it is not, and at most"),
    **dict.fromkeys((3, 4), "too few are also alike in being sparsely populated"),
    5: "of any size", 6: "of any class", 7: "the nearest in population",
}  # fmt: skip


@pytest.mark.parametrize("place", SOME)
def test_by_which_rule_peers_were_chosen(place: str) -> None:
    o, page = consult_places(), _read(place)
    told, nearest, *rest = page.texts[2].splitlines()
    step = _find_step(place)
    assert RULE[step] in told
    assert {words for words in RULE.values() if words in told} <= {RULE[step]}
    if step <= 5:
        assert f"the same class ({_class_of(place)})" in told
    codes, _ = o.peers(place)
    view = page.namespace["view"]
    names = ", ".join(view.unit(c) for c in codes[:12])
    lead = "Nearest first" if len(codes) <= 12 else "The nearest of them"
    assert nearest == f"- {lead}: {names}."
    small = o.nodes[place].kind in ("municipality", "area", "division")
    assert bool(rest) == (not small)


def _facts_row(page: Page, unit: str, code: str, measures: list[str]) -> list[str]:
    found = [page.facts[f"35:{unit}:{code}:{measure}"] for measure in measures]
    return [WRITERS[fact.kind](fact.value) for fact in found]


@pytest.mark.parametrize("place", SOME)
def test_sizes_and_those_of_the_peers_stand_in_their_columns(place: str) -> None:
    page = _read(place)
    cells = page.tables[0].cells
    for what, row in zip(("population", "area_km2", "density", "around"),
                         cells.to_numpy().tolist(), strict=True):  # fmt: skip
        beside = ("peer_median", "pool_median", "n_peers_below", "n_peers_equal")
        told = _facts_row(page, place, "", [what, *(f"{measure}_{what}" for measure in beside)])
        assert [_plain(x) for x in row[1:]] == told, what
    small = consult_places().nodes[place].kind in ("municipality", "area", "division")
    assert ("Median of all other such regions" in cells) == (not small)


@pytest.mark.parametrize("place", SOME)
def test_place_peers_and_others_are_drawn(place: str) -> None:
    o, chart = consult_places(), _read(place).charts[0]
    drawn = [(given, named) for _, given, named in vars(chart.axes[0])["drawn"]]
    roles = {}
    for (data, x), named in drawn:
        (role,) = set(data["role"]) or {"other"}
        roles[role] = set(data["code"])
        assert x == "population"
        assert named["hollow"] == (role == "other")
        for row in data.to_dict("records"):
            assert row["population"] == o.size(row["code"], "population")
            assert row["y"] == pytest.approx(o.size(row["code"], "density"))
    peers = set(o.peers(place)[0])
    assert roles["place"] == {place}
    assert roles["peer"] == peers
    assert roles.get("other", set()) == set(o.pool(place)) - peers
    note = " ".join(" ".join(t.get_text() for t in chart.texts).split())
    basis = {"FI": "inland and sea water", "IE": "Areas are total", "SE": "Areas are land"}
    node = o.nodes[place]
    if node.kind in ("municipality", "area", "division"):
        assert basis.get(node.country, "Areas are land") in note
    else:
        assert "Areas" not in note


# ------------------------------------------------------------ the region, and its government


def _telling(place: str) -> list[str]:
    """Return the figures that the region has and that tell regions of its country apart."""
    o = consult_places()
    region = o.region(place)
    return [
        code for code in o.regional
        if region in o.regional[code] and len(set(o.same_country(region, code).values())) > 1
    ]  # fmt: skip


@pytest.mark.parametrize("place", SOME)
def test_figures_of_the_region_stand_in_their_columns(place: str) -> None:
    o, page = consult_places(), _read(place)
    region, view = o.region(place), page.namespace["view"]
    telling = _telling(place)
    tables = [t for t in page.tables if "Rank in the country" in t.cells]
    assert len(tables) == bool(telling)
    if telling:
        by_name = {str(row[0]): row[1:] for row in tables[0].cells.to_numpy().tolist()}
        assert set(by_name) == {f"{view.code(code)}, %" for code in telling}
        for code in telling:
            told = _facts_row(page, region, code, ["value", "year", "country_median",
                                                   "rank_in_country", "n_shared"])  # fmt: skip
            assert [_plain(x) for x in by_name[f"{view.code(code)}, %"]] == told, code
            others = len(o.same_country(region, code)) - 1
            assert page.facts[f"35:{region}:{code}:country_median"].n == others
    text = page.texts[3] if telling else page.texts[4]
    assert ("Rank 1 is the highest" in text) == (len(telling) > 1)


def _gaps(country: str) -> list[tuple[str, float, float, int]]:
    """Return code, gap, local score and local services of a country, the widest gap first."""
    o = consult_places()
    own = [(code, v) for (c, code), v in o.government.items() if c == country]
    rows = [
        (code, v["central"][0] - v["local"][0], v["local"][0], v["local"][1]) for code, v in own
        if not v["central"][0] == v["local"][0] == 100
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row[1])


@pytest.mark.parametrize("place", ["SE-2284", "FI-491", "IE-1350405", "IS-6706"])
def test_local_government_is_held_against_the_central_one(place: str) -> None:
    o, page = consult_places(), _read(place)
    country, view = o.nodes[place].country, page.namespace["view"]
    table = next(t for t in page.tables if "Local services tried" in t.cells)
    rows = table.cells.to_numpy().tolist()
    order = _gaps(country)
    gaps = [read_numbers(_plain(row[3]))[0] for row in rows]
    assert gaps == pytest.approx([gap for _, gap, *_ in order], abs=0.05)
    assert gaps == sorted(gaps, reverse=True)
    by_name = {str(view.code(code)): code for code, *_ in order}
    for row in rows:
        code = by_name[str(row[0])]
        told = _facts_row(page, country, code, ["central", "local", "gap", "services_local"])
        told += _facts_row(page, "", code, ["median_gap"])
        assert [_plain(x) for x in row[1:]] == told
    text = next(t for t in page.texts if "Policy framework" in t or "benchmark of policies" in t)
    few = [str(view.code(c)) for c, _, _, n in order if n < 3]
    line = [x for x in text.splitlines() if x.startswith("- Rests on fewer than")]
    assert len(line) == bool(few)
    assert all(name in line[0] for name in few)
    assert not few or all(str(view.code(c)) not in line[0] for c, _, _, n in order if n >= 3)
    policy = {r["country"]: r["value"] for r in read_raw("innovation_procurement_policy")
              if r["indicator"] == "IPP_CLASS"}  # fmt: skip
    words = {"1": "low", "2": "modest", "3": "moderate", "4": "good", "5": "strong"}
    if country in policy:
        assert f"has the class **{words[policy[country]]}**" in text
    else:
        assert "is not in the EU’s benchmark" in text


@pytest.mark.parametrize("place", ["SE-2284", "FI-491", "IE-1350405", "IS-6706", "CA-1011"])
def test_who_does_better_is_named_best_first(place: str) -> None:
    o, page = consult_places(), _read(place)
    country, view, region = o.nodes[place].country, page.namespace["view"], o.region(place)
    head, *texts = page.texts
    text = next(t for t in texts if "the nearest in size (people" in t or "Local govern" in t
                or "name nobody" in t)  # fmt: skip
    local = [x for x in text.splitlines() if x.startswith("- Local government, ")]
    wanted = []
    for code, gap, own, _ in _gaps(country):
        better = sorted(
            ((v["local"][0], c) for (c, k), v in o.government.items()
             if k == code and c != country and v["local"][0] > own and v["local"][1] >= 3),
            key=lambda pair: -pair[0],
        )  # fmt: skip
        if gap > 0 and better and len(wanted) < 3:
            wanted.append((code, [score for score, _ in better[:3]]))
    assert len(local) == len(wanted)
    for line, (code, scores) in zip(local, wanted, strict=True):
        assert line.startswith(f"- Local government, {view.code(code)} (")
        told = [read_numbers(part)[0] for part in line.split("): ", 1)[1].split("(")[1:]]
        assert told == pytest.approx(scores, abs=0.05)
    weak = []
    for code in _telling(place):
        others = [x for c, x in o.same_country(region, code).items() if c != region]
        own, every = o.regional[code][region][0], o.same_country(region, code)
        if own < np.median(others):
            weak.append(((1 + sum(x > own for x in others)) / len(every), code))
    weak = [code for _, code in sorted(weak, key=lambda pair: -pair[0])]
    start = next(t for t in texts if t.startswith("1. "))
    answers = dict(re.findall(r"^- \*\*(.*):\*\* (.*)$", head, re.MULTILINE))
    assert start.startswith(f"1. {answers['Where to start']}")
    firm = [view.code(code) for code, gap, _, n in _gaps(country) if gap > 0 and n >= 3][:1]
    assert answers["Whom to learn from"] in text
    assert all(f"Local government, {name} (" in answers["Whom to learn from"] for name in firm)
    assert ("Among the residents’ conditions" in start) == bool(weak)
    partners = _partner_regions()
    here = o.nodes[region]
    for code in weak:
        lines = [x for x in text.splitlines() if x.startswith(f"- {view.code(code)}, % (")]
        own = o.regional[code][region][0]
        better = [
            (value, c) for c, (value, _) in o.regional[code].items()
            if value > own and (c in partners or (
                o.nodes[c].sparse == here.sparse and o.nodes[c].rurality >= here.rurality))
        ]  # fmt: skip
        assert len(lines) == bool(better)
        if better:
            named = lines[0].split("): ", 1)[1].split("; ")
            told = [read_numbers(part)[-1] for part in named]
            values = sorted((value for value, _ in better), reverse=True)[:3]
            assert told == pytest.approx(values)


def _partner_regions() -> set[str]:
    from .oracle import consult

    return {c["partner_region"] for c in consult().settings["countries"].values()}


@pytest.mark.parametrize("place", SOME)
def test_where_to_start_and_what_is_not_known(place: str) -> None:
    o, page = consult_places(), _read(place)
    node, view = o.nodes[place], page.namespace["view"]
    start = next(t for t in page.texts if t.startswith("1. ")).splitlines()
    assert [line.split(".")[0] for line in start] == [str(i + 1) for i in range(len(start))]
    firm = [row for row in _gaps(node.country) if row[3] >= 3 and row[1] > 0][:2]
    asked = [x for x in start if "of 100 here, central government" in x]
    assert len(asked) == len(firm)
    for line, (code, _, local, n) in zip(asked, firm, strict=True):
        told = _plain(line.split("Local government in ")[1])
        assert read_numbers(told)[0] == pytest.approx(local, abs=0.05)
        assert read_numbers(told)[-1] == n, code
    codes, _ = o.peers(place)
    names = ", ".join(view.unit(c) for c in codes[:3])
    assert any(line.endswith(f"deliver together: {names}.") for line in start)
    assert ("page 60" in start[-1]) == (node.country in ("SE", "FI", "IE", "CA"))
    unknown = page.texts[-2]
    assert ("by a finer measure" in unknown) == (node.country == "CA")
    assert ("are parts of the 31 authorities" in unknown) == (
        node.country == "IE" and node.kind in ("area", "county")
    )
    assert ("How dense it is on land" in unknown) == (node.country == "FI" and node.kind != "nuts2")
    assert ("use the internet daily now" in unknown) == ("ISOC_IDAY" in _telling(place))


@pytest.mark.parametrize("place", ["SE-2284", "FI-491", "IE-1350405", "CA-1011", "IS-6706"])
def test_places_abroad_are_of_the_same_class_and_size(place: str) -> None:
    o, page = consult_places(), _read(place)
    own, view = o.nodes[place], page.namespace["view"]
    text = next((t for t in page.texts if "the nearest in size (people" in t), "")
    told = {x.split(":")[0].strip(" -"): x for x in text.splitlines() if x.startswith("  - ")}
    for country in ("SE", "FI", "IE", "CA", "IS"):
        likely = [
            c for c in o.smallest
            if o.nodes[c].country == country != own.country and c not in o.merged
            and o.nodes[c].rurality == own.rurality
            and max(o.nodes[c].people / own.people, own.people / o.nodes[c].people) <= FACTOR**2
        ]  # fmt: skip
        near = [c for c in likely if o.nodes[c].sparse == own.sparse] or likely
        near = sorted(near, key=lambda c: abs(math.log(o.nodes[c].people / own.people)))[:2]
        line: Any = told.get(str(view.unit(country)))
        assert (line is not None) == bool(near), country
        if near:
            people = [n for part in line.split("(")[1:] for n in read_numbers(part.split(")")[0])]
            assert [n for n in people if n > 99 or n in map(_people, near)] == list(
                map(_people, near)
            )


def _people(code: str) -> float:
    return consult_places().nodes[code].people


@pytest.mark.parametrize("place", ["SE-2284", "FI-491", "IE-1350405", "IS-6706"])
def test_levels_of_the_own_country_stand_the_widest_gap_first(place: str) -> None:
    o, page = consult_places(), _read(place)
    view = page.namespace["view"]
    own = {code: levels for (unit, code), levels in o.government.items() if unit == place[:2]}
    full = {code for code, x in own.items() if x["central"][0] == x["local"][0] == 100}
    cells = next(t.cells for t in page.tables if "Central ahead by" in t.cells)
    codes = {str(view.code(code)): code for code in own}
    told = [own[codes[name]] for name in cells["Figure, 0 to 100"]]
    gaps = [x["central"][0] - x["local"][0] for x in told]
    assert gaps == sorted(gaps, reverse=True)
    assert len(gaps) == len(own) - len(full)
    lines = "\n".join(page.texts).splitlines()
    equal = [x for x in lines if "both levels have" in x]
    assert len(equal) == len(full)
    assert all(any(str(view.code(code)) in line for line in equal) for code in full)


@pytest.mark.parametrize(
    ("value", "word"), [(1, "low"), (2, "modest"), (3, "moderate"), (4, "good"), (5, "strong")]
)
def test_each_class_of_policy_has_its_word(value: int, word: str) -> None:
    """The words of the publisher's own scale, five classes."""
    view = _read("SE-2284").namespace["view"]
    policy = view.local.policy.assign(value=float(value))
    own = replace(view, local=replace(view.local, policy=policy), ledger=Ledger())
    assert all(f"has the class **{word}** " in text for text in _tell_policy(own))
    assert len(_tell_policy(own)) == 1


# ------------------------------------------------------------ page 45


def test_levels_of_government_are_drawn_the_widest_gap_first() -> None:
    o, page = consult_places(), read_page("45", language="en")
    for chart, code in zip(page.charts, ("EGOV_TRANSPARENCY", "EGOV_EID"), strict=False):
        (ax,) = chart.axes
        known = {c: v for (c, k), v in o.government.items() if k == code}
        drawn = [(given, named) for _, given, named in vars(ax)["drawn"]]
        for (data, x), named in drawn:
            assert named["hollow"] == (x == "local")
            gaps = [known[c]["central"][0] - known[c]["local"][0] for c in data["country"]]
            assert gaps == sorted(gaps, reverse=True)
            assert list(data[x]) == [known[c][x][0] for c in data["country"]]
            assert list(data["y"]) == list(range(len(known)))
        assert {x for (_, x), _ in drawn} == {"central", "local"}
        services = {t.get_position()[1]: t.get_text() for t in ax.texts
                    if t.get_position()[0] == 103}  # fmt: skip
        (data, _), _ = drawn[0]
        told = [int(services[y]) for y in range(len(known))]
        assert told == [known[c]["local"][1] for c in data["country"]]
        bold = [t for t in ax.texts if t.get_weight() == "bold"]
        assert len(bold) == len({"SE", "FI", "IE", "IS", "CA"} & set(known))


def test_numbers_of_local_government_stand_in_their_columns() -> None:
    page = read_page("45", language="en")
    view = page.namespace["view"]
    first, second = (t.cells.to_numpy().tolist() for t in page.tables[:2])

    def write(unit: str, code: str, measure: str) -> str:
        fact = page.facts[f"45:{unit}:{code}:{measure}"]
        return WRITERS[fact.kind](fact.value)

    codes = {str(view.code(code)): code for code in view.government_codes}
    assert len(first) == len(codes)
    heads = list(page.tables[0].cells.columns)
    measures = {"Central, median": "median_central", "Gap, median": "median_gap",
                "Local, median": "median_local", "Countries with both": "n_countries",
                "Central ahead in": "n_central_ahead"}  # fmt: skip
    for row in first:
        for head, cell in zip(heads[1:], row[1:], strict=True):
            assert _plain(cell) == write("", codes[str(row[0])], measures[head]), head
    units = {str(view.unit(u)): u for u in ("SE", "FI", "IE", "IS", "CA")}
    shown = [units[str(row[0])] for row in second]
    assert shown == sorted(shown, key=["SE", "FI", "IE", "CA", "IS"].index)
    for row in second:
        about = units[str(row[0])], codes[str(row[1])]
        told = [write(*about, m) for m in ("central", "local", "gap", "services_central",
                                           "services_local")]  # fmt: skip
        assert [_plain(x) for x in row[2:]] == told


def test_a_tile_stands_for_every_region_the_most_rural_first() -> None:
    o, chart = consult_places(), read_page("45", language="en").charts[2]
    (ax,) = chart.axes
    tiles = {t.get_position(): t.get_text() for t in ax.texts if t.get_text() in o.nodes}
    kinds = [c for c, n in o.nodes.items() if n.kind in ("nuts3", "province")]
    assert sorted(tiles.values()) == sorted(kinds)
    lines: dict[float, list[tuple[float, str]]] = {}
    for (x, y), code in tiles.items():
        lines.setdefault(y, []).append((x, code))
    for line in lines.values():
        codes = [code for _, code in sorted(line)]
        assert len({o.nodes[c].country for c in codes}) == 1
        shares = [o.nodes[c].rural_people / o.nodes[c].people for c in codes]
        assert shares == sorted(shares, reverse=True)
    for row in chart.data.to_dict("records"):
        node = o.nodes[row["code"]]
        assert row["share"] == pytest.approx(100 * node.rural_people / node.people)


def test_places_to_look_at_are_places_of_the_facts() -> None:
    assert set(SOME) <= set(PLACES)


@pytest.mark.parametrize("size", ["", "8cm"])
def test_tiles_stand_in_the_rows_of_their_country(size: str) -> None:
    o, view = consult_places(), read_page("45", language="en").namespace["view"]
    own = replace(view, ledger=Ledger())
    chart = government.plot_rural(own.lay_out_for(find_media([size])[0]) if size else own)
    (ax,) = chart.axes
    heads = {int(y): name for y, name in _names(ax).items()}
    codes = {t.get_position(): t.get_text() for t in ax.texts if t.get_text() in o.nodes}
    regions = {c for c, node in o.nodes.items() if node.kind in ("nuts3", "province")}
    assert sorted(codes.values()) == sorted(regions)
    rows = sorted({int(at) for _, at in codes})
    assert rows == list(range(len(rows)))
    country = ""
    for y in rows:
        country = heads.get(y, country)
        there = [code for (_, at), code in sorted(codes.items()) if int(at) == y]
        assert {str(view.unit(code[:2])) for code in there} == {country}
