"""One wave of survey answers: the made-up one that ships, or the one that was imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from innocap_analysis.data.datapackage import SURVEY_FOLDER
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import write_table
from innocap_analysis.reads import list_files
from innocap_analysis.settings import TEXTS_NAME, Settings, load_settings
from innocap_analysis.survey.answers import clean_answers
from innocap_analysis.survey.edition_file import read_former
from innocap_analysis.survey.editions import Former
from innocap_analysis.survey.files.options import FileOptions
from innocap_analysis.survey.files.read import META, Answers, read_survey
from innocap_analysis.survey.instrument import Instrument, read_instrument

ANSWERS_NAME = "answers.csv"
COLUMNS_NAME = "answers_columns.csv"
WAVES = ("synthetic", "imported")
# Made-up organisations need no secret, and a fixed one makes every page repeatable.
_SYNTHETIC_KEY = b"SYNTHETIC: nobody to protect"
_MOST_NAMED = 5


@dataclass(frozen=True)
class Wave:
    """Answers of one wave, raw and clean.

    Attributes
    ----------
    instrument : Instrument
        The questionnaire.
    raw : DataFrame
        Every response read, with `file`.
    clean : DataFrame
        The responses kept, with flags.
    log : DataFrame
        One row per cleaning decision.
    columns : DataFrame
        What every column of every file was read as.
    settings : Settings
        The project.
    whole : DataFrame, optional
        The responses kept before doubtful ones were left out; None where they were not.
    former : Former, optional
        What earlier editions of the wave have told.
    """

    instrument: Instrument
    raw: pd.DataFrame
    clean: pd.DataFrame
    log: pd.DataFrame
    columns: pd.DataFrame
    settings: Settings
    whole: pd.DataFrame | None = None
    former: Former | None = None

    @property
    def is_synthetic(self) -> bool:
        """Whether any answer was made up."""
        return bool(self.raw["synthetic"].astype(bool).any())

    def drop_flagged(self) -> Wave:
        """Return the wave without the responses that cleaning only flagged."""
        flagged = self.clean.filter(like="flag_").any(axis=1)
        own = self.clean[~flagged].reset_index(drop=True)
        return replace(self, clean=own, whole=self.clean if self.whole is None else self.whole)


@dataclass(frozen=True)
class Imported:
    """What an import did: files read, the whole wave, and what became of every file."""

    parts: list[Answers]
    wave: Wave
    changes: list[str]


def load_wave(name: str = "synthetic", *, settings: Settings | None = None) -> Wave:
    """Read and clean a wave of answers.

    Parameters
    ----------
    name : {'synthetic', 'imported'}
        The made-up wave in ``data/raw/survey``, or what ``innocap import`` wrote.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    Wave
        Raw and clean answers with the log of every decision.

    Raises
    ------
    InnocapError
        The wave is unknown, nothing was imported yet, a file cannot be read, or no answer is
        from a country of the project.

    Examples
    --------
    >>> wave = load_wave()
    >>> wave.is_synthetic, bool(len(wave.clean) < len(wave.raw))
    (True, True)
    """
    config = settings or load_settings()
    check_wave(name, config)
    instrument = read_instrument(config.survey_path, config.scales_path)
    if name == "imported":
        raw, columns = _read_imported(config, instrument)
    else:
        folder = config.raw_dir / SURVEY_FOLDER
        files = list_synthetic(config)
        if not files:
            raise InnocapError(
                f"{folder}: holds no SYNTHETIC files of {', '.join(config.countries)}; take them "
                "from the repository"
            )
        raw, _, columns = join_files(
            [read_survey(path, key=_SYNTHETIC_KEY, settings=config) for path in files]
        )
    wave = _clean_wave(raw, columns, instrument, config)
    if name == "imported":
        wave = replace(wave, former=read_former(config))
    if not wave.clean["country"].isin(list(config.countries)).any():
        raise InnocapError(
            f"the {name} answers are from no country of the project "
            f"({', '.join(config.countries)}); import them again with the option country"
        )
    return wave


def list_synthetic(settings: Settings) -> list[Path]:
    """Return the made-up exports of the project's countries: ``SYNTHETIC_SE_….csv``."""
    folder = settings.raw_dir / SURVEY_FOLDER
    return [
        path
        for path in list_files(folder, "SYNTHETIC_*")
        if path.suffix in (".csv", ".xlsx") and path.stem.split("_")[1] in settings.countries
    ]


