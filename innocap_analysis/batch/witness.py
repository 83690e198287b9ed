"""A witness of what a run reads, whoever reads it: a loader, a cell, or a library.

Python tells of every file that it opens and every folder that it lists through an audit hook. It
does not tell of a look whether a file is there; `os.stat` is replaced for that, for as long as
somebody listens. What happens below Python (a subprocess, a library that opens files by itself)
is not seen, so that everything below ``data`` counts as read then.
"""

# ruff: noqa: PTH100, PTH111, PTH112, PTH118, PTH120 - texts: this runs for all that is opened

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import fewlikert
import innocap_analysis
import warmill
from innocap_analysis import reads
from innocap_analysis.reads import Reading, aside, ears, hash_reading

VARIABLE = "INNOCAP_READS"  # tells a kernel where to note down what it reads
EVERYTHING = Reading("tree", "data")
_STARTED = Reading("kernel", "")  # the first line of a kernel's log: it has listened all along

_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/run", "/usr", "/lib", "/lib64", "/bin", "/System",
           "/Library", "/var/lib", "/var/cache")  # fmt: skip
_PROCESSES = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.spawn", "os.exec",
              "os.startfile", "pty.spawn"}  # fmt: skip
# These open files by themselves, without a word of Python's.
_OWN_READERS = {
    "duckdb", "fiona", "geopandas", "h5py", "netCDF4", "osgeo", "polars", "pyarrow.csv",
    "pyarrow.dataset", "pyarrow.feather", "pyarrow.json", "pyarrow.orc", "pyarrow.parquet",
    "pyogrio", "pyreadr", "pyreadstat", "rasterio", "rpy2", "tables", "vaex",
}  # fmt: skip
_SPAWNERS = {f"multiprocessing.popen_{way}" for way in ("spawn_posix", "spawn_win32", "forkserver")}
_IMPORTERS = ("<frozen importlib.", os.path.dirname(importlib.__file__))
_MAKING = {"os.mkdir", "os.rename", "os.symlink", "os.link"}


