"""What figures and tables of a survey share: names, the mark SYNTHETIC, hidden groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.figure import BEHIND, Chart
from innocap_analysis.present.labels import Labels
from innocap_analysis.present.tables import Table

MARK = "SYNTHETIC"
NO_REGION = "?"


@dataclass(frozen=True)
class SurveyLabels(Labels):
    """Names of units, questions and answers of a wave in one language.

    Attributes
    ----------
    wave : Wave
        The answers; says whether they were made up.
    """

    wave: Wave | None = None

    def question(self, code: str) -> str:
        """Return a question as it was put."""
        assert self.wave is not None
        return self.wave.instrument.text(code, self.language)

    def answer(self, code: str, answer: object) -> str:
        """Return the label of an answer to a question."""
        assert self.wave is not None
        instrument = self.wave.instrument
        scale = instrument.scales[instrument.items[code].scale]
        return scale.label(answer, self.language)  # type: ignore[arg-type]

    @property
    def hidden(self) -> str:
        """Say that a group is hidden; not why, as the reason would tell its size."""
        return self.say("not shown")

    def caption(self, text: str) -> str:
        """Put the mark before a caption where answers were made up."""
        synthetic = self.wave is not None and self.wave.is_synthetic
        return f"{MARK}. {text}".strip() if synthetic else text


def make_survey_labels(wave: Wave, language: str) -> SurveyLabels:
    """Return the labels of a wave in a language.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language wanted.

    Returns
    -------
    SurveyLabels
        Names and number formats.

    Raises
    ------
    InnocapError
        The project does not offer the language.
    """
    tongue = wave.settings.check_language(language)
    return SurveyLabels(wave.settings, wave.instrument.codebook, tongue, wave)


def mark_chart(chart: Chart, wave: Wave) -> Chart:
    """Mark a figure, its data and its alternative text where the answers were made up.

    Parameters
    ----------
    chart : Chart
        A figure of the wave.
    wave : Wave
        The answers.

    Returns
    -------
    Chart
        The same figure.
    """
    if wave.is_synthetic:
        width, height = chart.get_size_inches()
        chart.text(
            1 - 0.12 / width, 0.08 / height, MARK, ha="right", va="bottom", size=9, weight="bold",
            color="white", bbox={"facecolor": BEHIND, "edgecolor": "none", "pad": 2.5},
        )  # fmt: skip
        chart.alt = f"{MARK}. {chart.alt}"
    chart.data = chart.data.assign(synthetic=wave.is_synthetic)
    return chart


def mark_table(table: Table, labels: SurveyLabels) -> Table:
    """Mark a table's caption where the answers were made up.

    Parameters
    ----------
    table : Table
        A table of the wave.
    labels : SurveyLabels
        Knows the wave.

    Returns
    -------
    Table
        The same cells.
    """
    return Table(table.cells, table.numeric, labels.caption(table.caption))


def draw_intervals(
    ax: Axes, table: pd.DataFrame, positions: Sequence[float], labels: Labels, *, value: str
) -> None:
    """Draw marked values with their intervals, one row each; hidden ones are left out.

    A value without an interval has a hollow mark.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        `country`, `value`, `low`, `high`, in the order of the positions.
    positions : sequence of float
        Height of each row.
    labels : Labels
        Colours and markers.
    value : str
        Column of the value.
    """
    for y, row in zip(positions, table.to_dict("records"), strict=True):
        if pd.isna(row[value]):
            continue
        colour = labels.colour(row["country"])
        sure = not pd.isna(row["low"])
        if sure:
            ax.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.4, alpha=0.75)
        ax.plot(
            row[value], y, labels.marker(row["country"]), color=colour, markersize=5.5,
            markerfacecolor=colour if sure else "white", clip_on=False, zorder=3,
        )  # fmt: skip


def make_country_key(countries: Sequence[str], labels: Labels) -> list[Line2D]:
    """Return the key of country colours and markers.

    Parameters
    ----------
    countries : sequence of str
        Country codes.
    labels : Labels
        Names, colours and markers.

    Returns
    -------
    list of Line2D
        One per country.
    """
    return [
        Line2D([], [], marker=labels.marker(c), color=labels.colour(c), markersize=6,
               linewidth=1.4, label=labels.unit(c))
        for c in countries
    ]  # fmt: skip
