"""One batch per folder: a lock that the system lifts when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from innocap_analysis.batch.execute import STAGING_PREFIX
from innocap_analysis.prepare.files import CHECK_DISK, WRITING_PREFIX
from innocap_analysis.settings import InnocapError

NAME = ".innocap-batch.lock"


@contextlib.contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Keep other batches out of a folder, and clear what an ended one left there.

    Parameters
    ----------
    folder : Path
        Where reports and figures go.

    Yields
    ------
    None
        While the folder is held.

    Raises
    ------
    InnocapError
        Another batch holds it, or it cannot be written.

    Notes
    -----
    The lock is the system's own on an open file, not the file's existence: the file of a
    batch that was killed stays behind and keeps nobody out.
    """
    place = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InnocapError(
            f"{folder}: cannot be written ({error.strerror}); {CHECK_DISK}"
        ) from None
    try:
        if not _lock(handle):
            holder = ""
            with contextlib.suppress(OSError):  # Windows keeps others from reading it, too
                holder = os.read(handle, 32).decode("ascii", "replace").strip()
            raise InnocapError(
                f"{folder}: another batch is writing there"
                + (f" (process {holder})" if holder else "")
                + "; wait for it, or choose another folder"
            )
        with contextlib.suppress(OSError):  # a full disk: the number is for people only
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        for left in folder.glob(f"{STAGING_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        for file in (folder / "reports").rglob(f"{WRITING_PREFIX}*"):
            file.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
