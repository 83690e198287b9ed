"""The ``innocap`` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from innocap_analysis import __version__
from innocap_analysis.settings import InnocapError, load_settings

app = typer.Typer(
    name="innocap",
    help="Scores and compares how able the public sector is to innovate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Regions = Annotated[
    list[str] | None, typer.Option("--region", "-r", help="Country or region; repeat for several.")
]
Notebooks = Annotated[
    list[str] | None,
    typer.Option("--notebook", "-n", help="Name or number of a notebook; repeat for several."),
]
Language = Annotated[str | None, typer.Option("--language", "-l", help="Language of the reports.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", help="Notebooks at the same time.", min=1)
]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="Another notebook parameter, as NAME=VALUE."),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"innocap_analysis {__version__}")
        raise typer.Exit


@app.callback()
def innocap(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that come before a command."""


@app.command()
def report(
    region: Regions = None,
    notebook: Notebooks = None,
    language: Language = None,
    jobs: Jobs = None,
    given: Given = None,
) -> None:
    """Run the notebooks and write reports and figures."""
    from innocap_analysis.batch.execute import Outcome
    from innocap_analysis.batch.plan import name_report
    from innocap_analysis.batch.run import run_notebooks

    settings = load_settings()
    terminal = sys.stdout.isatty()

    def tell(outcome: Outcome, done: int, total: int) -> None:
        line = f"{outcome.status:<6} {outcome.run.name}  {outcome.seconds:.1f} s"
        if terminal:
            line = f"[{done}/{total}] {line}"
        typer.echo(line)

    outcomes = run_notebooks(
        regions=region,
        notebooks=notebook,
        language=language,
        parameters=_read_pairs(given or []),
        jobs=jobs,
        settings=settings,
        report=tell,
    )
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for outcome in failed:
        cell = f"cell {outcome.cell}" if outcome.cell else "no cell"
        typer.echo(f"FAILED {outcome.run.name}, {cell}: {outcome.error}", err=True)
    typer.echo(f"{len(outcomes) - len(failed)} ok, {len(failed)} failed")
    tongue = settings.check_language(language or settings.default_language)
    page = settings.reports_dir / f"{name_report('index', tongue, settings)}.html"
    typer.echo(f"Report: {page}")
    if failed:
        raise typer.Exit(1)


def _read_pairs(given: list[str]) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InnocapError(f"--set {text!r}: expected NAME=VALUE, such as --set year=2022")
        if name in pairs:
            raise InnocapError(f"--set {name}: is given twice")
        pairs[name] = value
    return pairs


@app.command()
def prepare() -> None:
    """Verify the raw files and write observations and the cleaning log."""
    from innocap_analysis.prepare.observations import write_processed

    settings = load_settings()
    prepared = write_processed(settings)
    for action, rows in prepared.log.groupby("action"):
        typer.echo(f"{action:<8} {rows['n_values'].sum():>6} figures in {len(rows)} decisions")
    typer.echo(f"kept     {len(prepared.observations):>6} figures")
    typer.echo(f"Written to {settings.processed_dir}")


@app.command()
def score() -> None:
    """Write observations, cleaning log and scores, and show the partner countries."""
    from innocap_analysis.score.capacity import load_capacity, write_scores

    settings = load_settings()
    write_scores(settings)
    capacity = load_capacity(settings=settings)
    shown = capacity.result.scores.loc[capacity.countries, [capacity.root, *capacity.dimensions]]
    typer.echo(shown.round(1).to_string())
    typer.echo(f"Written to {settings.processed_dir}")


@app.command()
def check() -> None:
    """Check settings, codebooks, raw files, goalposts and notebooks."""
    from innocap_analysis.batch.check import check_project

    faults = 0
    for name, found in check_project(load_settings()):
        typer.echo(f"{'ok    ' if not found else 'FAULT '} {name}")
        for fault in found:
            typer.echo(f"       {fault}", err=True)
        faults += len(found)
    if faults:
        raise typer.Exit(1)


@app.command()
def goalposts(
    write: Annotated[
        bool, typer.Option("--write", help="Freeze the recomputed values in the codebook.")
    ] = False,
) -> None:
    """Recompute the goalposts from the reference set and compare them with the codebook."""
    from innocap_analysis.codebook import write_goalposts
    from innocap_analysis.score.capacity import load_capacity
    from innocap_analysis.score.goalposts import compute_goalposts

    capacity = load_capacity()
    table = compute_goalposts(capacity.values, capacity.codebook)
    typer.echo(table.to_string(index=False))
    if write:
        path = capacity.settings.codebook_path
        changed = write_goalposts(path, table.set_index("code")[["low", "high"]])
        typer.echo(f"{changed} goalpost(s) written to {path}")
    elif not table["agrees"].all():
        typer.echo("Some goalposts differ; freeze them with: innocap goalposts --write", err=True)
        raise typer.Exit(1)


@app.command()
def translations() -> None:
    """Bring the translation catalogues in step with the texts of the project."""
    from innocap_analysis.present.catalogue import update_catalogues

    for language, missing in update_catalogues(load_settings()).items():
        typer.echo(f"{language}: {missing} to translate")


def main() -> None:
    """Run the command line; a user's mistake is one message, never a traceback."""
    try:
        app()
    except InnocapError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