class Witness:
    """Keeps what is read, with its hash from just before it was read.

    Parameters
    ----------
    root : Path
        The project.
    log : Path
        Takes a line for each reading, so that processes forked from this one are heard too.
    ignored : sequence of Path
        Folders that do not count.
    known : mapping of str to str
        Hashes of files that were taken before, by path below the project. If a file has
        changed since, what was read does not fit the hash, and the report is made again.
    """

    def __init__(
        self, root: Path, log: Path, ignored: Sequence[Path] = (), known: Mapping[str, str] = {}
    ) -> None:
        self.root, self.log, self.known = root, log, known
        self._root, self._here = str(root), _end(str(root))
        self.found: dict[Reading, str] = {}
        self.incomplete = False
        self.gathered: list[set[Reading]] = []
        self._made: set[str] = set()
        self._wanted: set[tuple[str, str]] = set()
        self.ignored = [str(path) for path in (*ignored, log.parent)]
        self._ignored = tuple(map(_end, self.ignored))
        self._software = _list_software_places(self._root)

    def note(self, reading: Reading, value: str | None = None) -> None:
        """Keep a reading, the first time."""
        for own in self.gathered:
            own.add(reading)
        if reading in self.found:
            return
        if value is None:
            value = self.known.get(reading.name) if reading.kind == "file" else None
        if value is None:
            value = hash_reading(self.root, reading, self.known)
        self.found[reading] = value
        try:
            with self.log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps([*reading, value]) + "\n")
        except OSError:
            self.incomplete = True

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take what Python tells of."""
        if event == "open":
            self._hear_open(*arguments)
        elif event in ("os.listdir", "os.scandir"):
            path = "." if arguments[0] is None else arguments[0]
            place = self.name_place(path)
            if place is not None and not _is_importing():
                self.note(Reading("list", f"{place}/*" if place != "." else "*"))
        elif event == "sqlite3.connect":
            self._hear_open(arguments[0], "r", os.O_RDONLY)
        elif event == "import":
            name = str(arguments[0])
            if name in _SPAWNERS:
                self.note(EVERYTHING)
            elif "." not in name:
                # Where it would be found if somebody wrote it.
                places = {os.path.abspath(folder or ".") for folder in sys.path}
                self._wanted |= {(name, p) for p in places if _end(p).startswith(self._here)}
        elif event in _MAKING:
            target = arguments[0] if event == "os.mkdir" else arguments[1]
            if isinstance(target, (str, bytes, os.PathLike)) and (
                event == "os.rename" or not os.path.lexists(target)
            ):
                self._made.add(os.path.abspath(os.fsdecode(target)))
        else:
            self.note(EVERYTHING)

    def _hear_open(self, path: object, _: object, flags: object) -> None:
        place = self.name_place(path, outside=True)
        # A file without a name is made by opening the folder that it is to be in.
        if place is None or os.path.isdir(path):  # type: ignore[arg-type]
            return
        how = flags if isinstance(flags, int) else 0
        afresh = how & (os.O_TRUNC | os.O_EXCL)
        if not afresh:
            self.note(Reading("file", _find_source(place)))
        if afresh or how & (os.O_WRONLY | os.O_RDWR):
            self._made.add(os.path.abspath(os.fsdecode(path)))  # type: ignore[arg-type]

    def look(self, path: object) -> None:
        """Take a look whether something is there."""
        place = self.name_place(path)
        if place not in (None, "."):
            self.note(Reading("file", str(place)))

    def note_modules(self) -> None:
        """Keep modules of the project that this process has, and those it has looked for."""
        software = self._software.own
        passed = _passed.setdefault(software, {})
        for name, module in list(sys.modules.items()):
            if passed.get(name) == id(module):
                continue
            file = getattr(module, "__file__", None)
            if not isinstance(file, str) or file.startswith(software):  # nearly all of them
                passed[name] = id(module)
            elif file.startswith(self._here):
                self._hear_open(file, "r", os.O_RDONLY)
        if any(name in sys.modules for name in _OWN_READERS):
            self.note(EVERYTHING)
        for name, place in self._wanted:
            if name not in sys.modules:
                self.look(os.path.join(place, f"{name}.py"))
                self.look(os.path.join(place, name, "__init__.py"))
        self._wanted.clear()

    def name_place(self, path: object, *, outside: bool = False) -> str | None:
        """Return the name of a path in a record; None where it does not count."""
        if isinstance(path, int) or not isinstance(path, (str, bytes, os.PathLike)):
            return None
        full = os.path.abspath(os.fsdecode(path))
        ended = _end(full)
        if ended.startswith(self._ignored + self._software.own) or self._is_made(full):
            return None
        if full == self._root:
            return "."
        if full.startswith(self._here):
            return full[len(self._here) :].replace(os.sep, "/")
        hidden = f"{os.sep}." in full
        if not outside or hidden or ended.startswith(self._software.system):
            return None
        home = os.path.expanduser("~")
        short = f"~{full[len(home) :]}" if full.startswith(_end(home)) else full
        return short.replace(os.sep, "/")

    def _is_made(self, path: str) -> bool:
        """Return whether the run itself has made a file, or a folder above it."""
        before = ""
        while self._made and path != before:
            if path in self._made:
                return True
            before, path = path, os.path.dirname(path)
        return False


# By places of software: modules that are that, which forked processes had better not touch.
_passed: dict[tuple[str, ...], dict[str, int]] = {}


class _Places(NamedTuple):
    own: tuple[str, ...]
    system: tuple[str, ...]


def _list_software_places(root: str) -> _Places:
    """Return where software lies: what counts as versions, not as something that is read."""
    ours = innocap_analysis, fewlikert, warmill
    packages = [os.path.dirname(os.path.abspath(str(p.__file__))) for p in ours]
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix}
    libraries = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    own = [path for path in (*packages, *prefixes, *libraries) if not root.startswith(_end(path))]
    windows = [os.environ[name] for name in ("SYSTEMROOT", "PROGRAMFILES") if name in os.environ]
    return _Places(tuple(map(_end, own)), tuple(map(_end, [*_SYSTEM, *windows])))


def _end(path: str) -> str:
    return path if path.endswith(os.sep) else path + os.sep


def _find_source(place: str) -> str:
    """Return the module that compiled code was made from, and any other file as it is."""
    folder, _, name = place.rpartition("__pycache__/")
    return f"{folder}{name.partition('.')[0]}.py" if folder and name.endswith(".pyc") else place


def _is_importing() -> bool:
    """Return whether a folder is listed because a module is looked for there."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and frame.f_code.co_filename.startswith(_IMPORTERS)


