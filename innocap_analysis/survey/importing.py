"""Survey files into the wave in ``data/processed``: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_long_table, write_table
from innocap_analysis.settings import TEXTS_NAME, Settings
from innocap_analysis.survey.files.options import FileOptions
from innocap_analysis.survey.files.read import META, Answers, read_survey
from innocap_analysis.survey.instrument import Instrument, read_instrument
from innocap_analysis.survey.wave import (
    ANSWERS_NAME,
    COLUMNS_NAME,
    WAVES,
    Wave,
    clean_wave,
    find_folder,
    join_files,
    list_options,
    read_imported,
)

_MOST_NAMED = 5
_FEWEST_ANSWERED, _MANY = 10, 10  # items of a response, and responses


@dataclass(frozen=True)
class Imported:
    """What an import did: files read, the whole wave, and what became of every file."""

    parts: list[Answers]
    wave: Wave
    changes: list[str]


def import_files(
    files: Sequence[str | Path] | Mapping[Path, FileOptions],
    *,
    settings: Settings,
    options: FileOptions | None = None,
    key: bytes | None = None,
    fresh: bool = False,
    replaces: bool = False,
    name: str = "imported",
) -> Imported:
    """Read survey files into the wave in ``data/processed``: all of them, or none.

    A file of the same name replaces the one that was imported before; all others stay, unless
    `fresh`. A file that shares less than half of its answers with the one it would replace is
    another file, and refused unless `replaces`. The wave is the same in whatever order its files
    arrive.
    """
    if not isinstance(files, Mapping):
        files = dict.fromkeys(map(Path, files), options or FileOptions())
    names = [path.name for path in files]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InnocapError(f"two files are called {twice[0]}; rename one, for a name is a file")
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    parts = [
        read_survey(path, key=key, settings=settings, instrument=instrument, **asdict(how))
        for path, how in files.items()
    ]
    for part in parts if instrument.find_role("country") else ():
        _require_country(part)
    answers, texts, columns = join_files(parts)
    changes = [f"{part.report.file}: {len(part.table)} responses are new" for part in parts]
    folder = find_folder(settings, check_name(name))
    if (folder / ANSWERS_NAME).is_file():
        before, old_columns = read_imported(settings, instrument, name)
        changes = _list_changes(before, parts, fresh=fresh, replaces=replaces)
        if not fresh:
            old_texts = pd.read_csv(folder / TEXTS_NAME, dtype=object, keep_default_na=False)
            kept = before[~before["file"].isin(names)]
            answers = pd.concat([kept, answers], ignore_index=True)
            texts = pd.concat(
                [old_texts[old_texts["response_id"].isin(kept["response_id"])], texts],
                ignore_index=True,
            )
            columns = pd.concat(
                [old_columns[~old_columns["file"].isin(names)], columns], ignore_index=True
            )
    changes += _find_copies(answers, columns, names, instrument, refuse=not replaces)
    made_up = answers.groupby("file")["synthetic"].any()
    if made_up.any() and not made_up.all():
        raise InnocapError(
            f"{made_up.index[made_up][0]} is made up and {made_up.index[~made_up][0]} is not, so "
            "they make no wave; leave out what was imported before with --fresh"
        )
    if len(answers["file"].unique()) > 1:
        answers = answers.sort_values("file", kind="stable", ignore_index=True)
    answers = answers[_order_columns(answers, instrument)]
    columns = columns.sort_values("file", kind="stable", ignore_index=True)
    texts = texts.sort_values(["response_id", "item"], kind="stable", ignore_index=True)
    wave = clean_wave(answers, columns, instrument, settings)  # before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_long_table(folder / ANSWERS_NAME, answers, private=True)
    write_long_table(folder / TEXTS_NAME, texts, private=True)
    write_table(folder / COLUMNS_NAME, columns, private=True)
    write_long_table(folder / "answers_log.csv", wave.log, private=True)
    return Imported(parts, wave, changes)


def check_name(name: str) -> str:
    """Return the name that a wave is kept under if it may be one."""
    if name != "imported" and (name in WAVES or not re.fullmatch(r"\w[\w-]*", name)):
        raise InnocapError(f"a wave cannot be called {name!r}; take letters and digits, as 2026")
    return name


def _require_country(part: Answers) -> None:
    if part.table[["country", "region", "place"]].isna().all(axis=None):
        raise InnocapError(
            f"{part.report.file}: no column says which country the answers are from; name it with "
            "the option country, such as --country SE"
        )


def _list_changes(
    before: pd.DataFrame, parts: Sequence[Answers], *, fresh: bool, replaces: bool
) -> list[str]:
    """Tell what becomes of every file; refuse one that takes another's place by its name only."""
    told = []
    for part in parts:
        name, new = part.report.file, part.table.set_index("response_id")
        old = before[before["file"] == name].set_index("response_id")
        if old.empty:
            told.append(f"{name}: {len(new)} responses are new")
            continue
        left = old.index[~old.index.isin(new.index)]
        same = _count_same(old, new)
        if not replaces and 2 * same < min(len(old), len(new)):
            raise InnocapError(
                f"{name}: another file of this name was imported before, and {same} of its "
                f"{len(old)} responses are as in this one; rename this file, or replace the other "
                "with --replace"
            )
        text = f"{name}: takes the place of {len(old)} responses: {same} are the same, "
        text += f"{int(new.index.isin(old.index).sum()) - same} changed, "
        text += f"{int((~new.index.isin(old.index)).sum())} are new, {len(left)} leave"
        told.append(text + (f": {_name_some(list(left))}" if len(left) else ""))
    others = before[~before["file"].isin([part.report.file for part in parts])]
    for name, rows in others.groupby("file"):
        told.append(f"{name}: {len(rows)} responses {'leave' if fresh else 'stay as they were'}")
    return told


