"""Formats of official statistics: read right, places matched, spoilt files refused in one message.

Samples follow the formats' own descriptions: json-stat.org/full (2.0), /format/v1 (1.x) and its
sample *order*; Eurostat's and PxWeb's answers; the field guide of SDMX-CSV at
github.com/sdmx-twg/sdmx-csv and tables of Eurostat and the OECD; the object structure of Kolada's
interface at github.com/Hypergene/kolada.
"""

from __future__ import annotations

import json
import math
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as sampling
from hypothesis import strategies as st

from innocap_analysis.data.official.cube import parse_figure
from innocap_analysis.data.official.match import Gazetteer, match_places
from innocap_analysis.data.official.read import read_figures
from innocap_analysis.data.official.tidy import Selection, Tidy, tidy_cube
from innocap_analysis.data.places import read_places
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings

SAMPLES = Path(__file__).parent / "fixtures" / "official"


@pytest.fixture(scope="session")
def gazetteer(settings: Settings) -> Gazetteer:
    """Return the places of the project."""
    return Gazetteer(read_places(settings), read_regions(settings.regions_path))


def make_jsonstat(ids: dict[str, dict[str, str]], value: object, **more: Any) -> dict[str, Any]:
    """Write a dataset of JSON-stat 2.0: dimensions with their categories and labels."""
    return {
        "version": "2.0", "class": "dataset", "id": list(ids),
        "size": [len(labels) for labels in ids.values()],
        "dimension": {
            code: {"label": code, "category": {
                "index": {c: i for i, c in enumerate(labels)}, "label": labels}}
            for code, labels in ids.items()
        },
        "value": value, **more,
    }  # fmt: skip


def read(content: object, name: str = "file.json") -> Any:
    """Read a JSON document or the text of a table."""
    text = content if isinstance(content, str) else json.dumps(content)
    return read_figures(text.encode("utf-8"), name)


def tidy(content: object, gazetteer: Gazetteer, **said: Any) -> Tidy:
    """Read a file and turn it into rows."""
    return tidy_cube(read(content), Selection(**said), gazetteer, name="file.json")


def rows(found: Tidy) -> list[tuple[Any, ...]]:
    """Return the rows as tuples, None for a figure that is missing."""
    table = found.table.drop(columns="published")
    return [(p, y, i, None if math.isnan(v) else v, s)
            for p, y, i, v, s in table.itertuples(index=False)]  # fmt: skip


# PxWeb as Statistics Sweden answers: region, sex, contents, year; ".." where nothing is published.
SCB = make_jsonstat(
    {
        "Region": {"00": "Riket", "22": "Västernorrlands län", "2284": "Örnsköldsvik"},
        "Kon": {"1": "män", "2": "kvinnor"},
        "ContentsCode": {"BE0101N1": "Folkmängd"},
        "Tid": {"2022": "2022", "2023": "2023"},
    },
    [1, 2, 3, 4, 5, 6, 7, 8, 9, None, 11, 12],
    status={"9": ".."}, label="Folkmängd efter region", source="SCB",
    updated="2024-02-22T07:00:00Z",
    role={"time": ["Tid"], "geo": ["Region"], "metric": ["ContentsCode"]},
)  # fmt: skip
SCB["dimension"]["ContentsCode"]["category"]["unit"] = {
    "BE0101N1": {"base": "antal", "decimals": 0}
}
# Eurostat: a sparse object of values, flags by place, Greece and the United Kingdom by own codes.
EUROSTAT = make_jsonstat(
    {
        "freq": {"A": "Annual"}, "unit": {"PC_IND": "Percentage of individuals"},
        "geo": {"EU27_2020": "European Union", "EL": "Greece", "SE32": "Mellersta Norrland"},
        "time": {"2018": "2018", "2019": "2019"},
    },
    {"0": 76, "1": 79.5, "2": 60, "4": 88, "5": 90},
    status={"3": ":", "5": "b"}, role={"time": ["time"], "geo": ["geo"]},
)  # fmt: skip


