"""Who answered, when and how, without saying who."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from innocap_analysis.survey.files import roles
from innocap_analysis.survey.files.layout import Layout
from innocap_analysis.survey.files.privacy import make_pseudonym


def read_roles(
    rows: pd.DataFrame, said: Mapping[str, pd.Series], layout: Layout, key: bytes, path: Path
) -> dict[str, object]:
    """Read what a tool says about each response.

    Returns: `response_id` (pseudonyms), `status`, and `submitted` (day), `seconds`, `language`
    where the file tells them.
    """
    ids = said.get("response_id")
    if ids is None or ids.eq("").any():
        ids = rows.index.to_series().map(str)
    # A running number is one per file, a long identifier one in the world.
    running = bool(ids.str.fullmatch(r"\d{1,9}").any())
    columns: dict[str, object] = {
        "response_id": pseudonymise(ids, key, "response", extra=path.stem if running else "")
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


def pseudonymise(cells: pd.Series, key: bytes, kind: str, *, extra: str = "") -> np.ndarray:
    """Replace names by keyed pseudonyms."""
    at, texts = pd.factorize(cells.to_numpy())
    names = [
        make_pseudonym(f"{extra}\0{t}" if extra else str(t), key, kind=kind) if str(t).strip()
        else None
        for t in texts
    ]  # fmt: skip
    return np.array(names, dtype=object)[at] if names else np.empty(0, dtype=object)
