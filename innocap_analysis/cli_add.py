"""The commands that change the project: ``innocap add figures``, ``country``, …."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.settings import load_settings

if TYPE_CHECKING:
    from innocap_analysis.changes.change import Change

_FILES = (".json", ".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".xlsm", ".px")

Label = Annotated[
    list[str] | None, typer.Option("--label", help="Name in a language, as en=TEXT; repeat.")
]
Codebook = Annotated[
    str, typer.Option(help="Codebook that the rows go into; by default the project's.")
]
Parent = Annotated[str, typer.Option(help="Group that the indicator belongs to, such as DIG.")]
Kind = Annotated[str, typer.Option(help="indicator (scored) or context (only described).")]
Unit = Annotated[str, typer.Option(help="Unit of measurement.")]
Low = Annotated[float | None, typer.Option(help="Goalpost: the figure that scores 0.")]
High = Annotated[float | None, typer.Option(help="Goalpost: the figure that scores 100.")]


class _AddGroup(TyperGroup):
    """``innocap add FILE`` is short for ``innocap add figures FILE``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's types
        first = args[0] if args else ""
        if first not in self.commands and not first.startswith("-"):
            if Path(first).suffix.lower() in _FILES or Path(first).is_file():
                args = ["figures", *args]
            else:
                known = list(self.commands)
                raise InnocapError(
                    f"innocap add {first!r}: neither a file nor one of {', '.join(known)}"
                    + suggest(first, known)
                )
        return super().resolve_command(ctx, args)


add_app = typer.Typer(
    cls=_AddGroup, no_args_is_help=True, rich_markup_mode=None,
    help="Add figures, a country, place, indicator, language or notebook; all files at once.",
)  # fmt: skip


def add_change_commands(app: typer.Typer) -> None:
    """Add the commands that change the project."""
    app.add_typer(add_app, name="add")
    app.command()(translations)


def _ask(value: str, question: str, default: str = "") -> str:
    """Return what was given, or ask on a terminal; elsewhere what is missing is told later."""
    if value or not sys.stdin.isatty():
        return value or default
    return str(typer.prompt(question, default=default or None))


def _read_pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise InnocapError(f"{option} {text!r}: expected NAME=VALUE")
        if name in pairs:
            raise InnocapError(f"{option} {name}: is given twice")
        pairs[name] = value
    return pairs


def _read_single(given: Sequence[str] | None, option: str) -> tuple[str, dict[str, str]]:
    """Return what is said for all, and what for single ones as NAME=VALUE."""
    alone = list(dict.fromkeys(text for text in given or () if "=" not in text))
    if len(alone) > 1:
        raise InnocapError(f"{option}: give one for all, and NAME=VALUE for others")
    return "".join(alone), _read_pairs([text for text in given or () if "=" in text], option)


def _carry_out(
    change: Change, *, dry_run: bool, told: Sequence[str] = (), left: Sequence[str] = ()
) -> None:
    """Check a change, write it, and say what was done and what is left to a person."""
    for line in told:
        typer.echo(line)
    notes = change.check()
    from innocap_analysis.changes.change import tell_path

    names = [tell_path(path, change.settings) for path in change.files]
    if not dry_run:
        change.write()
    for name in names:
        typer.echo(f"{'would write' if dry_run else 'wrote    '} {name}")
    typer.echo("checked   as innocap check does: no fault")
    for line in [*left, *notes]:
        typer.echo(f"left      {line}")


def translations() -> None:
    """Bring the translation catalogues in step with the texts of the project."""
    from innocap_analysis.pages.catalogue import update_catalogues

    for tongue, missing in update_catalogues(load_settings()).items():
        typer.echo(f"{tongue}: {missing} to translate")


DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and tell; write nothing.")]