def test_jsonstat_counts_the_last_dimension_fastest(gazetteer: Gazetteer) -> None:
    # The sample "order" of json-stat.org: A1B1C1, A1B1C2, … of three, two and four categories.
    names = {"A": "123", "B": "12", "C": "1234"}
    ids = {key: {c: c for c in codes} for key, codes in names.items()}
    values = [int("".join(combo)) for combo in product(*names.values())]
    cube = read(make_jsonstat(ids, values))
    written = cube.cells["A"] + cube.cells["B"] + cube.cells["C"]
    assert [int(text) for text in written] == list(cube.values.astype(int))
    assert len(cube.values) == 24


def test_a_table_of_pxweb_is_read_with_measure_unit_and_marks(gazetteer: Gazetteer) -> None:
    found = tidy(SCB, gazetteer, country="SE", where={"Kon": ["kvinnor"]})
    assert rows(found) == [
        ("SE", 2022, "BE0101N1", 3, ""), ("SE", 2023, "BE0101N1", 4, ""),
        ("SE-2284", 2022, "BE0101N1", 11, ""), ("SE-2284", 2023, "BE0101N1", 12, ""),
        ("SE321", 2022, "BE0101N1", 7, ""), ("SE321", 2023, "BE0101N1", 8, ""),
    ]  # fmt: skip
    assert found.indicators.to_dict("index") == {
        "BE0101N1": {"label": "Folkmängd", "unit": "antal"}
    }
    assert found.fixed == {"Kon": "2 (kvinnor)", "ContentsCode": "BE0101N1 (Folkmängd)"}
    men = tidy(SCB, gazetteer, country="SE", where={"kon": ["1"]}, codes={"": "POP"})
    assert ("SE-2284", 2023, "POP", None, "..") in rows(men)
    both = tidy(SCB, gazetteer, country="SE", each=["Kon"], codes={"": "POP", "2": "WOMEN"})
    assert both.indicators["label"].to_dict() == {
        "POP_1": "Folkmängd, män", "WOMEN": "Folkmängd, kvinnor"
    }  # fmt: skip


def test_a_sparse_answer_of_eurostat_keeps_flags_and_gaps(gazetteer: Gazetteer) -> None:
    found = tidy(EUROSTAT, gazetteer, codes={"": "ISOC_IDAY"})
    assert rows(found) == [
        ("GR", 2018, "ISOC_IDAY", 60, ""),
        ("SE32", 2018, "ISOC_IDAY", 88, ""), ("SE32", 2019, "ISOC_IDAY", 90, "b"),
    ]  # fmt: skip
    assert found.matches.unmatched == {"EU27_2020": "unknown"}
    assert found.indicators.at["ISOC_IDAY", "unit"] == "Percentage of individuals"


def test_a_bundle_of_version_1_is_read(gazetteer: Gazetteer) -> None:
    # json-stat.org/format/v1: id, size and role lie inside dimension.
    inner = {"id": ["area", "year"], "size": [2, 2], "role": {"geo": ["area"], "time": ["year"]},
             "area": {"category": {"index": ["FI", "NO"], "label": {"FI": "Finland"}}},
             "year": {"category": {"index": {"2013": 1, "2012": 0}}}}  # fmt: skip
    bundle = {"oecd": {"label": "Unemployment", "dimension": inner, "value": [7.7, 8.2, None, 3.5],
                       "status": ["a", "p", "m", None]}}  # fmt: skip
    found = tidy(bundle, gazetteer, codes={"": "UNR"})
    assert rows(found) == [
        ("FI", 2012, "UNR", 7.7, "a"), ("FI", 2013, "UNR", 8.2, "p"),
        ("NO", 2012, "UNR", None, "m"), ("NO", 2013, "UNR", 3.5, ""),
    ]  # fmt: skip


