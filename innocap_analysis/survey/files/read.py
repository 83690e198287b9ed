"""From an export file to a table of answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.files import textfile
from innocap_analysis.survey.files.layout import Layout, detect_layout
from innocap_analysis.survey.files.match import Target, match_columns
from innocap_analysis.survey.files.places import make_place_scales
from innocap_analysis.survey.files.privacy import find_key, redact_text
from innocap_analysis.survey.files.report import ImportReport, list_columns
from innocap_analysis.survey.files.resolve import Resolver
from innocap_analysis.survey.files.respondents import pseudonymise, read_roles
from innocap_analysis.survey.files.source import add_texts, iterate_source, open_source
from innocap_analysis.survey.instrument import read_instrument

META = ("response_id", "organisation", "country", "region", "language", "submitted", "seconds",
        "status", "synthetic")  # fmt: skip

_PLACES = {"ORG1": "country", "ORG2": "region", "ORG8": "organisation"}


@dataclass(frozen=True)
class Answers:
    """Answers of one survey file.

    Attributes
    ----------
    table : DataFrame
        One row per response: `response_id`, `organisation` (pseudonyms), `country`,
        `region`, `language`, `submitted` (day), `seconds`, `status` (complete, partial,
        preview, test), `synthetic`, then the items: scale items as codes with -8 for don't
        know, -9 for not applicable and NaN for missing, choices as option codes, multiple
        choices as one column per option (``OUT6_quality``; 1, 0, NaN unanswered).
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
    tool: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    mapping: Mapping[str, str] | None = None,
    scale: str | None = None,
    codes: str | None = None,
    rescale: bool = False,
    country: str | None = None,
    key: bytes | None = None,
    settings: Settings | None = None,
) -> Answers:
    """Read the export of a survey tool into answers.

    Parameters
    ----------
    path : str or Path
        CSV, Excel or SPSS file.
    tool : str, optional
        One of :data:`~innocap_analysis.survey.files.layout.TOOLS`. Default: found out,
        as are the next three.
    encoding : str, optional
        ``utf-8``, ``utf-8-sig``, ``utf-16``, ``cp1252`` or ``latin-1``.
    delimiter : str, optional
        A comma, semicolon, tab or bar.
    header_row : int, optional
        Row of the header, from 1.
    mapping : mapping of str to str, optional
        Item by header, for columns that neither code nor text gives away.
    scale : str, optional
        Scale of the scored items, where it is not the questionnaire's own.
    codes : {'high_agrees', 'low_agrees'}, optional
        Which way numbers without labels run; needed where there are any.
    rescale : bool
        Whether a scale with other end points may be stretched to the questionnaire's.
    country : str, optional
        Country of every response, where the file has no column for it.
    key : bytes, optional
        Secret of the pseudonyms. Default: :func:`find_key`.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    Answers
        Table, free texts and a report of what was found out and left out.

    Raises
    ------
    InnocapError
        The file cannot be trusted, no column or too many fit an item, or a cell is no
        answer; the message names row, column and the allowed labels. Nothing is guessed.
    """
    config = settings or load_settings()
    instrument = read_instrument(config.survey_path, config.scales_path)
    place = Path(path)
    if country is not None and country not in config.countries:
        raise InnocapError(f"country {country!r} is none of {', '.join(config.countries)}")
    source, spss_texts = open_source(place, encoding, delimiter)
    layout = detect_layout(source.head, place.name, tool=tool, header_row=header_row)
    layout = add_texts(layout, spss_texts)
    targets = match_columns(layout, instrument, place.name, mapping=mapping)
    resolver = Resolver(
        instrument, layout.tool, layout.separator, place.name, scale, codes, rescale,
        make_place_scales(config),
    )  # fmt: skip
    secret = key if key is not None else find_key(config.root)
    parts = [
        _read_part(rows, targets, layout, resolver, secret, place, country)
        for rows in iterate_source(place, source, layout)
    ]
    table = pd.concat([part[0] for part in parts], ignore_index=True)
    if table.empty:
        raise InnocapError(f"{place.name}: has a header but no responses")
    found = {target.code for target in targets}
    report = ImportReport(
        place.name,
        layout.tool,
        source.encoding,
        textfile.DELIMITERS.get(source.delimiter, ""),
        any(part[2] for part in parts),
        layout.header_row,
        len(table),
        list_columns(targets),
        tuple(code for code in instrument.items if code not in found and code != "SYNTHETIC"),
    )
    return Answers(table, pd.concat([part[1] for part in parts], ignore_index=True), report)


