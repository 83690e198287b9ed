"""The commands of the survey: ``innocap import`` and ``innocap form``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from innocap_analysis.errors import InnocapError, show_text
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.files.options import FileOptions, make_options, read_wave_table


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
    for option in fields(FileOptions):
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
    suggest: Annotated[bool, typer.Option(help="Only draft a mapping, to be mended.")] = False,
    **how: Any,  # noqa: ANN401 - the flags of FileOptions
) -> None:
    """Read survey exports into data/processed, without personal data."""
    from innocap_analysis.survey.answers import count_cleaning
    from innocap_analysis.survey.files.columns import read_mapping
    from innocap_analysis.survey.importing import import_files
    from innocap_analysis.survey.record import foresee_edition
    from innocap_analysis.survey.wave import find_folder

    settings = load_settings()
    given = {name: value for name, value in how.items() if value is not None}
    if "mapping" in given:
        given["mapping"] = read_mapping(given["mapping"])
    if (files and table) or (not files and given):
        raise InnocapError("give files with their options, or a wave table, which has its own")
    wanted = dict.fromkeys(files or [], make_options(given))
    if not files:
        wanted = read_wave_table(table or settings.wave_path)
    if suggest:
        _suggest_mappings(wanted, settings)
        return
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


def _suggest_mappings(files: Mapping[Path, FileOptions], settings: Settings) -> None:
    from innocap_analysis.files import write_atomically
    from innocap_analysis.survey.files.columns import write_mapping
    from innocap_analysis.survey.files.read import draft_mapping
    from innocap_analysis.survey.instrument import read_instrument

    instrument = read_instrument(settings.survey_path, settings.scales_path)
    for path, how in files.items():
        text = write_mapping(draft_mapping(path, instrument, how))
        place = write_atomically(Path(f"{path.stem}.mapping.csv"), text)
        typer.echo(
            show_text(f"Drafted {place}; mend it, then: innocap import {path} --mapping {place}")
        )


def form(
    language: Annotated[str, typer.Option("--language", "-l", help="Default language.")] = "en",
    folder: Annotated[Path, typer.Option(help="Where to write it.")] = Path(),
) -> None:
    """Write the questionnaire as an XLSForm and as a page to print."""
    from innocap_analysis.survey.form import write_form

    for path in write_form(load_settings(), language=language, folder=folder):
        typer.echo(str(path))