# A line of Eurostat's LFSA_ARGAN with a flag, one without a figure, as its interface writes them.
SDMX_1 = (SAMPLES / "eurostat_lfsa_argan.csv").read_text(encoding="utf-8")
# A line of the OECD's Government at a Glance with labels, each in a column of its own.
SDMX_2 = (SAMPLES / "oecd_trust_labels_name.csv").read_text(encoding="utf-8")
# labels=both, semicolons and decimal comma, as in the field guide's French example.
SDMX_BOTH = (SAMPLES / "sdmx_labels_both.csv").read_text(encoding="utf-8")


def test_sdmx_csv_of_both_versions_and_ways_of_labels(gazetteer: Gazetteer) -> None:
    first = tidy(SDMX_1, gazetteer, codes={"": "ACT"})
    assert rows(first) == [
        ("FR", 2021, "ACT", 66.5, "bd"), ("FR", 2022, "ACT", 66.6, "d"),
        ("GB", 2022, "ACT", None, ": c"),
    ]  # fmt: skip
    cube = read(SDMX_2)
    assert (cube.kind, cube.publisher) == ("SDMX-CSV 2.0", "OECD")
    assert cube.title == "Trust, security and dignity"
    second = tidy(SDMX_2, gazetteer)
    assert rows(second) == [
        ("CA", 2021, "TRUST_NG", None, "M"), ("IS", 2021, "TRUST_NG", 50.4, ""),
        ("KR", 2021, "TRUST_NG", 48.8, "E"),
    ]  # fmt: skip
    assert second.indicators.loc["TRUST_NG"].tolist() == [
        "Trust in national government", "Percentage of respondents"
    ]  # fmt: skip
    both = tidy(SDMX_BOTH, gazetteer, codes={"": "NA"})
    assert rows(both) == [("FR", 2014, "NA", 12.4, ""), ("SE", 2014, "NA", 10.8, "B")]
    assert both.labels == {"FR": "France", "SE": "Suède"}


