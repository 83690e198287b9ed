"""One command per change: all files at once, checked before, whole or not at all."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from frictionless import Package
from test_cli import call

from innocap_analysis.batch.domain import list_notes
from innocap_analysis.changes.change import Change
from innocap_analysis.changes.country import COLOURS
from innocap_analysis.changes.csvtext import add_columns, add_row, set_cells
from innocap_analysis.changes.place import NewPlace, add_place
from innocap_analysis.changes.yamltext import add_entry, add_item
from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.places import read_places
from innocap_analysis.data.raw import read_raw_table
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import load_capacity
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.pages.language import LOCALE_DIR
from innocap_analysis.settings import load_settings

BOOK, CONFIG = "data/codebooks/indicators.csv", "innocap.yml"
ORIGIN = ["--publisher", "An office", "--licence", "CC BY 4.0", "--citation", "An office (2025)",
          "--title", "Broadband"]  # fmt: skip
Say = Callable[..., str]


@pytest.fixture
def say(project: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Return a function that runs a command which succeeds, and returns what it told."""

    def run(*arguments: str) -> str:
        code, out, err = call(capsys, *arguments)
        assert (code, err) == (0, "")
        return out

    return run


@pytest.fixture
def locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the catalogues that takes their place."""
    folder = tmp_path / "locale"
    shutil.copytree(LOCALE_DIR, folder)
    for module in ("changes.language", "changes.notebook", "pages.catalogue", "pages.language",
                   "batch.domain"):  # fmt: skip
        monkeypatch.setattr(f"innocap_analysis.{module}.LOCALE_DIR", folder)
    return folder


def snapshot(project: Path) -> dict[str, bytes]:
    """Return every file of the project."""
    return {str(f.relative_to(project)): f.read_bytes() for f in project.rglob("*") if f.is_file()}


def is_addition(old: bytes, new: bytes) -> bool:
    """Tell whether a text has all lines of another, in their order."""
    lines = iter(new.decode().splitlines())
    return all(line in lines for line in old.decode().splitlines())


def test_figures_of_places_are_taken_in(project: Path, say: Say, tmp_path: Path) -> None:
    file = tmp_path / "bb.csv"
    file.write_text(
        "kommun,år,indikator,värde\n2284,2023,BB,97.5\n2281,2023,BB,..\n0022,2023,BB,96\n"
        "0000,2023,BB,98.25\n9999,2023,BB,50\n2281,2022,BB,91\n", encoding="utf-8"
    )  # fmt: skip
    before = snapshot(project)
    said = ["add", str(file), "--country", "SE", "--kind", "context", *ORIGIN]
    told = say(*said, "--dry-run")
    assert snapshot(project) == before
    assert say(*said).replace("wrote    ", "would write") == told
    assert "matched   4 of 5 places (1 country, 1 district, 2 municipality)" in told
    assert "left out  9999: unknown" in told
    assert "missing   1 published as '..'" in told
    assert "label_sv is empty" in told
    after = snapshot(project)
    assert {name for name in after if after[name] != before.get(name)} == {
        "data/raw/bb_country.csv", "data/raw/bb_place.csv", "data/raw/datapackage.json", BOOK
    }  # fmt: skip
    assert is_addition(before[BOOK], after[BOOK])
    package = "data/raw/datapackage.json"  # what was there stays to the byte
    assert after[package].startswith(before[package].rstrip()[: -len("\n  ]\n}")])
    raw = {one.name: one for one in read_datapackage(project / "data" / "raw")}
    rows = read_raw_table(raw["bb_place"])
    assert rows.loc[rows["place"] == "SE-2281", "value"].isna().tolist() == [False, True]
    assert rows.loc[rows["place"] == "SE-2284", "value"].tolist() == [97.5]
    assert set(rows["published"]) == {"2284", "2281", "0022"}
    assert raw["bb_country"].licence_note == "CC BY 4.0"
    assert "9999" in raw["bb_place"].checked
    assert "SHA-256" in raw["bb_place"].checked
    report = Package(str(project / "data" / "raw" / "datapackage.json")).validate()
    assert report.valid, report.to_summary()
    prepared = load_capacity().prepared
    own = prepared.observations[prepared.observations["code"] == "BB"]
    assert own.set_index(["unit", "time"])["value"].to_dict() == {
        ("SE", 2023): 98.25, ("SE-2281", 2022): 91, ("SE-2284", 2023): 97.5, ("SE321", 2023): 96
    }  # fmt: skip
    (missing,) = prepared.log[prepared.log["detail"] == "published as missing"].to_dict("records")
    assert (missing["source"], missing["code"], missing["n_values"]) == ("bb_place", "BB", 1)


def test_an_indicator_is_scored_by_goalposts_of_its_figures(
    project: Path, say: Say, tmp_path: Path
) -> None:
    # Worked by hand: lower is better, 2 to 10 are the goalposts, so 4 scores (10 - 4) / (10 - 2).
    file = tmp_path / "delay.csv"
    rows = {"SWE": 4, "FIN": 2, "IRL": 10, "CAN": 8}
    file.write_text("country,year,value\n" + "".join(f"{c},2024,{v}\n" for c, v in rows.items()))
    say("add", "figures", str(file), "--indicator", "DELAY", "--kind", "indicator", "--parent",
        "DEL", "--direction", "down", "--label", "sv=Dröjsmål", *ORIGIN)  # fmt: skip
    table = read_codebook(project / BOOK).table
    row = table.loc["DELAY"]
    assert (row["low"], row["high"], row["direction"], row["parent"]) == (2, 10, -1, "DEL")
    assert (row["label_en"], row["label_sv"], row["source"]) == ("Broadband", "Dröjsmål", "delay")
    siblings = list(table.index[table["parent"] == "DEL"])
    assert siblings[-1] == "DELAY"
    assert list(table.index).index("DELAY") == list(table.index).index(siblings[-2]) + 1
    assert load_capacity().result.normalised.at["SE", "DELAY"] == 75


def test_an_index_of_municipalities_begins_with_one_command(
    project: Path, say: Say, tmp_path: Path
) -> None:
    # Worked by hand: SLOW 1, 2, … 12 and lower is better, so the third scores 100 x 9 / 11.
    codes = ["2260", "2262", "2280", "2281", "2282", "2283", "2284", "2303", "2305", "2309",
             "2313", "2321"]  # fmt: skip
    rows = [f"{c},2024,{i},{v}\n" for n, c in enumerate(codes, start=1)
            for i, v in (("SLOW", n), ("FAST", 10 * n), ("SKILL", n * n))]  # fmt: skip
    file = tmp_path / "towns.csv"
    file.write_text("kommun,år,indikator,värde\n" + "".join(rows), encoding="utf-8")
    said = ["--country", "SE", "--kind", "indicator", "--direction", "up", "--direction",
            "SLOW=down", "--parent", "DIG", "--parent", "SKILL=SKL"]  # fmt: skip
    say("add", str(file), "--new-index", "towns", *said, *ORIGIN)
    assert load_settings().indexes["towns"].level == "municipality"
    capacity = load_capacity(index="towns")
    assert len(capacity.values) == 12
    assert capacity.result.normalised.at["SE-2280", "SLOW"] == pytest.approx(900 / 11)
    assert capacity.codebook.label("SKL", "sv") == "Kompetens"
    assert list(load_capacity().countries) == ["SE", "FI", "IE", "CA"]
    # Without a group the index has one level: the mean of 900 / 11, 200 / 11 and 800 / 143.
    flat = tmp_path / "flat.csv"
    other = file.read_text("utf-8").replace(",S", ",OWN_S").replace(",F", ",OWN_F")
    flat.write_text(other, encoding="utf-8")
    said = [*said[:6], "--direction", "OWN_SLOW=down"]
    say("add", str(flat), "--new-index", "flat", *said, *ORIGIN)
    capacity = load_capacity(index="flat")
    assert capacity.codebook.is_flat
    wanted = (900 / 11 + 200 / 11 + 800 / 143) / 3
    assert capacity.result.scores.at["SE-2280", "FLAT"] == pytest.approx(wanted)


def test_a_row_for_figures_that_are_there(project: Path, say: Say) -> None:
    good = (project / BOOK).read_bytes()
    lines = good.decode().splitlines(keepends=True)
    (project / BOOK).write_text(
        "".join(line for line in lines if not line.startswith("UN_EPI,")), encoding="utf-8"
    )
    say("add", "indicator", "UN_EPI", "--kind", "indicator", "--parent", "DEL", "--direction", "up",
        "--label", "en=E-participation")  # fmt: skip
    row = read_codebook(project / BOOK).table.loc["UN_EPI"]
    (project / BOOK).write_bytes(good)
    old = read_codebook(project / BOOK).table.loc["UN_EPI"]
    assert (row["low"], row["high"]) == (old["low"], old["high"])


def test_goalposts_that_are_given_are_held_against_no_figures(project: Path, say: Say) -> None:
    # UN_EPI is an index of 0 to 1, of which the countries fill a part: 0.5 scores 50.
    good = (project / BOOK).read_text("utf-8")
    lines = good.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("UN_EPI,"))
    (project / BOOK).write_text(without, encoding="utf-8")
    say("add", "indicator", "UN_EPI", "--kind", "indicator", "--parent", "DEL", "--direction", "up",
        "--label", "en=E-participation", "--low", "0", "--high", "1")  # fmt: skip
    say("check")
    say("goalposts", "--write")
    row = read_codebook(project / BOOK).table.loc["UN_EPI"]
    assert (row["low"], row["high"], row["goalposts"]) == (0, 1, "given")
    result = load_capacity().result
    assert result.normalised.at["SE", "UN_EPI"] == 100 * result.values.at["SE", "UN_EPI"]
    (project / BOOK).write_text(good, encoding="utf-8")


def test_a_sheet_of_a_workbook_is_read(project: Path, say: Say, tmp_path: Path) -> None:
    file = tmp_path / "book.xlsx"
    with pd.ExcelWriter(file) as book:
        pd.DataFrame({"note": ["read me"]}).to_excel(book, sheet_name="About", index=False)
        table = {"place": ["Örnsköldsvik", "Mikkeli"], "year": [2024, 2024], "indicator": "BB",
                 "value": [97.5, "-"]}  # fmt: skip
        pd.DataFrame(table).to_excel(book, sheet_name="Figures", index=False)
    told = say("add", str(file), "--sheet", "Figures", "--kind", "context", *ORIGIN)
    assert "matched   2 of 2 places (2 municipality)" in told
    (raw,) = [one for one in read_datapackage(project / "data" / "raw") if one.name == "book"]
    rows = read_raw_table(raw).set_index("place")
    assert rows["value"].dropna().to_dict() == {"SE-2284": 97.5}
    assert rows.at["FI-491", "status"] == "-"


def test_a_country_comes_in_and_a_terminal_is_asked(
    project: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"Code of the partner region": "NO07", "What is the partner area called": "Nordland"}

    def answer(question: str, **_: object) -> str:
        return next(said for start, said in answers.items() if question.startswith(start))

    monkeypatch.setattr("typer.prompt", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    before = snapshot(project)
    told = say("add", "country", "no", "--label", "en=Northern Norway", "--label", "sv=Nordnorge")
    after = snapshot(project)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {CONFIG, "data/codebooks/regions.csv"}
    assert all(is_addition(before[name], after[name]) for name in changed)
    country = load_settings().countries["NO"]  # not False, as YAML reads a bare NO
    others = [one for code, one in load_settings().countries.items() if code != "NO"]
    assert country.colour not in {one.colour for one in others}
    assert country.marker not in {one.marker for one in others}
    assert (country.partner_region, country.partner_area) == ("NO07", {"en": "Nordland"})
    assert "NO" in load_capacity().countries
    assert "label_fi is empty" in told
    assert "left      innocap.yml: line 42, countries.NO: Norway has no regional figures" in told


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_at_hand_stand_out_against_white(colour: str) -> None:
    # WCAG 2.2, 1.4.11: three to one; relative luminance as defined there.
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 3


def test_places_get_names_and_a_municipality_comes_in(project: Path, say: Say) -> None:
    settings = load_settings()
    for new in (
        NewPlace("SE-2284", {"fi": "Örnsköldsvik"}, "Övik"),
        NewPlace("FI1DA", also="Savo"),  # has a row already
        NewPlace("NO07", {"en": "Northern Norway"}),
    ):
        add_place(settings, new).write()
    say("add", "place", "SE-9901", "--label", "en=Nyby", "--district", "SE321", "--population",
        "500", "--population-date", "2025-01-01", "--area-km2", "40", "--degurba", "3",
        "--source", "SCB")  # fmt: skip
    places = read_places(settings)
    assert read_regions(settings.regions_path).at["NO07", "country"] == "NO"
    assert places.other_names["ovik"] == ["SE-2284"]
    assert "FI1DA" in places.other_names["savo"]
    assert places.label("FI1DA", "fi") == "Etelä-Savo"
    new = places.table.loc["SE-9901"]
    assert (new["name"], new["density"], new["parent"]) == ("Nyby", 12.5, "SE321")
    (raw,) = [r for r in read_datapackage(project / "data/raw") if r.name.startswith("municip")]
    assert raw.checked.endswith("SE-9901 added from SCB")


def test_a_language_comes_in_half_translated(project: Path, say: Say, locale: Path) -> None:
    before = snapshot(project)
    told = say("add", "language", "nb")
    after = snapshot(project)
    assert load_settings().languages == ("en", "sv", "fi", "fr", "nb")
    changed = {name for name in after if after[name] != before.get(name)}
    assert {CONFIG, BOOK, "data/codebooks/notes.csv", "data/codebooks/places.csv"} <= changed
    old, new = (pd.read_csv(project.joinpath(BOOK)), read_codebook(project / BOOK).table)
    assert old["label_nb"].isna().all()
    assert list(new["label_en"]) == list(read_codebook(project / BOOK).table["label_en"])
    text = after[BOOK].decode()
    assert (
        "\n".join(line.replace(",label_nb", "") for line in text.splitlines()[:1])
        == (before[BOOK].decode().splitlines()[0])
    )
    assert (locale / "nb.po").read_text(encoding="utf-8").count("msgid") > 500
    assert "to translate into Norwegian" in told
    assert "has no catalogue" not in told
    assert any("label_nb is empty" in note for note in list_notes(load_settings()))


@pytest.mark.slow
def test_a_notebook_comes_in_and_runs(
    project: Path, say: Say, locale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["--scope", "region", "--question", "What changed since last year?"]
    told = say("add", "notebook", "65_what_changed", *said)
    assert "left      the texts of notebooks/65_what_changed.ipynb" in told
    assert "What changed since last year?" in (locale / "fi.po").read_text(encoding="utf-8")
    say("report", "--notebook", "65", "--region", "SE")
    page = (project / "reports/SE/65_what_changed.html").read_text(encoding="utf-8")
    assert "What changed since last year?" in page
    assert (project / "figures/SE/65_profile.svg").is_file()


REFUSED = [
    (["figures", "gone.csv"], ["gone.csv: cannot be read"]),
    (["contry", "NO"], ["'contry': neither a file nor one of", "did you mean 'country'"]),
    (["country", "XX"], ["'XX': expected an ISO 3166-1", "--region", "--area"]),
    (["country", "SE", "--region", "NO07", "--area", "en=X", "--area", "nb=X"],
     ["countries.SE: is there already", "region 'NO07': expected a code that begins with SE",
      "say --label en=NAME", "'nb' is no language of the project"]),
    (["country", "NO", "--region", "SE32", "--area", "en=X", "--colour", "#0072b2"],
     ["--region SE32: lies in SE", "--colour #0072b2: is that of SE"]),
    (["place", "SE-2284"], ["is there already; say a --label"]),
    (["place", "FI-491", "--merged-into", "FI-999"], ["'FI-999': is no place", "--merged-in"]),
    (["place", "SE-9901"], ["say --label", "say --district", "say --population", "say --source"]),
    (["place", "SE32"], ["is there already"]),
    (["language", "sv"], ["languages: sv is there already"]),
    (["language", "zz"], ["'zz' is no code of a language"]),
    (["notebook", "60_again", "--scope", "once"],
     ["the number 60 is that of 60_where_to_start", "say --scope", "say --question"]),
    (["indicator", "UN_EPI", "--kind", "indicator", "--parent", "DOG", "--direction", "left",
      "--low", "3"],
     ["is in indicators.csv already", "'DOG' is no group", "'left' is neither",
      "give both --low and --high", "--label en=TEXT"]),
    (["indicator", "NO_FIGURE", "--kind", "indicator", "--parent", "DIG", "--direction", "up",
      "--label", "en=X"], ["NO_FIGURE: has no figure at all"]),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_a_change_that_cannot_be_is_told_whole_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: list[str]
) -> None:
    before = snapshot(project)
    code, out, err = call(capsys, "add", *arguments)
    assert (code, out) == (2, "")
    for text in told:
        assert text in err
    assert err.count("error: ") == 1
    assert snapshot(project) == before


def test_everything_missing_for_figures_is_told_at_once(
    project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "My Figures.csv"
    file.write_text("place,year,sex,value\nSE-2284,2020,M,1\nSE-2284,2020,F,2\n", encoding="utf-8")
    code, _, err = call(capsys, "add", str(file))
    assert code == 2
    for text in ("--publisher", "--licence", "--citation", "--title", "--kind", "--where sex=M",
                 "--indicator CODE"):  # fmt: skip
        assert text in err
    said = ["--where", "sex=M", "--indicator", "MEN", *ORIGIN]
    code, _, err = call(capsys, "add", str(file), *said, "--kind", "indicator")
    assert "say --parent: one of INNOCAP, SKL, DIG, DEL, PRO" in err
    assert "--direction up" in err
    assert "scores units of the level country, the file is about those of municipality" in err
    known = [*said, "--kind", "context", "--name", "oecd_ourdata"]
    assert "'oecd_ourdata' is a resource" in call(capsys, "add", str(file), *known)[2]
    assert not list((project / "data" / "raw").glob("my*"))


def test_a_change_that_check_would_blame_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # New figures of an indicator that is scored move its goalposts: a person decides.
    file = tmp_path / "osi.csv"
    file.write_text("country,year,indicator,value\nSWE,2031,UN_OSI,0.01\n", encoding="utf-8")
    before = snapshot(project)
    code, _, err = call(capsys, "add", str(file), *ORIGIN)
    assert code == 2
    assert "nothing was written, as innocap check would find" in err
    assert "UN_OSI: frozen" in err
    assert snapshot(project) == before
    assert call(capsys, "add", str(file), *ORIGIN, "--freeze")[0] == 0
    assert read_codebook(project / BOOK).table.at["UN_OSI", "low"] == 0.01


def test_what_cannot_be_written_whole_is_not_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Change(load_settings())
    for name in (CONFIG, "data/new.csv", BOOK):
        change.put(project / name, "changed\n")
    before = snapshot(project)

    def fail(path: Path, content: bytes) -> Path:
        if path.name == "indicators.csv" and content == b"changed\n":
            raise InnocapError("the disk is full")
        path.write_bytes(content)
        return path

    monkeypatch.setattr("innocap_analysis.changes.change.write_atomically", fail)
    with pytest.raises(InnocapError, match="disk is full"):
        change.write()
    assert snapshot(project) == before


TABLE = 'code,parent,label_en,label_sv\r\nA,,"One, two",Ett\r\nB,A,Two,\r\nC,A,,\r\n'


def test_rows_columns_and_cells_leave_every_other_byte() -> None:
    row = add_row(
        TABLE, {"code": "D", "parent": "A", "label_en": 'a "b", c'}, name="t", below=["B"]
    )
    assert row == TABLE.replace("C,A", 'D,A,"a ""b"", c",\r\nC,A')
    wide = add_columns(TABLE, ["label_nb"], after="label_sv")
    assert wide == (
        'code,parent,label_en,label_sv,label_nb\r\nA,,"One, two",Ett,\r\nB,A,Two,,\r\nC,A,,,\r\n'
    )
    assert set_cells(TABLE, "A", {"label_en": "One", "label_sv": "a,b"}, name="t") == TABLE.replace(
        '"One, two",Ett', 'One,"a,b"'
    )
    assert add_row("code;low\nA;1", {"code": "B"}, name="t") == "code;low\nA;1\nB;\n"
    with pytest.raises(InnocapError, match="has no column 'label_fi'"):
        add_row(TABLE, {"code": "D", "label_fi": "x"}, name="t")


YAML = """# what this is
languages: [en, sv]  # the first
many: [a,
  b]
