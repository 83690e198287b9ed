"""Page 10: what is in the data, and whether it can be trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.data.flags import read_notes
from innocap_analysis.files import choose_texts
from innocap_analysis.index.panel import recompute_published
from innocap_analysis.pages.comparison import read_examples
from innocap_analysis.pages.drawing.figure import AHEAD, GRID, QUIET, REFERENCE, Chart, styled
from innocap_analysis.pages.facts import FLAG_MARK, Said
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.marks import make_dot
from innocap_analysis.pages.prose import Prose
from innocap_analysis.pages.tables import Table


@styled
def plot_coverage(view: IndexView) -> Chart:
    """Draw which country has a value for which indicator."""
    codes, members = view.codebook.leaves, view.members
    have = view.capacity.result.values.loc[members, codes].notna()
    partners = [u for u in members if u in view.countries]
    rest = sorted(set(members) - set(partners), key=lambda u: (-int(have.loc[u].sum()), u))
    have = have.loc[[*partners, *rest]]
    data = have.astype(int).T.rename_axis("code").reset_index()
    chart, (ax,) = view.start_chart(
        view.say(
            "{complete} of {n} countries have a value for each of the {k} indicators",
            complete=view.fact(
                "n_complete", have.all(axis=1).sum(), "count", code=view.root, n=len(members)
            ),
            n=view.n_members,
            k=view.n_indicators,
        ),
        view.say("Newest value of each indicator; number of countries with a value on the right."),
        data=data.melt("code", var_name="unit", value_name="observed"),
        height=4.9,
        key=[
            Patch(facecolor=AHEAD, label=view.say("Value")),
            Patch(facecolor="white", edgecolor=REFERENCE, hatch="////", label=view.say("Missing")),
        ],
    )
    cells = have.to_numpy().T
    corners = np.array([(-0.42, -0.4), (0.42, -0.4), (0.42, 0.4), (-0.42, 0.4)])
    for observed, face, edge, hatch in (
        (True, AHEAD, AHEAD, None),
        (False, "white", REFERENCE, "////"),
    ):
        middles = np.argwhere(cells == observed)[:, ::-1]
        boxes = PolyCollection(
            middles[:, None] + corners, facecolors=face, edgecolors=edge, hatch=hatch, linewidths=0
        )
        ax.add_collection(boxes, autolim=False)
    for row, code in enumerate(codes):
        ax.text(len(have) - 0.2, row, f"{view.count_values(code)}", va="center", size=8)
    ax.set_xlim(-0.5, len(have) + 1)
    ax.set_ylim(len(codes) - 0.5, -0.5)
    ax.set_yticks(range(len(codes)), [view.code(code) for code in codes])
    ax.set_xticks(range(len(have)), list(have.index))
    for tick, unit in zip(ax.get_xticklabels(), have.index, strict=True):
        tick.set_fontweight("bold" if unit in view.countries else "normal")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.tick_params(axis="x", labelrotation=90, labelsize=7)
    ax.spines[:].set_visible(False)
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
            make_dot(AHEAD, AHEAD, view.say("Scored")),
            make_dot(QUIET, "white", view.say("Older, kept for trends"), size=6),
        ],
        note=" ".join(view.tell_flags([], codes)),
    )
    for y, code in enumerate(codes):
        rows = data[data["code"] == code]
        if rows.empty:
            continue
        ends = [rows["time"].min(), rows["time"].max()]
        ax.plot(ends, [y, y], color=GRID, linewidth=1.5, zorder=0)
        for scored, colour, face, size in ((True, AHEAD, AHEAD, 8), (False, QUIET, "white", 6)):
            own = rows.loc[rows["scored"] == scored, "time"]
            ax.plot(own, [y] * len(own), "o", ms=size, color=colour, markerfacecolor=face)
    names = [view.code(c) + (FLAG_MARK if view.flag("", c) else "") for c in codes]
    ax.set_yticks(range(len(codes)), names)
    ax.set_ylim(len(codes) - 0.4, -0.6)
    span = np.arange(data["time"].min(), data["time"].max() + 1)
    ax.set_xticks(span, [str(year) for year in span])
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return chart


def _read_notes(view: IndexView, topic: str) -> dict[str, str]:
    """Return the readers' notes on a topic in the view's language, by what they are about."""
    names = [resource.name for resource in read_datapackage(view.settings.raw_dir)]
    known = [*view.capacity.known_codes, *names]
    notes = read_notes(view.settings.notes_path, codes=known)
    own = notes[notes["topic"] == topic]
    return dict(zip(own["about"], choose_texts(own, "note", view.language), strict=True))


def table_sources(view: IndexView) -> Table:
    """List the raw files: what each is, its terms, and how it was checked."""
    checks, licences = _read_notes(view, "check"), _read_notes(view, "licence")
    title, publisher = view.say("Source"), view.say("Publisher")
    rows = [
        {
            title: resource.title,
            publisher: resource.publisher,
            view.say("Licence"): licences.get(resource.name, resource.licence_note),
            view.say("How it was checked"): checks.get(resource.name, resource.checked),
        }
        for resource in read_datapackage(view.settings.raw_dir)
        if resource.role == "observations"
    ]
    return view.table(rows, english=(title, publisher))


def table_cautions(view: IndexView) -> Table:
    """List what to be careful about: notes on indicators, and flags of single figures."""
    cautions = _read_notes(view, "caution")
    rows = []
    for code in [*view.codebook.leaves, *view.capacity.regional.columns]:
        notes = [cautions[code]] if code in cautions else []
        flags = view.capacity.flags[view.capacity.flags["code"] == code]
        for unit, note in zip(
            flags["unit"], choose_texts(flags, "note", view.language), strict=True
        ):
            notes.append(f"{view.unit(unit)}: {note}" if unit else note)
        rows += [{view.say("Indicator"): view.code(code), view.say("Be careful"): n} for n in notes]
    return view.table(rows)


def _count_log(view: IndexView, action: str, what: str) -> Said:
    """Return how many decisions, or figures, the cleaning log has of an action."""
    log = view.capacity.prepared.log
    own = log.loc[log["action"] == action, "n_values"]
    number = len(own) if what == "decisions" else own.sum()
    return view.fact(f"n_{what}_{action}", number, "count")


def table_log(view: IndexView) -> Table:
    """Summarise the cleaning log by what was done."""
    words = {
        "changed": view.say("unit code mapped"),
        "dropped": view.say("left out of the scores"),
        "missing": view.say("missing"),
    }
    known = set(view.capacity.prepared.log["action"])
    return view.table(
        [
            {
                view.say("What was done"): text,
                view.say("Decisions"): _count_log(view, action, "decisions"),
                view.say("Figures"): _count_log(view, action, "figures"),
            }
            for action, text in words.items()
            if action in known
        ]
    )


def table_published(view: IndexView) -> Table:
    """Compare published composites with their recomputation from published parts."""
    found = recompute_published(view.capacity.prepared.observations, read_examples(view))
    rows = [
        {
            view.say("Published index"): view.code(code),
            view.say("Edition"): view.fact(f"edition_{time}", time, "year", code=code),
            view.say("Countries"): view.fact(f"n_recomputed_{time}", len(own), "count", code=code),
            view.say("Largest difference"): view.fact(
                f"largest_difference_{time}", own["difference"].abs().max(), "number_5", code=code
            ),
        }
        for (code, time), own in found.groupby(["code", "time"])
    ]
    return view.table(rows)


def write_findings(view: IndexView) -> Prose:
    """Write what is in the data and what was done to it."""
    values, log = view.capacity.result.values, view.capacity.prepared.log
    # Figures of an indicator that nobody scores are dropped too, but of every year at once.
    older = log.loc[(log["action"] == "dropped") & (log["time"] != ""), "n_values"].sum()
    told = {}
    for name, units in (("partners", view.countries), ("reference", view.members)):
        cells = values.reindex(units)
        for measure, number in (("cells", cells.size), ("missing", cells.isna().sum().sum())):
            told[f"{measure}_{name}"] = view.fact(
                f"n_{measure}_{name}", number, "count", code=view.root
            )
    return view.list(
        [
            view.say(
                "{n} figures were read and verified; {changed} had their unit code mapped, "
                "{older} belong to older years and serve trends only.",
                n=view.fact("n_figures_read", len(view.capacity.prepared.observations), "count"),
                changed=_count_log(view, "changed", "figures"),
                older=view.fact("n_figures_older", older, "count"),
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
