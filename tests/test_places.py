"""Places: the tree against the raw files read with csv alone, names, and what is measured."""

from __future__ import annotations

import csv
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from innocap_analysis.data.datapackage import ROLES, read_datapackage
from innocap_analysis.data.find_places import choose_places, find_place
from innocap_analysis.data.local import compare_levels, read_local
from innocap_analysis.data.places import Places, fold_name, read_places
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import prepare_indicators
from innocap_analysis.settings import load_settings
from tests.frozen import EDITION


def _rows(name: str) -> list[dict[str, str]]:
    with (EDITION / "data" / "raw" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def places() -> Places:
    """Return the places of the project."""
    return read_places(load_settings(EDITION))


def test_there_are_1132_places_and_their_sums_are_the_published_totals(places: Places) -> None:
    assert len(_rows("municipalities_rurality")) == 839
    assert len(_rows("canada_census_divisions")) == 293
    assert len(places.smallest) == 839 + 293
    # Published totals, as data/raw/datapackage.json says how the files were checked.
    known = {"SE": 10230185, "FI": 5517919, "IE": 4761865, "IS": 356991, "CA": 36991981}
    assert places.table.loc[list(known), "population"].to_dict() == known
    assert places.table.at["IE-135", "population"] == 159192  # County Donegal, census 2016


def test_every_place_has_the_figures_of_its_row(places: Places) -> None:
    table = places.table
    for row in _rows("municipalities_rurality"):
        own = table.loc[f"{row['country']}-{row['lau_code']}"]
        assert own["population"] == int(row["population"])
        assert own["area_km2"] == float(row["area_km2"])
        # As published, from the area before it was rounded to two decimals.
        people, area = int(row["population"]), float(row["area_km2"])
        assert people / (area + 0.00501) - 0.00501 <= float(row["density_per_km2"])
        assert people / (area - 0.00501) + 0.00501 >= float(row["density_per_km2"])
        assert own["density"] == people / area
        assert own["rurality"] == int(row["degurba"])
        assert own["sparse"] == (own["density"] < 12.5)
        assert row["nuts3_2024"] in places.ancestors(str(own.name))
    for row in _rows("canada_census_divisions"):
        own = table.loc[f"CA-{row['cduid']}"]
        assert own["population"] == int(row["population"])
        assert own["sparse"] == bool(int(row["sparsely_populated"]))
        assert own["parent"] == f"CA-{row['province']}"
        people, area = int(row["population"]), float(row["area_km2"])
        assert own["rurality"] == (3 if people / area < 150 and people < 200_000 else 2)


def test_districts_agree_with_the_published_sums_of_their_municipalities(places: Places) -> None:
    for row in _rows("regions_nuts3_rurality"):
        own = places.table.loc[row["nuts3"]]
        assert own["population"] == int(row["population"])
        assert own["area_km2"] == pytest.approx(float(row["area_km2"]), abs=0.06)
        assert own["rural_share"] == pytest.approx(float(row["rural_population_share"]), abs=6e-4)
        assert own["rurality"] == int(row["urban_rural_type"])
        assert own["sparse"] == bool(int(row["sparsely_populated"]))
        assert len(places.inside(row["nuts3"])) == int(row["municipalities"])


def test_what_lies_in_a_place_adds_up_to_it_on_every_level(places: Places) -> None:
    table = places.table
    for parent, inside in table[table["parent"] != ""].groupby("parent"):
        assert inside["population"].sum() == table.at[parent, "population"]
        assert inside["area_km2"].sum() == pytest.approx(table.at[parent, "area_km2"])
    for code in table.index:
        line = places.ancestors(code)
        assert (line[-1] if line else code) == table.at[code, "country"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("SE32", "SE32"), ("2284", "SE-2284"), ("Västernorrland", "SE321"),
        ("ornskoldsvik", "SE-2284"), ("ÖRNSKÖLDSVIK", "SE-2284"), ("S:t Michel", "FI-491"),
        ("Nyslott", "FI-740"), ("Etelä-Savo", "FI1DA"), ("Letterkenny", "IE-1350405"),
        ("County Donegal", "IE-135"), ("comté de Donegal", "IE-135"), ("ca-nl", "CA-NL"),
        ("Terre-Neuve-et-Labrador", "CA-NL"), ("Gander", "CA-1006"), ("fi-005", "FI-005"),
        ("Division No. 11 (Newfoundland and Labrador)", "CA-1011"), ("Reykjavik", "IS-0000"),
        ("Håbo", "SE-0305"),  # who writes the accent does not mean Habo, SE-0643
        ("SE2284", "SE-2284"), ("ca 1006", "CA-1006"), (2284, "SE-2284"),
        ("Grand Sudbury", "CA-3553"), ("Maarianhamina", "FI-478"),
    ],
)  # fmt: skip
def test_a_place_is_found_by_code_or_name(places: Places, wanted: str | int, code: str) -> None:
    assert find_place(wanted, places) == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("Donegal", ["several", "IE-135 (county", "IE-1350404 (electoral area"]),
        ("Athlone", ["IE-13190402", "County Roscommon", "IE-13230400", "County Westmeath"]),
        ("1214", ["SE-1214", "Svalöv", "CA-1214", "Antigonish"]),
        ("Division No. 1", ["CA-1001", "CA-4601", "CA-4701", "CA-4801", "give the code"]),
        ("Ornskoldsvick", ["unknown", "did you mean SE-2284"]),
        ("mikeli", ["did you mean FI-491"]), ("zzzzzz", ["unknown", "give a code such as"]),
        # Spreadsheets drop the zeros before a code; no code is near to one of another country.
        ("49", ["unknown", "did you mean FI-049"]), ("180", ["did you mean SE-0180"]),
        ("Habo", ["several", "SE-0305", "SE-0643"]), (None, ["None: a code or a name is needed"]),
        ("", ["unknown"]), ("x" * 5000, ["unknown"]),
    ],
)  # fmt: skip
def test_a_name_that_is_none_or_several_is_told(
    places: Places, wanted: str, told: list[str]
) -> None:
    with pytest.raises(InnocapError) as caught:
        find_place(wanted, places)
    assert all(text in str(caught.value) for text in told)


