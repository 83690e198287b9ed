"""Names that bend: how a country, a place or a dimension is called inside a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from babel.lists import format_list

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import parse_table, read_text

FORMS = ("the", "in", "of")
KINDS = ("country", "region", "place", "index", "group", "indicator")
NAMES_FILE = "names.csv"  # beside the table of regions
Forms = Mapping[tuple[str, str], Mapping[str, str]]  # by code or kind, and language


class Name(str):
    """A name that a translation may ask for in another form: ``{unit:of}``, ``{unit:The}``.

    Without a form it is the name itself, in the nominative; a form with a capital begins a
    sentence.
    """

    __slots__ = ("forms",)
    forms: Mapping[str, str]

    def __new__(cls, text: str, forms: Mapping[str, str]) -> Name:
        """Make a name with its forms."""
        name = super().__new__(cls, text)
        name.forms = forms
        return name

    @classmethod
    def wrap(cls, text: str) -> Name:
        """Return a text as a name: what has no forms is the same in each."""
        return text if isinstance(text, Name) else Name(text, {})

    def __format__(self, spec: str) -> str:
        """Write it in a form."""
        if not spec:
            return str(self)
        if spec.lower() not in FORMS:
            raise ValueError(f"a name has the forms {', '.join(FORMS)}, not {spec!r}")
        form = self.forms.get(spec.lower(), str(self))
        return form[:1].upper() + form[1:] if spec[0].isupper() else form


def bend_name(text: str, code: str, kind: str, language: str, forms: Forms) -> Name:
    """Return a name with its declared forms, or with those that fit any name of its kind."""
    declared = forms.get((code, language)) or forms.get((kind, language), {})
    return Name(text, {form: own.replace("{name}", text) for form, own in declared.items()})


def join_names(names: Iterable[str], language: str, *, style: str = "standard") -> Name:
    """Return names as a list in a sentence, in every form."""

    def join(texts: Iterable[str]) -> str:
        return str(format_list(list(texts), style=style, locale=language))  # type: ignore[arg-type]

    names = list(names)
    bent = list(map(Name.wrap, names))
    return Name(join(names), {form: join(f"{name:{form}}" for name in bent) for form in FORMS})


def read_forms(path: Path) -> Forms:
    """Read ``names.csv``: `code` (or one of :data:`KINDS`), `language` and :data:`FORMS`.

    ``{name}`` in a form stands for the name. A project without the file has no forms.
    """
    return _parse_forms(read_text(path), path.name) if path.exists() else {}


@lru_cache(maxsize=4)  # each view starts from the same file
def _parse_forms(text: str, file: str) -> Forms:
    table = parse_table(text, file).fillna("").astype("str")
    faults = [
        f"column {column!r} is missing" for column in ("code", "language", *FORMS)
        if column not in table
    ]  # fmt: skip
    if not faults:
        faults = [
            f"line {row + 2}: {form} is empty; write how {code} is called there, or {{name}}"
            for row, code in enumerate(table["code"])
            for form in FORMS
            if not table.at[row, form]
        ] + [
            f"line {row + 2}: code {table.at[row, 'code']} occurs twice in this language"
            for row in table.index[table.duplicated(["code", "language"])]
        ]
    if faults:
        raise InnocapError(f"{file}: " + "\n  ".join(faults))
    return {
        (row["code"], row["language"]): {form: row[form] for form in FORMS}
        for row in table.to_dict("records")
    }
