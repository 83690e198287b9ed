"""Page 10: what is in the data, and whether it can be trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.flags import read_notes_on
from innocap_analysis.data.local import read_labels
from innocap_analysis.files import choose_texts
from innocap_analysis.index.panel import list_published, recompute_published
from innocap_analysis.pages import marks
from innocap_analysis.pages.drawing.figure import AHEAD, GRID, QUIET, REFERENCE, Chart, styled
from innocap_analysis.pages.facts import FLAG_MARK, Said
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.texts import Prose, Table


@styled
def plot_coverage(view: IndexView) -> Chart:
    """Draw which country has a value for which indicator."""
    codes, members = view.codebook.leaves, view.members
    have = view.capacity.result.values.loc[members, codes].notna()
    partners = [u for u in members if u in view.compared]
    rest = sorted(set(members) - set(partners), key=lambda u: (-int(have.loc[u].sum()), u))
    have = have.loc[[*partners, *rest]]
    data = have.astype(int).T.rename_axis("code").reset_index()
    complete = have.all(axis=1).sum()
    chart, (ax,) = view.start_chart(
        view.say(
            "{complete} of {n_members} countries have a value for each of the {n_indicators} "
            "indicators",
            complete=view.tally("n_complete", complete, view.root, n=len(members)),
        ),
        view.say("Newest value of each indicator; number of countries with a value on the right."),
        data=data.melt("code", var_name="unit", value_name="observed"),
        height=4.9,
        key=[
            Patch(facecolor=AHEAD, label=view.say("Value")),
            Patch(facecolor="white", edgecolor=REFERENCE, hatch="////", label=view.say("Missing")),
        ],
    )
    marks.frame_rows(ax, [view.code(code) for code in codes], grid=False)
    for row, code in enumerate(codes):
        spot = len(have) - 0.2 if not view.medium.narrow else len(have) + 0.8
        ax.text(spot, row, f"{view.count_values(code)}", va="center", size=8)
    cells = have.to_numpy().T
    if view.medium.narrow:
        cells = np.sort(cells, axis=1)[:, ::-1]
    corners = np.array([(-0.42, -0.4), (0.42, -0.4), (0.42, 0.4), (-0.42, 0.4)])
    for seen, face, edge, hatch in (
        (cells, AHEAD, AHEAD, None),
        (~cells, "white", REFERENCE, "////"),
    ):
        boxes = np.argwhere(seen)[:, None, ::-1] + corners
        drawn = PolyCollection(boxes, facecolors=face, edgecolors=edge, hatch=hatch, linewidths=0)
        ax.add_collection(drawn, autolim=False)
    ax.set_xlim(-0.5, len(have) + 1)
    ax.spines[:].set_visible(False)
    if view.medium.narrow:  # too narrow to name countries: so many as have a value, side by side
        ax.set_xticks([])
        return chart
    ax.set_xticks(range(len(have)), list(have.index))
    ax.xaxis.tick_top()  # first, since the labels above are others than those below
    for tick, unit in zip(ax.get_xticklabels(), have.index, strict=True):
        tick.set_fontweight("bold" if unit in view.compared else "normal")
    ax.tick_params(length=0, labelrotation=90, labelsize=7)
    return chart


def _scored(view: IndexView) -> pd.DataFrame:
    """Return the observations of the indicators that are scored."""
    used = view.capacity.observations
    return used[used["code"].isin(view.codebook.leaves)]


def _tell_ends(view: IndexView) -> dict[str, Said]:
    times = _scored(view)["time"]
    return {
        end: view.fact(f"{end}_scored_year", year, "year", code=view.root)
        for end, year in (("first", times.min()), ("last", times.max()))
    }


@styled
def plot_years(view: IndexView) -> Chart:
    """Draw the years that each indicator has figures for, and the one that is scored."""
    codes = view.codebook.leaves
    seen = view.capacity.prepared.observations
    seen = seen[seen["code"].isin(codes)]
    if view.year is not None:
        seen = seen[seen["time"] <= view.year]
    data = seen.groupby(["code", "time"]).size().reset_index(name="n")
    used = _scored(view).groupby("code")["time"].max()
    data["scored"] = data["time"] == data["code"].map(used)
    chart, (ax,) = view.start_chart(
        view.say(
            "The scored figures are from {first} to {last}; half of the indicators are from "
            "{median} or earlier",
            median=view.fact("median_scored_year", used.median() // 1, "year", code=view.root),
            **_tell_ends(view),
        ),
        view.say("Years with figures, by indicator."),
        data=data,
        height=4.9,
        key=[
            marks.make_mark(AHEAD, view.say("Scored")),
            marks.make_mark(QUIET, view.say("Older, kept for trends"), mfc="white", markersize=6),
        ],
        note=" ".join(view.tell_flags([], codes)),
    )
    names = [view.code(c) + (FLAG_MARK if view.flag("", c) else "") for c in codes]
    marks.frame_rows(ax, names)
    heights = dict(zip(codes, range(len(codes)), strict=True))
    spans = data.groupby("code")["time"].agg(["min", "max"])
    ax.hlines(spans.index.map(heights), spans["min"], spans["max"], color=GRID, linewidth=1.5)
    rows = data.assign(y=data["code"].map(heights))
    looks = {"palette": {True: AHEAD, False: QUIET}, "markers": {True: "o", False: "o"}}
    for own, size, hollow in ((~rows["scored"], 6, True), (rows["scored"], 8, False)):
        marks.draw_points(ax, rows[own], "time", looks=looks, by="scored", size=size, hollow=hollow)
    span = np.arange(data["time"].min(), data["time"].max() + 1)
    ax.set_xticks(span, [str(year) for year in span])
    return chart


def table_sources(view: IndexView) -> Table:
    """List the raw files: what each is, its terms, and how it was checked."""
    notes, language = view.settings.notes_path, view.language
    checks, licences = (
        read_notes_on(notes, topic, language=language) for topic in ("check", "licence")
    )
    title, publisher = view.say("Source"), view.say("Publisher")
    rows = [
        {
            title: resource.title,
            publisher: resource.publisher,
            view.say("Licence"): licences.get(resource.name, resource.licence_note),
            view.say("How it was checked"): checks.get(resource.name, resource.checked),
        }
        for resource in read_datapackage(view.settings.raw_dir)
        if resource.role != "reference"
    ]
    return view.table(rows, english=(title, publisher))


def table_cautions(view: IndexView) -> Table:
    """List what to be careful about: notes on indicators, and flags of single figures."""
    cautions = read_notes_on(view.settings.notes_path, "caution", language=view.language)
    rows = []
    for code in [*view.codebook.leaves, *view.capacity.regional.columns]:
        notes = [cautions[code]] if code in cautions else []
        flags = view.capacity.flags[view.capacity.flags["code"] == code]
        texts = choose_texts(flags, "note", view.language)
        for unit, note in zip(flags["unit"], texts, strict=True):
            about = view.unit(unit)
            notes.append(view.say("{unit}: {note}", unit=about, note=note) if unit else note)
        rows += [(view.code(code), note) for note in notes]
    rows += _list_local_cautions(view, cautions)
    columns = {
        view.say("Indicator"): lambda row: row[0],
        view.say("Be careful"): lambda row: row[1],
    }
    return view.table(rows, columns)


def _list_local_cautions(view: IndexView, cautions: dict[str, str]) -> list[tuple[str, str]]:
    """Return the notes on places, and on what is measured of levels of government and regions."""
    files = [r.name for r in read_datapackage(view.settings.raw_dir) if r.role == "places"]
    if not files:
        return []
    labels = choose_texts(read_labels(view.settings), "label", view.language)
    named = dict(labels.items()) | dict.fromkeys(files, view.say("Places"))
    return [(str(name), cautions[str(about)]) for about, name in named.items() if about in cautions]


def _count_log(view: IndexView, action: str, what: str) -> Said:
    """Return how many decisions, or figures, the cleaning log has of an action."""
    log = view.capacity.prepared.log
    own = log.loc[log["action"] == action, "n_values"]
    number = len(own) if what == "decisions" else own.sum()
    return view.tally(f"n_{what}_{action}", number)


def table_log(view: IndexView) -> Table:
    """Summarise the cleaning log by what was done."""
    words = {
        "changed": view.say("unit code mapped"),
        "dropped": view.say("left out of the scores"),
        "missing": view.say("missing"),
    }
    known = set(view.capacity.prepared.log["action"])
    return view.table(
        [action for action in words if action in known],
        {
            view.say("What was done"): words.__getitem__,
            view.say("Decisions"): lambda action: _count_log(view, action, "decisions"),
            view.say("Figures"): lambda action: _count_log(view, action, "figures"),
        },
    )


def table_published(view: IndexView) -> Table:
    """Compare published composites with their recomputation from published parts."""
    observations = view.capacity.prepared.observations
    found = recompute_published(observations, list_published(view.capacity))
    rows = []
    for (code, time), own in found.groupby(["code", "time"]):
        largest = own["difference"].abs().max()
        row = {
            view.say("Published index"): view.code(code),
            view.say("Edition"): view.fact(f"edition_{time}", time, "year", code=code),
            view.say("Countries"): view.tally(f"n_recomputed_{time}", len(own), code),
            view.say("Largest difference"): view.fact(
                f"largest_difference_{time}", largest, "number_5", code=code
            ),
        }
        rows.append(row)
    return view.table(rows)


def write_findings(view: IndexView) -> Prose:
    """Write what is in the data and what was done to it."""
    values, log = view.capacity.result.values, view.capacity.prepared.log
    # Figures of an indicator that nobody scores are dropped too, but of every year at once.
    older = log.loc[(log["action"] == "dropped") & (log["time"] != ""), "n_values"].sum()
    told = {}
    for name, units in (("partners", view.compared), ("reference", view.members)):
        missing = values.reindex(units).isna().to_numpy()
        for measure, number in (("cells", missing.size), ("missing", missing.sum())):
            told[f"{measure}_{name}"] = view.tally(f"n_{measure}_{name}", number, view.root)
    return view.write_list(
        [
            view.say(
                "{n} figures were read and verified; {changed} had their unit code mapped, "
                "{older} belong to older years and serve trends only.",
                n=view.tally("n_figures_read", len(view.capacity.prepared.observations)),
                changed=_count_log(view, "changed", "figures"),
                older=view.tally("n_figures_older", older),
            ),
            view.say(
                "Of the {cells_partners} scored figures of the partner countries "
                "{missing_partners} are missing; of the {cells_reference} of the reference "
                "countries {missing_reference}.",
                **told,
            ),
            view.say("The scored figures are from {first} to {last}.", **_tell_ends(view)),
        ]
    )
