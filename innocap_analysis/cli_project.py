"""The commands about a whole project: ``innocap new``, ``check`` and ``accept``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from innocap_analysis.errors import show_text
from innocap_analysis.settings import load_settings


def add_project_commands(app: typer.Typer) -> None:
    """Add the commands about a whole project."""
    app.command()(new)
    app.command()(check)
    app.command()(accept)


def new(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
) -> None:
    """Create a project for an index of your own: settings, codebook, notebooks, example figures."""
    from innocap_analysis.batch.starter import create_project

    for path in create_project(folder):
        typer.echo(f"made   {folder / path}")
    typer.echo(f"Its figures are made up. Next: cd {folder}, read README.md, innocap report")


def check(
    index: Annotated[
        str | None, typer.Option("--index", "-i", help="An index that innocap.yml lists.")
    ] = None,
) -> None:
    """Check settings, codebooks, raw files, goalposts and notebooks."""
    from innocap_analysis.batch.check import check_project
    from innocap_analysis.batch.domain import list_notes

    settings = load_settings().choose(index)
    faults = 0
    for name, found in check_project(settings):
        typer.echo(f"{'ok    ' if not found else 'FAULT '} {name}")
        for fault in found:
            typer.echo(show_text(f"       {fault}"), err=True)
        faults += len(found)
    if faults:
        raise typer.Exit(1)
    for note in list_notes(settings):
        typer.echo(f"note   {note}")


def accept(
    reason: Annotated[str, typer.Option("--reason", help="Why the findings changed.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what differs; write nothing.")
    ] = False,
) -> None:
    """Record what the figures say now, where the project's own texts rest on it."""
    from innocap_analysis.batch.findings import accept_findings, find_findings, list_changes

    settings = load_settings()
    now = find_findings(settings)
    changes = list_changes(settings, now)
    for change in changes:
        typer.echo(change)
    if not changes:
        typer.echo("The findings are those that were accepted.")
    elif dry_run:
        typer.echo(f"{len(changes)} differ; accept them with: innocap accept --reason TEXT")
        raise typer.Exit(1)
    else:
        for path in accept_findings(settings, now, reason):
            typer.echo(f"wrote  {path}")
