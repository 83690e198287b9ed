"""The commands of the survey: ``innocap import`` and ``innocap form``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from innocap_analysis.errors import InnocapError, show_text
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.files.options import PLAIN, FileOptions, make_options

if TYPE_CHECKING:
    from innocap_analysis.survey.files.decisions import Decision


def add_survey_commands(app: typer.Typer) -> None:
    """Add the commands of the survey."""
    app.command(name="import")(import_)
    app.command()(form)


def _add_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a flag for everything that can be said of a file of answers."""
    own = inspect.signature(command)
    kept = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
    types = {"header_row": int, "header_rows": int, "rescale": bool, "mapping": Path}
    notes = dict(get_type_hints(command, include_extras=True))
    notes.pop("how")
    for option in PLAIN:
        wanted: Any = types.get(option.name, str)
        notes[option.name] = Annotated[wanted | None, typer.Option(help=option.metadata["help"])]
        kept.append(inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=None))
    command.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[p.replace(annotation=notes[p.name]) for p in kept]
    )
    command.__annotations__ = notes
    return command


@_add_options
def import_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Exports of a survey tool; by default those of the wave table."),
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--wave", help="Table of files; data/survey/wave.csv if there.")
    ] = None,
    fresh: Annotated[bool, typer.Option(help="Leave out what was imported before.")] = False,
    replace: Annotated[
        bool, typer.Option(help="Let a file take the place of another of its name.")
    ] = False,
    name: Annotated[
        str, typer.Option("--as", help="Keep it apart as a wave of this name, such as 2025.")
    ] = "imported",
    suggest: Annotated[bool, typer.Option(help="Only draft what has to be decided.")] = False,
    **how: Any,  # noqa: ANN401 - the flags of FileOptions
) -> None:
    """Read survey exports into data/processed, without personal data."""
    from innocap_analysis.survey.answers import count_cleaning
    from innocap_analysis.survey.files.columns import read_mapping
    from innocap_analysis.survey.importing import import_files
    from innocap_analysis.survey.record import foresee_edition
    from innocap_analysis.survey.record_decisions import read_wave
    from innocap_analysis.survey.wave import find_folder

    settings = load_settings()
    given = {name: value for name, value in how.items() if value is not None}
    if "mapping" in given:
        given["mapping"] = read_mapping(given["mapping"])
    if (files and table) or (not files and given):
        raise InnocapError("give files with their options, or a wave table, which has its own")
    if suggest:
        _suggest(list(files or []), make_options(given), settings, table)
        return
    wanted = (
        dict.fromkeys(files or [], make_options(given)) if files else read_wave(settings, table)
    )
    done = import_files(wanted, settings=settings, fresh=fresh, replaces=replace, name=name)
    for part in done.parts:
        typer.echo(show_text(str(part.report)))
    for change in done.changes:
        typer.echo(show_text(change))
    for row in count_cleaning(done.wave.log, len(done.wave.raw)).to_dict("records"):
        if row["dropped"] or row["flagged"] or row["set_missing"]:
            typer.echo(
                f"{row['step']:<16} {row['before']:>7} responses, {row['dropped']} dropped, "
                f"{row['flagged']} flagged, {row['set_missing']} answers set missing"
            )
    typer.echo(f"clean            {len(done.wave.clean):>7} responses")
    typer.echo(f"Written to {find_folder(settings, name)}")
    if told := foresee_edition(settings, name):
        typer.echo(f"note: {told}")


def _suggest(
    files: list[Path], options: FileOptions, settings: Settings, table: Path | None
) -> None:
    """Draft the record of decisions, ask on a terminal for those that are open, and write it."""
    from innocap_analysis.files import write_atomically
    from innocap_analysis.survey.files.decisions import write_decisions
    from innocap_analysis.survey.record_decisions import draft_record, find_record

    place = table or find_record(settings)
    rows = draft_record(files, options, settings, place)
    if sys.stdin.isatty() and sys.stdout.isatty():
        rows = [_ask(row) if row.is_open else row for row in rows]
    write_atomically(place, write_decisions(rows), private=True)
    left = sum(row.is_open for row in rows)
    typer.echo(show_text(f"Drafted {place}: {len(rows)} rows, {left} of them to be decided"))
    typer.echo(
        "Fill in the column 'decision', then: innocap import"
        + (f" --wave {table}" if table else "")
    )


def _ask(row: Decision) -> Decision:
    about = " ".join(part for part in (row.file, row.about, row.column, row.header) if part)
    cell = f" {row.cell!r} ({row.count} cells)" if row.cell else ""
    told = typer.prompt(show_text(f"{about}{cell}\n  {row.evidence}\n  decision (empty: later)"),
                        default="", show_default=False)  # fmt: skip
    return replace(row, decision=told.strip())


def form(
    language: Annotated[str, typer.Option("--language", "-l", help="Default language.")] = "en",
    folder: Annotated[Path, typer.Option(help="Where to write it.")] = Path(),
) -> None:
    """Write the questionnaire as an XLSForm and as a page to print."""
    from innocap_analysis.survey.form import write_form

    for path in write_form(load_settings(), language=language, folder=folder):
        typer.echo(str(path))
