"""Every text a report can show exists in every language, with the same placeholders."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import nbformat
import pytest
from babel.messages.pofile import read_po

from innocap_analysis.errors import InnocapError
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
    translate_plural,
    typeset,
)
from innocap_analysis.pages.names import Name, bend_name, join_names, read_forms
from innocap_analysis.settings import load_settings
from tests.frozen import EDITION

ROOT = Path(__file__).resolve().parents[1]
OTHERS = ["sv", "fi", "fr"]


def read_pairs(language: str) -> list[tuple[str, str]]:
    """Return each English text with its translation; a plural with every form of it."""
    with (LOCALE_DIR / f"{language}.po").open("rb") as stream:
        messages = [m for m in read_po(stream, locale=language) if m.id]
    pairs = []
    for message in messages:
        if isinstance(message.id, str):
            pairs.append((message.id, str(message.string)))
        else:  # one of it, then many
            pairs += zip(message.id, message.string, strict=True)
    return pairs


def list_placeholders(text: str) -> set[str]:
    """Return what a text is filled with; in which form a name stands is up to the language."""
    return set(re.findall(r"{([\w.]+)(?::\w+)?}", text))


def test_a_changed_text_keeps_its_translation_for_the_translator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(EDITION)
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
    # Of a text that is gone the translation stays while something waits, and goes after that.
    gone = '\nmsgid "Nobody says this any more at all"\nmsgstr "Ingen"\n'
    (tmp_path / "sv.po").write_text(before + gone, encoding="utf-8")
    assert update_catalogues(settings) == {"sv": 1}
    assert '#~ msgstr "Ingen"' in (tmp_path / "sv.po").read_text(encoding="utf-8")
    (tmp_path / "sv.po").write_text(text + gone, encoding="utf-8")
    assert update_catalogues(settings) == {"sv": 0}
    assert "#~" not in (tmp_path / "sv.po").read_text(encoding="utf-8")


def test_a_text_said_inside_another_is_collected() -> None:
    # "Cell" stands nowhere but in the braces of a text; Babel sees it only as of Python 3.12.
    assert "Cell" in {message.id for message in extract_messages(load_settings(EDITION))}


@pytest.mark.parametrize("language", OTHERS)
def test_no_line_begins_with_a_sign(language: str) -> None:
    # A percent sign, and in French also : ; ? ! and », stand after a space that does not break.
    signs = "%:;?!»" if language == "fr" else "%"
    for source, text in read_pairs(language):
        shown = typeset(text, language)
        assert not re.search(rf" [{signs}]", shown), text
        assert language != "fr" or not re.search(r"\w[;:?!»](?= |$)|«\w", shown), text
        assert not re.search(r"\d %", source), f"English writes 5%: {source}"


def test_a_term_has_its_translation_wherever_it_stands() -> None:
    # docs/glossary.csv: a translation is known by a stem; `not_in` begins texts in which the word
    # means something else.
    with (ROOT / "docs" / "glossary.csv").open(encoding="utf-8", newline="") as stream:
        terms = list(csv.DictReader(stream))
    assert len(terms) >= 40
    faults, seen = [], set()
    for language in OTHERS:
        pairs = [
            (" ".join(re.sub(r"`[^`]*`|{[^}]*}", "", source).split()), text.lower())
            for source, text in read_pairs(language)
        ]
        for row in terms:
            word = re.compile(rf"(?<![\w.-]){re.escape(row['term'])}(?!\w)", re.IGNORECASE)
            stems = row[f"known_by_{language}"].lower().split(";")
            others = tuple(filter(None, row["not_in"].split(" | ")))
            for source, text in pairs:
                if word.search(source) and not source.startswith(others or ("\0",)):
                    seen.add(row["term"])
                    if not any(stem in text for stem in stems):
                        faults.append((language, row["term"], source, text))
    assert faults == []
    with (EDITION / "data" / "codebooks" / "indicators.csv").open(encoding="utf-8") as stream:
        labels = {row["label_en"].lower() for row in csv.DictReader(stream)}
    assert {row["term"] for row in terms} <= seen | labels


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


def test_a_language_puts_its_own_spaces_at_signs() -> None:
    # Lexique des règles typographiques: a space that does not break before ; : ? ! and inside « ».
    plain = "Note : 3 % ; « oui »? http://x.y 09:53 **n**: a!"
    wanted = "Note_: 3~%_; «_oui_»_? http://x.y 09:53 **n**_: a_!"
    wanted = wanted.replace("_", "\N{NARROW NO-BREAK SPACE}").replace("~", "\N{NO-BREAK SPACE}")
    assert typeset(plain, "fr") == wanted
    assert typeset(plain, "en") == plain
    assert typeset(typeset(plain, "fr"), "fr") == typeset(plain, "fr")


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        # CLDR 46, plural rules: "one" is 1 but not 1.0 in en, sv and fi, and all below 2 in fr.
        ("en", ["1"], ["0", "2", "1.0", "0.5"]),
        ("sv", ["1"], ["0", "2", "1.0", "0.5"]),
        ("fi", ["1"], ["0", "2", "1.0", "0.5"]),
        ("fr", ["0", "1", "0.0", "1.0", "1.9"], ["2", "2.0", "30.1"]),
    ],
)
def test_a_number_takes_the_form_of_its_language(
    language: str, one: list[str], many: list[str]
) -> None:
    words = {"en": ("service", "services"), "sv": ("tjänst", "tjänster"),
             "fi": ("palvelu", "palvelua"), "fr": ("service", "services")}[language]  # fmt: skip
    source = "{value.place} ({value}; {n} service)", "{value.place} ({value}; {n} services)"
    for numbers, word in ((one, words[0]), (many, words[1])):
        for number in numbers:
            text = translate_plural(*source, number, language)
            assert text.endswith(f"{{n}} {word})"), (number, text)


def test_names_bend_as_declared_and_stand_behind_a_noun_otherwise() -> None:
    forms = read_forms(EDITION / "data" / "codebooks" / "names.csv")
    finland = bend_name("Suomi", "FI", "country", "fi", forms)
    sweden = bend_name("Ruotsi", "SE", "country", "fi", forms)
    assert f"{finland} {finland:in} {finland:of} {finland:The}" == "Suomi Suomessa Suomen Suomi"
    assert f"{join_names([sweden, finland], 'fi'):of}" == "Ruotsin ja Suomen"
    assert f"{bend_name('Suède', 'SE', 'country', 'fr', forms):The}" == "La Suède"
    assert f"{bend_name('Donegal', 'X', 'region', 'fi', forms):in}" == "alueella Donegal"
    assert f"{Name('city', {}):The}" == "City"
    with pytest.raises(ValueError, match="the, in, of"):
        f"{finland:by}"


def test_another_wording_of_a_text_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "read_wording", lambda _: {"Countries of old": "Places of old"})
    with pytest.raises(InnocapError, match=r"en@places.po: .*no page.*'Countries of old'"):
        extract_messages(load_settings(EDITION))


def test_faults_of_the_table_of_names_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("code,language,the,in,of\nSE,fr,,en Suède,x\nSE,fr,a,b,c\n", "utf-8")
    with pytest.raises(InnocapError, match=r"names.csv: line 2: the is empty.*\n.*line 3: code SE"):
        read_forms(path)
    path.write_text("code,the\n", encoding="utf-8")
    with pytest.raises(InnocapError, match=r"column 'language' is missing\n.*'in' is missing"):
        read_forms(path)
    assert read_forms(tmp_path / "none.csv") == {}
