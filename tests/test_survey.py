"""Survey exports: eight layouts, read exactly or refused, and nothing personal kept."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innocap_analysis import read_instrument, read_survey
from innocap_analysis.codebook import DONT_KNOW, NOT_APPLICABLE, Instrument
from innocap_analysis.prepare.survey.privacy import make_pseudonym, redact_text
from innocap_analysis.prepare.survey.read import Answers
from innocap_analysis.prepare.synthetic.exports import WRITERS, Writer
from innocap_analysis.prepare.synthetic.people import make_respondents
from innocap_analysis.prepare.synthetic.wave import FILES, make_wave, write_wave
from innocap_analysis.prepare.wave import import_files, load_wave
from innocap_analysis.settings import InnocapError, Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
KEY = b"a key for tests only"
TEXT_TOOLS = [tool for tool, (_, ending) in WRITERS.items() if ending == ".csv"]
BOOK_TOOLS = [tool for tool, (_, ending) in WRITERS.items() if ending == ".xlsx"]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(ROOT)


@pytest.fixture(scope="module")
def survey(settings: Settings) -> Instrument:
    return read_instrument(settings.survey_path, settings.scales_path)


@pytest.fixture(scope="module")
def people(survey: Instrument) -> pd.DataFrame:
    return make_respondents(survey, "SE", n=30, seed=5)


def export(
    tool: str, people: pd.DataFrame, survey: Instrument, settings: Settings, folder: Path,
    language: str | None = "sv",
) -> Path:  # fmt: skip
    write, ending = WRITERS[tool]
    path = folder / f"answers_{tool}{ending}"
    write(Writer(people, survey, settings, language), path)
    return path


def differences(people: pd.DataFrame, found: Answers, survey: Instrument) -> list[str]:
    """List every item whose cells are not the truth."""
    table, wrong = found.table, []
    if len(table) != len(people):
        return [f"{len(table)} of {len(people)} rows"]
    for item in survey.items.values():
        code, truth = item.code, people[item.code]
        if item.answer == "multi":
            for option in survey.options(code):
                told = [math.nan if a is None else float(option in a) for a in truth]
                same = np.array_equal(told, table[f"{code}_{option}"].to_numpy(float), True)
                wrong += [] if same else [f"{code}_{option}"]
        elif item.answer in ("likert", "number"):
            same = np.array_equal(truth.to_numpy(float), table[code].to_numpy(float), True)
            wrong += [] if same else [code]
        elif item.answer == "text":
            texts = found.texts.set_index("response_id")["text"]
            told = [t for t in truth if isinstance(t, str)]
            wrong += [] if list(texts) == told else [code]
        elif item.answer == "id":
            told = [make_pseudonym(t, KEY, kind="organisation") for t in truth]
            wrong += [] if list(table["organisation"]) == told else [code]
        elif code == "SYNTHETIC":
            wrong += [] if table["synthetic"].all() else [code]
        else:
            column = table[{"ORG1": "country", "ORG2": "region"}.get(code, code)]
            pairs = zip(truth, column, strict=True)
            same = all((a == b) or (not isinstance(a, str) and pd.isna(b)) for a, b in pairs)
            wrong += [] if same else [code]
    return wrong


def test_the_shipped_wave_equals_the_generators_truth(
    survey: Instrument, settings: Settings
) -> None:
    tools = {}
    for country, people in make_wave(settings).items():
        tool, _ = FILES[country]
        path = next((ROOT / "data/raw/survey").glob(f"SYNTHETIC_{country}_{tool}.*"))
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
        shipped = ROOT / "data/raw/survey" / path.name
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


def read_rows(path: Path) -> tuple[list[list[str]], str]:
    text = path.read_bytes().decode("utf-8-sig")
    delimiter = ";" if text.split("\n", 1)[0].count(";") > 5 else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), delimiter


def write_rows(
    path: Path, rows: list[list[str]], delimiter: str, *, encoding: str = "utf-8", end: str = "\n"
) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding))


def head_rows(tool: str) -> int:
    return 3 if tool == "qualtrics" else 1


# Each takes a CSV file and spoils it; the answers must come out the same.
def _no_mark(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter)


def _with_mark(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter, encoding="utf-8-sig")


def _other_delimiter(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, "\t" if delimiter == ";" else ";")


def _crlf(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter, end="\r\n")


def _blank_rows(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    empty = [""] * len(rows[0])
    write_rows(path, [*rows[:n], empty, *rows[n:10], empty, *rows[10:], []], delimiter)


def _moved_column(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    first = 1 if tool == "googleforms" else 0
    moved = [[*row[:first], *row[first + 2 :], *row[first : first + 2]] for row in rows]
    write_rows(path, moved, delimiter)


def _odd_characters(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    changed = [[cell.replace("nstämmer ", "nstämmer\u00a0").replace("'", "’") for cell in row]
               for row in rows[n:]]  # fmt: skip
    write_rows(path, [*rows[:n], *changed], delimiter)


def _utf16(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter, encoding="utf-16")


def _windows(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    write_rows(path, rows, delimiter, encoding="cp1252")


def _latin1(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    plain = [[c.replace("–", "-").replace("’", "'").replace("…", "") for c in row] for row in rows]
    write_rows(path, plain, delimiter, encoding="latin-1")


def _upper_case(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    changed = [[c.replace("Instämmer helt", " INSTÄMMER HELT. ") for c in row] for row in rows[n:]]
    write_rows(path, [*rows[:n], *changed], delimiter)


def _decimal_comma(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    names = [cell.rpartition("/")[2] for cell in rows[0]]
    question = "Hur bedömer du på det hela taget"
    at = next(i for i, name in enumerate(names) if name == "GLOB" or name.startswith(question))
    for row in rows[n:]:
        row[at] = f"{row[at]},0" if row[at] else ""
    write_rows(path, rows, delimiter)


def _other_language(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    n = head_rows(tool)
    swap = {"Instämmer helt": "täysin samaa mieltä", "Tar helt avstånd": "Strongly disagree"}
    write_rows(path, [*rows[:n], *([swap.get(c, c) for c in row] for row in rows[n:])], delimiter)


HARMLESS = [_no_mark, _with_mark, _other_delimiter, _crlf, _blank_rows, _moved_column,
            _odd_characters, _utf16, _windows, _latin1, _upper_case, _decimal_comma,
            _other_language]  # fmt: skip


@pytest.mark.parametrize("spoil", HARMLESS)
@pytest.mark.parametrize("tool", TEXT_TOOLS)
def test_a_harmless_change_reads_the_same(
    tool: str, spoil: Callable[[Path, str], None], people: pd.DataFrame, survey: Instrument,
    settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    path = export(tool, people, survey, settings, tmp_path)
    spoil(path, tool)
    found = read_survey(path, key=KEY, settings=settings)
    assert differences(people, found, survey) == []
    assert found.report.decimal_comma == (spoil is _decimal_comma)
    if spoil in (_utf16, _windows, _with_mark):
        encoding = {_utf16: "utf-16", _windows: "cp1252", _with_mark: "utf-8-sig"}[spoil]
        assert found.report.encoding == encoding


def _cut_off(path: Path, tool: str) -> None:
    data = path.read_bytes().rstrip()
    path.write_bytes(data[: -len(data.splitlines()[-1]) // 2])


def _unknown_label(path: Path, tool: str) -> None:
    text = path.read_text(encoding="utf-8-sig")
    label = next(t for t in ("Instämmer delvis", '"4"') if t in text)
    spoiled = label.replace("Instämmer delvis", "Instämmer nog").replace("4", "7")
    path.write_text(text.replace(label, spoiled, 1), encoding="utf-8")


def _extra_field(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    rows[5].append("more")
    write_rows(path, rows, delimiter)


def _column_twice(path: Path, tool: str) -> None:
    rows, delimiter = read_rows(path)
    at = len(rows[0]) // 3
    write_rows(path, [[*row, row[at]] for row in rows], delimiter)


def _nul(path: Path, tool: str) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:400] + b"\0" + data[400:])


HARMFUL: list[tuple[Callable[[Path, str], None], str]] = [
    (_cut_off, "may have been cut off|has a header but no"),
    (_unknown_label, r"row \d+, column .*(nog|7).* is no answer there; expected 5 = "),
    (_extra_field, r"row 6 has \d+ fields, the header \d+"),
    (_column_twice, "twice|are both"),
    (_nul, "is NUL"),
]


@pytest.mark.parametrize(("spoil", "told"), HARMFUL)
@pytest.mark.parametrize("tool", TEXT_TOOLS)
def test_a_harmful_change_is_refused_with_its_place(
    tool: str, spoil: Callable[[Path, str], None], told: str, people: pd.DataFrame,
    survey: Instrument, settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    path = export(tool, people, survey, settings, tmp_path)
    spoil(path, tool)
    with pytest.raises(InnocapError, match=told) as caught:
        read_survey(path, key=KEY, settings=settings)
    assert path.name in str(caught.value)


BOOK_CHANGES = ["blank_row", "moved", "upper", "space", "language", "comma", "title", "unknown",
                "twice", "other_sheet"]  # fmt: skip


@pytest.mark.parametrize("change", BOOK_CHANGES)
@pytest.mark.parametrize("tool", BOOK_TOOLS)
def test_changed_workbooks_are_read_right_or_refused(
    tool: str, change: str, people: pd.DataFrame, survey: Instrument, settings: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    from openpyxl import load_workbook

    path = export(tool, people, survey, settings, tmp_path)
    book = load_workbook(path)
    page = book.active
    head = 4 if tool == "eusurvey" else 1
    column = next(c for c in range(1, 60) if "kompetens" in str(page.cell(head, c).value))
    cells = [page.cell(row, column) for row in range(head + 1, page.max_row + 1)]
    if change == "blank_row":
        page.insert_rows(head + 1)
        page.insert_rows(head + 9)
    elif change == "moved":
        values = [page.cell(row, column).value for row in range(1, page.max_row + 1)]
        page.delete_cols(column)
        for row, value in enumerate(values, start=1):
            page.cell(row, page.max_column + (row == 1), value)
    elif change in ("upper", "space", "language"):
        for cell in cells:
            text = str(cell.value or "")
            swapped = text.replace("Instämmer helt", "Fortement d'accord")
            cell.value = {"upper": text.upper(), "space": text.replace(" ", "\u00a0 "),
                          "language": swapped}[change] or None  # fmt: skip
    elif change == "comma":
        at = next(c for c in range(1, 60) if "helhet" in str(page.cell(head, c).value)
                  or "hela taget" in str(page.cell(head, c).value))  # fmt: skip
        for row in range(head + 1, page.max_row + 1):
            if page.cell(row, at).value is not None:
                page.cell(row, at).value = f"{page.cell(row, at).value},0"
    elif change == "title":
        page.insert_rows(1)
        page.cell(1, 1, "Exported for the partner")
    elif change == "unknown":
        cells[6].value = "Instämmer nog"
    elif change == "twice":
        values = [page.cell(row, column).value for row in range(1, page.max_row + 1)]
        last = page.max_column + 1
        for row, value in enumerate(values, start=1):
            page.cell(row, last, value)
    elif change == "other_sheet":
        book.create_sheet("Notes").append(["nothing here"])
    book.save(path)
    if change in ("unknown", "twice"):
        told = rf"row {head + 7}, .*Instämmer nog" if change == "unknown" else "twice|are both"
        with pytest.raises(InnocapError, match=told):
            read_survey(path, key=KEY, settings=settings)
    else:
        found = read_survey(path, key=KEY, settings=settings)
        assert differences(people, found, survey) == []


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
    parts, wave = import_files(files, settings=config)
    assert wave.is_synthetic
    assert len(wave.raw) == sum(len(part.table) for part in parts) == 216
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
        import_files([good, bad], settings=config, options={"key": KEY})
    assert not (config.processed_dir / "answers.csv").exists()
