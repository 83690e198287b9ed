"""What a figure is for a document: drawings of its sizes, caption, alternative text, data."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pandas as pd

from innocap_analysis.data.datapackage import read_datapackage
from innocap_analysis.errors import InnocapError
from innocap_analysis.pages.drawing.figure import Chart
from innocap_analysis.pages.drawing.medium import Medium
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.pages.view import View

_BOM = "\ufeff"
_SHORT_SCALE = 5  # answers and coefficients; scores go up to 100
_MOST_TOLD = 60  # rows of a figure whose values an alternative text holds
_NAMES = ("country", "unit", "other", "output", "code", "parent", "factor", "alternative",
          "answer", "time")  # fmt: skip
# What a figure shows where it does not say: the first of these that it has.
_MAIN = ("score", "gap_to_median", "share", "mean", "difference", "estimate", "central", "value",
         "total", "delta_r2", "change", "weight", "pooled",
         "population", "unusable", "n")  # fmt: skip
_SHARES = {"share", "weight", "dont_know", "not_applicable", "missing", "unusable", "share_widest",
           "total", "first"}  # fmt: skip

# What the names of an interval's ends begin with.
_STEMS = {"gap_to_median": "gap_", "total": "total_", "score": "score_", "value": "value_"}

File = tuple[str, str, bytes]


def make_figure_files(
    view: View, chart: Chart, name: str, media: Sequence[Medium], *, alt: str = "",
    source: str = "",
) -> Iterator[File]:  # fmt: skip
    """Return what is saved of a figure: beginning and ending of each file's name, and content.

    For each medium an SVG whose letters are text, a PNG of as many dots as print needs, and a PDF;
    the caption with the finding, how to read it, what to be careful about and the sources; the
    alternative text with the values; and the data as a spreadsheet of the reader's language opens
    them. A medium that shows less has a caption of its own.
    """
    if chart.redraw is None:
        raise InnocapError(
            f"{name}: this figure was not drawn from a view, so that it cannot be laid out anew"
        )
    alt, source = alt or tell_values(view, chart), source or name_sources(view, chart.data)
    whole = " ".join(filter(None, (chart.caption, source)))
    for medium in media:
        drawn = chart.redraw(medium)
        drawn.alt = alt
        stem = f"{name}-{medium.name}"
        yield stem, "svg", drawn.to_svg()
        yield stem, "png", drawn.to_png()
        yield stem, "pdf", drawn.to_pdf()
        own = " ".join(filter(None, (drawn.caption, source)))
        if medium.narrow and drawn.data.shape != chart.data.shape:
            yield f"{stem}-caption", "txt", f"{own}\n".encode()
    yield f"{name}-caption", "txt", f"{whole}\n".encode()
    yield f"{name}-alt", "txt", f"{alt}\n".encode()
    yield f"{name}-excel", "csv", write_readable(view, chart.data).encode()


def name_sources(view: View, data: pd.DataFrame | None = None, units: Sequence[str] = ()) -> str:
    """Name the publishers of figures and the years that they are from."""
    codes = _list_codes(view, data)
    used = {name for code in codes for name in view.find_sources(code)}
    known = {source.name: source.publisher for source in read_datapackage(view.settings.raw_dir)}
    names = "; ".join(dict.fromkeys(known.get(name, name) for name in sorted(used)))
    if not names:
        return ""
    if isinstance(view, IndexView):
        marked = units or view.marked
        years = [view.figure_year(unit, code) for unit in marked for code in codes]
        years = [year for year in years if not math.isnan(float(year))]
        if years:
            first, last = min(years, key=float), max(years, key=float)
            return view.say("Sources: {names}. Figures of {first} to {last}.", names=names,
                            first=first, last=last)  # fmt: skip
    return view.say("Sources: {publishers}.", publishers=names)


def _list_codes(view: View, data: pd.DataFrame | None) -> list[str]:
    """Return the indicators that a figure shows, or all."""
    leaves = view.codebook.leaves
    shown = [] if data is None else [
        str(code) for name in ("code", "parent") if name in data for code in data[name].unique()
    ]  # fmt: skip
    own = [leaf for code in shown for leaf in ([code] if code in leaves else _below(view, code))]
    return list(dict.fromkeys(own)) or [c for c in shown if view.find_sources(c)] or leaves


def _below(view: View, code: str) -> list[str]:
    return view.codebook.leaves_of(code) if code in view.codebook.table.index else []


def tell_values(view: View, chart: Chart) -> str:
    """Return the alternative text of a figure: its finding, and the values that it shows."""
    data, heads = chart.data, name_columns(view)
    main = chart.shows or next((name for name in _MAIN if name in data and name in heads), "")
    if len(data) > _MOST_TOLD and "unit" in data:
        data = data[data["unit"].isin(chart.about or getattr(view, "marked", ()))]
    if not main or len(data) > _MOST_TOLD or data.empty:
        return chart.alt
    numbers = data[main].abs()
    digits = 0 if (numbers.dropna() % 1 == 0).all() else 1 if numbers.max() > _SHORT_SCALE else 2
    told = []
    for row in data.to_dict("records"):
        about = ", ".join(dict.fromkeys(filter(None, _name_row(view, row))))
        text = _write(view, main, row[main], digits)
        ends = [row.get(f"{_STEMS.get(main, '')}{end}") for end in ("low", "high")]
        if not any(pd.isna(end) for end in ends):
            text += f" ({'; '.join(_write(view, main, end, digits) for end in ends)})"
        told.append(f"{about}: {text}" if about else text)
    return f"{chart.alt} {heads[main]}: {'; '.join(told)}."


def _name_row(view: View, row: dict[Any, Any]) -> list[str]:
    told = [name for name in _NAMES if name in row]
    above = {"parent"} if "code" in told else set()
    above |= {"country"} if "unit" in told else set()
    return [_name(view, name, row[name], row) for name in told if name not in above]


def _name(view: View, column: str, value: object, row: dict[Any, Any]) -> str:
    """Return a code in words: a unit, a node of the index, an answer."""
    if value is None or pd.isna(value):
        return ""
    text, asked = str(value), cast(Any, view)  # only a survey has answers
    ways: dict[str, Callable[[], str]] = {
        **dict.fromkeys(("country", "unit", "other", "output"), lambda: str(view.unit(text))),
        **dict.fromkeys(("code", "parent", "factor"), lambda: str(view.code(text))),
        "answer": lambda: str(asked.answer(row["code"], value)),
    }  # fmt: skip
    try:
        return ways[column]() if column in ways else text
    except (KeyError, InnocapError, AttributeError):
        return text  # a name already, or one that has none


def _write(view: View, column: str, value: Any, digits: int) -> str:
    if pd.isna(value):
        return "–"
    if column in _SHARES:
        return view.share(float(value))
    return view.number(float(value), decimals=digits)


def name_columns(view: View) -> dict[str, str]:
    """Return what the columns of a figure's data are called, with what one is."""
    say = view.say
    points = say("points")
    own = isinstance(view, IndexView) and not view.codebook.is_of_hundred
    scale = points if own else "0–100"
    low, high = say("From"), say("To")
    return {
        "country": say("Country"), "unit": say("Country or region"), "other": say("Compared with"),
        "output": say("Country or region"), "code": say("Of what"), "parent": say("Dimension"),
        "factor": say("Choice"), "alternative": say("Choice"), "answer": say("Answer"),
        "time": say("Year"),
        "value": say("Raw figure"), "score": f"{say('Score')} ({scale})",
        "reference_median": f"{say('Median')} ({scale})",
        "gap_to_median": f"{say('From the median')} ({points})",
        "gap_low": f"{low} ({points})", "gap_high": f"{high} ({points})",
        "reference_rank": say("Rank"), "rank": say("Rank"), "reference_n": say("of countries"),
        "percentile": say("Percentile"), "weight": say("Weight"), "share": say("Share"),
        "mean": say("Mean"), "difference": f"{say('Difference')} ({points})",
        "estimate": say("Estimate"), "pooled": say("Pooled mean"),
        "change": f"{say('Change')} ({points})", "delta_r2": say("Gain in explained variation"),
        "central": f"{say('Central government')} ({scale})",
        "local": f"{say('Local government')} ({scale})",
        "population": say("People"), "density": say("People per km²"),
        "total": say("Share of the variance, with others"),
        "first": say("Share of the variance, alone"),
        "low": low, "high": high, "total_low": low, "total_high": high,
        "dont_know": say("Don’t know"), "not_applicable": say("Not applicable"),
        "missing": say("No answer"), "unusable": say("No usable answer"),
        "n": say("Number"), "respondents": say("Respondents"), "observed": say("Value"),
        "verdict": say("Verdict"),
    }  # fmt: skip