def make_kolada(version: int) -> dict[str, Any]:
    """Write an answer of Kolada; version 3 marks what is deleted."""

    def one(gender: str, value: float | None, status: str = "", **more: bool) -> dict[str, object]:
        return {"count": 1, "gender": gender, "status": status, "value": value, **more}

    more = {"isdeleted": False} if version == 3 else {}
    gone = [one("M", 9.0, isdeleted=True)] if version == 3 else []
    return {
        "count": 3,
        "values": [
            {"kpi": "N00945", "municipality": "2284", "period": 2023,
             "values": [one("T", 55.3, **more), one("K", 56.1, **more), *gone]},
            {"kpi": "N00945", "municipality": "0022", "period": 2023,
             "values": [one("T", 58, **more)]},
            {"kpi": "N00945", "municipality": "2281", "period": "2023",
             "values": [one("T", None, "Missing", **more)]},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("version", [2, 3])
def test_kolada_tells_municipalities_and_regions(gazetteer: Gazetteer, version: int) -> None:
    found = tidy(make_kolada(version), gazetteer, where={"gender": ["T"]})
    assert rows(found) == [
        ("SE-2281", 2023, "N00945", None, "Missing"), ("SE-2284", 2023, "N00945", 55.3, ""),
        ("SE321", 2023, "N00945", 58, ""),
    ]  # fmt: skip


PLAIN = [
    "kommun,namn,år,indikator,värde,flag\n2284,Örnsköldsvik,2023,BB,97.5,\n"
    "2281,Sundsvall,2023,BB,..,\n2281,Sundsvall,2022,BB,96 b,e\n",
    "kommun;namn;år;indikator;värde;flag\n2284;Örnsköldsvik;2023;BB;97,5;\n"
    "2281;Sundsvall;2023;BB;..;\n2281;Sundsvall;2022;BB;96 b;e\n",
    "\ufeffkommun\tnamn\tår\tindikator\tvärde\tflag\r\n2284\tÖrnsköldsvik\t2023\tBB\t97.5\t\r\n"
    "2281\tSundsvall\t2023\tBB\t..\t\r\n2281\tSundsvall\t2022\tBB\t96 b\te\r\n",
]


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_table_by_comma_semicolon_and_tab(gazetteer: Gazetteer, text: str) -> None:
    assert rows(tidy(text, gazetteer)) == [
        ("SE-2281", 2022, "BB", 96, "b e"), ("SE-2281", 2023, "BB", None, ".."),
        ("SE-2284", 2023, "BB", 97.5, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "comma", "told"),
    [("1 234 567", False, (1234567.0, "")), ("1\u00a0234,5", True, (1234.5, "")),
     ("-0.50", False, (-0.5, "")), ("12.3 bd", False, (12.3, "bd")), ("12,3p", True, (12.3, "p")),
     ("1e3", False, (1000.0, "")), ("12,5", False, None), ("1.234,5", True, None),
     ("inf", False, None), ("about 5", False, None), ("1_000", False, None)],
)  # fmt: skip
def test_figures_as_offices_write_them(
    text: str, comma: bool, told: tuple[float, str] | None
) -> None:
    assert parse_figure(text, comma=comma) == told


@pytest.mark.parametrize("mark", [":", "..", ".", "-", "x", "", "null", ": c"])
def test_a_mark_for_a_missing_figure_is_never_a_number(mark: str) -> None:
    read_ = parse_figure(mark)
    assert read_ is not None
    assert math.isnan(read_[0])
    assert read_[1] == mark


MATCHES = [
    # Statistics Finland's codes and names; Ireland's offices by name alone; Norway's own names.
    ({"KU491": "Mikkeli", "SSS": "KOKO MAA", "MK10": "Etelä-Savo"}, "FI",
     {"KU491": "FI-491", "SSS": "FI", "MK10": "FI1DA"}),
    ({"2ae1": "Donegal County Council", "2ae2": "Leitrim"}, "IE",
     {"2ae1": "IE-135", "2ae2": "IE-1311"}),
    ({"Örnsköldsviks kommun": "Örnsköldsviks kommun", "Härnösand": "Härnösand"}, "SE",
     {"Örnsköldsviks kommun": "SE-2284", "Härnösand": "SE-2280"}),
    # A name that a region has as well is the municipality where the others are.
    ({"Stockholm": "Stockholm", "Sundsvall": "Sundsvall", "Kramfors": "Kramfors"}, "SE",
     {"Stockholm": "SE-0180", "Sundsvall": "SE-2281", "Kramfors": "SE-2282"}),
    # Countries by alpha-2, alpha-3, Eurostat's codes and in four languages; OECD's regions.
    ({"DEU": "DEU", "UK": "UK", "EL": "EL", "Kanada": "Kanada", "Suède": "Suède",
      "CA10": "CA10"}, "",
     {"DEU": "DE", "UK": "GB", "EL": "GR", "Kanada": "CA", "Suède": "SE", "CA10": "CA-NL"}),
    # National codes with names that fit are known without being told whose they are.
    ({"2284": "Örnsköldsvik", "1001": "Division No. 1"}, "",
     {"2284": "SE-2284", "1001": "CA-1001"}),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "country", "found"), MATCHES)
def test_places_are_found_by_code_and_by_name(
    gazetteer: Gazetteer, labels: dict[str, str], country: str, found: dict[str, str]
) -> None:
    assert match_places(labels, gazetteer, country=country).found == found


def test_what_is_no_place_here_is_told_and_why(gazetteer: Gazetteer) -> None:
    labels = {"2284": "2284", "EU27_2020": "EU", "9999": "Nowhere", "SE": "SE"}
    found = match_places(labels, gazetteer)
    assert found.found == {"SE": "SE"}
    assert "--country" in found.unmatched["2284"]
    assert found.unmatched["9999"] == "unknown"
    named = match_places({"2284": "Kiruna"}, gazetteer, country="SE")
    assert named.found == {"2284": "SE-2284"}
    assert named.told == ("2284 is called 'Kiruna' in the file, SE-2284 (Örnsköldsvik) here",)
    assert match_places({"x": "x"}, gazetteer, given={"x": "SE32"}).found == {"x": "SE32"}
    with pytest.raises(InnocapError, match=r"places DE and DEU are both DE"):
        match_places({"DE": "DE", "DEU": "DEU"}, gazetteer)
    with pytest.raises(InnocapError, match=r"'SE99' is no code of a place"):
        match_places({"x": "x"}, gazetteer, given={"x": "SE99"})


@sampling(max_examples=25)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.data(),
)
def test_a_sparse_cube_is_its_full_one(sizes: list[int], data: st.DataObject) -> None:
    ids = {f"D{i}": {f"c{j}": f"c{j}" for j in range(n)} for i, n in enumerate(sizes)}
    cells = math.prod(sizes)
    numbers = st.none() | st.integers(-9, 9)
    values = data.draw(st.lists(numbers, min_size=cells, max_size=cells).filter(any))
    full = read(make_jsonstat(ids, values))
    sparse = read(make_jsonstat(ids, {str(i): v for i, v in enumerate(values) if v is not None}))
    kept = full.keep(full.values.notna())
    pd.testing.assert_frame_equal(kept.cells, sparse.cells)
    pd.testing.assert_series_equal(kept.values, sparse.values)


