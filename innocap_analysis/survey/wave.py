"""One wave of survey answers: the made-up one that ships, or the one that was imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from innocap_analysis.data.datapackage import SURVEY_FOLDER
from innocap_analysis.data.places import read_places
from innocap_analysis.data.units import read_regions
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.reads import list_files
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.answers import clean_answers
from innocap_analysis.survey.edition_file import read_former
from innocap_analysis.survey.editions import Former
from innocap_analysis.survey.files.read import Answers, order_meta, read_survey
from innocap_analysis.survey.grouping import COUNTRY, add_groups, choose_grouping, list_groups
from innocap_analysis.survey.instrument import Instrument, read_instrument

ANSWERS_NAME = "answers.csv"
COLUMNS_NAME = "answers_columns.csv"
WAVES = ("synthetic", "imported")
EARLIER = "waves"  # folder of the waves that were imported under a name of their own
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
    whole : DataFrame, optional
        The responses kept before doubtful ones were left out; None where they were not.
    lines : mapping of str to tuple of str
        Every place that answers are from, itself first and then what it lies in below its region.
    by : str
        What groups are formed by: ``country``, an item of the role ``group``, or nothing.
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
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: str = COUNTRY
    former: Former | None = None

    @cached_property
    def people(self) -> pd.DataFrame:
        """The responses kept, with the code of the `group` that each is in; None in none."""
        return add_groups(self.clean, self.by, self.settings.countries)

    @cached_property
    def groups(self) -> list[str]:
        """Groups that somebody is in, in the order of the settings or of the answers."""
        return list_groups(self.people, self.by, self.instrument, self.settings.countries)

    @property
    def weights(self) -> str | None:
        """The column of weights; None where every response counts the same."""
        return "weight" if self.clean["weight"].notna().any() else None

    @property
    def is_synthetic(self) -> bool:
        """Whether any answer was made up."""
        return bool(self.raw["synthetic"].astype(bool).any())

    def group_by(self, by: str | None) -> Wave:
        """Return the wave with other groups; None: by country where known, else by an item."""
        countries = self.settings.countries
        return replace(self, by=choose_grouping(by, self.clean, self.instrument, countries))

    def drop_flagged(self) -> Wave:
        """Return the wave without the responses that cleaning only flagged."""
        flagged = self.clean.filter(like="flag_").any(axis=1)
        own = self.clean[~flagged].reset_index(drop=True)
        return replace(self, clean=own, whole=self.clean if self.whole is None else self.whole)


def load_wave(name: str = "synthetic", *, settings: Settings | None = None) -> Wave:
    """Read and clean a wave of answers.

    Parameters
    ----------
    name : str
        ``synthetic``: the made-up wave in ``data/raw/survey``; ``imported``: what ``innocap
        import`` wrote; or the name of a wave that it kept with ``--as``.
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

    Notes
    -----
    METHODS.md, section 8, *Cleaning*.

    Examples
    --------
    >>> wave = load_wave()
    >>> wave.is_synthetic, bool(len(wave.clean) < len(wave.raw))
    (True, True)
    """
    config = settings or load_settings()
    check_wave(name, config)
    instrument = read_instrument(config.survey_path, config.scales_path)
    if name != "synthetic":
        raw, columns = read_imported(config, instrument, name)
    else:
        folder = config.raw_dir / SURVEY_FOLDER
        files = list_synthetic(config)
        if not files:
            raise InnocapError(
                f"{folder}: holds no SYNTHETIC files of {', '.join(config.countries)}; take them "
                "from the repository"
            )
        raw, _, columns = join_files(
            [
                read_survey(path, key=_SYNTHETIC_KEY, settings=config, instrument=instrument)
                for path in files
            ]
        )
    wave = clean_wave(raw, columns, instrument, config)
    if name != "synthetic":
        # One record for all: a wave that is kept under a name may have been told before under none.
        wave = replace(wave, former=read_former(config))
    asked = instrument.find_role("country") or wave.clean["country"].notna().any()
    if asked and not wave.clean["country"].isin(list(config.countries)).any():
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


def clean_wave(
    raw: pd.DataFrame, columns: pd.DataFrame, instrument: Instrument, settings: Settings
) -> Wave:
    """Clean what was read."""
    owners = read_regions(settings.regions_path)["country"].to_dict()
    regions: dict[str, str] = {}
    lines: dict[str, tuple[str, ...]] = {}
    if raw["place"].notna().any():
        places = read_places(settings)
        for code in raw["place"].dropna().unique():
            line = [code, *places.ancestors(code)]
            regions[code] = places.above(code, "region") or ""
            lines[code] = tuple(line[: line.index(regions[code])])
    clean, log = clean_answers(raw, instrument, region_countries=owners, place_regions=regions)
    if clean["weight"].notna().any() and clean["weight"].isna().any():
        files = clean.loc[clean["weight"].isna(), "file"].unique()
        raise InnocapError(f"{', '.join(files)}: some responses have a weight and some have none")
    return Wave(instrument, raw, clean, log, columns, settings, lines=lines)


def check_wave(name: str, settings: Settings) -> str:
    """Return the name of a wave if there is one."""
    known = [*WAVES, *list_earlier(settings)]
    if name not in known:
        raise InnocapError(f"wave {name!r} is none of {', '.join(known)}{suggest(name, known)}")
    if name == "imported" and not (settings.processed_dir / ANSWERS_NAME).is_file():
        raise InnocapError("no answers were imported yet; read some with: innocap import FILE")
    return name


def list_earlier(settings: Settings) -> list[str]:
    """List the waves that were imported under a name of their own, in the order of the names."""
    files = list_files(settings.processed_dir / EARLIER, f"*/{ANSWERS_NAME}")
    return [file.parent.name for file in files]


def find_before(settings: Settings, wave: str) -> str:
    """Return the wave that another is held against unless told: the last kept; else nothing."""
    return next((name for name in reversed(list_earlier(settings)) if name != wave), "")


def find_folder(settings: Settings, name: str) -> Path:
    """Return the folder of a wave that was imported."""
    folder = settings.processed_dir
    return folder if name == "imported" else folder / EARLIER / name


def find_wave(settings: Settings) -> str:
    """Return the wave that a report is made from unless told: the imported one if there is one."""
    return WAVES[bool(list_files(settings.processed_dir, ANSWERS_NAME))]


def has_answers(settings: Settings) -> bool:
    """Return whether any answers were imported, or made-up ones ship."""
    return find_wave(settings) == "imported" or bool(list_synthetic(settings))


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


def list_options(code: str, instrument: Instrument) -> list[str]:
    """Return the options of a question with several answers; none of any other."""
    return instrument.options(code) if instrument.items[code].answer == "multi" else []


def read_imported(
    settings: Settings, instrument: Instrument, name: str = "imported"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the imported answers, and what every column was read as."""
    folder = find_folder(settings, name)
    path = folder / ANSWERS_NAME
    numbers = [i.code for i in instrument.items.values() if i.answer in ("likert", "number")]
    options = [f"{code}_{o}" for code in instrument.items for o in list_options(code, instrument)]
    table = pd.read_csv(path, dtype=object, keep_default_na=False, na_values=[""])
    for column in [*numbers, *options, "seconds", "weight"]:
        if column in table:
            table[column] = table[column].astype("float64")
    table["synthetic"] = table["synthetic"] == "True"
    table = (
        table.astype(object)
        .where(table.notna(), None)
        .assign(
            **{
                c: table[c]
                for c in [*numbers, *options, "seconds", "weight", "synthetic"]
                if c in table
            }
        )
    )
    columns = pd.read_csv(folder / COLUMNS_NAME, keep_default_na=False)
    return order_meta(table), columns
