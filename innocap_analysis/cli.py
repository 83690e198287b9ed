"""The ``innocap`` command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from innocap_analysis import __version__
from innocap_analysis.settings import InnocapError, load_settings

if TYPE_CHECKING:
    from innocap_analysis.batch.outcome import Outcome

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
Force = Annotated[bool, typer.Option("--force", help="Run also what would come out the same.")]
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
    language: Language = None,
    jobs: Jobs = None,
    given: Given = None,
    force: Force = False,
    scheduler: Scheduler = None,
) -> None:
    """Run the notebooks and write reports and figures."""
    from innocap_analysis.batch.run import run_notebooks

    settings = load_settings()
    terminal = sys.stdout.isatty()

    def tell(outcome: Outcome, done: int, total: int) -> None:
        if outcome.status == "skipped":
            return
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
        force=force,
        scheduler=scheduler,
        settings=settings,
        report=tell,
    )
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for outcome in failed:
        cell = f"cell {outcome.cell}" if outcome.cell else "no cell"
        typer.echo(f"FAILED {outcome.run.name}, {cell}: {outcome.error}", err=True)
    _tell_sums(outcomes)
    tongue = settings.check_language(language or settings.default_language)
    suffix = "" if tongue == settings.default_language else f".{tongue}"
    typer.echo(f"Report: {settings.reports_dir / f'index{suffix}.html'}")
    if failed:
        raise typer.Exit(1)


def _tell_sums(outcomes: list[Outcome]) -> None:
    counts = {"ok": 0, "skipped": 0, "failed": 0}
    for outcome in outcomes:
        counts[outcome.status] += 1
    line = ", ".join(f"{n} {status}" for status, n in counts.items() if n or status != "skipped")
    if counts["skipped"]:
        line += " (skipped: nothing it depends on has changed; --force runs it again)"
    typer.echo(line)
    most = max(outcomes, key=lambda outcome: outcome.memory_mb)
    if most.memory_mb:
        typer.echo(f"Most memory: {most.memory_mb:.0f} MB ({most.run.name})")


@app.command()
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="The reports; by default those of the project.")
    ] = None,
    number: Annotated[
        str | None,
        typer.Option("--number", help="Id in results.csv: walk from it to the raw figures."),
    ] = None,
) -> None:
    """Compare reports, figures, data and notebooks with the provenance record."""
    from innocap_analysis.batch.verify import verify_reports

    settings = load_settings()
    if number is not None:
        from innocap_analysis.batch.trace import trace_number

        for line in trace_number(number, settings):
            typer.echo(line)
        return
    found = verify_reports(folder or settings.reports_dir, settings)
    for what, changes in (("output", found.outputs), ("input", found.inputs)):
        for name, change in changes.items():
            typer.echo(f"{what:<6} {name}: {change}", err=True)
    typer.echo(
        f"{found.n_outputs} reports and figures, {found.n_inputs} inputs: "
        f"{len(found.outputs)} and {len(found.inputs)} differ"
    )
    if found.outputs or found.inputs:
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


@app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Exports of a survey tool.")],
    tool: Annotated[str | None, typer.Option(help="Which tool, if not found out.")] = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8, utf-16, cp1252 …")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Comma, semicolon, tab or bar.")] = None,
    header_row: Annotated[int | None, typer.Option(help="Row of the header, from 1.")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="CSV with the columns header and item.")
    ] = None,
    scale: Annotated[str | None, typer.Option(help="Scale of the items, if another.")] = None,
    codes: Annotated[
        str | None, typer.Option(help="Bare numbers: high_agrees or low_agrees.")
    ] = None,
    rescale: Annotated[bool, typer.Option(help="A longer or shorter scale may be fitted.")] = False,
    country: Annotated[str | None, typer.Option(help="Country of every response.")] = None,
    suggest: Annotated[bool, typer.Option(help="Only draft a mapping, to be mended.")] = False,
) -> None:
    """Read survey exports into data/processed, without personal data."""
    from innocap_analysis.prepare.answers import count_cleaning
    from innocap_analysis.prepare.survey.mapping import draft_mapping, read_mapping
    from innocap_analysis.prepare.wave import import_files

    settings = load_settings()
    how = {"tool": tool, "encoding": encoding, "delimiter": delimiter, "header_row": header_row}
    if suggest:
        for path in files:
            place = draft_mapping(path, settings=settings, **how)  # type: ignore[arg-type]
            typer.echo(f"Drafted {place}; mend it, then: innocap import {path} --mapping {place}")
        return
    options: dict[str, object] = {**how, "scale": scale, "codes": codes, "rescale": rescale}
    options |= {"country": country, "mapping": read_mapping(mapping) if mapping else None}
    parts, wave = import_files(files, settings=settings, options=options)
    for part in parts:
        typer.echo(str(part.report))
    for row in count_cleaning(wave.log, len(wave.raw)).to_dict("records"):
        if row["dropped"] or row["flagged"] or row["set_missing"]:
            typer.echo(
                f"{row['step']:<16} {row['before']:>7} responses, {row['dropped']} dropped, "
                f"{row['flagged']} flagged, {row['set_missing']} answers set missing"
            )
    typer.echo(f"clean            {len(wave.clean):>7} responses")
    typer.echo(f"Written to {settings.processed_dir}")


@app.command()
def synthetic() -> None:
    """Write the made-up survey wave again, the same as it ships."""
    from innocap_analysis.prepare.synthetic.wave import write_wave

    for path in write_wave(load_settings()):
        typer.echo(str(path))


@app.command()
def form(
    language: Annotated[str, typer.Option("--language", "-l", help="Default language.")] = "en",
    folder: Annotated[Path, typer.Option(help="Where to write it.")] = Path(),
) -> None:
    """Write the questionnaire as an XLSForm and as a page to print."""
    from innocap_analysis.present.form import write_form

    for path in write_form(load_settings(), language=language, folder=folder):
        typer.echo(str(path))


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
