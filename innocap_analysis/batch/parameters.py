"""The parameters of a notebook: read from its own cell, and checked before anything runs.

papermill writes parameters into the notebook as code. A name that is no plain name would be
run, and a misspelt one only warns; so nothing reaches it that the notebook does not declare.
"""

from __future__ import annotations

import ast
import math
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import StringIO
from pathlib import Path

import nbformat

from innocap_analysis.batch.outcome import Scalar, Value
from innocap_analysis.data.places import read_places
from innocap_analysis.data.units import find_unit
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.pages.place_view import check_place
from innocap_analysis.settings import Settings
from innocap_analysis.survey.grouping import check_grouping
from innocap_analysis.survey.instrument import read_instrument
from innocap_analysis.survey.wave import check_wave

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "date": date}
_NOTHING = ("", "none", "null", "newest")
# How the comment of a number says what it may be: "(1 to 100000)".
_RANGE = re.compile(r"\((-?[\d.]+) to (-?[\d.]+)\)")
_WHOLE = re.compile(r"(?<=\d)\.0+$")  # of 7.0, as spreadsheets and pandas write 7
_EXPECTED = (
    "str, int, float, bool or date, a list of one such as list[str], or one of these or None"
)


@dataclass(frozen=True)
class Parameter:
    """One parameter that a notebook declares.

    Attributes
    ----------
    name : str
        Its name.
    kind : type
        Type of its values, or of the values in its list. A date is a text, ``2026-01-31``.
    optional : bool
        Whether None is allowed.
    default : str, int, float, bool, list or None
        Value of the notebook's own cell.
    help : str
        The comment beside it.
    many : bool
        Whether it is a list.
    """

    name: str
    kind: type
    optional: bool
    default: Value
    help: str
    many: bool = False

    @property
    def wanted(self) -> str:
        """Its type in words."""
        kind = f"list[{self.kind.__name__}]" if self.many else self.kind.__name__
        return kind + (" or none" if self.optional else "")


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook, or say why it is none."""
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    except OSError as error:
        raise InnocapError(f"{path}: cannot be read ({error.strerror})") from None
    except Exception as error:  # noqa: BLE001 - nbformat raises whatever its validator does
        raise InnocapError(f"{path.name}: is no valid notebook ({error})") from None
    return notebook


def read_parameters(path: Path) -> list[Parameter]:
    """Read the parameters that a notebook declares."""
    notebook = read_notebook(path)
    cells = [c for c in notebook.cells if "parameters" in (c.metadata.get("tags") or [])]
    if len(cells) != 1:
        raise InnocapError(
            f"{path.name}: {len(cells)} cells carry the tag 'parameters', expected one"
        )
    source = str(cells[0].source)
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InnocapError(
            f"{path.name}: parameters cell, line {error.lineno}: {error.msg}"
        ) from None
    comments = _read_comments(source)
    found = [_read_statement(statement, comments, path) for statement in statements]
    names = [parameter.name for parameter in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InnocapError(f"{path.name}: parameters cell: {twice[0]} is declared twice")
    return found


def _read_comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _read_statement(statement: ast.stmt, comments: dict[int, str], path: Path) -> Parameter:
    at = f"{path.name}: parameters cell, line {statement.lineno}"
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        raise InnocapError(f'{at}: expected a typed literal such as  region: str = "SE"')
    name = statement.target.id
    kind, many, optional = _read_type(statement.annotation)
    if kind is None:
        raise InnocapError(f"{at}: type of {name} must be {_EXPECTED}")
    try:
        default = ast.literal_eval(statement.value) if statement.value else None
    except ValueError:
        raise InnocapError(f"{at}: the default of {name} must be a literal") from None
    help_ = comments.get(statement.end_lineno or statement.lineno, "")
    parameter = Parameter(name, kind, optional, None, help_, many)
    return replace(parameter, default=coerce_value(parameter, default, path))


def _read_type(annotation: ast.expr) -> tuple[type | None, bool, bool]:
    """Return type, whether it is a list, and whether None is allowed; no type if unknown."""
    text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    text = re.sub(r"\b(typing|datetime|t)\.", "", str(text))
    found = re.fullmatch(r"(?:Optional|Union)\[(.*)\]", text)
    words = [word.strip() for word in re.split(r"\||\bor\b|,", found[1] if found else text)]
    optional = "None" in words or text.startswith("Optional[")
    names = [word for word in words if word != "None"]
    if len(names) != 1:
        return None, False, optional
    inside = re.fullmatch(r"(?:list|List)\[(\w+)\]", names[0])
    return _TYPES.get(inside[1] if inside else names[0]), inside is not None, optional


def check_parameters(
    path: Path, given: Mapping[str, object], settings: Settings
) -> dict[str, Value]:
    """Check values against what a notebook declares and what the project knows."""
    return check_values(path, read_parameters(path), given, settings)


def check_values(
    path: Path, parameters: Sequence[Parameter], given: Mapping[str, object], settings: Settings
) -> dict[str, Value]:
    """Check values as :func:`check_parameters` does, against parameters read before."""
    declared = {parameter.name: parameter for parameter in parameters}
    checked: dict[str, Value] = {}
    for name, value in given.items():
        if name not in declared:
            raise InnocapError(
                f"{path.name}: has no parameter {name!r}{suggest(name, list(declared))}; "
                f"it has {', '.join(declared)}"
            )
        checked[name] = coerce_value(declared[name], value, path)
        _check_range(declared[name], checked[name], path)
    for name, value in checked.items():
        if value is None:
            continue
        if name == "region":
            find_unit(str(value), settings)
        elif name == "language":
            settings.check_language(str(value))
        elif name == "reference":
            settings.check_reference(str(value))
        elif name == "place":
            check_place(str(value), read_places(settings))
        elif name in ("wave", "before") and value is not None:
            check_wave(str(value), settings)
        elif name == "by" and value is not None:
            check_grouping(str(value), read_instrument(settings.survey_path, settings.scales_path))
    return checked


def _check_range(parameter: Parameter, value: Value, path: Path) -> None:
    """Refuse a number outside the range that the comment beside the parameter names."""
    found = _RANGE.search(parameter.help)
    for number in value if isinstance(value, list) else [value]:
        if found and isinstance(number, (int, float)):
            low, high = float(found[1]), float(found[2])
            if not low <= number <= high:
                raise InnocapError(
                    f"{path.name}: parameter {parameter.name}: {number!r} is not between "
                    f"{found[1]} and {found[2]}"
                )


def coerce_value(parameter: Parameter, value: object, path: Path) -> Value:
    """Return a value in a parameter's declared type, or say that it is none of it."""
    wrong = InnocapError(
        f"{path.name}: parameter {parameter.name}: {value!r} is not of type {parameter.wanted}"
    )
    if value is None or (
        parameter.optional and isinstance(value, str) and value.strip().lower() in _NOTHING
    ):
        if not parameter.optional:
            raise wrong
        return None
    if not parameter.many:
        return _coerce_one(parameter.kind, value, wrong)
    if isinstance(value, str):
        text = value.strip()
        if text[:1] + text[-1:] in ("[]", "()"):  # as Python and JSON write one
            text = text[1:-1]
        sign = next((sign for sign in ";|" if sign in text), ",")  # the first two as in tables
        value = [own for part in text.split(sign) if (own := part.strip(" '\""))]
    if not isinstance(value, (list, tuple)):
        raise wrong
    return [_coerce_one(parameter.kind, part, wrong) for part in value]


def _coerce_one(kind: type, value: object, wrong: InnocapError) -> Scalar:
    if kind is bool:
        if isinstance(value, bool):
            return value
        if (text := str(value).strip().lower()) in ("true", "false"):
            return text == "true"
        raise wrong
    if kind is date:
        return _coerce_date(value, wrong)
    if isinstance(value, bool) or (kind is str and not isinstance(value, str)):
        raise wrong
    if not isinstance(value, (str, int, float)):
        raise wrong
    if kind is not str and "_" in str(value):  # a digit's neighbour to Python, and to nobody else
        raise wrong
    if kind is int and isinstance(value, str):
        value = _WHOLE.sub("", value.strip())
    try:
        number = kind(value)
    except (ValueError, OverflowError):
        raise wrong from None
    if isinstance(number, float) and not math.isfinite(number):
        raise wrong
    if kind is int and isinstance(value, float) and number != value:
        raise wrong
    return number  # type: ignore[no-any-return]


def _coerce_date(value: object, wrong: InnocapError) -> str:
    """Return a day as an ISO text: papermill writes no dates."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    try:
        if not (isinstance(value, str) and len(value.strip()) == len("2026-01-31")):
            raise ValueError
        return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        raise wrong from None
