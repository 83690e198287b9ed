"""Options that are possible, refused before they turn into a number."""

from __future__ import annotations

from collections.abc import Sequence

from innocap_analysis.errors import InnocapError


def check_share(name: str, value: float) -> None:
    """Refuse a share that is not between 0 and 1, such as 50 for a half."""
    if not 0 <= value <= 1:
        raise InnocapError(f"{name}: a share lies between 0 and 1, found {value!r}")


def check_count(name: str, value: int) -> None:
    """Refuse a number of runs or resamples below one."""
    if isinstance(value, bool) or value < 1 or int(value) != value:
        raise InnocapError(f"{name}: must be a whole number of 1 or more, found {value!r}")


def check_options(name: str, options: Sequence[object]) -> None:
    """Refuse a choice without options, or with one twice, which would count double."""
    if not options:
        raise InnocapError(f"{name}: names nothing to choose from")
    twice = [option for option in options if list(options).count(option) > 1]
    if twice:
        raise InnocapError(f"{name}: {twice[0]!r} is named twice")
