"""From an export file to a table of answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from innocap_analysis.codebook import read_instrument
from innocap_analysis.prepare.survey import roles, textfile
from innocap_analysis.prepare.survey.layout import Layout, detect_layout
from innocap_analysis.prepare.survey.match import Target, match_columns
from innocap_analysis.prepare.survey.places import make_place_scales
from innocap_analysis.prepare.survey.privacy import find_key, make_pseudonym, redact_text
from innocap_analysis.prepare.survey.report import ImportReport, list_columns
from innocap_analysis.prepare.survey.resolve import Resolver
from innocap_analysis.prepare.survey.workbook import read_spss, read_workbook
from innocap_analysis.settings import InnocapError, Settings, load_settings

TEXT_ENDINGS = (".csv", ".tsv", ".txt")
BOOK_ENDINGS = (".xlsx", ".xls")
SPSS_ENDINGS = (".sav", ".zsav")
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


@dataclass(frozen=True)
class _Source:
    """An opened file: its first rows, and all rows once the header is known."""

    head: list[list[str]]
    encoding: str
    delimiter: str
    tables: list[pd.DataFrame] | None = None


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
        One of :data:`~innocap_analysis.prepare.survey.layout.TOOLS`. Default: found out,
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
    source, spss_texts = _open(place, encoding, delimiter)
    layout = detect_layout(source.head, place.name, tool=tool, header_row=header_row)
    layout = _add_texts(layout, spss_texts)
    targets = match_columns(layout, instrument, place.name, mapping=mapping)
    resolver = Resolver(
        instrument, layout.tool, layout.separator, place.name, scale, codes, rescale,
        make_place_scales(config),
    )  # fmt: skip
    secret = key if key is not None else find_key(config.root)
    parts = [
        _read_part(rows, targets, layout, resolver, secret, place, country)
        for rows in _iterate(place, source, layout)
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
    """Find out how a file is laid out, without reading its answers.

    Parameters
    ----------
    path : Path
        Survey export.
    tool, encoding, delimiter, header_row : optional
        As in :func:`read_survey`.

    Returns
    -------
    Layout
        Tool, header and columns.
    """
    source, texts = _open(path, encoding, delimiter)
    return _add_texts(
        detect_layout(source.head, path.name, tool=tool, header_row=header_row), texts
    )


def _open(
    path: Path, encoding: str | None, delimiter: str | None
) -> tuple[_Source, dict[str, str]]:
    ending = path.suffix.lower()
    if not path.is_file():
        raise InnocapError(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise InnocapError(f"{path.name}: is empty")
    if ending in TEXT_ENDINGS:
        return _open_text(path, encoding, delimiter), {}
    if ending in BOOK_ENDINGS:
        sheets = list(read_workbook(path).values())
        return _Source([list(row) for row in sheets[0].head(60).to_numpy()], "", "", sheets), {}
    if ending in SPSS_ENDINGS:
        cells, texts, _ = read_spss(path)
        header = pd.DataFrame([list(cells.columns)])
        rows = pd.concat([header, cells.set_axis(range(cells.shape[1]), axis=1)])
        rows = rows.set_axis(range(1, len(rows) + 1), axis=0)
        return _Source([list(cells.columns)], "", "", [rows]), texts
    known = ", ".join((*TEXT_ENDINGS, *BOOK_ENDINGS, *SPSS_ENDINGS))
    raise InnocapError(f"{path.name}: files ending in {ending or 'nothing'} are not read ({known})")


def _open_text(path: Path, encoding: str | None, delimiter: str | None) -> _Source:
    start = path.open("rb").read(4)
    if start[:2] == b"PK" or start == b"\xd0\xcf\x11\xe0":
        raise InnocapError(f"{path.name}: is a workbook or archive, not text; mend its ending")
    if encoding is not None and encoding not in textfile.ENCODINGS:
        raise InnocapError(f"encoding {encoding!r} is none of {', '.join(textfile.ENCODINGS)}")
    if delimiter is not None and delimiter not in textfile.DELIMITERS:
        raise InnocapError(f"delimiter {delimiter!r} is no comma, semicolon, tab or bar")
    own = encoding or textfile.detect_encoding(path)
    mark = delimiter or textfile.detect_delimiter(textfile.read_sample(path, own), path.name)
    return _Source(textfile.read_head(path, own, mark), own, mark)


def _add_texts(layout: Layout, texts: Mapping[str, str]) -> Layout:
    """Give SPSS variables their labels as question texts."""
    if not texts:
        return layout
    columns = tuple(
        type(c)(c.position, c.header, c.names, (*c.texts, texts.get(c.header, "")), c.option)
        for c in layout.columns
    )
    return Layout("spss" if layout.tool == "plain" else layout.tool, 1, 1, columns)


def _iterate(path: Path, source: _Source, layout: Layout) -> Iterator[pd.DataFrame]:
    width = len(layout.columns)
    if source.tables is None:
        yield from textfile.iterate_rows(
            path, source.encoding, source.delimiter, skip=layout.skip, width=width
        )
        return
    rows = source.tables[0]
    rows = rows[rows.index > layout.skip].iloc[:, :width]
    blank = (rows.fillna("").map(str.strip) == "").all(axis=1)
    yield rows[~blank].fillna("")


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
    columns = _read_roles(rows, said, layout, key, path)
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
            columns["organisation"] = _pseudonymise(cells, key, "organisation")
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


def _read_roles(
    rows: pd.DataFrame, said: Mapping[str, pd.Series], layout: Layout, key: bytes, path: Path
) -> dict[str, object]:
    ids = said.get("response_id")
    if ids is None or ids.eq("").any():
        ids = rows.index.to_series().map(str)
    # A running number is one per file, a long identifier one in the world.
    running = bool(ids.str.fullmatch(r"\d{1,9}").any())
    columns: dict[str, object] = {
        "response_id": _pseudonymise(ids, key, "response", extra=path.stem if running else "")
    }
    submitted = said.get("submitted")
    if submitted is not None:
        columns["submitted"] = _read_days(submitted)
    if "seconds" in said:
        seconds = said["seconds"].str.replace(",", ".", regex=False)
        columns["seconds"] = pd.to_numeric(seconds, errors="coerce").to_numpy()
    elif submitted is not None and "started" in said:
        gap = _read_moments(submitted) - _read_moments(said["started"])
        columns["seconds"] = gap.dt.total_seconds().to_numpy()
    if "language" in said:
        columns["language"] = said["language"].str.lower().str.slice(0, 2).replace("", None)
    columns["status"] = _read_status(rows, said, layout)
    return columns


def _read_status(rows: pd.DataFrame, said: Mapping[str, pd.Series], layout: Layout) -> np.ndarray:
    status = np.full(len(rows), "complete", dtype=object)
    if layout.tool == "limesurvey" and "submitted" in said:
        status[said["submitted"].eq("").to_numpy()] = "partial"
    if layout.tool == "qualtrics":
        if "finished" in said:
            unfinished = said["finished"].str.strip().str.casefold().isin(roles.NO - {""})
            status[unfinished.to_numpy()] = "partial"
        if "status" in said:
            plain = said["status"].str.strip().str.casefold()
            status[plain.isin(roles.TEST).to_numpy()] = "test"
            status[plain.isin(roles.PREVIEW - roles.TEST).to_numpy()] = "preview"
    return status


def _read_moments(cells: pd.Series) -> pd.Series:
    """Read dates and times; what is no date is missing, as no answer depends on it."""
    plain = cells.where(cells != "", None)
    numeric = pd.to_numeric(plain, errors="coerce")
    # Bare numbers in a workbook are days since 1899-12-30.
    days = pd.to_datetime(numeric, unit="D", origin="1899-12-30", errors="coerce")
    texts = plain.where(numeric.isna(), None)
    european = texts.str.match(r"^\d{1,2}[./-]\d{1,2}[./-]\d{4}", na=False)
    moments = pd.to_datetime(
        texts.where(~european, None), errors="coerce", utc=True, format="mixed"
    )
    other = pd.to_datetime(
        texts.where(european, None), errors="coerce", utc=True, dayfirst=True, format="mixed"
    )
    return moments.fillna(other).dt.tz_localize(None).fillna(days)


def _read_days(cells: pd.Series) -> np.ndarray:
    return np.asarray(_read_moments(cells).dt.strftime("%Y-%m-%d").astype(object))


def _pseudonymise(cells: pd.Series, key: bytes, kind: str, *, extra: str = "") -> np.ndarray:
    at, texts = pd.factorize(cells.to_numpy())
    names = [
        make_pseudonym(f"{extra}\0{t}" if extra else str(t), key, kind=kind) if str(t).strip()
        else None
        for t in texts
    ]  # fmt: skip
    return np.array(names, dtype=object)[at] if names else np.empty(0, dtype=object)


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
