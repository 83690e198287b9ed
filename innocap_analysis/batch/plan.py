"""Which notebook runs for what: the batch as data, rejected whole when a part is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from innocap_analysis.batch.outcome import Run
from innocap_analysis.batch.parameters import check_parameters, read_parameters
from innocap_analysis.prepare.units import find_unit
from innocap_analysis.settings import CONFIG_NAME, InnocapError, Settings, suggest

COMPARISON = "comparison"


def name_report(notebook: str, language: str, settings: Settings) -> str:
    """Return the file name of a report without its ending."""
    return notebook if language == settings.default_language else f"{notebook}.{language}"


def make_plan(
    settings: Settings,
    *,
    regions: Sequence[str] | None = None,
    notebooks: Sequence[str] | None = None,
    language: str | None = None,
    parameters: Mapping[str, object] | None = None,
) -> list[Run]:
    """List the runs of a batch, every one checked.

    Parameters
    ----------
    settings : Settings
        Holds the batch plan.
    regions : sequence of str, optional
        Countries or regions. Default: the partner countries.
    notebooks : sequence of str, optional
        Names, numbers (``30``) or beginnings of names. Default: all of the plan.
    language : str, optional
        Default: the project's first.
    parameters : mapping of str to object, optional
        Further parameters; every one must be declared by every chosen notebook or, when
        all notebooks run, by at least one.

    Returns
    -------
    list of Run
        The comparison first, then region by region.

    Raises
    ------
    InnocapError
        A region, notebook, language or parameter is unknown or of the wrong type, or
        there is nothing to run.
    """
    tongue = settings.check_language(language or settings.default_language)
    chosen = [find_unit(code, settings).code for code in (regions or settings.countries)]
    names = _choose_notebooks(settings, notebooks)
    given = dict(parameters or {})
    for reserved in ("region", "language"):
        if reserved in given:
            raise InnocapError(f"parameter {reserved}: use --{reserved} instead")
    if notebooks and regions and not set(names) & set(settings.batch.region):
        raise InnocapError(
            f"--region {regions[0]}: {names[0]} compares all countries and has no region; "
            "leave --region out"
        )
    _check_declared(settings, names, given, strict=notebooks is not None)
    runs = []
    places = [(COMPARISON, name) for name in settings.batch.comparison if name in names]
    places += [
        (code, name)
        for code in dict.fromkeys(chosen)
        for name in settings.batch.region
        if name in names
    ]
    if not places:
        raise InnocapError(f"{CONFIG_NAME}: batch names no notebook to run")
    for folder, name in places:
        path = _find_notebook(settings, name)
        declared = {parameter.name for parameter in read_parameters(path)}
        own = {key: value for key, value in given.items() if key in declared}
        own["language"] = tongue
        if folder != COMPARISON:
            own["region"] = folder
        runs.append(
            Run(
                path,
                folder,
                tongue,
                check_parameters(path, own, settings),
                name_report(name, tongue, settings),
            )
        )
    return runs


def _find_notebook(settings: Settings, name: str) -> Path:
    path = settings.notebooks_dir / f"{name}.ipynb"
    if not path.is_file():
        raise InnocapError(
            f"{CONFIG_NAME}: batch names {name!r}, but there is no notebooks/{path.name}"
        )
    return path


def _choose_notebooks(settings: Settings, wanted: Sequence[str] | None) -> list[str]:
    known = [*settings.batch.comparison, *settings.batch.region]
    if not wanted:
        return known
    found = []
    for name in wanted:
        plain = name.removesuffix(".ipynb")
        fits = [plain] if plain in known else [k for k in known if plain and k.startswith(plain)]
        if len(fits) != 1:
            what = "fits several" if fits else "is unknown"
            raise InnocapError(
                f"notebook {name!r} {what}{suggest(plain, known)}; "
                f"there are: {', '.join(sorted(known))}"
            )
        found += fits
    return found


def _check_declared(
    settings: Settings, names: Sequence[str], given: Mapping[str, object], *, strict: bool
) -> None:
    declared = {
        name: [p.name for p in read_parameters(_find_notebook(settings, name))] for name in names
    }
    everything = sorted({parameter for own in declared.values() for parameter in own})
    for key in given:
        without = [name for name, own in declared.items() if key not in own]
        if len(without) == len(declared) or (strict and without):
            raise InnocapError(
                f"{without[0]}: has no parameter {key!r}{suggest(key, everything)}; "
                f"known are {', '.join(declared[without[0]])}"
            )
