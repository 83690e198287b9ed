"""Page 70: whether the answers are fit for use."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.patches import Patch

from fewlikert.describe import EVERYONE
from innocap_analysis.pages import marks, plots
from innocap_analysis.pages.drawing.figure import BEHIND, REFERENCE, Chart, styled
from innocap_analysis.pages.drawing.lettering import wrap_text
from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Prose, Table
from innocap_analysis.survey.answers import count_cleaning
from innocap_analysis.survey.disclosure import tabulate_items, tabulate_nonresponse
from innocap_analysis.survey.grouping import NO_REGION

_MANY = 0.1
_HIGHEST = ("share_highest_answer", "ceiling_share", "share")
_WHY = {"dont_know": BEHIND, "not_applicable": "#F0C08A", "missing": REFERENCE}


def table_files(view: SurveyView) -> Table:
    """List the files of the wave and what was read from them."""
    rows = []
    for file, columns in view.wave.columns.groupby("file", sort=True):
        kinds, code, sources = columns["read_as"], str(file), (str(file),)
        out = columns.loc[kinds.isin(["personal", "unmatched"]), "header"]
        read, items = (view.wave.raw["file"] == file).sum(), kinds.isin(["item", "option"]).sum()
        left_out = view.say("Columns left out (personal or not in the form)")
        row = {
            view.say("File"): code,
            view.say("Responses"): view.tally("n_responses", read, code, sources=sources),
            view.say("Columns read as items"): view.tally(
                "n_item_columns", items, code, sources=sources
            ),
            left_out: ", ".join(map(str, out)) or "–",
        }
        rows.append(row)
    return view.table(rows, caption=view.say("What was handed in and read"))


def _count_kept(view: SurveyView) -> dict[str, Said]:
    """Return how many responses there were, were kept, and were dropped."""
    n = len(view.wave.raw)
    kept = int(count_cleaning(view.wave.log, n)["after"].iloc[-1])
    counts = {"raw": n, "clean": kept, "dropped": n - kept}
    return {name: view.tally(f"n_{name}", count) for name, count in counts.items()}


def table_cleaning(view: SurveyView) -> Table:
    """Show the way from raw to clean responses, step by step; the numbers add up."""
    named = {
        "preview": view.say("Previews and tests"),
        "duplicate": view.say("The same response again"),
        "impossible": view.say("Codes that the scale does not have"),
        "place": view.say("Regions of another country"),
        "incomplete": view.say("Fewer than half of the items answered"),
        "straight_lining": view.say("The same answer to every item"),
        "speed": view.say("Faster than anyone can read"),
    }
    heads = {
        "before": view.say("Responses before"),
        "dropped": view.say("Dropped"),
        "after": view.say("Responses after"),
        "flagged": view.say("Flagged, kept"),
        "set_missing": view.say("Answers set missing"),
    }
    rows = [
        {view.say("Step"): named[row["step"]]}
        | {head: view.tally(f"n_{name}", row[name], row["step"]) for name, head in heads.items()}
        for row in count_cleaning(view.wave.log, len(view.wave.raw)).to_dict("records")
    ]
    caption = view.say("From {raw} raw to {clean} clean responses", **_count_kept(view))
    return view.table(rows, caption=caption)


def table_respondents(view: SurveyView) -> Table:
    """Show who answered, by country and region, small groups hidden."""
    data = view.respondents
    nowhere = data["unit"] == NO_REGION
    names = data["unit"].map(view.unit).mask(nowhere, view.say("no region given"))
    units = data["unit"].mask(nowhere, data["group"] + "/no-region")
    return view.table(
        data.assign(unit=units, name=names).to_dict("records"),
        {
            view.say("Country or region"): lambda row: row["name"],
            view.say("Respondents"): view.column("n_respondents", "n", "count"),
            view.say("Organisations"): view.column("n_organisations", "organisations", "count"),
            view.say("Minutes, median"): view.column("median_minutes", "minutes", "minutes"),
        },
        caption=view.say("Who answered"),
    )


def table_items(view: SurveyView) -> Table:
    """Describe every scored item over all respondents; none is turned."""
    limits = {code: view.instrument.limits(code) for code in view.instrument.scored}
    data = tabulate_items(view.release)
    lows, highs = zip(*limits.values(), strict=True)
    caption = view.say(
        "Items, from {low} to {high}; none is turned here",
        low=view.given("lowest_answer", min(lows), "number_0"),
        high=view.given("highest_answer", max(highs), "number_0"),
    )
    return view.table(
        data.to_dict("records"),
        {
            view.say("Item"): lambda row: view.question(row["code"]),
            view.say("Answers"): view.column("n_answers", "n", "count"),
            view.say("Mean"): view.column("mean_answer", "mean", "number_2"),
            view.say("Standard deviation"): view.column("sd_answer", "sd", "number_2"),
            view.say("Skewness"): view.column("skewness_answer", "skew", "number_2"),
            view.say("Lowest answer"): view.column("share_lowest_answer", "floor_share", "share"),
            view.say("Highest answer"): view.column(*_HIGHEST),
        },
        caption=caption,
    )


@styled
def plot_nonresponse(view: SurveyView) -> Chart:
    """Draw for every scored item who gave no usable answer, and the share by country."""
    codes, groups = view.instrument.scored, view.groups
    data = tabulate_nonresponse(view.release)
    rows = {(row["unit"], row["code"]): row for row in data.to_dict("records")}

    def share(unit: str, code: str, why: str) -> Said:
        return view.cell(f"share_{why}", rows[unit, code], "share", of=why, n="respondents")

    worst = max(codes, key=lambda code: np.nan_to_num(rows[EVERYONE, code]["dont_know"], nan=-1))
    told = {
        "dont_know": view.say("Don’t know"),
        "not_applicable": view.say("Not applicable"),
        "missing": view.say("No answer"),
    }
    narrow = view.medium.narrow  # too narrow for a table beside the bars
    everyone_only = view.say("Share of {n_respondents} respondents without a usable answer to each "
                             "item.")  # fmt: skip
    chart, (bars, *others) = view.start_chart(
        view.say(
            "Most answered “don’t know” ({share}): {question}",
            share=share(EVERYONE, worst, "dont_know"), question=view.question(worst),
        ),
        everyone_only
        if narrow
        else view.say(
            "Share of {n_respondents} respondents without a usable answer to each item, and the "
            "same by country."
        ),
        data=data, height=8.6,
        **{} if narrow else {"columns": 2, "sharey": True, "width_ratios": [3, 1.6]},
        key=[Patch(facecolor=colour, label=told[name]) for name, colour in _WHY.items()],
        note=view.tell_sizes(),
    )  # fmt: skip
    block = data.pivot_table(index="code", columns="unit", values="unusable", dropna=False)
    block = block.reindex(index=codes, columns=groups)
    seen = [[share(unit, code, "unusable") for unit in groups] for code in codes]
    texts = [["–" if cell.fact.hidden else cell for cell in row] for row in seen]
    top = max(float(block.max().max()), 0.01)
    for cells in others:
        plots.draw_tiles(cells, block.to_numpy(float), 0, 1.6 * top, texts, columns=groups,
                         shades=colormaps["Oranges"], text_size=7)  # fmt: skip
    everyone, y = data[data["unit"] == EVERYONE].set_index("code").loc[codes], np.arange(len(codes))
    left = np.zeros(len(codes))
    for name, colour in _WHY.items():
        bars.barh(y + 0.5, everyone[name], left=left, color=colour, height=0.62)
        left += everyone[name].to_numpy()
    told_all = [share(EVERYONE, code, "unusable") for code in codes]
    marks.write_beside(bars, left, y + 0.5, told_all, (2, 0), va="center", size=7.5)
    names = [wrap_text(view.question(code), 255, 7, even=True) for code in codes]
    marks.name_rows(bars, names, size=7, first=0.5, room=0.58)
    bars.set_ylim(len(codes), 0)
    bars.set_xlim(0, np.nan_to_num(everyone["unusable"].max()) * 1.18 + 0.01)
    bars.xaxis.set_major_formatter(view.share)
    return chart


def write_findings(view: SurveyView) -> Prose:
    """Write whether the answers are fit for use."""
    n, counts = len(view.wave.clean), _count_kept(view)
    flagged = view.wave.clean.filter(like="flag_").any(axis=1)
    lost = tabulate_nonresponse(view.release)
    lost = lost[lost["unit"] == EVERYONE].set_index("code")
    many = [str(code) for code in lost.index[lost["dont_know"] > _MANY]]
    told = [
        view.say(
            "{clean} of {raw} responses are kept; {dropped} were dropped, each with a reason in "
            "the log.",
            **counts,
        ),
        view.say_number(
            "{n} doubtful response was left out of this page as well.",
            "{n} doubtful responses were left out of this page as well.",
            n=view.tally("n_flagged_left_out", float(counts["clean"]) - n),
        )
        if n < float(counts["clean"])
        else view.say_number(
            "{n} response ({share}) is doubtful and kept: leave it out to see whether a finding "
            "hangs on it.",
            "{n} responses ({share}) are doubtful and kept: leave them out to see whether a "
            "finding hangs on them.",
            n=view.tally("n_flagged", flagged.sum()),
            share=view.fact("share_flagged", flagged.mean() if n else 0.0, "share", n=n),
        ),
        view.say(
            "Of all answers to the items, {unusable} are missing, don’t know or not applicable.",
            unusable=view.fact("share_unusable", lost["unusable"].mean(), "share", n=n),
        ),
    ]
    if many:
        text = view.say(
            "More than {share} answered “don’t know” to: {items}",
            share=view.given("many_dont_know", _MANY, "share"),
            items=" / ".join(map(view.question, many)),
        )
        told.append(text)
    return view.write_list([*told, view.tell_hidden()])
