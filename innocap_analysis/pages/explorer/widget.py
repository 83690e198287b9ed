"""The explorer as a widget: what is moved in the browser is an index in the kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import anywidget
import ipywidgets
import traitlets

from innocap_analysis.errors import InnocapError
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.codebook import Codebook
from innocap_analysis.index.figures import check_labels, check_word, is_number, name_some
from innocap_analysis.index.means import find_mean
from innocap_analysis.pages.explorer.content import (
    apply_choices,
    collect_content,
    read_module,
    read_style,
)
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.opening import open_view
from innocap_analysis.settings import Settings


class Explorer(anywidget.AnyWidget):
    """An index whose choices are made in the browser, in the kernel, or in both.

    Attributes
    ----------
    weights : dict of str to float
        Weights that are other than the codebook's, by code.
    left_out : list of str
        Indicators and groups that do not count.
    mean, within : str
        How the dimensions are combined, and the indicators of each, in the words of a codebook;
        empty: as the codebook says.
    normalise : str
        How every indicator is brought to one scale; empty: as the codebook says.
    reference : str
        The reference set that is held against.
    unit : str
        The country that is told of.
    """

    _esm = read_module()
    _css = read_style()

    weights: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    left_out: traitlets.List[Any] = traitlets.List().tag(sync=True)
    mean = traitlets.Unicode().tag(sync=True)
    within = traitlets.Unicode().tag(sync=True)
    normalise = traitlets.Unicode().tag(sync=True)
    reference = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    _data: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)

    def __init__(self, view: IndexView) -> None:
        self._view = view
        content = collect_content(view)
        self._known: dict[str, list[str]] = {
            "reference": list(content["references"]),
            "unit": content["units"],
            "normalise": ["", *content["normalisations"]],
        }
        super().__init__(_data=content, reference=content["reference"], unit=content["unit"])

    @property
    def codebook(self) -> Codebook:
        """The index as it is chosen now."""
        return apply_choices(
            self._view.codebook,
            weights=self.weights,
            left_out=self.left_out,
            mean=self.mean,
            within=self.within,
            normalise=self.normalise,
        )

    @property
    def capacity(self) -> CapacityData:
        """The same figures scored by it: a what-if that every figure takes."""
        return self._view.capacity.with_codebook(self.codebook)

    def open_view(self, page: str) -> IndexView:
        """Return a view of what is chosen now, as the notebook with that number opens it.

        Parameters
        ----------
        page : str
            Number of the notebook, such as ``"60"``.

        Returns
        -------
        IndexView
            About the chosen country, held against the chosen reference set. Its figures say that
            they are of another index than the report's, where they are.

        Raises
        ------
        InnocapError
            The chosen country is none of the project's, or nothing is left of the index.
        """
        view = self._view
        if self.unit not in view.compared:
            raise InnocapError(
                f"unit {self.unit!r}: figures are drawn of {name_some(view.compared)}; choose one "
                "of them"
            )
        chosen = self.reference in view.settings.sets
        opened = open_view(
            page, region=self.unit, language=view.language,
            reference=self.reference if chosen else view.reference, year=view.year, runs=view.n,
            seed=view.seed, capacity=self.capacity,
        )  # fmt: skip
        changed = bool(self.weights or self.left_out or self.mean or self.within or self.normalise)
        return replace(opened, what_if=changed)

    def reset(self) -> None:
        """Go back to the choices of the report."""
        with self.hold_sync():
            self.weights, self.left_out = {}, []
            self.mean = self.within = self.normalise = ""
            self.reference = self._data["reference"]

    @traitlets.validate("weights")
    def _check_weights(self, proposal: Mapping[str, Any]) -> dict[str, float]:
        weights = dict(proposal["value"])
        check_labels("weights", list(weights), self._list_codes())
        for code, weight in weights.items():
            if not (is_number(weight) and weight >= 0 and math.isfinite(weight)):
                raise InnocapError(f"weights: {code}: a weight is 0 or more, found {weight!r}")
        return weights

    @traitlets.validate("left_out")
    def _check_left_out(self, proposal: Mapping[str, Any]) -> list[str]:
        return check_labels("left_out", list(proposal["value"]), self._list_codes())

    @traitlets.validate("mean", "within")
    def _check_mean(self, proposal: Mapping[str, Any]) -> str:
        word = str(proposal["value"])
        if word:
            find_mean(word)
        return word

    @traitlets.validate("reference", "unit", "normalise")
    def _check_name(self, proposal: Mapping[str, Any]) -> str:
        name, word = proposal["trait"].name, str(proposal["value"])
        check_word(name, word, self._known[name])
        return word

    def _list_codes(self) -> list[str]:
        book = self._view.codebook
        return [code for code in [*book.leaves, *book.parents] if code not in book.indexes]


def open_explorer(
    *,
    unit: str | None = None,
    language: str = "en",
    reference: str | Sequence[str] | None = None,
    year: int | None = None,
    runs: int = 2000,
    seed: int = 1,
    capacity: CapacityData | None = None,
    settings: Settings | None = None,
) -> Explorer:
    """Open the explorer in JupyterLab: weights, means and indicators to choose from.

    Parameters
    ----------
    unit : str, optional
        Country that is told of first. Default: the first of the settings.
    language, reference, year, runs, seed, capacity, settings
        As in :func:`~innocap_analysis.open_view`.

    Returns
    -------
    Explorer
        Shown by the last line of a cell. What is chosen in the browser stands in `weights`,
        `left_out`, `mean`, `within`, `normalise`, `reference` and `unit`; what is set there in
        Python moves the browser. `codebook` and `capacity` are the index as it is chosen now.

    Raises
    ------
    InnocapError
        A name is unknown, or the figures are faulty.

    Examples
    --------
    >>> explorer = open_explorer(unit="SE", runs=100)
    >>> explorer.weights = {"PRO": 2.0}
    >>> explorer.left_out = ["UN_EPI"]
    >>> float(explorer.codebook.table.at["PRO", "weight"])
    2.0
    >>> "UN_EPI" in explorer.capacity.codebook.leaves
    False
    """
    view = open_view(
        "90", region=unit, language=language, reference=reference, year=year, runs=runs, seed=seed,
        capacity=capacity, settings=settings,
    )  # fmt: skip
    _listen()
    return Explorer(view)


def _listen() -> None:
    """Let the kernel hear the browser, also one that was forked with the widgets loaded."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        ipywidgets.register_comm_target()
