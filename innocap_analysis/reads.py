"""What this process reads while somebody wants to know: what loaders and settings tell.

What is opened and listed is heard by :mod:`innocap_analysis.batch.witness`, whoever does it. Here
is what it cannot hear: that only some names of a folder count, which settings were looked at, and
that something is no input at all.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from innocap_analysis.errors import InnocapError

CONFIG_NAME = "innocap.yml"
TEXTS_NAME = "answers_texts.csv"  # free texts of the survey, which no page shows
ABSENT, FOLDER, UNREADABLE = "absent", "folder", "unreadable"
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_MOST_BYTES = 200_000_000
# Values of `Reading.kind`: one file, the names that fit a pattern, all below a folder, a setting,
# and of the description of the raw files the entries of one role.
KINDS = ("file", "list", "tree", "setting", "role")


Made = TypeVar("Made")


class Reading(NamedTuple):
    """One thing that was read, or looked for.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    name : str
        Path below the project (absolute outside it, ``~`` for the home folder), a pattern,
        the name of a setting, or a file and a role (``data/raw/datapackage.json#places``).
    """

    kind: str
    name: str


class Listener(Protocol):
    """Who wants to know what is read."""

    root: Path
    found: dict[Reading, str]
    known: Mapping[str, str]
    gathered: list[set[Reading]]

    def note(self, reading: Reading, value: str | None = None) -> None:
        """Keep a reading with its hash; None is to be found out."""

    def name_place(self, path: object) -> str | None:
        """Return the name of a path; None where it does not count."""


class _Ears(threading.local):
    def __init__(self) -> None:
        self.closed = 0


ears = _Ears()
listener: Listener | None = None
# What was made, with all that was read for it.
_MADE_CACHE: dict[tuple[object, ...], tuple[Any, dict[Reading, str]]] = {}


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Let what is read meanwhile not count: who asks tells of it, or no result depends on it."""
    ears.closed += 1
    try:
        yield
    finally:
        ears.closed -= 1


def list_files(folder: Path, pattern: str) -> list[Path]:
    """List the files that fit a pattern, which is all that then counts of the folder."""
    heard = listener if is_listening() else None
    with aside():
        place = heard.name_place(folder) if heard is not None else None
        if heard is not None and place is not None:
            heard.note(Reading("list", f"{place}/{pattern}"))
        return sorted(folder.glob(pattern))


def keep(
    key: tuple[object, ...], make: Callable[[], Made], hash_setting: Callable[[str], str]
) -> Made:
    """Return what was made before while all that it was made from is the same, else make it.

    Either way all of it counts as read now. Only where somebody listens it is known what that is,
    so that elsewhere it is always made. `hash_setting` tells what a setting is now.
    """
    heard = listener if is_listening() else None
    if heard is None:
        return make()
    key = (heard.root, *key)
    if key in _MADE_CACHE:
        known, before = _MADE_CACHE[key]
        with aside():
            if all(_hash_now(heard, one, hash_setting) == was for one, was in before.items()):
                for reading, was in before.items():
                    heard.note(reading, was)
                return cast("Made", known)
    readings: set[Reading] = set()
    heard.gathered.append(readings)  # what was read before, too
    try:
        made = make()
    finally:
        heard.gathered.pop()
    _MADE_CACHE[key] = made, {reading: heard.found[reading] for reading in readings}
    return made


def _hash_now(heard: Listener, reading: Reading, hash_setting: Callable[[str], str]) -> str:
    if reading.kind == "setting":
        return hash_setting(reading.name)
    known = heard.known.get(reading.name) if reading.kind == "file" else None
    return known or hash_reading(heard.root, reading, heard.known)


def is_listening() -> bool:
    """Return whether somebody wants to know what is read."""
    return listener is not None and not ears.closed


def is_project_config(file: Path) -> bool:
    """Return whether a file is the configuration of the project that is listened to."""
    with aside():
        return listener is not None and file.resolve() == listener.root / CONFIG_NAME


def find_root(start: Path | None = None) -> Path:
    """Find the folder that holds ``innocap.yml``."""
    with aside():  # which project this is, is no input of a page
        here = (start or Path.cwd()).resolve()
        beside_package = Path(__file__).resolve().parents[1]
        for folder in (here, *here.parents, beside_package):
            if (folder / CONFIG_NAME).is_file():
                return folder
    raise InnocapError(
        f"no {CONFIG_NAME} in {here} or a folder above it: run this inside the project folder"
    )


def note_setting(name: str, digest: str) -> None:
    """Tell that a setting was read."""
    if listener is not None and not ears.closed:
        with aside():
            listener.note(Reading("setting", name), digest)


def note_role(file: Path, role: str, entries: object) -> None:
    """Tell that of a description of files the entries of one role were read."""
    heard = listener if is_listening() else None
    with aside():
        place = heard.name_place(file) if heard is not None else None
        if heard is not None and place is not None:
            heard.note(Reading("role", f"{place}#{role}"), _hash_content(entries))


def hash_reading(root: Path, reading: Reading, known: Mapping[str, str] = {}) -> str:
    """Return the hash of what a name stands for now."""
    path = root / Path(reading.name).expanduser()
    if reading.kind == "role":
        name, _, role = reading.name.partition("#")
        try:
            every = json.loads((root / name).read_text(encoding="utf-8"))["resources"]
            return _hash_content([one for one in every if one.get("role") == role])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return UNREADABLE
    if reading.kind == "file":
        return _hash_file(path)
    if reading.kind == "list":
        names = [p.relative_to(path.parent).as_posix() for p in path.parent.glob(path.name)]
        content: object = sorted(name for name in names if not name.startswith("."))
    else:
        files = (p for p in walk_files(path) if p.name != TEXTS_NAME)
        own = {p.relative_to(root).as_posix(): p for p in files}
        content = {name: known.get(name) or _hash_file(p) for name, p in sorted(own.items())}
    return _hash_content(content)


def _hash_content(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode("utf-8")).hexdigest()


def _hash_file(path: Path) -> str:
    try:
        if path.is_dir():
            return FOLDER
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except (OSError, ValueError):
        return UNREADABLE


def read_bytes(path: Path) -> bytes:
    """Read a file that somebody names or edits: no pipe, no device, none that fills the memory."""
    # Not to wait for who writes into a pipe; and opened first, so that it is heard.
    descriptor = os.open(path, os.O_RDONLY | _AT_ONCE)
    with os.fdopen(descriptor, "rb") as stream:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            is_folder = stat.S_ISDIR(about.st_mode)
            raise OSError(errno.EINVAL, "is a folder" if is_folder else "is no ordinary file")
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise OSError(errno.EFBIG, f"is larger than {_MOST_BYTES / 1e6:.0f} MB")
    return content


def walk_files(folder: Path) -> list[Path]:
    """List the files below a folder, through links, without what is hidden."""
    return sorted(_walk(folder, ()))


def _walk(folder: Path, above: tuple[str, ...]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above or not folder.is_dir():  # a link to a folder that it lies in
        return
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path, (*above, real))
        elif path.is_file():
            yield path
