"""How the libraries that notebooks use are put back into the state that they had.

Each function remembers the state as it is and returns what brings it back. A library that is
not loaded has none.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import sys
import warnings
from collections.abc import Callable, MutableMapping
from typing import Any

Undo = Callable[[], None]


def _keep_mapping(one: MutableMapping[Any, Any]) -> Undo:
    kept = dict(one)

    def undo() -> None:
        if dict(one) != kept:
            one.clear()
            one.update(kept)

    return undo


def keep_numpy() -> Undo:
    """Remember which generator numpy's global functions draw from."""
    import numpy as np

    chance: Any = np.random
    generator = chance.get_bit_generator()

    def undo() -> None:
        if chance.get_bit_generator() is not generator:
            chance.set_bit_generator(generator)

    return undo


def keep_pandas() -> Undo:
    """Remember the options of pandas."""
    import pandas as pd

    def read() -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some options are on their way out
            return dict(_walk_options(pd.options))

    kept = read()

    def undo() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, value in read().items():
                if value is not kept[name] and value != kept[name]:
                    pd.set_option(name, kept[name])

    return undo


def _walk_options(options: Any, place: str = "") -> list[tuple[str, Any]]:  # noqa: ANN401
    found: list[tuple[str, Any]] = []
    for name in dir(options):
        value = getattr(options, name)
        if type(value) is type(options):
            found += _walk_options(value, f"{place}{name}.")
        else:
            found.append((place + name, value))
    return found


def keep_matplotlib() -> Undo:
    """Remember the settings, colours, fonts, styles, scales and converters of matplotlib."""
    import matplotlib as mpl
    from matplotlib import colors, font_manager, projections, scale, style, units

    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    fonts: Any = font_manager.fontManager
    scales: Any = scale
    drawings: Any = projections.projection_registry
    drawn, named = pyplot._backend_mod, colors.get_named_colors_mapping()
    settings = copy.deepcopy(dict(dict.items(mpl.rcParams)))
    hook, maps, faces = pyplot._REPL_DISPLAYHOOK, set(mpl.colormaps), [*fonts.ttflist]
    mappings = [_keep_mapping(one) for one in (
        units.registry, scales._scale_mapping, drawings._all_projection_types,
        style.library, named, mpl.rcParamsDefault)]  # fmt: skip

    def undo() -> None:
        pyplot.close("all")
        if dict(dict.items(mpl.rcParams)) != settings:
            dict.update(mpl.rcParams, copy.deepcopy(settings))
        for back in mappings:
            back()
        named.cache.clear()
        if fonts.ttflist != faces:
            fonts.ttflist[:] = faces
            fonts._findfont_cached.cache_clear()
        for name in set(mpl.colormaps) - maps:
            mpl.colormaps.unregister(name)
        pyplot._backend_mod, pyplot._REPL_DISPLAYHOOK = drawn, hook

    return undo


def keep_inline() -> Undo:
    """Remember nothing of the inline backend: every notebook configures its own."""
    if "matplotlib_inline.backend_inline" not in sys.modules:
        with contextlib.suppress(ImportError):
            importlib.import_module("matplotlib_inline.backend_inline")

    def undo() -> None:
        module: Any = sys.modules.get("matplotlib_inline.backend_inline")
        if module is not None:
            module.show._to_draw, module.show._draw_called = [], False
            module.InlineBackend.clear_instance()

    return undo


LIBRARIES: tuple[Callable[[], Undo], ...] = (
    keep_numpy, keep_pandas, keep_matplotlib, keep_inline
)  # fmt: skip
