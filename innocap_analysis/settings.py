"""The project's configuration (``innocap.yml``), read strictly and found from any folder."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import (
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from innocap_analysis import reads
from innocap_analysis.errors import InnocapError, suggest, take_path
from innocap_analysis.languages import SOURCE_LANGUAGE
from innocap_analysis.partners import (
    PEERS,
    Country,
    IndexPlan,
    Language,
    Level,
    PeerRule,
    ReferenceSets,
)
from innocap_analysis.parts import Part
from innocap_analysis.planned import MARK, BatchPlan, Templates, check_variant
from innocap_analysis.yamlfile import parse_yaml, tell_fault

CONFIG_NAME = reads.CONFIG_NAME
TEXTS_NAME = reads.TEXTS_NAME
OUTPUT_VARIABLE = "INNOCAP_OUTPUT"
PUBLISH_VARIABLE = "INNOCAP_PUBLISH"  # set by the batch: what is made now is what readers get
VARIANT_VARIABLE = "INNOCAP_VARIANT"  # set by the batch: name of a set of other parameters
LAB_FOLDER = "_lab"
MIN_RESPONDENTS_FLOOR = 5

_COUNTRY_CODE = re.compile(r"[A-Z]{2}")


class Settings(Part):
    """Checked content of ``innocap.yml`` plus the folders that follow from its place.

    Attributes
    ----------
    countries : dict of str to Country
        Partner countries by ISO 3166-1 alpha-2 code, in the order of reports.
    reference_sets : dict of str to tuple of str or None
        Named sets of countries; None stands for every country in the raw data.
    level : str or None
        What the units of the default index are; None: countries where figures of countries are
        in the raw data, else regions.
    indexes : dict of str to IndexPlan
        Indexes beside the default one, by name.
    languages : tuple of str
        Report languages; the first is the default.
    min_coverage : float
        Share of a node's weight that must be observed for it to have a score.
    min_respondents : int
        Fewer survey respondents than this are never shown by themselves.
    min_organisations : int
        Nor are respondents from fewer organisations than this.
    peers : PeerRule
        How the places are chosen that one is compared with.
    """

    codebook: Path
    regions: Path
    survey: Path = Path("data/codebooks/survey.csv")
    scales: Path = Path("data/codebooks/scales.csv")
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    places: Path = Path("data/codebooks/places.csv")
    countries: Annotated[dict[str, Country], Field(min_length=1)]
    reference_sets: ReferenceSets
    level: Level | None = None
    indexes: dict[str, IndexPlan] = Field(default_factory=dict)
    min_coverage: Annotated[float, Field(ge=0, le=1)] = 0.5
    min_respondents: Annotated[int, Field(ge=MIN_RESPONDENTS_FLOOR)] = 10
    min_organisations: Annotated[int, Field(ge=1)] = 3
    peers: PeerRule = PeerRule()
    templates: Templates = Field(default_factory=dict)
    batch: BatchPlan

    _root: Path = PrivateAttr(default=Path())
    _lines: dict[tuple[str, ...], int] = PrivateAttr(default_factory=dict)
    _batch: str = PrivateAttr(default="")
    _index: str = PrivateAttr(default="")

    @field_validator("countries")
    @classmethod
    def _check_country_codes(cls, countries: dict[str, Country]) -> dict[str, Country]:
        for code in countries:
            if not _COUNTRY_CODE.fullmatch(code):
                raise ValueError(f"{code!r} is not an ISO 3166-1 alpha-2 code such as 'SE'")
        return countries

    @field_validator("languages")
    @classmethod
    def _check_languages_differ(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(languages)) < len(languages):
            raise ValueError("a language is listed twice")
        return languages

    @model_validator(mode="after")
    def _check_names_differ(self) -> Settings:
        if twice := self.batch.find_repeated():
            raise ValueError(f"batch: {twice[0]!r} is listed twice")
        for index in self.indexes:
            check_variant(index)
        if both := sorted(set(self.indexes) & set(self.batch.sets)):
            raise ValueError(f"indexes: {both[0]!r} is the name of a set of parameters too")
        if any(PEERS in own.reference_sets for own in (self, *self.indexes.values())):
            raise ValueError(f"reference_sets: {PEERS!r} stands for a unit and those like it")
        return self

    @property
    def root(self) -> Path:
        """Folder that holds ``innocap.yml``."""
        return self._root

    @property
    def index(self) -> str:
        """Name of the index that is looked at; empty for the default one."""
        return self._index

    @property
    def chosen(self) -> Settings | IndexPlan:
        """What holds codebook, level and reference sets of the index that is looked at."""
        if not self._index:
            return self
        with reads.aside():  # that there are others is no input of a page
            return self.indexes[self._index]

    @property
    def codebook_path(self) -> Path:
        """The codebook of the index that is looked at."""
        return self._root / self.chosen.codebook

    @property
    def sets(self) -> dict[str, tuple[str, ...] | None]:
        """The reference sets of the index that is looked at."""
        return self.chosen.reference_sets

    @property
    def regions_path(self) -> Path:
        """The table of statistical regions."""
        return self._root / self.regions

    @property
    def places_path(self) -> Path:
        """The table of the names of places."""
        return self._root / self.places

    @property
    def local_path(self) -> Path:
        """The table of what is measured of places and of levels of government."""
        return self.places_path.parent / "local.csv"

    @property
    def survey_path(self) -> Path:
        """The codebook of the questionnaire."""
        return self._root / self.survey

    @property
    def scales_path(self) -> Path:
        """The table of answer scales."""
        return self._root / self.scales

    @property
    def flags_path(self) -> Path:
        """The table of known weaknesses of figures."""
        return (self._root / self.codebook).parent / "flags.csv"

    @property
    def notes_path(self) -> Path:
        """The table of what readers should know about indicators and raw files."""
        return (self._root / self.codebook).parent / "notes.csv"

    @property
    def raw_dir(self) -> Path:
        """Untouched inputs."""
        return self._root / "data" / "raw"

    @property
    def processed_dir(self) -> Path:
        """Tables rebuilt from the raw inputs."""
        return self._root / "data" / "processed"

    @property
    def wave_path(self) -> Path:
        """The table of the files of the survey's wave."""
        return self._root / "data" / "survey" / "wave.csv"

    @property
    def notebooks_dir(self) -> Path:
        """The notebooks."""
        return self._root / "notebooks"

    @property
    def output_dir(self) -> Path:
        """Where ``figures`` and ``reports`` go: the root, or ``$INNOCAP_OUTPUT`` when set.

        A relative path starts at the root: notebooks run in a folder of their own.
        """
        return self._root / os.environ.get(OUTPUT_VARIABLE, "")

    @property
    def publishes(self) -> bool:
        """Whether a batch is running; exploring by hand never touches what is published."""
        return os.environ.get(PUBLISH_VARIABLE) == "1"

    @property
    def variant_suffix(self) -> str:
        """What the batch's parameter set adds to file names; empty for the default."""
        name = os.environ.get(VARIANT_VARIABLE, "")
        return f"@{name}" if name else ""

    @property
    def variant(self) -> str:
        """Name of the batch's parameter set without what tells made-up answers; often empty."""
        parts = self.variant_suffix.split("@")
        return "".join(part for part in parts if not part.startswith(MARK))

    @property
    def figures_dir(self) -> Path:
        """Exported figures."""
        return self.output_dir / "figures"

    @property
    def reports_dir(self) -> Path:
        """Reports."""
        return self.output_dir / "reports"

    @property
    def default_language(self) -> str:
        """Language of a report when none is asked for."""
        return self.languages[0]

    @property
    def batch_id(self) -> str:
        """Name of the batch that runs with these settings; empty outside one."""
        return self._batch

    def name_batch(self, name: str) -> Settings:
        """Return the settings as those of a batch, which its processes hand on."""
        with reads.aside():
            copy = self.model_copy()
            copy._root, copy._lines, copy._batch = self._root, self._lines, name
        return copy

    def choose(self, index: str | None) -> Settings:
        """Return the settings as seen from one of the indexes; None is the default one."""
        with reads.aside():
            if index and not (isinstance(index, str) and index in self.indexes):
                known = ", ".join(self.indexes) or "none beside the default one"
                raise InnocapError(
                    f"index {index!r} is unknown: {CONFIG_NAME} lists {known} under indexes:"
                    + suggest(str(index), list(self.indexes))
                )
            copy = self.model_copy()
            copy._index = index or ""
        return copy

    def title(self, language: str) -> str:
        """Return the title of the index that is looked at; empty for the default one."""
        titles = getattr(self.chosen, "title", {}) if self._index else {}
        named = (titles.get(key, "") for key in (language, SOURCE_LANGUAGE))
        return next(filter(None, named), self._index)

    def locate(self, *place: str) -> str:
        """Return file, line and name of a setting, as messages begin."""
        line = next(
            (self._lines[place[:k]] for k in range(len(place), 0, -1) if place[:k] in self._lines),
            None,
        )
        return f"{CONFIG_NAME}: " + (f"line {line}, " if line else "") + ".".join(place)

    def check_language(self, language: str) -> str:
        """Return the language, or raise when the project does not offer it."""
        if language not in self.languages:
            raise InnocapError(
                f"language {language!r} is not offered: choose one of {', '.join(self.languages)} "
                f"(set in {CONFIG_NAME})"
            )
        return language

    def check_reference(self, reference: str) -> str:
        """Return the name of a reference set, or raise when there is none of that name."""
        known = [*self.sets, PEERS] if self.chosen.level not in (None, "country") else [*self.sets]
        if reference not in known:
            raise InnocapError(
                f"reference set {reference!r} is unknown: choose one of "
                f"{', '.join(known)} (set in {CONFIG_NAME})" + suggest(reference, known)
            )
        return reference


