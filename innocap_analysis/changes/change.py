"""A change of several files: tried on a copy of the project, then written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from innocap_analysis.batch.check import check_project
from innocap_analysis.batch.domain import list_notes
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import read_text, write_atomically
from innocap_analysis.settings import CONFIG_NAME, Settings, load_settings
from innocap_analysis.survey.wave import ANSWERS_NAME


@dataclass
class Change:
    """Files with a new content, by their path; nothing is on disk before :meth:`write`."""

    settings: Settings
    files: dict[Path, bytes] = field(default_factory=dict)

    def read(self, path: Path) -> str:
        """Return the text of a file as the change leaves it."""
        if path in self.files:
            return self.files[path].decode("utf-8-sig")
        return read_text(path)

    def put(self, path: Path, content: str | bytes) -> None:
        """Give a file a new content; a byte order mark that it has stays."""
        data = content.encode("utf-8") if isinstance(content, str) else content
        mark = b"\xef\xbb\xbf"
        if path.is_file() and path.read_bytes().startswith(mark) and not data.startswith(mark):
            data = mark + data
        self.files[path] = data

    @contextmanager
    def tried(self) -> Iterator[Settings]:
        """Give the settings of a copy of the project with the change in it."""
        root = self.settings.root
        with tempfile.TemporaryDirectory(prefix="innocap-add-") as folder:
            copy = Path(folder) / "project"
            for path in _list_inputs(self.settings):
                place = copy / path.relative_to(root)
                if path.is_dir():
                    shutil.copytree(path, place, dirs_exist_ok=True)
                elif path.is_file():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, place)
            if (self.settings.processed_dir / ANSWERS_NAME).is_file():
                (copy / "data" / "processed").mkdir(parents=True)
                (copy / "data" / "processed" / ANSWERS_NAME).touch()  # that there are some
            for path, data in self.files.items():
                if path.is_relative_to(root):
                    place = copy / path.relative_to(root)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(data)
            yield load_settings(copy)

    def check(self) -> list[str]:
        """Check the project as the change leaves it; return what is left to a person.

        Faults of ``innocap check`` refuse the change.
        """
        before = set(list_notes(self.settings))
        with self.tried() as settings:
            faults = [
                f"{name}: {fault}" for name, found in check_project(settings) for fault in found
            ]
            if faults:
                raise InnocapError(
                    "nothing was written, as innocap check would find:\n  " + "\n  ".join(faults)
                )
            new = [note for note in list_notes(settings) if note not in before]
        coming = [f"has no catalogue {path.name}" for path in self.files]
        return [note for note in new if not any(text in note for text in coming)]

    def write(self) -> list[str]:
        """Write the files; where one cannot be, those before it get back what they held."""
        old = {path: path.read_bytes() if path.is_file() else None for path in self.files}
        done: list[Path] = []
        try:
            for path, data in self.files.items():
                write_atomically(path, data)
                done.append(path)
        except InnocapError:
            for path in done:
                held = old[path]
                if held is None:
                    path.unlink()
                else:
                    write_atomically(path, held)
            raise
        return [tell_path(path, self.settings) for path in done]


def tell_path(path: Path, settings: Settings) -> str:
    """Return a path as people see it: below the project, or whole."""
    inside = path.is_relative_to(settings.root)
    return path.relative_to(settings.root).as_posix() if inside else str(path)


def refuse(what: str, faults: Sequence[str]) -> None:
    """Raise one error that tells all faults, if there are any."""
    if faults:
        raise InnocapError(f"{what}: " + "\n  ".join(faults))


def _list_inputs(settings: Settings) -> list[Path]:
    """List what a check reads: settings, raw files, codebooks, notebooks."""
    tables = (settings.codebook_path, settings.regions_path, settings.places_path,
              settings.survey_path, settings.scales_path)  # fmt: skip
    others = [settings.root / plan.codebook for plan in settings.indexes.values()]
    folders = {path.parent for path in (*tables, *others)}
    found = [settings.root / CONFIG_NAME, settings.raw_dir, settings.notebooks_dir, *folders]
    outside = [path for path in found if not path.is_relative_to(settings.root)]
    if outside or settings.root in folders:
        raise InnocapError(
            f"{outside[0] if outside else CONFIG_NAME}: codebooks lie outside the project or "
            "beside its settings; keep them in a folder of their own below it"
        )
    return found
