"""What ships is whole: texts and names in every language, raw files with origin and licence."""

from __future__ import annotations

import csv
import json
import re

import pytest
from babel.messages.pofile import read_po
from frictionless import Package
from test_language import OTHERS, list_placeholders, read_pairs

from innocap_analysis.batch.check import check_project
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages.catalogue import extract_messages
from innocap_analysis.pages.language import LOCALE_DIR
from innocap_analysis.pages.names import KINDS, read_forms
from innocap_analysis.settings import Settings
from tests.frozen import ROOT

RAW = ROOT / "data" / "raw"


def test_what_ships_has_no_fault(settings: Settings) -> None:
    faults = {name: found for name, found in check_project(settings) if found}
    assert faults == {}, "mend what is named here; innocap check lists the same"


@pytest.mark.parametrize("language", OTHERS)
def test_catalogue_is_complete_and_fits(language: str, settings: Settings) -> None:
    wanted = {m.id for m in extract_messages(settings) if m.id}
    assert len(wanted) > 100
    with (LOCALE_DIR / f"{language}.po").open("rb") as stream:
        messages = [m for m in read_po(stream, locale=language) if m.id]
    assert wanted == {m.id for m in messages}, "run: innocap translations"
    assert not [m.id for m in messages if m.fuzzy], "changed in English; read, then unmark"
    for source, text in read_pairs(language):
        assert text, f"{language}.po: not translated, and shown in English until it is: {source}"
        assert list_placeholders(source) == list_placeholders(text), source
        assert re.findall(r"^#+ |^- ", source, re.M) == re.findall(r"^#+ |^- ", text, re.M), source


@pytest.mark.parametrize("language", ["en", *OTHERS])
def test_codebook_and_regions_are_labelled(
    language: str, capacity: CapacityData, settings: Settings
) -> None:
    column = f"label_{language}"
    labels = {code: str(row[column]) for code, row in capacity.codebook.table.iterrows()}
    with settings.regions_path.open(encoding="utf-8", newline="") as stream:
        labels |= {row["unit"]: row[column] for row in csv.DictReader(stream)}
    lacking = [code for code, label in labels.items() if not label]
    assert not lacking, f"{column} is empty, and English is shown: write the name of {lacking}"


def test_every_country_and_dimension_has_its_forms(
    capacity: CapacityData, settings: Settings
) -> None:
    forms = read_forms(settings.codebook_path.parent / "names.csv")
    table = capacity.codebook.table
    own = table.index[table["kind"].isin(["index", "group"])]
    wanted = [*capacity.reference_units("oecd_eu"), *own]
    lacking = [(code, lang) for code in wanted for lang in OTHERS if (code, lang) not in forms]
    assert not lacking, f"names.csv: say how these bend, or they stand behind a noun: {lacking}"
    assert all((kind, lang) in forms for kind in KINDS for lang in ["en", *OTHERS])


def test_datapackage_is_valid_for_others_too() -> None:
    report = Package(str(RAW / "datapackage.json")).validate()
    assert report.valid, report.to_summary()


def test_every_raw_file_carries_its_origin_and_licence() -> None:
    package = json.loads((RAW / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        for key in ("title", "publisher", "citation", "licence_note", "checked", "hash"):
            assert resource.get(key), f"datapackage.json: {resource['name']}: {key} is to be filled"
    told = (ROOT / "docs" / "reference" / "data.md").read_text(encoding="utf-8")
    for path in RAW.rglob("*.csv"):
        if path.parent.name != "survey":
            assert f"`{path.stem}`" in told, f"docs/reference/data.md: name {path.stem}, its terms"
