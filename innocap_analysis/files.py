"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innocap_analysis.errors import InnocapError, find_no_text
from innocap_analysis.reads import read_bytes

if TYPE_CHECKING:  # the command line reads texts, and need not wait for pandas
    import pandas as pd

# Of files that are being written; what a killed process leaves is known by it.
_LONGEST_CELL = 131_072
WRITING_PREFIX = ".writing-"
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would turn line ends otherwise
_ROWS_AT_ONCE = 10_000
_MOST_LEVELS, _MOST_SHOWN = 200, 200  # folders inside each other; letters of a path
CHECK_DISK = "check the folder's permissions and the space on the disk"


def write_atomically(
    path: Path, content: bytes | str | Iterable[str], *, private: bool = False
) -> Path:
    r"""Write a file beside its place and move it there in one step.

    Who may read it is up to the umask, or only its owner where it is private.
    """
    parts = [content] if isinstance(content, (bytes, str)) else content
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        place = path.parent / f"{WRITING_PREFIX}{path.name}-{secrets.token_hex(4)}"
        mode = 0o600 if private else 0o666
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        temporary = place
        with os.fdopen(handle, "wb") as stream:
            for part in parts:
                stream.write(part.encode("utf-8") if isinstance(part, str) else part)
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise InnocapError(f"{path}: cannot be written ({error.strerror}); {CHECK_DISK}") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def write_table(path: Path, table: pd.DataFrame, *, private: bool = False) -> Path:
    """Write a table as CSV, every float with all the digits that it needs."""
    text = table.to_csv(index=False, lineterminator="\n")
    return write_atomically(path, text, private=private)


def write_long_table(path: Path, table: pd.DataFrame, *, private: bool = False) -> Path:
    """Write a long table of texts, numbers and truths as :func:`write_table` does, but faster.

    Each different value of a column is written once, and rows are put together in pieces.
    """
    return write_atomically(path, _write_rows(table), private=private)


def _write_rows(table: pd.DataFrame) -> Iterator[str]:
    import numpy as np
    import pandas as pd

    yield ",".join(_write_value(name) for name in table) + "\n"
    columns = []
    for name in table:
        at, different = pd.factorize(table[name])
        texts = [*map(_write_value, different), ""]  # what is missing has the number -1
        # In as few bytes as the numbers need: there are as many as cells.
        small = at.astype(np.min_scalar_type(-len(texts)))
        columns.append((small, np.array(texts, dtype=object)))
    for start in range(0, len(table), _ROWS_AT_ONCE):
        cells = [texts[at[start : start + _ROWS_AT_ONCE]].tolist() for at, texts in columns]
        yield "\n".join(map(",".join, zip(*cells, strict=True))) + "\n"


def _write_value(value: object) -> str:
    text = str(value)
    if any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def refuse_folder(folder: Path, *sources: Path) -> None:
    """Refuse a folder that no disk can hold, or below one of what reports are made from."""
    problem = "its name is no UTF-8" if find_no_text(str(folder)) else ""
    if len(folder.parts) > _MOST_LEVELS:
        problem = f"more than {_MOST_LEVELS} folders inside each other"
    try:
        (folder / WRITING_PREFIX).exists()
        place = Path(os.path.realpath(folder))
        inside = next((own for own in sources if place.is_relative_to(os.path.realpath(own))), None)
        problem = problem or (f"reports are made from what lies in {inside.name}" if inside else "")
    except OSError as error:
        problem = problem or str(error.strerror)
    if problem:
        shown = str(folder).encode("utf-8", "backslashreplace").decode()[:_MOST_SHOWN]
        raise InnocapError(f"{shown}: cannot be written to ({problem}); choose another folder")


def read_text(path: Path, *, foreign: bool = False) -> str:
    """Read a file that people edit, or say in which line it is no UTF-8.

    What no document may hold is refused, unless words of foreign files are listed there.
    """
    try:
        data = read_bytes(path)
    except OSError as error:
        raise InnocapError(f"{path}: cannot be read ({error.strerror})") from None
    return decode_text(data, path.name, foreign=foreign)


def decode_text(data: bytes, name: str, *, foreign: bool = False) -> str:
    """Decode the content of a file as :func:`read_text` does."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InnocapError(
            f"{name}: line {line}: is not UTF-8; save the file as 'CSV UTF-8'"
        ) from None
    if not foreign and (code := find_no_text(text)):
        line = text.count("\n", 0, text.index(chr(int(code[2:], 16)))) + 1
        raise InnocapError(f"{name}: line {line}: {code} is no character of a text; remove it")
    if name.endswith(".csv") and len(text) > _LONGEST_CELL:
        _refuse_endless_cells(text, name)
    return text


def _refuse_endless_cells(text: str, name: str) -> None:
    """Refuse a table with a cell that no reader takes: often a quote that is not closed."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = csv.field_size_limit(_LONGEST_CELL)  # of the whole process: a library may have set it
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        raise InnocapError(
            f"{name}: line {reader.line_num}: {error}; is a quote not closed?"
        ) from None
    finally:
        csv.field_size_limit(before)


def read_table(path: Path, **types: str) -> pd.DataFrame:
    """Read a table that :func:`write_table` wrote, or a person, equal to the last bit."""
    return parse_table(read_text(path, foreign=True), path.name, **types)


def parse_table(text: str, name: str, **types: str) -> pd.DataFrame:
    """Read the text of a table as :func:`read_table` does."""
    table = _parse_cells(text, name, dtype=types, na_values=[""])
    texts = [column for column, kind in types.items() if kind == "str" and column in table]
    return table.fillna(dict.fromkeys(texts, ""))


def parse_texts(text: str, name: str) -> pd.DataFrame:
    """Read the text of a table of texts: an empty cell, or column, holds empty ones."""
    return _parse_cells(text, name, dtype="str")


def _parse_cells(text: str, name: str, **options: Any) -> pd.DataFrame:  # noqa: ANN401
    import pandas as pd

    try:
        table: pd.DataFrame = pd.read_csv(io.StringIO(text), keep_default_na=False, **options)
    except ValueError as error:  # what pandas raises for tables of any fault
        raise InnocapError(f"{name}: cannot be read as a table ({error})") from None
    # pandas takes what is too much for names of rows, and all else for the column before.
    if not isinstance(table.index, pd.RangeIndex):
        raise InnocapError(f"{name}: the rows have more cells than the header has columns")
    return table


def choose_texts(table: pd.DataFrame, stem: str, language: str) -> pd.Series:
    """Return the texts of a table in a language (``note_fi``), in English where one is missing."""
    import pandas as pd

    english = table.get(f"{stem}_en", pd.Series("", index=table.index))
    own = table.get(f"{stem}_{language}", english)
    return own.where(own != "", english)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