def test_every_place_is_found_by_its_own_code_and_label(places: Places) -> None:
    for code, label in places.smallest["label_en"].items():
        assert find_place(str(code), places) == code
        found = places.names[fold_name(label)]
        assert code in found
    # Labels of the smallest places of a country are unique: a list can be chosen from.
    for _, own in places.smallest.groupby("country"):
        assert not own["label_en"].duplicated().any()


def test_many_places_are_chosen_by_what_they_are(places: Places, tmp_path: Path) -> None:
    rural = Counter(r["country"] for r in _rows("municipalities_rurality") if r["degurba"] == "3")
    for country, n in rural.items():
        assert len(choose_places(["rural"], places, country=country)) == n
    assert len(choose_places(["all"], places)) == 1132
    assert len(choose_places(["in SE321"], places)) == 7
    assert len(choose_places(["in County Donegal"], places)) == 7
    assert choose_places(["2284, Mikkeli", "SE-2284"], places) == ["SE-2284", "FI-491"]
    (tmp_path / "mine.csv").write_text("place,note\nTimrå,x\n\nFI-740,y\n", encoding="utf-8")
    assert choose_places(["mine.csv"], places, folder=tmp_path) == ["SE-2262", "FI-740"]
    (tmp_path / "bad.txt").write_text("Timrå\nTimraa\nAthlone\n", encoding="utf-8")
    with pytest.raises(InnocapError, match=r"bad.txt: line 2(.|\n)*line 3"):
        choose_places(["file bad.txt"], places, folder=tmp_path)
    for words, country, told in (
        (["SE"], None, "is a country"), (["all"], "NO", "there are CA, FI, IE, IS, SE"),
        (["Timrå"], "FI", "unknown in FI"), (["in SE321"], "FI", "there is none in FI"),
        (["none.csv"], None, "cannot be read"),
    ):  # fmt: skip
        with pytest.raises(InnocapError, match=told):
            choose_places(words, places, country=country, folder=tmp_path)


def test_merged_municipalities_name_what_they_became(places: Places) -> None:
    gone = places.table.loc[places.table["merged_into"] != "", ["merged_into", "merged_in"]]
    assert gone.to_dict("index") == {
        "FI-099": {"merged_into": "FI-214", "merged_in": "2021"},
        "FI-588": {"merged_into": "FI-507", "merged_in": "2025"},
        "FI-911": {"merged_into": "FI-541", "merged_in": "2020"},
    }
    # Statistics Finland's classes are of 2025: these three have none.
    assert {
        f"FI-{r['lau_code']}"
        for r in _rows("municipalities_rurality")
        if r["country"] == "FI" and not r["national_class"]
    } == set(gone.index)