def load_settings(path: str | Path | None = None) -> Settings:
    """Read and check the project's configuration.

    Parameters
    ----------
    path : str or Path, optional
        The configuration file or the folder that holds it. Default: found from the
        working directory upwards.

    Returns
    -------
    Settings
        Frozen, typed settings.

    Raises
    ------
    InnocapError
        The file is missing, is no YAML, or a value is wrong; every fault is listed with
        its line.

    Examples
    --------
    >>> load_settings().countries["SE"].partner_region
    'SE32'
    """
    given = reads.find_root() if path is None else take_path(path, "load_settings")
    with reads.aside():
        file = given / CONFIG_NAME if given.is_dir() else given
        own = reads.is_project_config(file)
    try:
        # Of the project's own, every setting tells of itself.
        with reads.aside() if own else contextlib.nullcontext():
            text = reads.read_bytes(file).decode("utf-8-sig")
    except OSError as error:
        raise InnocapError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InnocapError(f"{file}: is not UTF-8 text; save it as UTF-8") from None
    content, lines = parse_yaml(text, file.name)
    try:
        settings = Settings.model_validate(content)
    except ValidationError as error:
        faults = [tell_fault(fault, lines) for fault in error.errors()]
        raise InnocapError(f"{file.name}: " + "\n  ".join(faults)) from None
    with reads.aside():
        settings._root, settings._lines = file.resolve().parent, lines
    if own:
        settings.take_names()
    return settings
