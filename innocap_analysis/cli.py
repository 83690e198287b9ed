"""The ``innocap`` command."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from innocap_analysis import __version__
from innocap_analysis.batch.conduct import count_jobs
from innocap_analysis.batch.progress import Progress, announce
from innocap_analysis.cli_add import add_change_commands
from innocap_analysis.cli_project import add_project_commands
from innocap_analysis.cli_survey import add_survey_commands
from innocap_analysis.errors import InnocapError, show_text
from innocap_analysis.settings import load_settings

if TYPE_CHECKING:
    from innocap_analysis.batch.conduct import Request

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
Languages = Annotated[
    list[str] | None,
    typer.Option("--language", "-l", help="Language of the reports, or all; repeat for several."),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", help="Notebooks at the same time.", min=1)
]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="Another notebook parameter, as NAME=VALUE."),
]
Variants = Annotated[
    list[str] | None,
    typer.Option("--variant", help="Set of parameters in innocap.yml, or a name for --set."),
]
Places = Annotated[
    list[str] | None,
    typer.Option(
        "--places", "-p",
        help="Pages about places: all, rural, sparse, regions, 'in PLACE', codes, names or a file.",
    ),
]  # fmt: skip
Country = Annotated[str | None, typer.Option("--country", "-c", help="Places of this country.")]
Formats = Annotated[
    list[str] | None,
    typer.Option("--format", "-f", help="html (pages), and briefs as pdf, docx, pptx and xlsx."),
]
Figures = Annotated[
    list[str] | None,
    typer.Option("--figures", help="Figures for documents too: 8cm, 16cm, slide, 8cm+title."),
]
Index = Annotated[
    str | None, typer.Option("--index", "-i", help="An index that innocap.yml lists.")
]
Table = Annotated[
    Path | None, typer.Option("--runs", help="CSV file with the rows to run instead of the plan.")
]
Force = Annotated[bool, typer.Option("--force", help="Run also what would come out the same.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be done and why; write nothing.")
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", help="Run on Dask: local, or an address such as tcp://host:8786."),
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
    language: Languages = None,
    jobs: Jobs = None,
    given: Given = None,
    force: Force = False,
    scheduler: Scheduler = None,
    dry_run: DryRun = False,
    variant: Variants = None,
    runs: Table = None,
    places: Places = None,
    country: Country = None,
    index: Index = None,
    form: Formats = None,
    figures: Figures = None,
) -> None:
    """Run the notebooks and write reports and figures."""
    settings = load_settings()
    formats, sizes = (
        [part.strip() for text in option or () for part in text.split(",")] or None
        for option in (form, figures)
    )
    asked: dict[str, Any] = {
        "regions": region, "notebooks": notebook, "languages": language, "table": runs,
        "places": places, "country": country, "index": index,
    }  # fmt: skip
    if dry_run:
        from innocap_analysis.batch.conduct import Request

        pairs = _read_pairs(given or [])
        _foresee(
            Request(
                settings, region, notebook, language, pairs, jobs, force, variant, runs, places,
                country, index, formats, sizes,
            )
        )  # fmt: skip
        return
    live = _write_state if sys.stdout.isatty() else None
    progress = Progress(_echo_line, live, jobs=count_jobs(jobs, 1000))
    progress.note(announce(settings, **asked))
    from innocap_analysis.batch.run import run_notebooks

    outcomes = run_notebooks(
        regions=region,
        notebooks=notebook,
        language=language,
        parameters=_read_pairs(given or []),
        variants=variant,
        table=runs,
        places=places,
        country=country,
        index=index,
        formats=formats,
        figures=sizes,
        jobs=jobs,
        force=force,
        scheduler=scheduler,
        settings=settings,
        report=progress.take,
        note=progress.note,
    )
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for outcome in failed:
        cell = f"cell {outcome.cell}" if outcome.cell else "no cell"
        typer.echo(show_text(f"FAILED {outcome.run.name}, {cell}: {outcome.error}"), err=True)
    for line in progress.sum_up(outcomes, settings):
        typer.echo(line)
    for tongue in dict.fromkeys(outcome.run.language for outcome in outcomes):
        ending = "" if tongue == settings.default_language else f".{tongue}"
        typer.echo(f"Report: {settings.reports_dir / f'index{ending}.html'}")
    if failed:
        raise typer.Exit(1)


def _foresee(request: Request) -> None:
    from innocap_analysis.batch.conduct import foresee_batch

    found = foresee_batch(request)
    for run, why in found:
        if why:
            typer.echo(f"{run.name}: {why}")
    wanted = sum(bool(why) for _, why in found)
    typer.echo(f"{wanted} of {len(found)} would be run, {len(found) - wanted} stand as they are")


def _echo_line(text: str) -> None:
    typer.echo(show_text(text))
    sys.stdout.flush()


def _write_state(text: str) -> None:
    sys.stdout.write(f"\r\x1b[K{text}")
    sys.stdout.flush()


@app.command()
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="The reports; by default those of the project.")
    ] = None,
    number: Annotated[
        str | None,
        typer.Option("--number", help="Id in results.csv: walk from it to the raw figures."),
    ] = None,
    index: Index = None,
) -> None:
    """Compare reports, and what each of them has read, with the provenance record."""
    from innocap_analysis.batch.verify import verify_reports

    settings = load_settings()
    if number is not None:
        page, colon, rest = number.partition(":")
        if index is not None and settings.choose(index).index not in page.split("@"):
            number = f"{page}@{index}{colon}{rest}"
        from innocap_analysis.batch.trace import trace_number

        for line in trace_number(number, settings):
            typer.echo(line)
        return
    found = verify_reports(folder or settings.reports_dir, settings)
    for what, changes in (("output", found.outputs), ("input", found.inputs)):
        for name, change in changes.items():
            typer.echo(f"{what:<6} {name} {change}", err=True)
    typer.echo(
        f"{found.n_outputs} reports and figures, {found.n_inputs} inputs: "
        f"{len(found.outputs)} and {len(found.inputs)} differ"
    )
    if found.outputs or found.inputs:
        raise typer.Exit(1)


@app.command()
def clean(
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove reports and figures that no plan makes any more; what no batch made stays."""
    from innocap_analysis.batch.clean import find_leftovers, remove_leftovers

    settings = load_settings()
    found = find_leftovers(settings)
    for name in found.foreign:
        typer.echo(f"stays   {name}: no batch has made it, or it was changed since")
    for name, why in found.removable.items():
        typer.echo(f"remove  {name}: {why}")
    if found.removable and not dry_run:
        if not yes:
            typer.confirm(f"Remove {len(found.removable)} files?", abort=True)
        found = remove_leftovers(settings)
    done = "would be removed" if dry_run else "removed"
    typer.echo(f"{len(found.removable)} files {done}, {len(found.foreign)} others stay")


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
    from innocap_analysis.data.observations import write_processed
    from innocap_analysis.index.capacity import prepare_indicators

    settings = load_settings()
    prepared = prepare_indicators(settings)
    write_processed(settings, prepared)
    for action, rows in prepared.log.groupby("action"):
        typer.echo(f"{action:<8} {rows['n_values'].sum():>6} figures in {len(rows)} decisions")
    typer.echo(f"kept     {len(prepared.observations):>6} figures")
    typer.echo(f"Written to {settings.processed_dir}")