def test_levels_of_government_are_the_figures_of_the_raw_file(places: Places) -> None:
    settings = load_settings(EDITION)
    local = read_local(settings, places, prepare_indicators(settings).observations)
    found = compare_levels(local.government).set_index(["country", "code"])
    wanted = {  # central, local, services: eGovernment Benchmark 2023, sheet 1
        ("SE", "EGOV_TRANSPARENCY"): (51.126, 7.3016, 48, 3),
        ("FI", "EGOV_TRANSPARENCY"): (57.719, 9.5238, 50, 3),
        ("IE", "EGOV_TRANSPARENCY"): (65.2736, 36.4286, 47, 4),
        ("SE", "EGOV_EID"): (72.7, 36.3333, 40, 3), ("FI", "EGOV_EID"): (95.2381, 61.5, 42, 2),
        ("IE", "EGOV_EID"): (49.6585, 2.5, 41, 4),
    }  # fmt: skip
    columns = ["central", "local", "services_central", "services_local"]
    for key, figures in wanted.items():
        assert tuple(found.loc[key, columns]) == figures
    by_level: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in _rows("ec_egovernment_by_level"):
        if row["check"] == "equal" and row["indicator"] != "EGOV_ONLINE":
            key = (row["country"], row["indicator"])
            by_level[key][row["government_level"]] = float(row["value"])
    for code, higher, of, median in (  # as the raw file's own README says of it
        ("EGOV_TRANSPARENCY", 31, 33, 26), ("EGOV_EID", 31, 32, 39),
    ):  # fmt: skip
        gaps = [
            v["central"] - v["local"]
            for (_, own), v in by_level.items()
            if own == code and {"central", "local"} <= set(v)
        ]
        assert (sum(gap > 0 for gap in gaps), len(gaps)) == (higher, of)
        assert round(statistics.median(gaps)) == median
        ours = found.xs(code, level="code")["gap"]
        assert sorted(ours) == pytest.approx(sorted(gaps))
    assert "EGOV_ONLINE" not in set(local.government["code"])


def test_regions_show_the_newest_figures_that_there_are(places: Places) -> None:
    settings = load_settings(EDITION)
    local = read_local(settings, places, prepare_indicators(settings).observations)
    own = local.regions.set_index(["unit", "code"])["value"]
    assert own[("SE32", "ISOC_IDAY")] == 95
    assert own[("SE32", "RWB_SECEDU")] == 88.1
    assert own[("CA-NL", "RWB_NETSPEED")] == 27.6
    assert "IE01" not in set(local.regions["unit"])  # no region any more
    assert set(local.regions.loc[local.regions["code"] == "ISOC_IDAY", "time"]) == {2019}


def test_a_role_that_nobody_knows_is_refused(project: Path) -> None:
    file = project / "data" / "raw" / "datapackage.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    assert {r["role"] for r in content["resources"]} == set(ROLES)
    content["resources"][0]["role"] = "observation"
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(
        InnocapError, match=r"role: is none of observations, reference, places.*'observations'"
    ):
        read_datapackage(project / "data" / "raw")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda t: t.replace("FI-099", "FI-999", 1), "'FI-999' is no place"),
        (lambda t: t.replace("merged_into", "into", 1), "column 'merged_into' is missing"),
        (lambda t: t + "SE110,a,b,c,d,,,\n", "code 'SE110' twice"),
    ],
)
def test_a_spoilt_table_of_names_is_told(
    project: Path, spoil: Callable[[str], str], told: str
) -> None:
    file = project / "data" / "codebooks" / "places.csv"
    file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InnocapError, match=f"places.csv: .*{told}"):
        read_places(load_settings(project))


def test_an_edited_raw_file_of_places_stops_and_is_named(project: Path) -> None:
    file = project / "data" / "raw" / "municipalities_rurality.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("56089", "56088"), encoding="utf-8")
    with pytest.raises(InnocapError, match=r"municipalities_rurality.csv: was edited"):
        read_places(load_settings(project))
