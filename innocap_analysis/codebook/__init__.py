"""The codebook: one table that describes an index as a tree, checked on load."""

from innocap_analysis.codebook.model import COLUMNS, Codebook
from innocap_analysis.codebook.read import read_codebook, write_goalposts

__all__ = ["COLUMNS", "Codebook", "read_codebook", "write_goalposts"]
