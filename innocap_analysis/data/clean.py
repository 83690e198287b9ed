"""Pure steps from raw tables to observations, each leaving rows in the cleaning log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

OBSERVATION_COLUMNS = ("unit", "time", "code", "value", "status", "source")
LOG_COLUMNS = ("action", "source", "unit", "code", "time", "n_values", "detail")


def make_log(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Return a cleaning log from rows, with every column of :data:`LOG_COLUMNS`."""
    return pd.DataFrame(list(rows), columns=list(LOG_COLUMNS)).astype({"n_values": "int64"})


def _count(table: pd.DataFrame, by: list[str]) -> list[Any]:
    """Return the groups of a table as tuples of the keys and the number of rows."""
    return list(table.groupby(by).size().reset_index(name="n").itertuples(index=False, name=None))


def map_units(raw: pd.DataFrame, mapping: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Replace raw unit codes by the project's.

    Returns: columns of :data:`OBSERVATION_COLUMNS`, sorted by unit, code and time, so that the
    order of rows in the raw files leaves no trace.
    One row per code that was changed or dropped.
    """
    unit = raw["raw_code"].map(mapping)
    rows = []
    for source, code, n in _count(raw, ["source", "raw_code"]):
        new = mapping.get(code)
        if new == code:
            continue
        rows.append(
            {
                "action": "dropped" if new is None else "changed",
                "source": source,
                "unit": new or code,
                "code": "",
                "time": "",
                "n_values": n,
                "detail": "unknown unit code" if new is None else f"unit code {code} -> {new}",
            }
        )
    observations = pd.DataFrame(
        {
            "unit": unit,
            "time": raw["year"].astype("int64"),
            "code": raw["indicator"],
            "value": raw["value"].astype("float64"),
            "status": "observed",
            "source": raw["source"],
        }
    ).dropna(subset=["unit"])
    ordered = observations.sort_values(["unit", "code", "time"], ignore_index=True)
    return ordered, make_log(rows)


def drop_unknown_codes(
    observations: pd.DataFrame, known: Iterable[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Drop indicators that the codebook does not describe."""
    keep = observations["code"].isin(set(known))
    log = make_log(
        {
            "action": "dropped",
            "source": source,
            "unit": "",
            "code": code,
            "time": "",
            "n_values": n,
            "detail": "indicator is not in the codebook",
        }
        for source, code, n in _count(observations[~keep], ["source", "code"])
    )
    return observations[keep].reset_index(drop=True), log


def select_year(
    observations: pd.DataFrame, year: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep one value per unit and indicator: the newest, or the newest up to a year.

    Returns: at most one row per unit and code; `time` tells which year it is for.
    One row per indicator and year that was left out.
    """
    kept = keep_newest(observations, year)
    out = observations.merge(
        kept[["unit", "code", "time"]], on=["unit", "code", "time"], how="left", indicator=True
    )
    left = out[out["_merge"] == "left_only"]
    log = make_log(
        {
            "action": "dropped",
            "source": source,
            "unit": "",
            "code": code,
            "time": time,
            "n_values": n,
            "detail": "later than the chosen year"
            if year is not None and time > year
            else "an older year; kept for trends",
        }
        for source, code, time, n in _count(left, ["source", "code", "time"])
    )
    return kept, log


def keep_newest(observations: pd.DataFrame, year: int | None = None) -> pd.DataFrame:
    """Return what :func:`select_year` keeps, without the log."""
    within = observations if year is None else observations[observations["time"] <= year]
    newest = within.groupby(["unit", "code"])["time"].transform("max")
    return within[within["time"] == newest].reset_index(drop=True)


def list_missing(
    observations: pd.DataFrame, codes: Iterable[str], units: Iterable[str]
) -> pd.DataFrame:
    """List the cells of a units x codes table that have no value.

    Returns: log rows with action ``missing``, one per indicator that is incomplete; `detail`
    names the units.
    """
    have = set(zip(observations["unit"], observations["code"], strict=True))
    wanted = sorted(set(units))
    rows = []
    for code in codes:
        without = [unit for unit in wanted if (unit, code) not in have]
        if without:
            rows.append(
                {
                    "action": "missing",
                    "source": "",
                    "unit": "",
                    "code": code,
                    "time": "",
                    "n_values": len(without),
                    "detail": "no value for " + " ".join(without),
                }
            )
    return make_log(rows)


def widen(observations: pd.DataFrame, codes: Iterable[str] | None = None) -> pd.DataFrame:
    """Turn observations into the units x codes table that scoring takes."""
    wide = observations.pivot(index="unit", columns="code", values="value")
    columns = sorted(wide.columns) if codes is None else list(codes)
    return wide.reindex(columns=columns).sort_index()
