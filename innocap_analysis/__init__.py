"""Scores and compares how able the public sector is to innovate (the INNOCAP project)."""

from importlib.metadata import version

import lazy_loader

# The names are listed in __init__.pyi; loading all of them takes seconds that a command, or a
# notebook that uses a few, need not wait for (SPEC 1 of the Scientific Python project).
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = version("innocap-analysis")