def spoil(**changed: Any) -> dict[str, Any]:
    """Return the Swedish table with parts changed."""
    return {**json.loads(json.dumps(SCB)), **changed}


HUGE = {"A": {"category": {"index": ["1"]}}, "B": {"category": {"index": ["1"]}}}
SPOILT = {
    "cut off": (json.dumps(SCB)[:-40], "is no valid JSON"),
    "values too few": (spoil(value=[1, 2, 3]), "holds 3 values, but its dimensions make 12 cells"),
    "value outside": (spoil(value={"12": 1}), "value '12' lies outside the 12 cells"),
    "claims too much": (
        {"version": "2.0", "class": "dataset", "id": ["A", "B"], "size": [10**6, 10**6],
         "dimension": HUGE, "value": {"0": 1}},
        "dimension 'A': size says 1000000, but 1 categories are listed",
    ),
    "NaN": (json.dumps(SCB).replace("null", "NaN"), "NaN is no number of JSON"),
    "twice in an object": ('{"class": "dataset", "class": "x"}', "'class' stands twice"),
    "nested": ("[" * 200_000, "is nested too deeply"),
    "text for a number": (spoil(value=["about 5", *range(11)]), "value 0: 'about 5' is no number"),
    "collection": ({"class": "collection", "version": "2.0"}, "without figures"),
    "two datasets": ({"a": SCB, "b": SCB}, "holds 2 datasets (a, b)"),
    "no index": (spoil(dimension={**SCB["dimension"], "Tid": {"category": {}}}),
                 "dimension 'Tid': the order of its categories (index) is missing"),
    "other JSON": ({"results": []}, "is JSON of another kind"),
    "PxWeb's own": ({"columns": [], "comments": [], "data": []}, "ask it for json-stat2"),
    "next page": ({**make_kolada(3), "next_url": "https://x?page=2"},
                  "is the first page of several"),
    "units": ({"count": 1, "values": [{"kpi": "N1", "ou": "V15", "period": 2020, "values": []}]},
              "values[0]: is no figure of a municipality"),
    "page of HTML": ("<!DOCTYPE html><html></html>", "is HTML or XML"),
    "empty": ("  \n", "is empty"),
    "header only": ("place,year,value\n", "holds no row below a header"),
    "no value column": ("place,year,indicator\nSE,2020,A\n", "there is no column for the value"),
    "decimal comma": ('place,year,indicator,value\nSE,2020,A,"1,5"\n',
                      "line 2, value: '1,5' is no number"),
    "cells too many": ("place,year,indicator,value\nSE,2020,A,1,5\n",
                       "line 2: 5 cells, expected 4"),
    "open quote": ('place,year,indicator,value\n"SE,2020,A,1\n', "is no row of a table"),
    "own TSV": ("freq,geo\\TIME_PERIOD\t2020\nA,SE\t5\n", "is Eurostat's own TSV"),
    "no period": ("DATAFLOW,geo,OBS_VALUE\nX:Y(1.0),SE,1\n", "column TIME_PERIOD is missing"),
    "deletes": ("STRUCTURE,STRUCTURE_ID,ACTION,GEO,TIME_PERIOD,OBS_VALUE\n"
                "dataflow,X:Y(1),D,SE,2020,-\n",
                "line 2: ACTION D deletes figures"),
    "only marks": ("place,year,indicator,value\nSE,2020,A,..\n", "holds no figure at all"),
    "NUL": ("place,year,indicator,value\nSE,2020,A,1\0\n", "holds NUL bytes"),
}  # fmt: skip


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file_is_refused_in_one_message(name: str) -> None:
    content, told = SPOILT[name]
    with pytest.raises(InnocapError) as caught:
        read(content, "file.txt")
    message = str(caught.value)
    assert message.startswith("file.txt: ")
    assert told.replace("file.txt: ", "") in message