countries:
  SE:  # comment
    colour: "#0072B2"
    area: {en: X}

  # about the last
  FI: {colour: x}   # one line

# what comes next
batch:
  place: # here
    - one
    - two  # the second
  other: 1
"""


def test_entries_of_settings_keep_comments_and_order() -> None:
    text = add_item(YAML, ["languages"], "nb", name="s")
    text = add_item(text, ["many"], "c", name="s")
    text = add_item(text, ["batch", "place"], "three", name="s")
    text = add_entry(text, ["countries"], "NO", ["colour: y", "area: {en: Z}"], name="s")
    assert text == (
        YAML.replace("[en, sv]", "[en, sv, nb]").replace("  b]", "  b, c]")
        .replace("- two  # the second\n", "- two  # the second\n    - three\n")
        .replace("# one line\n", "# one line\n  NO:\n    colour: y\n    area: {en: Z}\n")
    )  # fmt: skip
    assert yaml.safe_load(text)["languages"] == ["en", "sv", "nb"]
    for path, told in ((["none"], "none is missing"), (["many", "x"], "many.x is missing")):
        with pytest.raises(InnocapError, match=told):
            add_item(YAML, path, "x", name="s")
    with pytest.raises(InnocapError, match="is no block of entries"):
        add_entry("a: {b: 1}\n", ["a"], "c", ["2"], name="s")