@app.command()
def score(index: Index = None) -> None:
    """Write observations, cleaning log and scores, and show the units."""
    from innocap_analysis.data.observations import find_processed
    from innocap_analysis.index.capacity import load_capacity, write_scores

    settings = load_settings().choose(index)
    write_scores(settings)
    capacity = load_capacity(settings=settings)
    nodes = dict.fromkeys([capacity.root, *capacity.dimensions])
    shown = capacity.result.scores.loc[capacity.units, [*nodes]]
    typer.echo(shown.round(1).to_string())
    typer.echo(f"Written to {find_processed(settings)}")


@app.command()
def goalposts(
    write: Annotated[
        bool, typer.Option("--write", help="Freeze the recomputed values in the codebook.")
    ] = False,
    index: Index = None,
) -> None:
    """Recompute the goalposts from the reference set and compare them with the codebook."""
    from innocap_analysis.index.goalposts import recompute_goalposts, write_goalposts

    settings = load_settings().choose(index)
    table = recompute_goalposts(settings)
    typer.echo(table.to_string(index=False))
    if write:
        path = settings.codebook_path
        changed = write_goalposts(path, table)
        typer.echo(f"{changed} goalpost(s) written to {path}")
    elif not table["agrees"].all():
        typer.echo("Some goalposts differ; freeze them with: innocap goalposts --write", err=True)
        raise typer.Exit(1)


add_survey_commands(app)
add_change_commands(app)
add_project_commands(app)


def main() -> None:
    """Run the command line; a user's mistake is one message, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's code page does not hold is told all the same.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except InnocapError as error:
        # One line alone begins so, whatever the name of a file holds.
        typer.echo(show_text(f"error: {error}").replace("\nerror:", "\n  error:"), err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
