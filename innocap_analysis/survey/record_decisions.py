"""The wave's table of files and the record of what was decided about them, together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import read_text
from innocap_analysis.settings import Settings
from innocap_analysis.survey.files.decisions import (
    Decision,
    apply_decisions,
    keep_decided,
    read_decisions,
)
from innocap_analysis.survey.files.draft import draft_decisions
from innocap_analysis.survey.files.options import FileOptions, read_wave_table


def find_record(settings: Settings) -> Path:
    """Return where the record of what was decided stands."""
    return settings.wave_path.with_name("decisions.csv")


def read_wave(settings: Settings, table: Path | None = None) -> dict[Path, FileOptions]:
    """Read how the files of a wave are to be read: as told, else from the two tables there are.

    A file that the record decides on is read as it says, whatever the short table says.
    """
    if table is not None:
        return read_wave_table(table)
    paths = [path for path in (settings.wave_path, find_record(settings)) if path.is_file()]
    found: dict[Path, FileOptions] = {}
    for path in paths or [settings.wave_path]:
        found |= read_wave_table(path)
    return found


def draft_record(
    files: Sequence[Path], options: FileOptions, settings: Settings, place: Path
) -> list[Decision]:
    """Draft the record for files, or for those of the wave; what was decided before stands."""
    before = _read_before(place)
    wanted: Mapping[Path, FileOptions] = dict.fromkeys(files, options)
    if not files:
        known = apply_decisions([(n, row) for n, row in before if not row.is_open], place)
        short = read_wave_table(settings.wave_path) if settings.wave_path.is_file() else {}
        wanted = short | known
    if not wanted:
        raise InnocapError("give the files that are to be looked at: innocap import FILE --suggest")
    rows: list[Decision] = []
    for path, how in wanted.items():
        name = _name_file(path, place.parent)
        known = apply_decisions(
            [(n, row) for n, row in before if row.file == name and not row.is_open], place
        )
        own = next(iter(known.values()), how)
        rows += draft_decisions(path, settings, replace(own, country=own.country or how.country),
                                file=name)  # fmt: skip
    return keep_decided(rows, [row for _, row in before])


def _read_before(place: Path) -> list[tuple[int, Decision]]:
    return read_decisions(read_text(place, foreign=True), place.name) if place.is_file() else []


def _name_file(path: Path, folder: Path) -> str:
    """Name a file from the folder of the record, or in full where it lies elsewhere."""
    full = path.expanduser().resolve()
    inside = full.is_relative_to(folder.resolve())
    return str(full.relative_to(folder.resolve())) if inside else str(full)
