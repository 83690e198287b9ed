"""Survey exports: eight layouts, read exactly or refused, and nothing personal kept."""

from __future__ import annotations

import codecs
import math
import re
from pathlib import Path

import pandas as pd
import pytest
from survey_truth import KEY, differences, export, head_rows, read_rows, write_rows

from innocap_analysis import read_instrument, read_survey
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.files.privacy import redact_text
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.survey.wave import load_wave
from tests.frozen import EDITION
from tests.synthetic.exports import WRITERS
from tests.synthetic.people import make_respondents
from tests.synthetic.wave import FILES, make_wave, write_wave


def test_the_shipped_wave_equals_the_generators_truth(
    survey: Instrument, settings: Settings
) -> None:
    tools = {}
    for country, people in make_wave(settings).items():
        tool, _ = FILES[country]
        path = next((EDITION / "data/raw/survey").glob(f"SYNTHETIC_{country}_{tool}.*"))
        found = read_survey(path, key=KEY, settings=settings)
        assert differences(people, found, survey) == [], country
        assert found.report.tool == tool
        assert found.table["status"].eq("preview").sum() == (people["status"] == "preview").sum()
        tools[country] = found.report.tool
        spoken = set(people["language"].str[:2])
        if found.table["language"].notna().any():
            assert set(found.table["language"]) == spoken
    assert len(set(tools.values())) == 4


def test_the_generator_writes_what_ships(settings: Settings, tmp_path: Path) -> None:
    for path in write_wave(settings, tmp_path):
        shipped = EDITION / "data/raw/survey" / path.name
        if path.suffix == ".csv":
            assert path.read_bytes() == shipped.read_bytes()
        else:  # a workbook carries the time of its making
            new, old = (pd.read_excel(p, header=None, engine="calamine") for p in (path, shipped))
            pd.testing.assert_frame_equal(new, old)


