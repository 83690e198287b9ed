"""Who writes where: batches share a folder as long as no report is made by two of them.

The locks are the system's own on open files, not the files' existence: what a batch that was
killed leaves behind keeps nobody out.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from innocap_analysis.batch.execute import STAGING_PREFIX
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import CHECK_DISK, WRITING_PREFIX

NAME = ".innocap-batch.lock"
LIVE = ".innocap-batches"
_ID_LETTERS = 12
_PATIENCE_SECONDS = 600


@contextlib.contextmanager
def hold_places(folder: Path, places: Collection[str]) -> Iterator[str]:
    """Keep other batches from making these reports, and clear what ended ones left."""
    batch = uuid4().hex[:_ID_LETTERS]
    own = folder / LIVE / batch
    with contextlib.ExitStack() as held:
        with hold_pages(folder):
            live = _find_live(folder)
            _clear_left(folder, set(live))
            for other in live.values():
                _refuse_shared(folder, places, other)
            with _refused(own):
                own.parent.mkdir(parents=True, exist_ok=True)
                held.callback(_remove, own)  # after the lock is given back
                held.enter_context(FileLock(_name_lock(own), timeout=0))
                content = {"process": os.getpid(), "places": sorted(places)}
                own.write_text(json.dumps(content), encoding="utf-8")
        yield batch


@contextlib.contextmanager
def hold_pages(folder: Path) -> Iterator[None]:
    """Be the only one for a moment: to begin a batch, or to write what all of them share."""
    lock = FileLock(folder / NAME, timeout=_PATIENCE_SECONDS)
    try:
        with _refused(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
    except Timeout:
        raise InnocapError(
            f"{folder}: another batch has been writing its pages for "
            f"{_PATIENCE_SECONDS} s; end it, or choose another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()


def list_held(folder: Path, *, but: str) -> set[str] | None:
    """Return the reports that other batches are making; None where one does not say which.

    To be asked by who holds the pages.
    """
    held: set[str] = set()
    for name, other in _find_live(folder).items():
        places = other.get("places")
        if name != but:
            if not isinstance(places, list):
                return None
            held |= {*places}
    return held


def _refuse_shared(folder: Path, places: Collection[str], other: dict[str, object]) -> None:
    theirs = other.get("places")
    shared = sorted({*places} & {*(theirs if isinstance(theirs, list) else places)})
    if shared:
        more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
        raise InnocapError(
            f"{folder}: another batch (process {other.get('process', 'unknown')}) is "
            f"making {shared[0]}{more}; wait for it, or choose another folder"
        )


def _name_lock(note: Path) -> Path:
    return note.with_name(f"{note.name}.lock")


def _find_live(folder: Path) -> dict[str, dict[str, object]]:
    """Return what each batch that still runs has said of itself; forget those that ended."""
    live: dict[str, dict[str, object]] = {}
    for place in sorted((folder / LIVE).glob("*.lock")):
        note = place.with_suffix("")
        try:
            with _refused(place), FileLock(place, timeout=0):
                pass
            _remove(note)
        except Timeout:
            live[note.name] = _read(note)
    return live


def _remove(note: Path) -> None:
    for file in (note, _name_lock(note)):
        with contextlib.suppress(OSError):  # Windows removes no open file; the next batch does
            file.unlink()


def _read(note: Path) -> dict[str, object]:
    try:
        content = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # of another edition: taken to make everything
    return content if isinstance(content, dict) else {}


def _clear_left(folder: Path, live: set[str]) -> None:
    for left in folder.glob(f"{STAGING_PREFIX}*"):
        if left.name.removeprefix(STAGING_PREFIX).split("-")[0] not in live:
            shutil.rmtree(left, ignore_errors=True)
    if not live:  # these names do not tell whose they are
        for file in (folder / "reports").rglob(f"{WRITING_PREFIX}*"):
            file.unlink(missing_ok=True)


@contextlib.contextmanager
def _refused(place: Path) -> Iterator[None]:
    """Say what the system refuses to write."""
    try:
        yield
    except Timeout:  # an OSError as well
        raise
    except OSError as error:
        where = place if place.is_dir() else place.parent
        raise InnocapError(f"{where}: cannot be written ({error.strerror}); {CHECK_DISK}") from None
