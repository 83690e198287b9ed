"""The tables of the page on differences between groups."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.present.evidence import Evidence
from innocap_analysis.present.survey_labels import SurveyLabels, make_survey_labels, mark_table
from innocap_analysis.present.tables import (
    JOINED_DASH,
    Formatter,
    Table,
    as_number,
    as_text,
    make_table,
)
from innocap_analysis.score.capacity import CapacityData


def table_reliability(evidence: Evidence, *, language: str) -> Table:
    """Show the reliability of every dimension.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per dimension: complete answers, alpha with its interval, ordinal alpha and
        omega total.
    """
    labels = make_survey_labels(evidence.wave, language)
    table = evidence.reliability
    wide = table[table["unit"] == "all"].set_index(["code", "coefficient"])
    rows = []
    for code in evidence.dimensions:
        own = wide.loc[code]
        rows.append(
            {
                "code": code,
                "n": int(own.at["alpha", "n"]),
                "alpha": _interval(own.loc["alpha"], "estimate", labels, 2),
                "ordinal": own.at["alpha_ordinal", "estimate"],
                "omega": own.at["omega_total", "estimate"],
            }
        )
    two = as_number(labels.number, decimals=2)
    return mark_table(
        make_table(
            pd.DataFrame(rows),
            {
                "code": (labels.say("Dimension"), as_text(labels.code)),
                "n": (labels.say("Complete answers"), str),
                "alpha": (labels.say("Alpha (95% interval)"), str),
                "ordinal": (labels.say("Ordinal alpha"), two),
                "omega": (labels.say("Omega total"), two),
            },
            caption=labels.say("Reliability of the dimensions; omega over the model’s variance"),
        ),
        labels,
    )


def table_clusters(evidence: Evidence, *, language: str) -> Table:
    """Show how alike people of one organisation answer.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per score: share of variance between organisations, design effect.
    """
    labels = make_survey_labels(evidence.wave, language)
    return mark_table(
        make_table(
            evidence.clusters,
            {
                "code": (labels.say("Score"), as_text(labels.code)),
                "n": (labels.say("Respondents"), str),
                "clusters": (labels.say("Organisations"), str),
                "icc_reml": (labels.say("Between organisations"), as_number(labels.share)),
                "design_effect": (
                    labels.say("Design effect"),
                    as_number(labels.number, decimals=2),
                ),
                "effective_n": (
                    labels.say("Worth as many independent respondents"),
                    as_number(labels.number, decimals=0),
                ),
            },
            caption=labels.say("Organisations inside countries"),
        ),
        labels,
    )


def table_tests(evidence: Evidence, *, language: str) -> Table:
    """Show the tests over all countries.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per score: p of three tests, omega squared with its interval.
    """
    labels = make_survey_labels(evidence.wave, language)
    rows = []
    for code, tests in evidence.tests.groupby("code", sort=False):
        own = tests.set_index("test")
        rows.append(
            {
                "code": code,
                "welch": own.at["welch", "p"],
                "kruskal": own.at["kruskal_wallis", "p"],
                "permutation": own.at["permutation", "p"],
                "omega": _interval(own.loc["welch"], "estimate", labels, 2),
            }
        )
    p = _as_p(labels)
    return mark_table(
        make_table(
            pd.DataFrame(rows),
            {
                "code": (labels.say("Score"), as_text(labels.code)),
                "welch": (labels.say("Welch, p"), p),
                "kruskal": (labels.say("Kruskal–Wallis, p"), p),
                "permutation": (labels.say("Permutation, p"), p),
                "omega": (labels.say("Omega squared (95% interval)"), str),
            },
            caption=labels.say("Any difference between the countries, people taken as independent"),
        ),
        labels,
    )


def table_ranks(evidence: Evidence, *, language: str) -> Table:
    """Show pooled means and how probable every rank is.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per country; no rows where an error is missing.
    """
    labels = make_survey_labels(evidence.wave, language)
    pooled = evidence.pooled
    columns: dict[str, tuple[str, Formatter]] = {
        "unit": (labels.say("Country"), as_text(labels.unit)),
        "mean": (labels.say("Mean as answered"), as_number(labels.number)),
        "pooled": (labels.say("Pooled mean (95% interval)"), str),
    }
    if pooled is None:
        empty = pd.DataFrame({name: [] for name in columns})
        return mark_table(make_table(empty, columns), labels)
    table = pooled.means.set_index("unit").loc[evidence.countries].reset_index()
    table["pooled"] = [_interval(row, "pooled", labels, 1) for _, row in table.iterrows()]
    for rank in pooled.ranks:
        table[f"rank_{rank}"] = table["unit"].map(pooled.ranks[rank])
        columns[f"rank_{rank}"] = (labels.say("Rank {n}", n=rank), as_number(labels.probability))
    caption = labels.say("Partially pooled means, and the probability of each rank")
    return mark_table(make_table(table, columns, caption=caption), labels)


def table_imputed(evidence: Evidence, *, language: str) -> Table:
    """Show the index as scored, of complete answers only, and with missing ones imputed.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per country.
    """
    labels = make_survey_labels(evidence.wave, language)
    table = evidence.imputed.copy()
    table["imputed"] = [_interval(row, "estimate", labels, 1) for _, row in table.iterrows()]
    one = as_number(labels.number)
    return mark_table(
        make_table(
            table,
            {
                "unit": (labels.say("Country"), as_text(labels.unit)),
                "scored": (labels.say("As scored"), one),
                "n": (labels.say("Respondents"), str),
                "complete": (labels.say("Only who answered every item"), one),
                "imputed": (labels.say("Imputed (95% interval)"), str),
                "fmi": (labels.say("Information missing"), as_number(labels.share)),
            },
            caption=labels.say("The index with missing answers treated in three ways"),
        ),
        labels,
    )


def table_countries(evidence: Evidence, capacity: CapacityData, *, language: str) -> Table:
    """Show the published index beside the survey's, values only.

    Parameters
    ----------
    evidence : Evidence
        Of the wave.
    capacity : CapacityData
        Published figures.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per country; four values are no sample, so there is no test.
    """
    labels = make_survey_labels(evidence.wave, language)
    table = pd.DataFrame({"unit": evidence.countries})
    table["published"] = table["unit"].map(capacity.result.scores[capacity.root])
    table["survey"] = table["unit"].map(evidence.means.set_index("unit")["mean"])
    one = as_number(labels.number)
    return mark_table(
        make_table(
            table,
            {
                "unit": (labels.say("Country"), as_text(labels.unit)),
                "published": (labels.say("Index of published figures"), one),
                "survey": (labels.say("Index of the answers"), one),
            },
            caption=labels.say("Two different things on scales of their own"),
        ),
        labels,
    )


def _interval(row: pd.Series, name: str, labels: SurveyLabels, decimals: int) -> str:
    if pd.isna(row[name]):
        return "–"
    told = labels.number(float(row[name]), decimals=decimals)
    if pd.isna(row["low"]):
        return told
    low, high = (labels.number(float(row[end]), decimals=decimals) for end in ("low", "high"))
    return f"{told} ({low}{JOINED_DASH}{high})"


def _as_p(labels: SurveyLabels) -> Formatter:
    def write(value: object) -> str:
        p = float(str(value))
        least = 0.001
        if p < least:
            return "<" + labels.number(least, decimals=3)
        return labels.number(p, decimals=3)

    return write