def open_layout(
    path: Path,
    *,
    tool: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
) -> Layout:
    """Find out how a file is laid out, without reading its answers."""
    source, texts = open_source(path, encoding, delimiter)
    return add_texts(detect_layout(source.head, path.name, tool=tool, header_row=header_row), texts)


def _read_part(
    rows: pd.DataFrame,
    targets: list[Target],
    layout: Layout,
    resolver: Resolver,
    key: bytes,
    path: Path,
    country: str | None,
) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    said = {t.code: rows[t.column.position] for t in targets if t.kind == "role"}
    columns = read_roles(rows, said, layout, key, path)
    texts: list[pd.DataFrame] = []
    options: dict[str, list[str]] = {}
    decimal_comma = False
    for target in targets:
        if target.kind not in ("item", "option"):
            continue
        cells, header = rows[target.column.position], target.column.header
        item = resolver.instrument.items[target.code]
        if target.kind == "option":
            name = f"{target.code}_{target.option}"
            columns[name] = resolver.read_option(cells, item, target.option, header)
            options.setdefault(target.code, []).append(name)
        elif item.answer == "likert":
            columns[item.code] = resolver.read_scale(cells, item, header)
        elif item.answer == "number":
            columns[item.code] = resolver.read_number(cells, item, header)
            decimal_comma = decimal_comma or bool(cells.str.contains(r"^\d+,\d", na=False).any())
        elif item.answer == "multi":
            for option, chosen in resolver.read_multi(cells, item, header).items():
                columns[f"{item.code}_{option}"] = chosen
        elif item.answer == "text":
            texts.append(_read_texts(cells, item.code, columns["response_id"]))
        elif item.answer == "id":
            columns["organisation"] = pseudonymise(cells, key, "organisation")
        else:
            chosen = resolver.read_single(cells, item, header)
            columns[_PLACES.get(item.code, item.code)] = chosen.to_numpy()
    resolver.stop_at_problems()
    for names in options.values():
        _settle_options(columns, names)
    if country is not None:
        columns["country"] = np.full(len(rows), country, dtype=object)
    columns["synthetic"] = pd.notna(columns.pop("SYNTHETIC", np.full(len(rows), None)))
    table = pd.DataFrame(columns, index=rows.index)
    for name in META:
        if name not in table:
            table[name] = None
    table = table[[*META, *(c for c in table.columns if c not in META)]]
    none = pd.DataFrame(columns=["response_id", "item", "text"], dtype=object)
    return table, pd.concat(texts) if texts else none, decimal_comma


def _read_texts(cells: pd.Series, code: str, response_ids: object) -> pd.DataFrame:
    told = pd.DataFrame({"response_id": response_ids, "item": code, "text": cells.to_numpy()})
    told = told[told["text"].str.strip() != ""]
    # A spreadsheet would run a text that starts like a formula; an apostrophe keeps it text.
    told["text"] = [
        re.sub(r"^(?=[=+\-@])", "'", redact_text(re.sub(r"\s+", " ", text).strip()))
        for text in told["text"]
    ]
    return told


def _settle_options(columns: dict[str, object], names: list[str]) -> None:
    """Set options to not chosen where another one of the question is."""
    block = np.column_stack([np.asarray(columns[name], dtype=float) for name in names])
    answered = ~np.isnan(block).all(axis=1) & (np.nansum(block, axis=1) > 0)
    block[answered] = np.nan_to_num(block[answered])
    block[~answered] = np.nan
    for i, name in enumerate(names):
        columns[name] = block[:, i]
