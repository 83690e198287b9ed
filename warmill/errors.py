"""The errors that this package raises."""

from __future__ import annotations


class WarmillError(RuntimeError):
    """Something that whoever calls this package can mend; the text says how.

    Examples
    --------
    >>> from warmill import Pool
    >>> try:
    ...     Pool(print, jobs=0)
    ... except WarmillError as error:
    ...     print(error)
    jobs: must be 1 or more, found 0
    """


class LostError(WarmillError):
    """The process that was to do something was ended from outside.

    Examples
    --------
    >>> try:
    ...     raise LostError("the process that was to do it was ended from outside")
    ... except WarmillError as error:
    ...     print(error)
    the process that was to do it was ended from outside
    """