def _clean_wave(
    raw: pd.DataFrame, columns: pd.DataFrame, instrument: Instrument, settings: Settings
) -> Wave:
    owners = read_regions(settings.regions_path)["country"].to_dict()
    clean, log = clean_answers(raw, instrument, region_countries=owners)
    return Wave(instrument, raw, clean, log, columns, settings)


def check_wave(name: str, settings: Settings) -> str:
    """Return the name of a wave if there is one."""
    if name not in WAVES:
        raise InnocapError(f"wave {name!r} is none of {', '.join(WAVES)}{suggest(name, WAVES)}")
    if name == "imported" and not (settings.processed_dir / ANSWERS_NAME).is_file():
        raise InnocapError("no answers were imported yet; read some with: innocap import FILE")
    return name


def find_wave(settings: Settings) -> str:
    """Return the wave that a report is made from unless told: the imported one if there is one."""
    return WAVES[(settings.processed_dir / ANSWERS_NAME).is_file()]


def join_files(parts: Sequence[Answers]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Put the answers of several files below each other."""
    answers = pd.concat(
        [part.table.assign(file=part.report.file) for part in parts], ignore_index=True
    )
    texts = pd.concat([part.texts for part in parts], ignore_index=True)
    columns = pd.concat(
        [part.report.columns.assign(file=part.report.file) for part in parts], ignore_index=True
    )
    return answers, texts, columns


def import_files(
    files: Sequence[str | Path] | Mapping[Path, FileOptions],
    *,
    settings: Settings,
    options: FileOptions | None = None,
    key: bytes | None = None,
    fresh: bool = False,
    replaces: bool = False,
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
    parts = [
        read_survey(path, key=key, settings=settings, **asdict(how)) for path, how in files.items()
    ]
    for part in parts:
        _require_country(part)
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    answers, texts, columns = join_files(parts)
    changes = [f"{part.report.file}: {len(part.table)} responses are new" for part in parts]
    folder = settings.processed_dir
    if (folder / ANSWERS_NAME).is_file():
        before, old_columns = _read_imported(settings, instrument)
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
    made_up = answers.groupby("file")["synthetic"].any()
    if made_up.any() and not made_up.all():
        raise InnocapError(
            f"{made_up.index[made_up][0]} is made up and {made_up.index[~made_up][0]} is not, so "
            "they make no wave; leave out what was imported before with --fresh"
        )
    answers = answers.sort_values("file", kind="stable", ignore_index=True)
    answers = answers[_order_columns(answers, instrument)]
    columns = columns.sort_values("file", kind="stable", ignore_index=True)
    texts = texts.sort_values(["response_id", "item"], kind="stable", ignore_index=True)
    wave = _clean_wave(answers, columns, instrument, settings)  # before anything is written
    write_table(folder / ANSWERS_NAME, answers, private=True)
    write_table(folder / TEXTS_NAME, texts, private=True)
    write_table(folder / COLUMNS_NAME, columns, private=True)
    write_table(folder / "answers_log.csv", wave.log, private=True)
    return Imported(parts, wave, changes)


def _require_country(part: Answers) -> None:
    if part.table[["country", "region"]].isna().all(axis=None):
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
        for name in [item.code, *(f"{item.code}_{o}" for o in _list_options(item.code, instrument))]
    ]
    return [c for c in dict.fromkeys([*META, *items, *answers.columns]) if c in answers]


def _list_options(code: str, instrument: Instrument) -> list[str]:
    return instrument.options(code) if instrument.items[code].answer == "multi" else []


def _read_imported(settings: Settings, instrument: Instrument) -> tuple[pd.DataFrame, pd.DataFrame]:
    path = settings.processed_dir / ANSWERS_NAME
    numbers = [i.code for i in instrument.items.values() if i.answer in ("likert", "number")]
    options = [f"{code}_{o}" for code in instrument.items for o in _list_options(code, instrument)]
    table = pd.read_csv(path, dtype=object, keep_default_na=False, na_values=[""])
    for column in [*numbers, *options, "seconds"]:
        if column in table:
            table[column] = table[column].astype("float64")
    table["synthetic"] = table["synthetic"] == "True"
    table = (
        table.astype(object)
        .where(table.notna(), None)
        .assign(**{c: table[c] for c in [*numbers, *options, "seconds", "synthetic"] if c in table})
    )
    columns = pd.read_csv(settings.processed_dir / COLUMNS_NAME, keep_default_na=False)
    return table, columns
