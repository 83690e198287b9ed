"""The batch as ``innocap.yml`` writes it: which notebooks run, for what, with which parameters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from innocap_analysis.parts import Part

MARK = "SYNTHETIC"  # in the names of all files that are made from made-up answers
_SIMULATION = ("runs", "seed")  # parameters of pages that show simulation runs
_VARIANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


def _list_names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_list_names), Field(min_length=1)]
# An office's own templates for documents, by the ending of their names.
Templates = dict[Literal["docx", "pptx"], Path]
Given = dict[str, str | tuple[str, ...]]


class PlannedRuns(Part):
    """One row of the table of runs: notebooks x units x languages x sets of parameters."""

    notebook: Names
    units: Names | None = None
    languages: Names | None = None
    sets: Names | None = None


class BatchPlan(Part):
    """Which notebooks run once, for countries, places or when asked, and what with."""

    comparison: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    lab: tuple[str, ...] = ()  # for JupyterLab alone: no batch runs them
    defaults: dict[str, Given] = Field(default_factory=dict)
    sets: dict[str, Annotated[Given, Field(min_length=1)]] = Field(default_factory=dict)
    runs: tuple[PlannedRuns, ...] = ()
    timeout_seconds: Annotated[int, Field(ge=1)] = 600
    memory_mb: Annotated[int, Field(ge=256)] | None = None

    def find_repeated(self) -> list[str]:
        """Return the notebooks that are listed twice."""
        names = [*self.comparison, *self.region, *self.place, *self.documents]
        return sorted({name for name in names if names.count(name) > 1})

    @property
    def simulation(self) -> dict[str, Any]:
        """Number and seed of the simulation runs of pages, for what is told beside them."""
        return {name: int(texts[0]) for name, texts in self._list_simulations().items()}

    def _list_simulations(self) -> dict[str, list[str]]:
        pages = [given for given in self.defaults.values() if "runs" in given]
        told = {name: [str(page[name]) for page in pages if name in page] for name in _SIMULATION}
        return {name: texts for name, texts in told.items() if texts and texts[0].isdecimal()}

    @model_validator(mode="after")
    def _check_simulations(self) -> Self:
        for name, texts in self._list_simulations().items():
            if len(set(texts)) > 1:
                raise ValueError(
                    f"defaults give pages different {name} ({', '.join(dict.fromkeys(texts))}), "
                    "so that one report would hold several numbers of one thing; give them the "
                    "same, and other pages a set of their own under `sets`"
                )
        return self

    @field_validator("sets")
    @classmethod
    def _check_names(cls, sets: dict[str, Given]) -> dict[str, Given]:
        for name in sets:
            check_variant(name)
        return sets


def check_variant(name: str) -> str:
    """Return the name of a set of parameters if it can stand in a file's name."""
    if not _VARIANT.fullmatch(name) or name.casefold().startswith(("default", MARK.casefold())):
        raise ValueError(
            f"{name!r} is no name for a set: use up to 60 letters, digits, '-' and '_', and not "
            f"'default' or '{MARK}', which mean something already"
        )
    return name
