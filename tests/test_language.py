"""Every text a report can show exists in every language, with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from babel.messages.pofile import read_po

from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import catalogue
from innocap_analysis.pages.catalogue import extract_messages, update_catalogues
from innocap_analysis.pages.language import (
    LOCALE_DIR,
    format_figure,
    format_number,
    format_p,
    format_share,
    get_translator,
    translate_notebook,
)
from innocap_analysis.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
OTHERS = ["sv", "fi", "fr"]


@pytest.mark.parametrize("language", OTHERS)
def test_catalogue_is_complete_and_fits(language: str) -> None:
    wanted = {str(m.id) for m in extract_messages(load_settings(ROOT)) if m.id}
    assert len(wanted) > 100
    with (LOCALE_DIR / f"{language}.po").open("rb") as stream:
        messages = [m for m in read_po(stream, locale=language) if m.id]
    have = {str(m.id): str(m.string) for m in messages}
    assert wanted == set(have), "run: innocap translations"
    assert not [m.id for m in messages if m.fuzzy], "changed in English; read, then unmark"
    for source, text in have.items():
        assert text, f"not translated: {source}"
        assert set(re.findall(r"{[\w.]+}", source)) == set(re.findall(r"{[\w.]+}", text)), source
        assert re.findall(r"^#+ |^- ", source, re.M) == re.findall(r"^#+ |^- ", text, re.M), source


def test_a_changed_text_keeps_its_translation_for_the_translator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(ROOT)
    monkeypatch.setattr(catalogue, "LOCALE_DIR", tmp_path)
    text = (LOCALE_DIR / "sv.po").read_text(encoding="utf-8")
    old = 'msgid "Median of its peers"'
    assert old in text
    before = text.replace(old, 'msgid "The median of its peers"')
    (tmp_path / "sv.po").write_text(before, encoding="utf-8")
    settings = settings.model_copy(update={"languages": ["en", "sv"]})
    assert update_catalogues(settings) == {"sv": 1}
    with (tmp_path / "sv.po").open("rb") as stream:
        (message,) = [m for m in read_po(stream, locale="sv") if m.id and m.fuzzy]
    assert message.id == "Median of its peers"
    assert message.string == get_translator("sv")("Median of its peers")
    written = (tmp_path / "sv.po").read_text(encoding="utf-8")
    assert '#| msgid "The median of its peers"' in written


@pytest.mark.parametrize("language", OTHERS)
def test_no_line_begins_with_a_sign(language: str) -> None:
    # A percent sign, and in French also : ; ? ! and », stand after a space that does not break.
    signs = "%:;?!»" if language == "fr" else "%"
    with (LOCALE_DIR / f"{language}.po").open("rb") as stream:
        texts = [(str(m.id), str(m.string)) for m in read_po(stream, locale=language) if m.id]
    for source, text in texts:
        assert not re.search(rf" [{signs}]", text), text
        assert not re.search(r"\d %", source), f"English writes 5%: {source}"


@pytest.mark.parametrize("language", OTHERS)
def test_codebook_and_regions_are_labelled(language: str, capacity: CapacityData) -> None:
    for column in (f"label_{language}", "label_en"):
        assert capacity.codebook.table[column].ne("").all()
    regions = (ROOT / "data" / "codebooks" / "regions.csv").read_text(encoding="utf-8")
    assert ",," not in regions


def test_prose_is_translated_and_code_is_not() -> None:
    notebook = nbformat.read(next((ROOT / "notebooks").glob("30_*.ipynb")), as_version=4)
    swedish = translate_notebook(notebook, "sv")
    assert swedish.cells[0].source.startswith("# Hur klarar sig")
    assert notebook.cells[0].source.startswith("# How does")
    codes = [[c.source for c in nb.cells if c.cell_type == "code"] for nb in (notebook, swedish)]
    assert codes[0] == codes[1]


def test_numbers_follow_the_language() -> None:
    assert [format_number(-1234.56, lang) for lang in ("en", "sv", "fi", "fr")] == [
        "−1,234.6",
        "−1\xa0234,6",
        "−1\xa0234,6",
        "−1\u202f234,6",
    ]
    assert format_number(-0.04, "en", sign=True) == "0.0"
    assert format_number(float("nan"), "fr") == "–"
    assert format_share(0.256, "fr", decimals=1) == "25,6\xa0%"
    assert format_figure(-23.4, "sv") == "−23,4"
    assert [format_p(p, "en") for p in (0.0, 0.0099, 0.01, 0.995, 0.99)] == [
        "<1%",
        "<1%",
        "1%",
        ">99%",
        "99%",
    ]


def test_english_needs_no_catalogue() -> None:
    assert get_translator("en")("Anything {at} all") == "Anything {at} all"