def _find_copies(
    answers: pd.DataFrame, columns: pd.DataFrame, names: Sequence[str], instrument: Instrument, *,
    refuse: bool,
) -> list[str]:  # fmt: skip
    """Tell new files of which most responses are in another one too, as in a newer export.

    Many below the same headers are refused: no other people give the same answers as often.
    """
    scored = [code for code in instrument.scored if code in answers]
    full = answers[scored].notna().sum(axis=1) >= min(_FEWEST_ANSWERED, len(scored))
    sizes, told = answers["file"].value_counts(), []
    if len(sizes) < 2:
        return []
    known = [pd.factorize(answers[c])[0] for c in ("country", "organisation", "submitted")]
    block = np.column_stack([answers[[*scored, "seconds"]].to_numpy(dtype=float), *known])
    block = np.ascontiguousarray(np.nan_to_num(block, nan=-1.0))[full]
    files = answers.loc[full, "file"].to_numpy()
    marks = {name: {row.tobytes() for row in block[files == name]} for name in sizes.index}
    for name in names:
        for other in sizes.index.drop(name):
            shared = len(marks[name] & marks[other])
            if other in names[: names.index(name)] or 2 * shared <= sizes[[name, other]].min():
                continue
            text = f"{name}: {shared} of its {sizes[name]} responses are also in {other}"
            headers = [set(columns.loc[columns["file"] == f, "header"]) for f in (name, other)]
            alike = len(headers[0] & headers[1]) >= 0.8 * max(map(len, headers))
            if refuse and alike and shared >= _MANY:
                raise InnocapError(
                    f"{text}, answer for answer; give a newer export the name of the older one, "
                    "and it takes its place, or import both with --replace"
                )
            told.append(text)
    return told


def _name_some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _count_same(old: pd.DataFrame, new: pd.DataFrame) -> int:
    """Count the responses with the same id and the same answers."""
    items = [c for c in old if c in new and c not in META and c != "file"]
    ids = old.index.intersection(new.index)
    one, other = (t[~t.index.duplicated()].loc[ids, items].astype(object) for t in (old, new))
    return int(((one == other) | (one.isna() & other.isna())).all(axis=1).sum())


def _order_columns(answers: pd.DataFrame, instrument: Instrument) -> list[str]:
    items = [
        name
        for item in instrument.items.values()
        for name in [item.code, *(f"{item.code}_{o}" for o in list_options(item.code, instrument))]
    ]
    return [c for c in dict.fromkeys([*META, *items, *answers.columns]) if c in answers]
