"""What is measured of regions and of levels of government, beside the index: never scored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from innocap_analysis.data.observations import keep_newest
from innocap_analysis.data.places import Places, find_resources
from innocap_analysis.data.raw import read_raw_table
from innocap_analysis.errors import InnocapError
from innocap_analysis.files import parse_texts, read_text
from innocap_analysis.settings import Settings

CENTRAL, REGIONAL, LOCAL = "central", "regional", "local"
GOVERNMENT, REGION, POLICY = "government", "region", "policy"  # kinds of rows in local.csv
_COLUMNS = ("code", "kind", "label_en", "unit", "source")


@dataclass(frozen=True)
class LocalFigures:
    """Figures about levels of government, regions and policy.

    Attributes
    ----------
    labels : DataFrame
        By `code`: `kind`, `label_<language>`, `unit`, `source`.
    government : DataFrame
        Columns `country`, `code`, `level`, `value`, `services`, `websites`, `year`; only what
        its publisher's own services give when the mean is taken again.
    regions : DataFrame
        Columns `unit`, `code`, `time`, `value`: newest figure of every region.
    policy : DataFrame
        Columns `country`, `code`, `year`, `value`: classes, to be shown and never averaged.
    """

    labels: pd.DataFrame
    government: pd.DataFrame
    regions: pd.DataFrame
    policy: pd.DataFrame

    @cached_property
    def by_region(self) -> pd.DataFrame:
        """Regions x codes of what is measured of regions."""
        return self.regions.pivot(index="unit", columns="code", values="value")

    @cached_property
    def levels(self) -> pd.DataFrame:
        """Central and local government side by side: one row per country and code."""
        return compare_levels(self.government)


def read_local(settings: Settings, places: Places, observations: pd.DataFrame) -> LocalFigures:
    """Read what is measured of levels of government and regions.

    Parameters
    ----------
    settings : Settings
        Says where the files are.
    places : Places
        Whose regions are shown.
    observations : DataFrame
        Of the index, as :func:`~innocap_analysis.index.capacity.prepare_indicators` gives them:
        those of regions are shown as well.

    Returns
    -------
    LocalFigures
        Nothing of it is scored.

    Raises
    ------
    InnocapError
        A file is missing or was edited.
    """
    labels = read_labels(settings)
    level, internet, policy = (
        read_raw_table(one)
        for one in find_resources(
            settings,
            ("ec_egovernment_by_level", "eurostat_daily_internet_use",
             "innovation_procurement_policy"),
        )
    )  # fmt: skip
    return LocalFigures(
        labels,
        _take_government(level, labels),
        _take_regions(internet, observations, places, labels),
        policy[policy["indicator"].isin(labels.index)].rename(columns={"indicator": "code"}),
    )


def read_labels(settings: Settings) -> pd.DataFrame:
    """Read the table of what is measured of places and of levels of government."""
    path = settings.local_path
    table = parse_texts(read_text(path), path.name)
    missing = [column for column in _COLUMNS if column not in table]
    if missing:
        raise InnocapError(f"{path.name}: column {missing[0]!r} is missing")
    return table.set_index("code")


def _take_government(raw: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the indicators that are shown; what does not recompute is left out."""
    codes = labels.index[labels["kind"] == GOVERNMENT]
    own = raw[raw["indicator"].isin(codes) & (raw["check"] == "equal")]
    return own.rename(columns={"indicator": "code", "government_level": "level"})[
        ["country", "code", "level", "value", "services", "websites", "year"]
    ].reset_index(drop=True)


def _take_regions(
    internet: pd.DataFrame, observations: pd.DataFrame, places: Places, labels: pd.DataFrame
) -> pd.DataFrame:
    """Return the newest figure of each region; regions of older codes have none any more."""
    regions = places.table.index[places.table["level"] == "region"]
    more = internet.rename(columns={"region": "unit", "indicator": "code", "year": "time"})
    own = more[(more["time"] == more["time"].max()) & more["code"].isin(labels.index)]
    columns = ["unit", "time", "code", "value"]
    both = pd.concat([keep_newest(observations)[columns], own[columns]], ignore_index=True)
    kept = both[both["unit"].isin(regions)]
    return kept.sort_values(["unit", "code"], ignore_index=True)


def compare_levels(government: pd.DataFrame) -> pd.DataFrame:
    """Put the local level of government beside the central one.

    Parameters
    ----------
    government : DataFrame
        Columns `country`, `code`, `level`, `value`, `services`.

    Returns
    -------
    DataFrame
        One row per country and code that has both: `country`, `code`, `central`, `local`, `gap`
        (central less local), `services_central`, `services_local`.

    Examples
    --------
    >>> rows = {"country": ["SE", "SE"], "code": ["A", "A"], "level": ["central", "local"],
    ...         "value": [51.0, 7.0], "services": [48, 3]}
    >>> float(compare_levels(pd.DataFrame(rows))["gap"].iloc[0])
    44.0
    """
    sides = []
    for level in (CENTRAL, LOCAL):
        own = government.loc[government["level"] == level, ["country", "code", "value", "services"]]
        sides.append(own.rename(columns={"value": level, "services": f"services_{level}"}))
    both = sides[0].merge(sides[1], on=["country", "code"], how="inner")
    return both.assign(gap=both[CENTRAL] - both[LOCAL])
