"""The tables of the survey pages, each one call from a notebook."""

from __future__ import annotations

import pandas as pd

from innocap_analysis.compare.describe import summarise
from innocap_analysis.prepare.answers import STEPS, count_cleaning
from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.survey_groups import tabulate_group_scores, tabulate_places
from innocap_analysis.present.survey_labels import (
    NO_REGION,
    SurveyLabels,
    make_survey_labels,
    mark_table,
)
from innocap_analysis.present.tables import (
    JOINED_DASH,
    Formatter,
    Table,
    as_number,
    as_text,
    make_table,
)


def table_files(wave: Wave, *, language: str) -> Table:
    """List the files of the wave and what was read from them.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of headings.

    Returns
    -------
    Table
        One row per file; the names of columns left out are those of the file.
    """
    labels = make_survey_labels(wave, language)
    rows = []
    for file, columns in wave.columns.groupby("file", sort=True):
        kinds = columns["read_as"].value_counts()
        out = columns.loc[columns["read_as"].isin(["personal", "unmatched"]), "header"]
        rows.append(
            {
                "file": file,
                "responses": int((wave.raw["file"] == file).sum()),
                "items": int(kinds.get("item", 0) + kinds.get("option", 0)),
                "left_out": ", ".join(map(str, out)) or "–",
            }
        )
    table = make_table(
        pd.DataFrame(rows),
        {
            "file": (labels.say("File"), str),
            "responses": (labels.say("Responses"), str),
            "items": (labels.say("Columns read as items"), str),
            "left_out": (labels.say("Columns left out (personal or not in the form)"), str),
        },
        caption=labels.say("What was handed in and read"),
    )
    return mark_table(table, labels)


def table_cleaning(wave: Wave, *, language: str) -> Table:
    """Show the way from raw to clean responses, step by step.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per step of :func:`count_cleaning`; the numbers add up.
    """
    labels = make_survey_labels(wave, language)
    named = {
        "preview": labels.say("Previews and tests"),
        "duplicate": labels.say("The same response again"),
        "impossible": labels.say("Codes that the scale does not have"),
        "place": labels.say("Regions of another country"),
        "incomplete": labels.say("Fewer than half of the items answered"),
        "straight_lining": labels.say("The same answer to every item"),
        "speed": labels.say("Faster than anyone can read"),
    }
    counts = count_cleaning(wave.log, len(wave.raw))
    table = make_table(
        counts,
        {
            "step": (labels.say("Step"), as_text(named.__getitem__)),
            "before": (labels.say("Responses before"), str),
            "dropped": (labels.say("Dropped"), str),
            "after": (labels.say("Responses after"), str),
            "flagged": (labels.say("Flagged, kept"), str),
            "set_missing": (labels.say("Answers set missing"), str),
        },
        caption=labels.say(
            "From {raw} raw to {clean} clean responses",
            raw=len(wave.raw),
            clean=int(counts["after"].iloc[-1]),
        ),
    )  # fmt: skip
    assert tuple(named) == STEPS
    return mark_table(table, labels)


def table_respondents(wave: Wave, *, language: str) -> Table:
    """Show who answered, by country and region, small groups hidden.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        Respondents, organisations and the median of the minutes taken.
    """
    labels = make_survey_labels(wave, language)
    shown = ["organisations", "minutes"]
    table = tabulate_places(wave.clean, wave, _count_people, values=shown, within=["total"])

    def name(unit: str) -> str:
        return labels.say("no region given") if unit == NO_REGION else labels.unit(unit)

    return mark_table(
        make_table(
            table,
            {
                "unit": (labels.say("Country or region"), as_text(name)),
                "n": (labels.say("Respondents"), _as_count(labels)),
                "organisations": (labels.say("Organisations"), _as_count(labels)),
                "minutes": (labels.say("Minutes, median"), as_number(labels.number)),
            },
            caption=labels.say("Who answered"),
        ),
        labels,
    )


def _as_count(labels: SurveyLabels) -> Formatter:
    return lambda value: labels.hidden if pd.isna(value) else labels.figure(float(str(value)))


def _count_people(people: pd.DataFrame, by: str) -> pd.DataFrame:
    table = people.groupby(by, sort=True).agg(
        n=("response_id", "size"),
        organisations=("organisation", "nunique"),
        minutes=("seconds", lambda s: s.astype(float).median() / 60),
    )
    return table.rename_axis("unit").reset_index().assign(total="all")


def table_items(wave: Wave, *, language: str) -> Table:
    """Describe every scored item over all respondents.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        Answers, mean, spread, shares at both ends of the scale.
    """
    labels = make_survey_labels(wave, language)
    codes = wave.instrument.scored
    limits = {code: wave.instrument.limits(code) for code in codes}
    data = summarise(wave.clean, codes, limits=limits)
    lowest, highest = min(low for low, _ in limits.values()), max(h for _, h in limits.values())
    return mark_table(
        make_table(
            data,
            {
                "code": (labels.say("Item"), as_text(labels.question)),
                "n": (labels.say("Answers"), str),
                "mean": (labels.say("Mean"), as_number(labels.number, decimals=2)),
                "sd": (labels.say("Standard deviation"), as_number(labels.number, decimals=2)),
                "skew": (labels.say("Skewness"), as_number(labels.number, decimals=2)),
                "floor_share": (labels.say("Lowest answer"), as_number(labels.share)),
                "ceiling_share": (labels.say("Highest answer"), as_number(labels.share)),
            },
            caption=labels.say(
                "Items, from {low} to {high}; none is turned here",
                low=labels.figure(lowest),
                high=labels.figure(highest),
            ),
        ),
        labels,
    )


def table_group_scores(wave: Wave, *, language: str) -> Table:
    """Show the scores of countries and regions with their intervals, small groups hidden.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the table.

    Returns
    -------
    Table
        One row per unit, one column per dimension and the index.
    """
    labels = make_survey_labels(wave, language)
    data = tabulate_group_scores(wave)
    book = wave.instrument.codebook
    nodes = [book.indexes[0], *book.children(book.indexes[0])]
    rows = []
    for unit in dict.fromkeys(data["unit"]):
        own = data[data["unit"] == unit].set_index("code")
        row: dict[str, object] = {"unit": unit, "n": own.at[nodes[0], "n"]}
        for node in nodes:
            mean, low, high = (float(own.at[node, k]) for k in ("mean", "low", "high"))
            told = labels.number(mean)
            if pd.notna(low):
                told += f" ({labels.number(low)}{JOINED_DASH}{labels.number(high)})"
            row[node] = told
        rows.append(row)
    columns: dict[str, tuple[str, Formatter]] = {
        "unit": (labels.say("Country or region"), as_text(labels.unit)),
        "n": (labels.say("Respondents"), _as_count(labels)),
        **{node: (labels.code(node), str) for node in nodes},
    }
    caption = labels.say("Mean scores, 0 to 100, with 95% intervals over organisations")
    return mark_table(make_table(pd.DataFrame(rows), columns, caption=caption), labels)
