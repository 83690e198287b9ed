"""Opening a view of the published figures: the first thing that notebooks on the index do."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.data.levels import COUNTRY
from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData, load_capacity
from innocap_analysis.index.figures import check_count
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.shared import copy_result
from innocap_analysis.pages.view import COMPARISON
from innocap_analysis.partners import PEERS
from innocap_analysis.reads import keep
from innocap_analysis.settings import Settings, load_settings


def open_view(
    page: str,
    *,
    index: str | None = None,
    region: str | None = None,
    language: str = "en",
    reference: str | Sequence[str] | None = None,
    year: int | None = None,
    runs: int = 2000,
    seed: int = 1,
    capacity: CapacityData | None = None,
    settings: Settings | None = None,
) -> IndexView:
    """Open a view of the published figures, as every notebook about the index does first.

    Parameters
    ----------
    page : str
        Number of the notebook, such as ``"40"``.
    index : str, optional
        One of the indexes that ``innocap.yml`` lists. Default: that of its top level.
    region : str, optional
        Unit of the index that the page is about: of an index of countries, a country, or a region
        of which every text then says that the figures are its country's. Default: the page
        compares all.
    language : str
        Language of everything shown.
    reference : str or sequence of str, optional
        Name of a reference set, or the units themselves. Default: the first set of the index;
        where its units are no countries and the page is about one, ``peers``: those like it.
    year : int, optional
        Use nothing later than this year. Default: the newest figures.
    runs, seed : int
        Number and seed of the sensitivity runs.
    capacity : CapacityData, optional
        Scored data, such as a what-if. Default: the project's.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    IndexView
        Hand it to the functions of the page's module; ``view.show`` saves and shows a figure.

    Raises
    ------
    InnocapError
        A name is unknown, or the figures are faulty.

    Examples
    --------
    >>> view = open_view("60", region="SE")
    >>> view.verdict("SE", "SKL")
    'ahead'
    """
    if not (capacity is None or isinstance(capacity, CapacityData)):
        raise InnocapError(f"capacity: expected what load_capacity returns, found {capacity!r}")
    if isinstance(reference, Sequence) and not isinstance(reference, str) and not len(reference):
        raise InnocapError("reference: names no unit; leave it out for the default")
    check_count("runs", runs)
    check_count("seed", seed, least=0)
    config = settings or (capacity.settings if capacity else load_settings())
    if index is not None:
        config = config.choose(index)
    if capacity is None and settings is None:
        data = _read_capacity(config, year)
    else:
        data = capacity or load_capacity(year=year, settings=config)
    config = data.settings
    place = None if region is None else data.names.find(region, data.units)
    many = data.level != COUNTRY
    whom = reference or (PEERS if many and place else next(iter(config.sets)))
    if not isinstance(whom, str):
        whom = tuple(data.reference_units(whom))
    elif whom == PEERS and many and not place:
        raise InnocapError("reference 'peers': are those of one unit; say of which, as region")
    elif not (whom == PEERS and many):
        config.check_reference(whom)
    _refuse_mixed(data)
    suffix = config.variant_suffix
    if config.index and f"@{config.index}@" not in f"{suffix}@":
        suffix = f"@{config.index}{suffix}"
    return IndexView(
        config, data.codebook, config.check_language(language),
        page=f"{page}{suffix}",
        folder=COMPARISON if place is None else place.code,
        capacity=data,
        reference=whom,
        place=place, year=year, n=runs, seed=seed,
    )  # fmt: skip


def _read_capacity(settings: Settings, year: int | None) -> CapacityData:
    """Read and score the project's figures, once for all pages of a batch that look at them."""
    key = "capacity", settings.index, year
    made = keep(key, lambda: load_capacity(year=year, settings=settings), settings.hash_read)
    return copy_result(made)


def _refuse_mixed(data: CapacityData) -> None:
    """Refuse indicators beside dimensions: pages tell of an index by one or the other."""
    book = data.codebook
    below = book.children(data.root)
    beside = [code for code in below if code in book.leaves]
    if beside and len(beside) < len(below):
        raise InnocapError(
            f"{book.name}: {', '.join(beside)} lie directly below {data.root}, beside dimensions; "
            "give each a parent of the kind 'group', or take all groups out"
        )
