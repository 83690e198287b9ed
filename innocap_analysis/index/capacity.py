"""An index of the project, scored once over all its units: what every notebook starts from."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from innocap_analysis.data.flags import read_flags
from innocap_analysis.data.levels import COUNTRY, UnitNames
from innocap_analysis.data.observations import (
    PreparedData,
    find_processed,
    keep_newest,
    prepare_data,
    widen,
    write_processed,
)
from innocap_analysis.data.units import name_country, read_regions
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_table
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.factors import Factor
from innocap_analysis.index.figures import ScoreWarning, check_count, check_labels
from innocap_analysis.index.peers import PeerGroup, group_peers
from innocap_analysis.index.runs import SensitivityResult
from innocap_analysis.index.score import IndexResult, score_index
from innocap_analysis.index.sensitivity import run_sensitivity
from innocap_analysis.settings import Settings, load_settings


@dataclass(frozen=True)
class CapacityData:
    """Figures of all units of an index and the scores made from them.

    Attributes
    ----------
    settings : Settings
        The project's configuration, as seen from the index.
    codebook : Codebook
        The index.
    prepared : PreparedData
        Observations of every year and the cleaning log.
    observations : DataFrame
        One row per unit and indicator: the newest, or the newest up to the chosen year.
    values : DataFrame
        Units x every code of the codebook with a figure, raw units.
    result : IndexResult
        Scores of all units together.
    """

    settings: Settings
    codebook: Codebook
    prepared: PreparedData
    observations: pd.DataFrame
    values: pd.DataFrame
    result: IndexResult

    @property
    def level(self) -> str:
        """What the units are: countries, regions, districts or municipalities."""
        return self.prepared.level

    @property
    def countries(self) -> list[str]:
        """Partner countries, in the order of the settings."""
        return list(self.settings.countries)

    @property
    def units(self) -> list[str]:
        """Whom the index is for: the partner countries, or all units of another level."""
        return self.countries if self.level == COUNTRY else list(self.values.index)

    @cached_property
    def owners(self) -> pd.Series:
        """Country of every unit."""
        return pd.Series({unit: self.names.country(unit) for unit in self.values.index})

    @cached_property
    def names(self) -> UnitNames:
        """Names and countries of the units."""
        return UnitNames(self.settings, self.level)

    def group_peers(self, unit: str) -> PeerGroup:
        """Return the units that one is compared with, by the rule in the settings."""
        places = self.names.places
        table = pd.DataFrame() if places is None else places.table
        return group_peers(table, self.units, unit, self.settings.peers, self.owners)

    @cached_property
    def digest(self) -> str:
        """sha256 of all that scores depend on: figures, codebook and the rule of coverage."""
        tables = self.values.to_csv(), self.codebook.table.to_csv()
        told = "\n".join([*tables, repr(self.settings.min_coverage)])
        return hashlib.sha256(told.encode("utf-8")).hexdigest()

    @property
    def root(self) -> str:
        """Code of the overall index."""
        return self.codebook.indexes[0]

    @property
    def dimensions(self) -> list[str]:
        """Codes of the dimensions."""
        return self.codebook.dimensions

    @cached_property
    def regional(self) -> pd.DataFrame:
        """Regions x context codes: newest values of the regional indicators.

        Every region and indicator with a figure of any year has its place, NaN where the
        chosen year is earlier than the figure.
        """
        every = self.prepared.observations
        every = every[every["unit"].isin(self.region_countries)]
        chosen = self.observations[self.observations["unit"].isin(every["unit"])]
        codes = [code for code in self.codebook.context if code in set(every["code"])]
        own = [code for code in codes if code in set(chosen["code"])]
        return widen(chosen, own).reindex(index=sorted(set(every["unit"])), columns=codes)

    @cached_property
    def region_countries(self) -> dict[str, str]:
        """Country of each statistical region."""
        table = read_regions(self.settings.regions_path)
        return {str(unit): str(country) for unit, country in table["country"].items()}

    @cached_property
    def flags(self) -> pd.DataFrame:
        """Known weaknesses of single figures: `code`, `unit`, `flag`, `source`, `note_en`, …."""
        flags = read_flags(self.settings.flags_path)
        return flags[flags["code"].isin(self.codebook.table.index)].reset_index(drop=True)

    def with_codebook(self, codebook: Codebook | pd.DataFrame | str | Path) -> CapacityData:
        """Return the same figures scored by another index.

        Parameters
        ----------
        codebook : Codebook, DataFrame, str or Path
            Another index over the same figures, such as one from
            :func:`~innocap_analysis.change_codebook`.

        Returns
        -------
        CapacityData
            A what-if: hand it to :func:`~innocap_analysis.open_view`, and every figure and table
            is of it.

        Examples
        --------
        >>> from innocap_analysis import change_codebook, load_capacity
        >>> capacity = load_capacity()
        >>> book = change_codebook(capacity.codebook, aggregate={"INNOCAP": "geometric"})
        >>> one, other = capacity, capacity.with_codebook(book)
        >>> bool(other.result.scores.at["SE", "INNOCAP"] < one.result.scores.at["SE", "INNOCAP"])
        True
        """
        book = read_codebook(codebook)
        return replace(self, codebook=book, result=_score(self.values, book, self.settings))

    def simulate(
        self,
        *,
        n: int = 2000,
        seed: int = 1,
        factors: Sequence[Factor] | None = None,
        sobol: bool = False,
        keep: Sequence[str] | None = None,
        codes: Sequence[str] | None = None,
    ) -> SensitivityResult:
        """Score the index many times under other choices, with the project's own coverage rule.

        Parameters
        ----------
        n, seed, factors, sobol, keep, codes
            As in :func:`~innocap_analysis.index.sensitivity.run_sensitivity`.

        Returns
        -------
        SensitivityResult
            Choices and scores of every run.
        """
        return run_sensitivity(
            self.values, self.codebook, factors=factors, n=n, seed=seed, sobol=sobol, keep=keep,
            codes=codes, min_coverage=self.settings.min_coverage,
        )  # fmt: skip

    def reference_units(self, reference: str | Sequence[str]) -> list[str]:
        """Return the units of a reference set that have data, in alphabetical order.

        Parameters
        ----------
        reference : str or sequence of str
            Name of a set in the settings, or the countries themselves.

        Returns
        -------
        list of str
            Country codes.

        Raises
        ------
        InnocapError
            There is no such set, or it names a country without data.
        """
        if not isinstance(reference, str):
            named = check_labels("reference", reference, self.values.index)
            if not named:
                raise InnocapError("reference: names no country")
            return sorted(named)
        members = self.settings.sets[self.settings.check_reference(reference)]
        if members is None:
            return list(self.values.index)
        unknown = sorted(set(members) - set(self.values.index))
        if unknown:
            place = self.settings.locate("reference_sets", reference)
            raise InnocapError(f"{place}: no data for {', '.join(unknown)}")
        return sorted(members)


def load_capacity(
    *, index: str | None = None, year: int | None = None, settings: Settings | None = None
) -> CapacityData:
    """Read and verify raw figures; score all units of an index together (METHODS.md, section 1).

    Parameters
    ----------
    index : str, optional
        One of the indexes that ``innocap.yml`` lists. Default: that of its top level, or the one
        that `settings` are seen from.
    year : int, optional
        Use nothing later than this year. Default: the newest value of each indicator.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    CapacityData
        Observations, values and scores; select the units to show, never to score.

    Raises
    ------
    InnocapError
        The settings, the codebook or a raw file is faulty, or no figure is old enough.

    Examples
    --------
    >>> capacity = load_capacity()
    >>> bool(capacity.result.scores.loc["SE", "INNOCAP"] > 0)
    True
    """
    if year is not None:
        check_count("year", year)
    config = settings or load_settings()
    if index is not None:
        config = config.choose(index)
    book = read_codebook(config.codebook_path)
    prepared = prepare_indicators(config, book)
    faults = list_unmeasured(prepared, config)
    if faults:
        raise InnocapError("\n  ".join(faults))
    selected = keep_newest(prepared.observations, year)
    values = widen_units(selected, book, prepared, config)
    if values.empty:
        first = prepared.observations["time"].min()
        raise InnocapError(f"year {year}: there are no figures so early; the first are of {first}")
    result = _score(values, book, config)
    lost = _list_unscored(result, config) if prepared.level == COUNTRY else []
    if year is not None and lost:
        # Who has no overall score of the newest figures either is shown as not measured.
        newest = load_capacity(settings=config).result
        lost = [unit for unit in lost if unit not in _list_unscored(newest, config)]
    if lost and year is not None:
        raise InnocapError(
            f"year {year}: too few figures are so old that {', '.join(lost)} could have an overall "
            "score; choose a later year, or none for the newest figures"
        )
    return CapacityData(config, book, prepared, selected, values, result)


def _score(values: pd.DataFrame, book: Codebook, settings: Settings) -> IndexResult:
    if len(book.indexes) != 1:
        raise InnocapError(f"{book.name}: expected one index, found {len(book.indexes)}")
    with warnings.catch_warnings():
        # The foot of every page names these indicators; see `pages.index_view`.
        warnings.filterwarnings("ignore", message=".*no value at all", category=ScoreWarning)
        return score_index(values, book, min_coverage=settings.min_coverage)


def prepare_indicators(settings: Settings, codebook: Codebook | None = None) -> PreparedData:
    """Read, verify and clean the raw figures of the codebook's codes (default: the project's)."""
    book = codebook or read_codebook(settings.codebook_path)
    known = {*book.table.index, *book.inputs}
    return prepare_data(settings, known=known, scored=book.leaves)


def _list_unscored(result: IndexResult, settings: Settings) -> list[str]:
    scores = result.scores[result.codebook.indexes[0]]
    return [unit for unit in settings.countries if pd.isna(scores[unit])]


def list_unmeasured(prepared: PreparedData, settings: Settings) -> list[str]:
    """List what has not a single figure: partner countries, or the index as a whole."""
    known = set(prepared.observations["unit"])
    if prepared.level != COUNTRY:
        if prepared.list_units(prepared.observations):
            return []
        place = settings.locate("indexes", settings.index) if settings.index else "innocap.yml"
        return [
            f"{place}: data/raw holds no figure of a {prepared.level} on an indicator of "
            f"{settings.codebook_path.name}; add some, or mend codebook or level"
        ]
    return [
        f"{settings.locate('countries', code)}: data/raw holds no figure of {name_country(code)}; "
        "add some or remove the country"
        for code in settings.countries
        if code not in known
    ]


def widen_units(
    selected: pd.DataFrame, codebook: Codebook, prepared: PreparedData, settings: Settings
) -> pd.DataFrame:
    """Return units x codes: the figures of all units of the index's level."""
    own = selected[selected["unit"].isin(prepared.list_units(selected))]
    if own.empty:
        return pd.DataFrame()
    measured = {*own["code"], *codebook.leaves}
    codes = dict.fromkeys([*codebook.table.index, *codebook.inputs])
    values = widen(own, [code for code in codes if code in measured])
    partners = list(settings.countries) if prepared.level == COUNTRY else []
    return values.reindex(values.index.union(partners))


def write_scores(settings: Settings) -> pd.DataFrame:
    """Rebuild the index's tables in ``data/processed`` from the raw files, scores included."""
    capacity = load_capacity(settings=settings)
    write_processed(settings, capacity.prepared)
    newest = int(capacity.observations["time"].max())
    scores = capacity.result.to_long(time=newest)
    write_table(find_processed(settings) / "scores.csv", scores)
    return scores
