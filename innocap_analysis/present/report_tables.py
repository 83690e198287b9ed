"""The tables of the report, each one call from a notebook."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.codebook import Codebook, read_codebook
from innocap_analysis.compare.reference import compare_to_reference
from innocap_analysis.prepare.raw import read_datapackage
from innocap_analysis.present.labels import make_labels
from innocap_analysis.present.tables import Formatter, Table, as_number, as_text, make_table
from innocap_analysis.reads import list_files
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.panel import score_panel, tabulate_changes
from innocap_analysis.score.published import recompute_published
from innocap_analysis.score.robustness import rank_interval
from innocap_analysis.score.sensitivity import SensitivityResult


def read_examples(capacity: CapacityData) -> list[Codebook]:
    """Read the codebooks of published indexes whose figures are in the data.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.

    Returns
    -------
    list of Codebook
        In the order of their file names.
    """
    folder = capacity.settings.codebook_path.parent / "examples"
    known = set(capacity.prepared.observations["code"])
    books = [read_codebook(path) for path in list_files(folder, "*.csv")]
    return [book for book in books if book.indexes[0] in known]


def table_sources(capacity: CapacityData, *, language: str) -> Table:
    """List the raw files: what each is, its terms, and how it was checked.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of headings; titles and checks stay as they were recorded, in English.

    Returns
    -------
    Table
        One row per raw file that feeds the index.
    """
    labels = make_labels(capacity, language)
    resources = read_datapackage(capacity.settings.raw_dir)
    data = pd.DataFrame(
        [
            {
                "title": r.title,
                "publisher": r.publisher,
                "licence": r.licence_note,
                "checked": r.checked,
            }
            for r in resources
            if r.role == "observations"
        ]
    )
    return make_table(
        data,
        {
            "title": (labels.say("Source"), str),
            "publisher": (labels.say("Publisher"), str),
            "licence": (labels.say("Licence"), str),
            "checked": (labels.say("How it was checked"), str),
        },
    )


def table_cautions(capacity: CapacityData, *, language: str) -> Table:
    """List what to be careful about, by indicator.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of headings and indicator names; the notes stay in English.

    Returns
    -------
    Table
        Scored and regional indicators that carry a caution.
    """
    labels = make_labels(capacity, language)
    cautions: dict[str, str] = {}
    for resource in read_datapackage(capacity.settings.raw_dir):
        cautions |= resource.cautions
    shown = [*capacity.codebook.leaves, *capacity.regional.columns]
    data = pd.DataFrame(
        [{"code": code, "caution": cautions[code]} for code in shown if code in cautions]
    )
    return make_table(
        data,
        {
            "code": (labels.say("Indicator"), as_text(labels.code)),
            "caution": (labels.say("Be careful"), str),
        },
    )


def table_log(capacity: CapacityData, *, language: str) -> Table:
    """Summarise the cleaning log by what was done.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of headings and actions.

    Returns
    -------
    Table
        Decisions and figures per action; the full log is in ``data/processed``.
    """
    labels = make_labels(capacity, language)
    log = capacity.prepared.log
    words = {
        "changed": labels.say("unit code mapped"),
        "dropped": labels.say("left out of the scores"),
        "missing": labels.say("missing"),
    }
    data = log.groupby("action").agg(decisions=("n_values", "size"), figures=("n_values", "sum"))
    return make_table(
        data.reset_index(),
        {
            "action": (labels.say("What was done"), as_text(words.__getitem__)),
            "decisions": (labels.say("Decisions"), str),
            "figures": (labels.say("Figures"), str),
        },
    )


def table_published(capacity: CapacityData, *, language: str) -> Table:
    """Compare published composites with their recomputation from published parts.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of headings.

    Returns
    -------
    Table
        One row per composite and edition: countries and the largest difference.
    """
    labels = make_labels(capacity, language)
    rows = recompute_published(capacity.prepared.observations, read_examples(capacity))
    data = (
        rows.assign(size=rows["difference"].abs())
        .groupby(["code", "time"], as_index=False)
        .agg(countries=("unit", "size"), largest=("size", "max"))
    )
    return make_table(
        data,
        {
            "code": (labels.say("Published index"), as_text(labels.code)),
            "time": (labels.say("Edition"), str),
            "countries": (labels.say("Countries"), str),
            "largest": (labels.say("Largest difference"), as_number(labels.number, decimals=5)),
        },
    )


def table_scores(
    capacity: CapacityData,
    *,
    reference: str,
    language: str,
    runs: SensitivityResult | None = None,
) -> Table:
    """Show index and dimension scores of the partner countries.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.
    runs : SensitivityResult, optional
        Scores under many defensible choices. With them the table has ranks: no rank is
        shown without its interval.

    Returns
    -------
    Table
        One row per country and node.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    data = compare_to_reference(capacity.result, capacity.countries, reference_units=members)
    data = data[data["level"] <= 1].copy()
    order = {code: i for i, code in enumerate([capacity.root, *capacity.dimensions])}
    data = data.sort_values("code", key=lambda codes: codes.map(order), kind="stable")
    columns: dict[str, tuple[str, Formatter]] = {
        "code": (labels.say("Dimension"), as_text(labels.code)),
        "unit": (labels.say("Country"), as_text(labels.unit)),
        "score": (labels.say("Score"), as_number(labels.number)),
        "gap_to_median": (labels.say("From the median"), as_number(labels.number, sign=True)),
        "gap_to_best": (labels.say("From the best"), as_number(labels.number, sign=True)),
    }
    if runs is not None:
        data["rank"] = [
            labels.rank(rank, *rank_interval(runs, code, unit, units=members))
            for rank, code, unit in zip(
                data["reference_rank"], data["code"], data["unit"], strict=True
            )
        ]
        columns["rank"] = (labels.say("Rank"), str)
        columns["reference_n"] = (labels.say("of countries"), str)
    return make_table(data, columns)


