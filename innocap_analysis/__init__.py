"""Scores and compares how able the public sector is to innovate (the INNOCAP project)."""

from importlib.metadata import version

import lazy_loader

import fewlikert

# The names are listed in __init__.pyi; loading all of them takes seconds that a command, or a
# notebook that uses a few, need not wait for (SPEC 1 of the Scientific Python project).
_load_own, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = version("innocap-analysis")


def __getattr__(name: str) -> object:
    """Load a name of this package, or of the statistics that once were part of it."""
    return getattr(fewlikert, name) if name in fewlikert.__all__ else _load_own(name)
