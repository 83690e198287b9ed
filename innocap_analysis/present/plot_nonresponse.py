"""Figure of the answers that are missing, and why."""

from __future__ import annotations

import pandas as pd
from matplotlib.patches import Patch

from innocap_analysis.compare.describe import EVERYONE
from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.figure import BEHIND, INK, REFERENCE, Chart, start_chart, styled
from innocap_analysis.present.plot_answers import fold
from innocap_analysis.present.survey_groups import tabulate_nonresponse
from innocap_analysis.present.survey_labels import make_survey_labels, mark_chart

_WHY = {"dont_know": BEHIND, "not_applicable": "#F0C08A", "missing": REFERENCE}
_QUESTION_WIDTH = 72


@styled
def plot_nonresponse(wave: Wave, *, language: str = "en") -> Chart:
    """Draw for every scored item who gave no usable answer, and the share by country.

    Parameters
    ----------
    wave : Wave
        Clean answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of every text in the figure.

    Returns
    -------
    Chart
        Its data: `unit` (country or ``all``), `code`, `respondents`, shares `dont_know`,
        `not_applicable`, `missing` and `unusable` (their sum), `suppressed`.
    """
    labels = make_survey_labels(wave, language)
    codes = wave.instrument.scored
    data = tabulate_nonresponse(wave)
    overall = data[data["unit"] == EVERYONE].set_index("code").loc[codes]
    worst = str(overall["dont_know"].idxmax())
    countries = [c for c in wave.settings.countries if c in set(data["unit"])]
    told = {
        "dont_know": labels.say("Don’t know"),
        "not_applicable": labels.say("Not applicable"),
        "missing": labels.say("No answer"),
    }
    chart, (bars, cells) = start_chart(
        labels.say(
            "Most answered “don’t know” ({share}): {question}",
            share=labels.share(overall.at[worst, "dont_know"]),
            question=labels.question(worst),
        ),
        labels.say(
            "Share of {n} respondents without a usable answer to each item, and the same by "
            "country.",
            n=len(wave.clean),
        ),
        data=data,
        height=8.6,
        columns=2,
        sharey=True,
        width_ratios=[3, 1.6],
        key=[Patch(facecolor=colour, label=told[name]) for name, colour in _WHY.items()],
    )
    left = pd.Series(0.0, index=codes)
    for name, colour in _WHY.items():
        bars.barh(range(len(codes)), overall[name], left=left, color=colour, height=0.62)
        left = left + overall[name]
    for y, share in enumerate(left):
        bars.text(share + 0.004, y, labels.share(share), va="center", size=7.5)
    bars.set_yticks(
        range(len(codes)), [fold(labels.question(c), _QUESTION_WIDTH) for c in codes], size=7
    )
    bars.set_ylim(len(codes) - 0.5, -0.5)
    bars.set_xlim(0, float(left.max()) * 1.18 + 0.01)
    bars.xaxis.set_major_formatter(lambda tick, _: labels.share(tick))
    bars.tick_params(axis="y", length=0)
    wide = data.pivot_table(index="code", columns="unit", values="unusable", dropna=False)
    block = wide.reindex(index=codes, columns=countries)
    top = max(float(block.max().max()), 0.01)
    cells.imshow(block.to_numpy(float), cmap="Oranges", vmin=0, vmax=1.6 * top, aspect="auto")
    for (y, code), (x, unit) in (
        (row, column) for row in enumerate(codes) for column in enumerate(countries)
    ):
        share = block.at[code, unit]
        text = "–" if pd.isna(share) else labels.share(share)
        cells.text(x, y, text, ha="center", va="center", size=7, color=INK)
    cells.set_xticks(range(len(countries)), countries)
    cells.tick_params(length=0, labelleft=False)
    cells.xaxis.tick_top()
    cells.spines[:].set_visible(False)
    return mark_chart(chart, wave)
