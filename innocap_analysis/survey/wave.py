"""One wave of survey answers: the made-up one that ships, or the one that was imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from innocap_analysis.data.datapackage import SURVEY_FOLDER
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.files import write_table
from innocap_analysis.reads import list_files
from innocap_analysis.settings import TEXTS_NAME, Settings, load_settings
from innocap_analysis.survey.answers import clean_answers
from innocap_analysis.survey.files.read import Answers, read_survey
from innocap_analysis.survey.instrument import Instrument, read_instrument

ANSWERS_NAME = "answers.csv"
WAVES = ("synthetic", "imported")
# Made-up organisations need no secret, and a fixed one makes every page repeatable.
_SYNTHETIC_KEY = b"SYNTHETIC: nobody to protect"


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
    """

    instrument: Instrument
    raw: pd.DataFrame
    clean: pd.DataFrame
    log: pd.DataFrame
    columns: pd.DataFrame
    settings: Settings

    @property
    def is_synthetic(self) -> bool:
        """Whether any answer was made up."""
        return bool(self.raw["synthetic"].astype(bool).any())

    def drop_flagged(self) -> Wave:
        """Return the wave without the responses that cleaning only flagged."""
        flagged = self.clean.filter(like="flag_").any(axis=1)
        return replace(self, clean=self.clean[~flagged].reset_index(drop=True))


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
        The wave is unknown, nothing was imported yet, or a file cannot be read.
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
                f"{folder}: holds no SYNTHETIC files of {', '.join(config.countries)}; "
                "make them: innocap synthetic"
            )
        raw, _, columns = join_files(
            [read_survey(path, key=_SYNTHETIC_KEY, settings=config) for path in files]
        )
    return _clean_wave(raw, columns, instrument, config)


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
    paths: Sequence[str | Path], *, settings: Settings, options: Mapping[str, Any] | None = None
) -> tuple[list[Answers], Wave]:
    """Read survey files and write their answers to ``data/processed``."""
    parts = [read_survey(path, settings=settings, **(options or {})) for path in paths]
    answers, texts, columns = join_files(parts)
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    wave = _clean_wave(answers, columns, instrument, settings)  # before anything is written
    folder = settings.processed_dir
    write_table(folder / ANSWERS_NAME, answers)
    write_table(folder / TEXTS_NAME, texts)
    write_table(folder / "answers_columns.csv", columns)
    write_table(folder / "answers_log.csv", wave.log)
    return parts, wave


def _read_imported(settings: Settings, instrument: Instrument) -> tuple[pd.DataFrame, pd.DataFrame]:
    path = settings.processed_dir / ANSWERS_NAME
    numbers = [i.code for i in instrument.items.values() if i.answer in ("likert", "number")]
    options = [
        f"{item.code}_{option}"
        for item in instrument.items.values()
        if item.answer == "multi"
        for option in instrument.options(item.code)
    ]
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
    columns = pd.read_csv(settings.processed_dir / "answers_columns.csv", keep_default_na=False)
    return table, columns