@pytest.mark.parametrize("country", ["SE", "FI", "IE", "CA"])
@pytest.mark.parametrize("tool", WRITERS)
def test_every_layout_is_found_out_and_read(
    tool: str, country: str, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    people = make_respondents(survey, country, n=40, seed=8)
    language = {"SE": "sv", "FI": "fi", "IE": "en", "CA": "fr"}[country]
    path = export(tool, people, survey, settings, tmp_path, language)
    found = read_survey(path, key=KEY, settings=settings)
    assert found.report.tool == tool
    assert differences(people, found, survey) == []
    assert found.report.missing_items == ()
    assert not found.table["response_id"].duplicated().any()


def test_one_swedish_label_has_two_codes_under_two_scales(
    survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "plain.csv"
    cells = ["Instämmer delvis"] * 2
    path.write_text(
        "respondent_id," + ",".join(survey.scored) + "\n"
        + "\n".join(f"{i}," + ",".join(cells[:1] * 24) for i in (1, 2)) + "\n",
        encoding="utf-8",
    )  # fmt: skip
    for scale, code in (("agree5_bipolar_alt", 4.0), ("extent5_unipolar", 3.0)):
        found = read_survey(path, scale=scale, key=KEY, settings=settings)
        assert (found.table[survey.scored] == code).all(axis=None)
    undeclared = tmp_path / "survey.csv"
    undeclared.write_text(
        settings.survey_path.read_text(encoding="utf-8").replace(",agree5,", ",,"),
        encoding="utf-8",
    )
    with pytest.raises(InnocapError, match="scale '' is unknown"):
        read_instrument(undeclared, settings.scales_path)
    with pytest.raises(InnocapError, match="scale 'agree6' is unknown"):
        read_survey(path, scale="agree6", key=KEY, settings=settings)


def test_bare_numbers_need_a_stated_direction(
    survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "numbers.csv"
    header = ",".join(["respondent_id", *survey.scored])
    path.write_text(f"{header}\nA-1,{','.join(['5', '2'] * 12)}\n", encoding="utf-8")
    with pytest.raises(InnocapError, match="which way the numbers run"):
        read_survey(path, key=KEY, settings=settings)
    up = read_survey(path, codes="high_agrees", key=KEY, settings=settings).table
    down = read_survey(path, codes="low_agrees", key=KEY, settings=settings).table
    assert up[survey.scored[:2]].iloc[0].tolist() == [5, 2]
    assert down[survey.scored[:2]].iloc[0].tolist() == [1, 4]
    with pytest.raises(InnocapError, match="runs from 1 to 3, SKL1 from 1 to 5; state that"):
        read_survey(path, codes="high_agrees", scale="yes_somewhat_no", key=KEY, settings=settings)


def test_a_shorter_scale_is_stretched_only_when_stated(
    survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "three.csv"
    cells = ["kyllä", "jossain määrin", "ei", "en osaa sanoa"] * 6
    header = ",".join(["respondent_id", *survey.scored])
    path.write_text(f"{header}\nA-1,{','.join(cells)}\n", encoding="utf-8")
    found = read_survey(path, scale="yes_somewhat_no", rescale=True, key=KEY, settings=settings)
    assert found.table[survey.scored[:4]].iloc[0].tolist() == [5, 3, 1, DONT_KNOW]


def test_dont_know_and_not_applicable_stay_apart_from_missing(
    people: pd.DataFrame, survey: Instrument, settings: Settings, tmp_path: Path
) -> None:
    changed = people.copy()
    changed.loc[0, "SKL1"], changed.loc[1, "SKL1"] = DONT_KNOW, NOT_APPLICABLE
    changed.loc[2, "SKL1"] = math.nan
    for tool in WRITERS:
        path = export(tool, changed, survey, settings, tmp_path)
        told = read_survey(path, key=KEY, settings=settings).table["SKL1"].iloc[:3].tolist()
        assert told[:2] == [DONT_KNOW, NOT_APPLICABLE]
        assert math.isnan(told[2])


PERSONAL = [
    *(f"{name}@example.org" for name in ("anna.berg", "sean.o-brien", "pekka", "marie_d", "x+y")),
    *("lisa (at) example.com", "bo [at] example.se", "info@kommun.example.fi"),
    *("070-123 45 67", "+46 70 123 45 67", "0046701234567", "050 123 4567", "+358 50 1234567"),
    *("(087) 123 4567", "+353 87 123 4567", "709-555-0142", "(709) 555-0143", "+1 709 555 0144"),
    *("192.0.2.44", "198.51.100.77", "203.0.113.5", "2001:db8:85a3:0:0:8a2e:370:7334"),
    *("850709-9805", "19850709-9805", "198507099805", "850709+9805", "131052-308T", "010199A123B"),
    *("1234567T", "1234567FA", "046 454 286", "046-454-287"),
    *("Anna Personsson", "Seán Uniquename", "Pekka Ainutlaatuinen", "Marie Nomdefamille"),
    *("https://example.org/u/anna", "www.example.org/pekka", "@annaberg", "@pekka_fi"),
]  # fmt: skip


def test_nothing_planted_survives_an_import(
    project: Path, people: pd.DataFrame, survey: Instrument, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert len(PERSONAL) >= 40
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(tmp_path / "elsewhere" / "key"))
    config = load_settings()
    names = [text for text in PERSONAL if re.fullmatch(r"\w+ \w+", text)]
    planted = people.copy()
    told = [text for text in PERSONAL if text not in names]
    planted["OPEN1"] = [f"Kontakta {a} eller {b} tack" for a, b in
                        zip((told * 2)[:30], (told * 2)[30:60], strict=True)]  # fmt: skip
    files = []
    for tool in WRITERS:
        path = export(tool, planted, survey, config, tmp_path)
        if path.suffix == ".csv":
            rows, delimiter = read_rows(path)
            n = head_rows(tool)
            mark = "﻿" if path.read_bytes().startswith(codecs.BOM_UTF8) else ""
            extra = ["Efternamn", "Email", "IP-adress", "Kommentar om mig"]
            rows[0] += extra
            for row in rows[1:n]:
                row += extra
            for i, row in enumerate(rows[n:]):
                row += [PERSONAL[(i + k) % len(PERSONAL)] if k else names[i % 4] for k in range(4)]
            write_rows(path, rows, delimiter)
            assert not mark or path.read_bytes()
        files.append(path)
    import_files(files, settings=config)
    written = [p for p in config.processed_dir.rglob("*") if p.is_file()]
    assert len(written) >= 4
    for path in written:
        text = path.read_text(encoding="utf-8")
        for string in PERSONAL:
            assert string not in text, (path.name, string)
        for code in planted["ORG8"].unique():
            assert code not in text
    assert "[e-mail]" in (config.processed_dir / "answers_texts.csv").read_text(encoding="utf-8")


def test_redaction_leaves_ordinary_text_alone() -> None:
    for text in (
        "We need 12 people and 3.5 months, by 2027.",
        "Budget 2025-2026: 150 000 kr",
        "Mer tid; 50 % av kommunerna (2024) svarade.",
    ):
        assert redact_text(text) == text


def test_the_key_stays_outside_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch, people: pd.DataFrame, survey: Instrument
) -> None:
    config = load_settings()
    path = export("plain", people, survey, config, project)
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(project / "key"))
    with pytest.raises(InnocapError, match="lies inside the project"):
        read_survey(path, settings=config)
    outside = project.parent / "key"
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(outside))
    one, other = (read_survey(path, settings=config).table for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    assert outside.stat().st_mode & 0o077 == 0
    outside.write_text("another secret of some length")
    third = read_survey(path, settings=config).table
    assert not set(third["response_id"]) & set(one["response_id"])


def test_an_import_can_be_read_back(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(tmp_path / "k"))
    config = load_settings()
    files = sorted((project / "data/raw/survey").glob("SYNTHETIC_*"))
    done = import_files(files, settings=config)
    wave = done.wave
    assert wave.is_synthetic
    assert len(wave.raw) == sum(len(part.table) for part in done.parts) == 216
    made = load_wave(settings=config)
    items = made.instrument.scored
    pd.testing.assert_frame_equal(
        wave.clean[items], made.clean[items].reset_index(drop=True), check_dtype=False
    )


def test_nothing_is_written_when_one_file_of_several_is_bad(
    project: Path, people: pd.DataFrame, survey: Instrument, tmp_path: Path
) -> None:
    config = load_settings()
    good = export("plain", people, survey, config, tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    with pytest.raises(InnocapError, match=r"bad.csv: no column is an item"):
        import_files([good, bad], settings=config, key=KEY)
    assert not (config.processed_dir / "answers.csv").exists()