def table_profile(capacity: CapacityData, unit: str, *, reference: str, language: str) -> Table:
    """Show every indicator of a country: raw figure, score and place in the reference set.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    unit : str
        Country code.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per indicator.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    data = compare_to_reference(capacity.result, [unit], reference_units=members)
    data = data[data["code"].isin(capacity.codebook.leaves)]
    return make_table(
        data,
        {
            "parent": (labels.say("Dimension"), as_text(labels.code)),
            "code": (labels.say("Indicator"), as_text(labels.code)),
            "value": (labels.say("Raw figure"), as_number(labels.figure)),
            "score": (labels.say("Score"), as_number(labels.number)),
            "reference_rank": (labels.say("Rank"), "{:.0f}".format),
            "reference_n": (labels.say("of countries"), str),
            "percentile": (labels.say("Percentile"), as_number(labels.number, decimals=0)),
            "best_units": (
                labels.say("Best"),
                lambda codes: labels.units(str(codes).split()[:3]),
            ),
        },
    )


def table_changes(capacity: CapacityData, *, language: str) -> Table:
    """Show how the partner countries moved on published indexes with several editions.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per index and country: first and last edition with score and rank among the
        countries in the data, each edition recomputed from its parts on one fixed base.
    """
    labels = make_labels(capacity, language)
    parts = []
    for book in read_examples(capacity):
        panel = score_panel(capacity.prepared.observations, book)
        panel["of"] = panel.groupby(["time", "code"])["unit"].transform("nunique")
        changes = tabulate_changes(panel, codes=book.indexes)
        of = panel[panel["code"].isin(book.indexes)].set_index(["unit", "time"])["of"]
        for end in ("first", "last"):
            places = zip(changes["unit"], changes[f"{end}_time"], strict=True)
            changes[f"{end}_place"] = [
                labels.say("{rank} of {n}", rank=f"{rank:.0f}", n=of[place])
                for rank, place in zip(changes[f"{end}_rank"], places, strict=True)
            ]
        parts.append(changes)
    data = pd.concat(parts, ignore_index=True)
    data = data[data["unit"].isin(capacity.countries)]
    score = as_number(labels.number, decimals=3)
    return make_table(
        data,
        {
            "code": (labels.say("Published index"), as_text(labels.code)),
            "unit": (labels.say("Country"), as_text(labels.unit)),
            "first_time": (labels.say("First edition"), str),
            "first_score": (labels.say("Score then"), score),
            "first_place": (labels.say("Rank then"), str),
            "last_time": (labels.say("Last edition"), str),
            "last_score": (labels.say("Score now"), score),
            "last_place": (labels.say("Rank now"), str),
        },
    )
