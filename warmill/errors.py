"""The errors that this package raises."""

from __future__ import annotations


class WarmillError(RuntimeError):
    """Something that whoever calls this package can mend; the text says how."""


class LostError(WarmillError):
    """The process that was to do something was ended from outside."""