OPEN = [
    ({}, ["dimension Kon has 2 categories, 1 (män), 2 (kvinnor)", "--where Kon=1", "--each Kon"]),
    ({"where": {"Kom": ["1"]}}, ["there is no dimension 'Kom'", "did you mean 'Kon'"]),
    ({"where": {"Kon": ["3"]}}, ["--where Kon=3: Kon has 1 (män), 2 (kvinnor)"]),
    ({"where": {"Kon": ["1"]}, "codes": {"": "1 A"}}, ["indicator '1 A': a code begins with"]),
    ({"where": {"Kon": ["1"]}, "country": "XX"}, ["--country 'XX': expected"]),
    ({"where": {"Kon": ["1"], "Region": ["2284"]}, "country": "IE"},
     ["none of the 1 places of 'Region' is known: 2284 (Örnsköldsvik): unknown"]),
    ({"where": {"Kon": ["1"]}, "place_in": "Län"}, ["--place-in: there is no dimension 'Län'"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "told"), OPEN)
def test_what_is_left_open_is_told_with_what_there_is(
    gazetteer: Gazetteer, said: dict[str, Any], told: list[str]
) -> None:
    with pytest.raises(InnocapError) as caught:
        tidy(SCB, gazetteer, **({"country": "SE"} | said))
    for text in told:
        assert text in str(caught.value)


def test_periods_are_years_or_stand_for_one(gazetteer: Gazetteer) -> None:
    months = "place,year,indicator,value\nSE,2023M06,A,1\nSE,2023M12,A,2\nSE,2022-Q4,A,3\n"
    with pytest.raises(InnocapError, match="2023M06 and 2023M12 lie in one year"):
        tidy(months, gazetteer)
    chosen = tidy(months, gazetteer, where={"year": ["2023M12", "2022-Q4"]})
    assert [(row[1], row[3]) for row in rows(chosen)] == [(2022, 3), (2023, 2)]
    with pytest.raises(InnocapError, match="year '2022/23' is no year between 1900 and 2100"):
        tidy("place,year,indicator,value\nSE,2022/23,A,1\n", gazetteer)
    twice = "place,year,indicator,value\nSE,2020,A,1\nSWE,2021,A,1\nSE,2020,A,2\n"
    with pytest.raises(InnocapError) as caught:
        tidy(twice.replace("SWE", "FI"), gazetteer)
    assert "line 2 and line 4: two figures for SE, 2020, A" in str(caught.value)
