"""Peers: places of the same kind, by a rule that can be said in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.figures import check_count, is_number, rank_figures
from innocap_analysis.partners import PeerRule

LEAST = 10  # peers that any rule gives, where there are so many places at all
# How far the rule by class was widened until there were enough.
NARROW, WIDER, ANY_SPARSITY, ANY_SPARSITY_WIDER, ANY_SIZE, ANY_CLASS, BY_SIZE = range(7)
CLASS_COLUMNS = ("rurality", "sparse", "population")
NEAR_COLUMNS = ("population", "density", "around")


@dataclass(frozen=True)
class PeerGroup:
    """The places that one is compared with.

    Attributes
    ----------
    codes : list of str
        Without the place itself, nearest in population first.
    rule : str
        ``class``, ``nearest``, or ``all`` where nothing is known to choose by.
    step : int
        How far the rule by class was widened, from `NARROW` (0) to `BY_SIZE` (6).
    factor : float
        Populations are within this factor of its own; infinite where size does not count.
    """

    codes: list[str]
    rule: str
    step: int
    factor: float


def group_by_class(
    pool: pd.DataFrame, code: str, *, factor: float = 2.0, least: int = LEAST
) -> PeerGroup:
    """Group the places of the same class of rurality and the same order of size.

    Taken in this order until there are enough: same class, sparsely populated or not like it,
    population within `factor`, then within its square; the same two of any sparsity; same class
    of any size; any class within the square of `factor`; the `least` nearest in population.

    Parameters
    ----------
    pool : DataFrame
        Places by code, with `rurality`, `sparse` and `population`.
    code : str
        The place.
    factor : float
        How many times larger or smaller a peer may be.
    least : int
        How many peers there must be.

    Returns
    -------
    PeerGroup
        At least `least` places, or everyone there is.

    Raises
    ------
    InnocapError
        The place is not in the pool, or an option makes no sense.

    Examples
    --------
    >>> pool = pd.DataFrame({"rurality": 3, "sparse": True, "population": [9.0, 10, 30]},
    ...                     index=["a", "b", "c"])
    >>> group_by_class(pool, "a", least=1).codes
    ['b']
    """
    _check(pool, code, least, CLASS_COLUMNS)
    if not (is_number(factor) and factor > 1):
        raise InnocapError(f"factor: must be above 1, found {factor!r}")
    own, others = pool.loc[code], pool.drop(index=code)
    same = (others["rurality"] == own["rurality"]).to_numpy()
    alike = same & (others["sparse"] == own["sparse"]).to_numpy()
    apart = _measure_apart(others["population"], own["population"])
    near, wider = apart <= np.log(factor) + 1e-12, apart <= 2 * np.log(factor) + 1e-12
    order = np.argsort(apart, kind="stable")
    nearest = np.zeros(len(others), bool)
    nearest[order[:least]] = True
    steps = [alike & near, alike & wider, same & near, same & wider, same, wider, nearest]
    step = next((i for i, chosen in enumerate(steps) if chosen.sum() >= least), BY_SIZE)
    limits = [factor, factor**2, factor, factor**2, np.inf, factor**2, np.inf]
    codes = [str(others.index[i]) for i in order if steps[step][i]]
    return PeerGroup(codes, "class", step, float(limits[step]))


def find_nearest(pool: pd.DataFrame, code: str, *, number: int = 15) -> PeerGroup:
    """Find the places nearest in size, density and remoteness.

    Each is taken as a logarithm, divided by its standard deviation over the pool; the distance
    is Euclid's. Remoteness is how thinly what surrounds a place is populated.

    Parameters
    ----------
    pool : DataFrame
        Places by code, with `population`, `density` and `around`.
    code : str
        The place.
    number : int
        How many to find.

    Returns
    -------
    PeerGroup
        The nearest first.

    Raises
    ------
    InnocapError
        The place is not in the pool, or `number` is below one.

    Examples
    --------
    >>> pool = pd.DataFrame({"population": [1.0, 2, 9], "density": [1.0, 2, 9], "around": 1.0},
    ...                     index=["a", "b", "c"])
    >>> find_nearest(pool, "a", number=1).codes
    ['b']
    """
    _check(pool, code, number, NEAR_COLUMNS)
    # Of whom something is not known it is not known how near they are.
    pool = pool.dropna(subset=list(NEAR_COLUMNS))
    x = np.log(np.maximum(pool[list(NEAR_COLUMNS)].to_numpy(float), 1e-6))
    spread = x.std(axis=0)
    z = (x - x.mean(axis=0)) / np.where(spread > 1e-12, spread, 1.0)
    here = pool.index.get_loc(code)
    distance = np.sqrt(((z - z[here]) ** 2).sum(axis=1))
    distance[here] = np.inf
    order = np.argsort(distance, kind="stable")[: min(number, len(pool) - 1)]
    return PeerGroup([str(pool.index[i]) for i in order], "nearest", NARROW, np.inf)


def group_peers(
    places: pd.DataFrame, units: Sequence[str], code: str, rule: PeerRule, countries: pd.Series
) -> PeerGroup:
    """Group the units of an index that are like one of them, by the project's rule.

    Those of its own country, where there are enough, else all; where the table of places knows
    nothing of one of them, all of these.
    """
    own = [unit for unit in units if countries[unit] == countries[code]]
    among = own if len(own) > rule.least else list(units)
    pool = places.reindex([unit for unit in among if unit in places.index])
    columns = NEAR_COLUMNS if rule.rule == "nearest" else CLASS_COLUMNS
    pool = pool.dropna(subset=[column for column in columns if column in pool])
    if code not in pool.index or len(pool) < len(among):
        return PeerGroup([unit for unit in among if unit != code], "all", NARROW, np.inf)
    if rule.rule == "nearest":
        return find_nearest(pool, code, number=rule.number)
    return group_by_class(pool, code, factor=rule.factor, least=rule.least)


def _check(pool: pd.DataFrame, code: str, least: int, columns: tuple[str, ...]) -> None:
    if code not in pool.index:
        raise InnocapError(f"place {code!r} is not among those that it could be compared with")
    missing = [column for column in columns if column not in pool]
    if missing:
        raise InnocapError(f"peers: column {missing[0]!r} is missing")
    if pool.index.has_duplicates:
        raise InnocapError(f"peers: place {pool.index[pool.index.duplicated()][0]!r} occurs twice")
    lost = [column for column in columns if pd.isna(pool.at[code, column])]
    if lost:
        raise InnocapError(f"peers: place {code!r} has no {lost[0]} to be compared by")
    check_count("peers: least", least)


def _measure_apart(sizes: pd.Series, own: float) -> np.ndarray:
    """Return how many times larger or smaller each size is, as a logarithm."""
    return np.asarray(np.abs(np.log(np.maximum(sizes.to_numpy(float), 0.5) / max(own, 0.5))))


@dataclass(frozen=True)
class Standing:
    """Where one figure stands among others.

    Attributes
    ----------
    rank : float
        1 is the highest; who has the same shares the best place; NaN without a figure.
    n : int
        Figures that there are, its own included.
    shared : int
        Others that have the same figure.
    above, below : int
        Others that have a higher and a lower one.
    median : float
        Of the others; NaN where there are none.
    telling : bool
        Whether the figures differ at all.
    """

    rank: float
    n: int
    shared: int
    above: int
    below: int
    median: float
    telling: bool


def stand_among(values: pd.Series, code: str, *, higher: bool = True) -> Standing:
    """Say where the figure of a place stands among those of others.

    Parameters
    ----------
    values : Series
        Figures by code; what has none does not count.
    code : str
        The place.
    higher : bool
        Whether the highest figure is first, else the lowest.

    Returns
    -------
    Standing
        Rank, ties and median.

    Examples
    --------
    >>> stand_among(pd.Series({"a": 3.0, "b": 3.0, "c": 1.0}), "b").shared
    1
    """
    known = values.dropna().astype(float)
    own = float(known.get(code, np.nan))
    others = known.drop(index=code, errors="ignore")
    ranks = pd.Series(rank_figures(known.to_numpy()[None], descending=higher)[0], known.index)
    lowest = rank_figures(known.to_numpy()[None], descending=not higher)[0]
    telling = len(known) > 1 and bool((ranks != ranks.iloc[0]).any())
    median = float(others.median()) if len(others) else np.nan
    if np.isnan(own):
        return Standing(np.nan, len(known), 0, 0, 0, median, telling)
    rank = float(ranks[code])
    shared = int((ranks == rank).sum()) - 1
    first, last = int(rank) - 1, int(lowest[known.index.get_loc(code)]) - 1
    above, below = (first, last) if higher else (last, first)
    return Standing(rank, len(known), shared, above, below, median, telling)
