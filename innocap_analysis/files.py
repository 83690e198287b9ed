"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO

import pandas as pd

from innocap_analysis.errors import InnocapError

# Of files that are being written; what a killed process leaves is known by it.
WRITING_PREFIX = ".writing-"
CHECK_DISK = "check the folder's permissions and the space on the disk"


def write_atomically(path: Path, content: bytes | str) -> Path:
    r"""Write a file beside its place and move it there in one step."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f"{WRITING_PREFIX}{path.name}-"
        )
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise InnocapError(f"{path}: cannot be written ({error.strerror}); {CHECK_DISK}") from None
    return path


def write_table(path: Path, table: pd.DataFrame) -> Path:
    """Write a table as CSV, every float with all the digits that it needs."""
    return write_atomically(path, table.to_csv(index=False, lineterminator="\n"))


def read_table(path: Path | IO[bytes], **types: str) -> pd.DataFrame:
    """Read a table that :func:`write_table` wrote, equal to the last bit."""
    table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    texts = [column for column, kind in types.items() if kind == "str" and column in table]
    return table.fillna(dict.fromkeys(texts, ""))


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
