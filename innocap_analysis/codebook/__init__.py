"""The codebook: one table that describes an index as a tree, checked on load."""

from innocap_analysis.codebook.instrument import Instrument, Item, read_instrument
from innocap_analysis.codebook.model import COLUMNS, Codebook
from innocap_analysis.codebook.read import read_codebook, replace_cells
from innocap_analysis.codebook.scales import (
    DONT_KNOW,
    NOT_APPLICABLE,
    Scale,
    normalise_label,
    read_scales,
)

__all__ = [
    "COLUMNS",
    "DONT_KNOW",
    "NOT_APPLICABLE",
    "Codebook",
    "Instrument",
    "Item",
    "Scale",
    "normalise_label",
    "read_codebook",
    "read_instrument",
    "read_scales",
    "replace_cells",
]
