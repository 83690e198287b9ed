"""The project's own data, scored once and pooled: what every notebook starts from."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from innocap_analysis.codebook import Codebook, read_codebook
from innocap_analysis.prepare.clean import select_year, widen
from innocap_analysis.prepare.files import write_table
from innocap_analysis.prepare.flags import read_flags
from innocap_analysis.prepare.observations import PreparedData, prepare_data, write_processed
from innocap_analysis.prepare.units import read_regions
from innocap_analysis.score.factors import Factor
from innocap_analysis.score.index import IndexResult, score_index
from innocap_analysis.score.normalise import ScoreWarning
from innocap_analysis.score.sensitivity import SensitivityResult, run_sensitivity
from innocap_analysis.settings import InnocapError, Settings, load_settings


@dataclass(frozen=True)
class CapacityData:
    """Published figures of all countries and the scores made from them.

    Attributes
    ----------
    settings : Settings
        The project's configuration.
    codebook : Codebook
        The default index.
    prepared : PreparedData
        Observations of every year and the cleaning log.
    observations : DataFrame
        One row per unit and indicator: the newest, or the newest up to the chosen year.
    values : DataFrame
        Countries x every code of the codebook with a national figure, raw units.
    result : IndexResult
        Scores of all countries together.
    """

    settings: Settings
    codebook: Codebook
    prepared: PreparedData
    observations: pd.DataFrame
    values: pd.DataFrame
    result: IndexResult

    @property
    def countries(self) -> list[str]:
        """Partner countries, in the order of the settings."""
        return list(self.settings.countries)

    @property
    def root(self) -> str:
        """Code of the overall index."""
        return self.codebook.indexes[0]

    @property
    def dimensions(self) -> list[str]:
        """Codes of the dimensions."""
        return self.codebook.children(self.root)

    @cached_property
    def regional(self) -> pd.DataFrame:
        """Regions x context codes: newest values of the regional indicators.

        Every region and indicator with a figure of any year has its place, NaN where the
        chosen year is earlier than the figure.
        """
        national = set(self.values.index)
        every = self.prepared.observations
        every = every[~every["unit"].isin(national) & (every["unit"].str.len() > 2)]
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
        """Known weaknesses of single figures; see :func:`~innocap_analysis.prepare.flags`."""
        return read_flags(self.settings.flags_path, codes=list(self.codebook.table.index))

    def simulate(
        self,
        *,
        n: int = 2000,
        seed: int = 1,
        factors: Sequence[Factor] | None = None,
        sobol: bool = False,
    ) -> SensitivityResult:
        """Score the index many times under other choices, with the project's own coverage rule.

        Parameters
        ----------
        n, seed, factors, sobol
            As in :func:`~innocap_analysis.score.sensitivity.run_sensitivity`.

        Returns
        -------
        SensitivityResult
            Choices and scores of every run.
        """
        return run_sensitivity(
            self.values, self.codebook, factors=factors, n=n, seed=seed, sobol=sobol,
            min_coverage=self.settings.min_coverage,
        )  # fmt: skip

    def reference_units(self, reference: str) -> list[str]:
        """Return the countries of a reference set that have data, in alphabetical order.

        Parameters
        ----------
        reference : str
            Name of a set in the settings.

        Returns
        -------
        list of str
            Country codes.

        Raises
        ------
        InnocapError
            There is no such set, or it names a country without data.
        """
        members = self.settings.reference_sets[self.settings.check_reference(reference)]
        if members is None:
            return list(self.values.index)
        unknown = sorted(set(members) - set(self.values.index))
        if unknown:
            raise InnocapError(
                f"innocap.yml, reference_sets.{reference}: no data for {', '.join(unknown)}"
            )
        return sorted(members)


def load_capacity(*, year: int | None = None, settings: Settings | None = None) -> CapacityData:
    """Read the raw figures, verify them, and score all countries together.

    Parameters
    ----------
    year : int, optional
        Use nothing later than this year. Default: the newest value of each indicator.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    CapacityData
        Observations, values and scores; select the countries to show, never to score.

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
    config = settings or load_settings()
    book = read_codebook(config.codebook_path)
    if len(book.indexes) != 1:
        raise InnocapError(f"{book.name}: expected one index, found {len(book.indexes)}")
    prepared = prepare_data(config, book)
    selected, _ = select_year(prepared.observations, year)
    countries = [unit for unit in selected["unit"].unique() if len(unit) == 2]
    national = selected[selected["unit"].isin(countries)]
    if national.empty:
        first = prepared.observations["time"].min()
        raise InnocapError(f"year {year}: there are no figures so early; the first are of {first}")
    measured = set(national["code"])
    values = widen(national, [code for code in book.table.index if code in measured])
    values = values.reindex(columns=values.columns.union(book.leaves, sort=False))
    with warnings.catch_warnings():
        # The foot of every page names these indicators; see `pages.index_view`.
        warnings.filterwarnings("ignore", message=".*no value at all", category=ScoreWarning)
        result = score_index(values, book, min_coverage=config.min_coverage)
    lost = [u for u in config.countries if pd.isna(result.scores[book.indexes[0]].get(u))]
    if year is not None and lost:
        raise InnocapError(
            f"year {year}: too few figures are so old that {', '.join(lost)} could have an overall "
            "score; choose a later year, or none for the newest figures"
        )
    return CapacityData(config, book, prepared, selected, values, result)


def check_year(year: int, settings: Settings) -> None:
    """Check that every partner country can be scored as of a year.

    Parameters
    ----------
    year : int
        Nothing later is used.
    settings : Settings
        The project.

    Raises
    ------
    InnocapError
        The year is too early.
    """
    load_capacity(year=year, settings=settings)


def write_scores(settings: Settings) -> pd.DataFrame:
    """Rebuild ``data/processed`` from the raw files, scores included.

    Parameters
    ----------
    settings : Settings
        Names the folders.

    Returns
    -------
    DataFrame
        The scores table (see :meth:`IndexResult.to_long`), as written to ``scores.csv``.

    Raises
    ------
    InnocapError
        As :func:`load_capacity`; then nothing is written.
    """
    capacity = load_capacity(settings=settings)
    write_processed(settings)
    newest = int(capacity.observations["time"].max())
    scores = capacity.result.to_long(time=newest)
    write_table(settings.processed_dir / "scores.csv", scores)
    return scores
