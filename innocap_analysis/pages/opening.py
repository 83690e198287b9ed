"""Opening a view of the published figures: the first thing that notebooks on the index do."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.data.units import find_unit
from innocap_analysis.index.capacity import CapacityData, load_capacity
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.view import COMPARISON
from innocap_analysis.settings import Settings, load_settings


def open_view(
    page: str,
    *,
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
    region : str, optional
        Country or region that the page is about. Default: it compares all countries.
    language : str
        Language of everything shown.
    reference : str or sequence of str, optional
        Name of a reference set, or the countries themselves. Default: the first set of the
        settings.
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
    config = settings or (capacity.settings if capacity else load_settings())
    data = capacity or load_capacity(year=year, settings=config)
    place = None if region is None else find_unit(region, config)
    whom = reference or next(iter(config.reference_sets))
    if isinstance(whom, str):
        config.check_reference(whom)
    else:
        whom = tuple(data.reference_units(whom))
    return IndexView(
        data.settings, data.codebook, config.check_language(language),
        page=f"{page}{config.variant_suffix}",
        folder=COMPARISON if place is None else place.code,
        capacity=data,
        reference=whom,
        place=place, year=year, n=runs, seed=seed,
    )  # fmt: skip
