"""The parameters of a notebook: read from its own cell, and checked before anything runs.

papermill writes parameters into the notebook as code. A name that is no plain name would be
run, and a misspelt one only warns; so nothing reaches it that the notebook does not declare.
"""

from __future__ import annotations

import ast
import math
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import nbformat

from innocap_analysis.batch.outcome import Value
from innocap_analysis.prepare.units import find_unit
from innocap_analysis.prepare.wave import check_wave
from innocap_analysis.settings import InnocapError, Settings, suggest

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_NOTHING = ("", "none", "newest")


@dataclass(frozen=True)
class Parameter:
    """One parameter that a notebook declares.

    Attributes
    ----------
    name : str
        Its name.
    kind : type
        Type of its values.
    optional : bool
        Whether None is allowed.
    default : str, int, float, bool or None
        Value when none is given.
    help : str
        The comment beside it.
    """

    name: str
    kind: type
    optional: bool
    default: Value
    help: str


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook, or say why it is none.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    NotebookNode
        Format version 4.

    Raises
    ------
    InnocapError
        The file is missing or no notebook.
    """
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    except OSError as error:
        raise InnocapError(f"{path}: cannot be read ({error.strerror})") from None
    except Exception as error:  # noqa: BLE001 - nbformat raises whatever its validator does
        raise InnocapError(f"{path.name}: is no valid notebook ({error})") from None
    return notebook


def read_parameters(path: Path) -> list[Parameter]:
    """Read the parameters that a notebook declares.

    Parameters
    ----------
    path : Path
        The notebook; exactly one cell carries the tag ``parameters`` and holds lines such
        as ``year: int | None = None  # newest``.

    Returns
    -------
    list of Parameter
        In the order of the cell.

    Raises
    ------
    InnocapError
        There is no such cell, or it holds anything but typed literals.
    """
    notebook = read_notebook(path)
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
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
    return [_read_statement(statement, comments, path) for statement in statements]


def _read_comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _read_statement(statement: ast.stmt, comments: dict[int, str], path: Path) -> Parameter:
    at = f"{path.name}: parameters cell, line {statement.lineno}"
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        raise InnocapError(f'{at}: expected a typed literal such as  region: str = "SE"')
    name = statement.target.id
    words = {word.strip() for word in ast.unparse(statement.annotation).split("|")}
    kinds = [_TYPES[word] for word in words if word in _TYPES]
    if len(kinds) != 1 or not words <= {*_TYPES, "None"}:
        raise InnocapError(f"{at}: type of {name} must be str, int, float or bool (or None)")
    try:
        default = ast.literal_eval(statement.value) if statement.value else None
    except ValueError:
        raise InnocapError(f"{at}: the default of {name} must be a literal") from None
    parameter = Parameter(
        name, kinds[0], "None" in words, default, comments.get(statement.lineno, "")
    )
    _coerce(parameter, default, path)
    return parameter


def check_parameters(
    path: Path, given: Mapping[str, object], settings: Settings
) -> dict[str, Value]:
    """Check values against what a notebook declares and what the project knows.

    Parameters
    ----------
    path : Path
        The notebook.
    given : mapping of str to object
        Values by name; texts (from a command line) are read as the declared type.
    settings : Settings
        Knows regions, languages and reference sets.

    Returns
    -------
    dict of str to literal
        The given values, in their declared types.

    Raises
    ------
    InnocapError
        A name is not declared, a value is of another type, or the project has no such
        region, language, reference set or wave.
    """
    declared = {parameter.name: parameter for parameter in read_parameters(path)}
    checked: dict[str, Value] = {}
    for name, value in given.items():
        if name not in declared:
            raise InnocapError(
                f"{path.name}: has no parameter {name!r}{suggest(name, list(declared))}; "
                f"it has {', '.join(declared)}"
            )
        checked[name] = _coerce(declared[name], value, path)
    for name, value in checked.items():
        if name == "region":
            find_unit(str(value), settings)
        elif name == "language":
            settings.check_language(str(value))
        elif name == "reference":
            settings.check_reference(str(value))
        elif name == "wave":
            check_wave(str(value), settings)
    return checked


def _coerce(parameter: Parameter, value: object, path: Path) -> Value:
    wanted = parameter.kind.__name__ + (" or none" if parameter.optional else "")
    wrong = InnocapError(
        f"{path.name}: parameter {parameter.name}: {value!r} is not of type {wanted}"
    )
    if value is None or (
        parameter.optional and isinstance(value, str) and value.lower() in _NOTHING
    ):
        if not parameter.optional:
            raise wrong
        return None
    if parameter.kind is bool:
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        raise wrong
    if isinstance(value, bool) or (parameter.kind is str and not isinstance(value, str)):
        raise wrong
    if not isinstance(value, (str, int, float)):
        raise wrong
    try:
        number = parameter.kind(value)
    except ValueError:
        raise wrong from None
    if isinstance(number, float) and not math.isfinite(number):
        raise wrong
    if parameter.kind is int and isinstance(value, float) and number != value:
        raise wrong
    return number  # type: ignore[no-any-return]
