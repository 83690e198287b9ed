"""How the libraries that notebooks use are put back into the state that they had.

Each function remembers a state as it is and returns what brings it back.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, MutableMapping
from typing import Any

Undo = Callable[[], None]


def keep(read: Callable[[], Any], write: Callable[[Any], object]) -> Undo:
    """Remember what one function reads and another one writes."""
    kept = read()

    def undo() -> None:
        if read() != kept:
            write(kept)

    return undo


def keep_attributes(owner: Any, *names: str) -> Undo:  # noqa: ANN401
    """Remember attributes by their identity."""
    kept = {name: getattr(owner, name) for name in names}

    def undo() -> None:
        for name, value in kept.items():
            if getattr(owner, name, None) is not value:
                setattr(owner, name, value)

    return undo


def keep_list(one: list[Any]) -> Undo:
    """Remember what a list holds."""
    kept = list(one)

    def undo() -> None:
        one[:] = kept

    return undo


def keep_mapping(one: MutableMapping[Any, Any]) -> Undo:
    """Remember what a mapping holds."""
    kept = dict(one)

    def undo() -> None:
        if list(one.items()) != list(kept.items()):
            one.clear()
            one.update(kept)

    return undo


def _keep_names(module: Any, *names: str) -> Undo:  # noqa: ANN401
    kept = {name: vars(module)[name] for name in names if name in vars(module)}

    def undo() -> None:
        for name in names:
            vars(module).pop(name, None)
        vars(module).update(kept)

    return undo


def _untyped(*them: Any) -> tuple[Any, ...]:  # noqa: ANN401 - for what libraries do not declare
    return them


def _copy_lists(one: Any) -> dict[str, Any]:  # noqa: ANN401 - a dict, which matplotlib hides
    return {k: [*v] if isinstance(v, list) else v for k, v in dict.items(one)}


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
    from matplotlib import (
        backends,
        colors,
        font_manager,
        projections,
        pyplot,
        scale,
        style,
        units,
    )  # fmt: skip

    pyplot, backends, settings, fonts = _untyped(
        pyplot, backends, mpl.rcParams, font_manager.fontManager
    )
    named, kept = colors.get_named_colors_mapping(), _copy_lists(settings)
    maps, faces = set(mpl.colormaps), [*fonts.ttflist]
    # What has another name in another edition is seen by the watch when it changes.
    tables = [units.registry, style.library, named, mpl.rcParamsDefault,
              vars(scale).get("_scale_mapping", {}),
              vars(projections.projection_registry).get("_all_projection_types", {})]  # fmt: skip
    undos = [keep_mapping(one) for one in _untyped(*tables)]
    undos += [_keep_names(backends, "backend"),
              _keep_names(pyplot, "_backend_mod", "_REPL_DISPLAYHOOK")]  # fmt: skip

    def undo() -> None:
        pyplot.close("all")
        if dict(dict.items(settings)) != kept:
            dict.update(settings, _copy_lists(kept))
        for back in undos:
            back()
        named.cache.clear()
        if fonts.ttflist != faces:
            fonts.ttflist[:] = faces
            fonts._findfont_cached.cache_clear()
        for name in set(mpl.colormaps) - maps:
            mpl.colormaps.unregister(name)

    return undo


def keep_ipython() -> Undo:
    """Remember which extensions are loaded; of the inline backend every run has its own."""
    extensions: Any = importlib.import_module("IPython.core.extensions")
    back = keep_mapping(getattr(extensions, "BUILTINS_EXTS", {}))
    traits: Any = importlib.import_module("traitlets.utils.warnings")
    told: set[Any] = getattr(traits, "_deprecations_shown", set())
    told_before = {*told}

    def forget_inline() -> None:
        # It ties itself to the shell when it is imported, and every run has another shell.
        inline: Any = sys.modules.pop("matplotlib_inline.backend_inline", None)
        if inline is None:
            return
        vars(sys.modules["matplotlib_inline"]).pop("backend_inline", None)
        for one in inline.InlineBackend.mro():
            if "_instance" in vars(one):
                one._instance = None
        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None and pyplot._backend_mod is not None:
            pyplot._backend_mod = None
            pyplot._REPL_DISPLAYHOOK = type(pyplot._REPL_DISPLAYHOOK).NONE

    def undo() -> None:
        back()
        forget_inline()
        told.intersection_update(told_before)  # what was told once is told again

    forget_inline()  # what loading has left

    return undo


# In this order: IPython lets go of the backend that matplotlib's state would hold.
LIBRARIES = {"numpy": keep_numpy, "pandas": keep_pandas, "IPython": keep_ipython,
             "matplotlib": keep_matplotlib}  # fmt: skip