def write_readable(view: View, data: pd.DataFrame) -> str:
    """Return the data of a figure as a spreadsheet of the view's language opens them.

    With a byte-order mark, a semicolon where the comma is the decimal sign, names instead of
    codes, and in each heading what one is. What only a machine asks for stays in the plain file.
    """
    heads = {name: head for name, head in name_columns(view).items() if name in data}
    if isinstance(view, IndexView) and "code" in data and "unit" not in data and view.place:
        data = data.assign(unit=view.about)
    comma = "," in view.number(0.5)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow(heads.values())
    for row in data.to_dict("records"):
        writer.writerow([_write_cell(view, name, row, comma=comma) for name in heads])
    return _BOM + stream.getvalue()


def _write_cell(view: View, column: str, row: dict[Any, Any], *, comma: bool) -> str:
    """Write a name, or a number as a spreadsheet takes it: no thousands, a plain minus."""
    value = row[column]
    if column == "verdict" and isinstance(view, IndexView) and "unit" in row:
        return view.tell_verdict(str(row["unit"]), str(row["code"]))
    if column in _NAMES:
        text = _name(view, column, value, row)
        return f"'{text}" if text[:1] in "=+-@" and text else text
    if isinstance(value, str) or pd.isna(value):
        return "" if not isinstance(value, str) else value
    text = f"{float(value):.6g}"
    return text.replace(".", ",") if comma else text
