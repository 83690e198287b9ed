"""A user's mistake, told in one message that names the place and the remedy."""

from __future__ import annotations

from fewlikert.errors import InputError, suggest

# One class for the house and for the statistics beside it: who catches one catches all. The
# command line prints the text without a traceback, and so does a notebook.
InnocapError = InputError

__all__ = ["InnocapError", "suggest"]
