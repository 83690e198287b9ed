"""From an export file to a table of answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError, take_path
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.files import textfile
from innocap_analysis.survey.files.cells import Cells
from innocap_analysis.survey.files.columns import (
    Target,
    list_columns,
    match_columns,
    merge_columns,
)
from innocap_analysis.survey.files.layout import Layout, detect_layout
from innocap_analysis.survey.files.locate import locate_answers, make_finder
from innocap_analysis.survey.files.options import FileOptions, make_options
from innocap_analysis.survey.files.privacy import find_key, make_safe
from innocap_analysis.survey.files.report import ImportReport
from innocap_analysis.survey.files.resolve import Resolver
from innocap_analysis.survey.files.respondents import pseudonymise, read_roles
from innocap_analysis.survey.files.source import Source, iterate_source, open_source
from innocap_analysis.survey.instrument import PLACES, Instrument, Item, read_instrument
from innocap_analysis.survey.scales import make_place_scales
from innocap_analysis.survey.tools import Tool
from innocap_analysis.survey.tools.tool import split_names

_DECIMAL_COMMA = re.compile(r"\d+,\d")
META = ("response_id", "person", "organisation", "country", "region", "place", "language",
        "submitted", "seconds", "status", "weight", "synthetic")  # fmt: skip


@dataclass(frozen=True)
class Answers:
    """Answers of one survey file.

    Attributes
    ----------
    table : DataFrame
        One row per response: `response_id`, `person`, `organisation` (pseudonyms), `country`,
        `region`, `place` (codes), `language`, `submitted` (day), `seconds`, `status` (complete,
        partial, screened, preview, test, spam), `weight`, `synthetic`, then the items: scale items
        as codes with -8 for don't know, -9 for not applicable and NaN for missing, choices as
        option codes, multiple choices as one column per option (``<item>_<option>``; 1, 0, NaN
        unanswered).
    texts : DataFrame
        Free texts, kept apart: `response_id`, `item`, `text`.
    report : ImportReport
        How the file was read.
    """

    table: pd.DataFrame
    texts: pd.DataFrame
    report: ImportReport


def read_survey(
    path: str | Path,
    *,
    key: bytes | None = None,
    settings: Settings | None = None,
    instrument: Instrument | None = None,
    **how: Any,  # noqa: ANN401 - the options of FileOptions, each with its own type
) -> Answers:
    """Read the export of a survey tool into answers.

    Parameters
    ----------
    path : str or Path
        CSV, Excel, OpenDocument, SPSS or Stata file.
    key : bytes, optional
        Secret of the pseudonyms. Default: the file that ``INNOCAP_KEY_FILE`` names, or
        ``~/.config/innocap/key``, which is made on first use.
    settings : Settings, optional
        Default: found from the working directory.
    instrument : Instrument, optional
        The questionnaire. Default: the project's.
    **how
        What cannot be found out, or was wrongly: `tool`, `encoding`, `delimiter`, `sheet`,
        `header_row` and `header_rows` (from 1); `mapping` (item by header, or by number as
        ``#3``); `scale` of the scored items; `codes`, which way numbers without labels run
        (``high_agrees`` or ``low_agrees``); `rescale`, whether another number of points may be
        stretched; `country` of every response; `dates` (``day_first`` or ``month_first``);
        `missing`, words that mean missing with bars between; `answers` and `statuses`, what was
        decided of cells by number of column and text, and of status words.

    Returns
    -------
    Answers
        Table, free texts and a report of what was found out and left out.

    Raises
    ------
    InnocapError
        The file cannot be trusted, no column or too many fit an item, an option is
        contradicted by the file, or a cell is no answer; the message names row, column and the
        allowed labels. Nothing is guessed.

    Notes
    -----
    METHODS.md, section 8, *Reading*.

    Examples
    --------
    >>> from innocap_analysis import load_settings
    >>> file = load_settings().raw_dir / "survey" / "SYNTHETIC_SE_limesurvey.csv"
    >>> answers = read_survey(file, key=b"a secret of thirty-two characters")
    >>> answers.report.tool, bool(len(answers.table))
    ('limesurvey', True)
    """
    config, options = settings or load_settings(), make_options(how)
    instrument = instrument or read_instrument(config.survey_path, config.scales_path)
    place = take_path(path, "read_survey")
    if options.country is not None and options.country not in config.countries:
        raise InnocapError(f"country {options.country!r} is none of {', '.join(config.countries)}")
    source, layout = open_file(place, options)
    targets = match_columns(layout, instrument, place.name, mapping=options.mapping)
    resolver = make_resolver(instrument, layout.tool, place.name, options, config)
    secret = key if key is not None else find_key(config.root)
    wanted = [t.column.position for t in targets if t.is_read]
    parts = [
        _read_part(cells, targets, resolver, secret)
        for cells in iterate_source(place, source, layout, wanted)
    ]
    answers = pd.concat([part.columns for part in parts])
    if answers.empty:
        raise InnocapError(f"{place.name}: has a header but no responses")
    said = {name: Cells.join([part.said[name] for part in parts]) for name in parts[0].said}
    who, notes = read_roles(
        said, answers.index, layout.tool, secret, place,
        dates=options.dates, languages=config.languages, statuses=options.statuses,
    )  # fmt: skip
    if source.left:
        notes.append(f"sheets that were not read: {', '.join(map(make_safe, source.left))}")
    table = locate_answers(_add_who(answers, who, options.country, place.name), config, secret)
    texts = pd.concat([part.texts for part in parts])
    texts.insert(0, "response_id", table["response_id"].reindex(texts.index).to_numpy())
    found = {target.code for target in targets}
    if options.country is not None:
        found.add(instrument.find_role("country"))
    report = ImportReport(
        place.name,
        layout.tool.name,
        source.encoding,
        textfile.DELIMITERS.get(source.delimiter, ""),
        any(part.decimal_comma for part in parts),
        layout.header_row,
        len(table),
        list_columns(targets),
        tuple(i.code for i in instrument.items.values()
              if i.code not in found and i.role != "synthetic"),
        resolver.typed_other,
        tuple(notes),
    )  # fmt: skip
    return Answers(table.reset_index(drop=True), texts.reset_index(drop=True), report)


def make_resolver(
    instrument: Instrument, tool: Tool, name: str, options: FileOptions, settings: Settings
) -> Resolver:
    """Make what reads the cells of a file under its options."""
    return Resolver(
        instrument,
        tool,
        name,
        options.scale,
        options.codes,
        bool(options.rescale),
        make_place_scales(settings),
        split_names(options.missing) if options.missing else frozenset(),
        make_finder(settings, options.country) if instrument.find_role("place") else None,
        options.answers or {},
    )


def open_file(path: Path, options: FileOptions) -> tuple[Source, Layout]:
    """Open a file and find out how it is laid out."""
    source = open_source(path, options.encoding, options.delimiter, options.sheet)
    layout = detect_layout(
        source.head,
        path.name,
        tool=options.tool,
        header_row=options.header_row,
        header_rows=options.header_rows,
    )
    return source, layout.add_labels(source.kind, source.texts, source.missing)


@dataclass(frozen=True)
class _Part:
    """A piece of a file: answers, what the tool says, free texts."""

    columns: pd.DataFrame
    said: dict[str, Cells]
    texts: pd.DataFrame
    decimal_comma: bool


def _read_part(
    cells: Mapping[int, Cells], targets: Sequence[Target], resolver: Resolver, key: bytes
) -> _Part:
    columns, written, decimal_comma = read_items(cells, targets, resolver)
    resolver.stop_at_problems()
    texts = []
    for item, own in written:
        if item.answer == "text":
            texts.append(_read_texts(own, item.code))
        else:
            name = item.role if item.role in ("organisation", "person") else item.code
            columns[name] = pseudonymise(own, key, name)
    none = pd.DataFrame(columns=["item", "text"], dtype=object)
    return _Part(
        pd.DataFrame(columns, index=next(iter(cells.values())).rows, copy=False),
        _read_said(cells, targets),
        pd.concat(texts) if texts else none,
        decimal_comma,
    )


def read_items(
    cells_of: Mapping[int, Cells], targets: Sequence[Target], resolver: Resolver
) -> tuple[dict[str, object], list[tuple[Item, Cells]], bool]:
    """Read the answers; what cannot be read is a problem of the resolver.

    Returns: columns of answers, what people wrote as text or id, and whether a number has a
    decimal comma.
    """
    columns: dict[str, object] = {}
    written: list[tuple[Item, Cells]] = []
    options: dict[str, list[str]] = {}
    decimal_comma = False
    merged = merge_columns(cells_of, targets, resolver.name).values()
    for target, cells in merged:  # before any number is read
        item = resolver.instrument.items[target.code]
        if item.answer == "likert":
            resolver.hear_numbers(cells.texts, item, target.column)
    for target, cells in merged:
        item, column = resolver.instrument.items[target.code], target.column
        if target.kind == "option":
            name = f"{target.code}_{target.option}"
            columns[name] = resolver.read_option(cells, item, target.option, column)
            options.setdefault(target.code, []).append(name)
        elif item.answer == "likert":
            columns[item.code] = resolver.read_scale(cells, item, column)
        elif item.answer == "number":
            name = "weight" if item.role == "weight" else item.code
            columns[name] = resolver.read_number(cells, item, column)
            decimal_comma = decimal_comma or any(map(_DECIMAL_COMMA.match, cells.texts))
        elif item.answer == "multi":
            for option, chosen in resolver.read_multi(cells, item, column).items():
                columns[f"{item.code}_{option}"] = chosen
        elif item.answer in ("text", "id"):
            written.append((item, resolver.blank_silent(cells, column)))
        else:
            name = item.role if item.role in (*PLACES, "synthetic") else item.code
            columns[name] = resolver.read_single(cells, item, column)
    for names in options.values():
        _settle_options(columns, names)
    for target in targets:
        if target.kind == "typed" and target.code in columns:
            own = resolver.blank_silent(cells_of[target.column.position], target.column)
            columns[target.code] = resolver.fill_other(columns[target.code], own)
    return columns, written, decimal_comma


def _read_said(cells: Mapping[int, Cells], targets: Sequence[Target]) -> dict[str, Cells]:
    """Return what the tool says, the first column that says it and the next for its gaps."""
    said: dict[str, Cells] = {}
    for target in targets:
        if target.kind == "role":
            own = cells[target.column.position]
            before = said.get(target.code)
            said[target.code] = own if before is None else before.fill(own, before.tell() == "")
    return said


def _add_who(
    answers: pd.DataFrame, who: dict[str, object], country: str | None, name: str
) -> pd.DataFrame:
    table = answers.assign(**who)
    if country is not None:
        if "country" in table and (other := table["country"].dropna() != country).any():
            row = other.idxmax()
            raise InnocapError(
                f"{name}: row {row} is from {table.at[row, 'country']}, not from {country}; leave "
                "out the option country, or the column with a mapping to 'ignore'"
            )
        table["country"] = country
    table["synthetic"] = table["synthetic"].notna() if "synthetic" in table else False
    return order_meta(table)


def order_meta(table: pd.DataFrame) -> pd.DataFrame:
    """Put what is known of a response first, empty columns for what is not."""
    lacking = {column: None for column in META if column not in table}
    return table.assign(**lacking)[[*META, *(c for c in table.columns if c not in META)]]


def _read_texts(cells: Cells, code: str) -> pd.DataFrame:
    safe = map(make_safe, cells.texts)
    told = pd.DataFrame({"item": code, "text": cells.spread(safe)}, index=cells.rows)
    return told[cells.filled]


def _settle_options(columns: dict[str, object], names: list[str]) -> None:
    """Set options to not chosen where another one of the question is."""
    block = np.column_stack([np.asarray(columns[name], dtype=float) for name in names])
    answered = ~np.isnan(block).all(axis=1) & (np.nansum(block, axis=1) > 0)
    block[answered] = np.nan_to_num(block[answered])
    block[~answered] = np.nan
    for i, name in enumerate(names):
        columns[name] = block[:, i]