_EVENTS = _PROCESSES | _MAKING | {"open", "os.listdir", "os.scandir", "sqlite3.connect", "import"}
_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _EVENTS and not ears.closed and isinstance(reads.listener, Witness):
        witness = reads.listener
        _tell(witness, lambda: witness.hear(event, arguments))


def _tell(witness: Witness, step: Callable[[], None]) -> None:
    """Let the witness hear something; a fault of its own must not reach who reads."""
    with aside():
        try:
            step()
        except Exception:  # noqa: BLE001 - then it counts as having heard nothing
            witness.incomplete = True


def _open_ears() -> None:
    """Have Python tell of what is opened, once, and of looks at files."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    for name in ("stat", "access"):
        plain = getattr(os, name)
        if not hasattr(plain, "plain"):
            setattr(os, name, _wrap_look(plain))


# What `os` can do with each of its functions.
_ABLE: tuple[set[Any], ...] = (
    os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids
)  # fmt: skip


def _wrap_look(plain: Callable[..., Any]) -> Callable[..., Any]:
    def look(path: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        witness = reads.listener
        if not ears.closed and isinstance(witness, Witness) and options.get("dir_fd") is None:
            _tell(witness, lambda: witness.look(path))
        return plain(path, *arguments, **options)

    look.__name__ = look.__qualname__ = plain.__name__
    look.__doc__, look.plain = plain.__doc__, plain  # type: ignore[attr-defined]
    for able in _ABLE:
        if plain in able:
            able.add(look)
    return look


def _close_ears() -> None:
    for name in ("stat", "access"):
        look = getattr(os, name)
        setattr(os, name, getattr(look, "plain", look))
        if hasattr(look, "plain"):
            for able in _ABLE:
                able.discard(look)


@contextlib.contextmanager
def listen(
    root: Path, log: Path, *, ignored: Sequence[Path] = (), known: Mapping[str, str] = {}
) -> Iterator[Witness]:
    """Keep what this process, and those that it forks, read meanwhile; see :class:`Witness`."""
    before, reads.listener = reads.listener, (witness := Witness(root, log, ignored, known))
    _open_ears()
    try:
        yield witness
        _tell(witness, witness.note_modules)
    finally:
        reads.listener = before
        if before is None:
            _close_ears()


def collect(witness: Witness, *, kernel: bool = False) -> dict[str, dict[str, str]]:
    """Return what was read, by kind and name, with hashes from before it was read."""
    found = dict(witness.found)
    try:
        lines = witness.log.read_text(encoding="utf-8").splitlines()
        for kind, name, value in map(json.loads, lines):
            found.setdefault(Reading(kind, name), value)
    except FileNotFoundError:
        pass  # nothing was read
    except (OSError, ValueError):
        witness.incomplete = True
    if witness.incomplete or (kernel and _STARTED not in found):
        found[EVERYTHING] = hash_reading(witness.root, EVERYTHING, witness.known)
    sorted_names = sorted(found)
    return {
        kind: {own.name: found[own] for own in sorted_names if own.kind == kind}
        for kind in reads.KINDS
    }


@contextlib.contextmanager
def tell_kernel() -> Iterator[None]:
    """Let a kernel that starts meanwhile note down what it reads, and not who starts it."""
    witness = reads.listener
    if isinstance(witness, Witness):
        told = {"root": str(witness.root), "log": str(witness.log), "ignored": witness.ignored}
        os.environ[VARIABLE] = json.dumps(told)
        reads.listener = None
    try:
        yield
    finally:
        reads.listener = witness
        os.environ.pop(VARIABLE, None)


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no types
    """Listen in a kernel of its own: ``--ext`` with this module, told by :data:`VARIABLE`."""
    told = os.environ.pop(VARIABLE, None)
    if told is None:
        return
    given = json.loads(told)
    ignored = [Path(path) for path in given["ignored"]]
    reads.listener = witness = Witness(Path(given["root"]), Path(given["log"]), ignored)
    _open_ears()
    witness.note(_STARTED, "")
    shell.events.register("post_run_cell", lambda _: _tell(witness, witness.note_modules))