@add_app.command()
def figures(
    file: Annotated[Path, typer.Argument(help="JSON-stat, SDMX-CSV, Kolada, CSV, TSV or XLSX.")],
    publisher: Annotated[str, typer.Option(help="Who publishes them.")] = "",
    licence: Annotated[str, typer.Option(help="Under which terms.")] = "",
    citation: Annotated[str, typer.Option(help="How they are to be cited.")] = "",
    title: Annotated[str, typer.Option(help="What they are called.")] = "",
    url: Annotated[str, typer.Option(help="Where they were published.")] = "",
    name: Annotated[str, typer.Option(help="Name of the raw file; by default the file's.")] = "",
    where: Annotated[
        list[str] | None,
        typer.Option(help="Fix a dimension, as sex=T; repeat, also for one dimension."),
    ] = None,
    each: Annotated[
        list[str] | None, typer.Option(help="One indicator for each category of a dimension.")
    ] = None,
    indicator: Annotated[
        list[str] | None,
        typer.Option(help="Code of the indicator (of several: its beginning), or OLD=NEW."),
    ] = None,
    country: Annotated[str, typer.Option(help="Whose national codes the places have.")] = "",
    place: Annotated[
        list[str] | None, typer.Option(help="Which place a code is, as 00=SE; repeat.")
    ] = None,
    place_in: Annotated[str, typer.Option(help="Dimension of the places.")] = "",
    time_in: Annotated[str, typer.Option(help="Dimension of time.")] = "",
    sheet: Annotated[str, typer.Option(help="Sheet of a workbook.")] = "",
    kind: Kind = "",
    parent: Annotated[
        list[str] | None,
        typer.Option(help="Group of the codebook, such as DIG; for one of several CODE=DIG."),
    ] = None,
    direction: Annotated[
        list[str] | None,
        typer.Option(help="up (higher is better) or down; for one of several CODE=down."),
    ] = None,
    label: Label = None,
    unit: Unit = "",
    low: Low = None,
    high: High = None,
    codebook: Codebook = "",
    new_index: Annotated[
        str, typer.Option(help="Begin a further index of this name with these figures.")
    ] = "",
    level: Annotated[
        str, typer.Option(help="Units of the new index: country, region, municipality, ….")
    ] = "",
    freeze: Annotated[
        bool, typer.Option(help="Freeze goalposts anew, also of indicators that are there.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Take in figures of official statistics; nothing is fetched, the file is on disk."""
    from innocap_analysis.changes.figures import Origin, add_figures, complete, read_file
    from innocap_analysis.changes.indicator import Row
    from innocap_analysis.data.official.tidy import Selection

    settings = load_settings()
    cube = read_file(file, sheet=sheet)
    said = complete(Origin(name, publisher, licence, citation, title, url), cube, file)
    origin = Origin(
        name=said.name, url=url,
        publisher=_ask(publisher, "Publisher", said.publisher),
        licence=_ask(licence, "Licence or terms, as the publisher words them"),
        title=_ask(title, "Title", said.title),
        citation=_ask(citation, "Citation"),
    )  # fmt: skip
    way, ways = _read_single(direction, "--direction")
    group, groups = _read_single(parent, "--parent")
    code, codes = _read_single(indicator, "--indicator")
    chosen: dict[str, list[str]] = {}
    for text in where or ():
        for dimension, category in _read_pairs([text], "--where").items():
            chosen.setdefault(dimension, []).append(category)
    kind = _ask(kind, "Scored (indicator) or only described (context)?")
    scored = kind == "indicator"
    row = Row(
        "", kind,
        # A new index may have none.
        _ask(group, "Group of the codebook") if scored and not (groups or new_index) else group,
        _ask(way, "Better is up or down?") if scored and not ways else way,
        _read_pairs(label, "--label"), unit, low=low, high=high,
    )  # fmt: skip
    selection = Selection(
        chosen, each or (), place_in, time_in, country, _read_pairs(place, "--place"),
        codes | ({"": code} if code else {}),
    )  # fmt: skip
    taken = add_figures(
        settings, file, cube, origin=origin, selection=selection, row=row, codebook=codebook,
        directions=ways, parents=groups,
        index=new_index, level=level, freeze=freeze,
    )  # fmt: skip
    _carry_out(taken.change, dry_run=dry_run, told=taken.told, left=taken.left)


@add_app.command()
def indicator(
    code: Annotated[str, typer.Argument(help="Code of the figures in data/raw.")],
    kind: Kind = "",
    parent: Parent = "",
    direction: Annotated[str, typer.Option(help="up (higher is better) or down.")] = "",
    label: Label = None,
    unit: Unit = "",
    source: Annotated[str, typer.Option(help="Resource that the figures come from.")] = "",
    note: Annotated[str, typer.Option(help="What should be known of it.")] = "",
    weight: Annotated[float, typer.Option(help="Relative to its siblings.", min=0)] = 1.0,
    low: Low = None,
    high: High = None,
    codebook: Codebook = "",
    dry_run: DryRun = False,
) -> None:
    """Add a row to a codebook for figures that are in data/raw, with its goalposts."""
    from innocap_analysis.changes.indicator import Row, add_indicator

    kind = _ask(kind, "Scored (indicator) or only described (context)?")
    scored = kind == "indicator"
    labels = _read_pairs(label, "--label")
    labels["en"] = _ask(labels.get("en", ""), "What is it called in English?")
    row = Row(
        code, kind, _ask(parent, "Group of the codebook") if scored else "",
        _ask(direction, "Better is up or down?") if scored else "",
        labels, unit, source, note, weight, low, high,
    )  # fmt: skip
    change = add_indicator(load_settings(), row, codebook=codebook)
    _carry_out(change, dry_run=dry_run)


@add_app.command()
def country(
    code: Annotated[str, typer.Argument(help="ISO 3166-1 alpha-2, such as NO.")],
    region: Annotated[str, typer.Option(help="Region that holds the partner area.")] = "",
    area: Annotated[
        list[str] | None, typer.Option(help="Name of the partner area, as en=NAME; repeat.")
    ] = None,
    label: Label = None,
    colour: Annotated[str, typer.Option(help="As #0072B2; by default one that is free.")] = "",
    marker: Annotated[str, typer.Option(help="As matplotlib's; by default a free one.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Add a partner country, and its partner region if the table of regions lacks it."""
    from innocap_analysis.changes.country import NewCountry, add_country

    areas = _read_pairs(area, "--area")
    areas["en"] = _ask(areas.get("en", ""), "What is the partner area called in English?")
    new = NewCountry(
        code.upper(), _ask(region, "Code of the partner region"),
        {language: name for language, name in areas.items() if name},
        _read_pairs(label, "--label"), colour, marker,
    )  # fmt: skip
    _carry_out(add_country(load_settings(), new), dry_run=dry_run)


@add_app.command()
def place(
    code: Annotated[str, typer.Argument(help="Code, such as SE-2284, SE32 or NO07.")],
    label: Label = None,
    also: Annotated[str, typer.Option(help="Other names, separated by ';'.")] = "",
    merged_into: Annotated[str, typer.Option(help="Place that it is part of now.")] = "",
    merged_in: Annotated[str, typer.Option(help="Year of the merger.")] = "",
    country: Annotated[str, typer.Option(help="Country of a new region.")] = "",
    raw_code: Annotated[str, typer.Option(help="Code of a new region in raw files.")] = "",
    district: Annotated[str, typer.Option(help="NUTS 3 region of a new municipality.")] = "",
    population: Annotated[int | None, typer.Option(help="People.", min=0)] = None,
    population_date: Annotated[str, typer.Option(help="When they were counted.")] = "",
    area_km2: Annotated[float | None, typer.Option(help="Land area.")] = None,
    degurba: Annotated[int | None, typer.Option(help="1 city, 2 town, 3 rural.")] = None,
    source: Annotated[str, typer.Option(help="Who published its figures.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Give a place names, or add a region or a municipality."""
    from innocap_analysis.changes.place import NewPlace, add_place

    new = NewPlace(
        code, _read_pairs(label, "--label"), also, merged_into, merged_in, country.upper(),
        raw_code, district, population, population_date, area_km2, degurba, source,
    )  # fmt: skip
    _carry_out(add_place(load_settings(), new), dry_run=dry_run)


@add_app.command()
def language(
    code: Annotated[str, typer.Argument(help="Code of a language, such as nb.")],
    dry_run: DryRun = False,
) -> None:
    """Add a language; what is not translated yet is shown in English."""
    from innocap_analysis.changes.language import add_language

    change, left = add_language(load_settings(), code)
    _carry_out(change, dry_run=dry_run, left=left)


@add_app.command()
def notebook(
    name: Annotated[str, typer.Argument(help="Number and words, such as 65_what_changed.")],
    scope: Annotated[str, typer.Option(help="comparison, region or place.")] = "",
    question: Annotated[str, typer.Option(help="What it answers; its title.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Add a notebook that runs, for you to fill in, and put it into the batch plan."""
    from innocap_analysis.changes.notebook import add_notebook

    scope = _ask(scope, "Runs once (comparison), for every country (region) or for places (place)?")
    change = add_notebook(
        load_settings(), name, scope=scope, question=_ask(question, "Question that it answers")
    )
    _carry_out(change, dry_run=dry_run, left=[f"the texts of notebooks/{name}.ipynb"])
