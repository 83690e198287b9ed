"""Made-up respondents inside made-up organisations.

Nobody was asked. Answers come from a graded response model: each organisation has a level
on each dimension, each respondent deviates from it, and an item shows which of five steps
its noisy sum falls on. Levels differ between countries by amounts that were chosen, not
found; nothing about a country may be concluded from them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import DONT_KNOW, NOT_APPLICABLE

SEED = 20261123
MARK = "SYNTHETIC"

# Respondents, organisations, languages with their shares, regions with their shares.
WAVE = {
    "SE": (60, 14, {"sv": 1.0}, {"SE32": 0.7, "SE33": 0.3}),
    "FI": (25, 7, {"fi": 0.8, "sv_fi": 0.2}, {"FI1D": 0.8, "FI19": 0.2}),
    "IE": (40, 9, {"en": 1.0}, {"IE04": 0.75, "IE05": 0.25}),
    "CA": (90, 20, {"en": 0.65, "fr": 0.35}, {"CA-NL": 0.8, "CA-NB": 0.2}),
}
_LEVELS = {
    "SE": {"SKL": 0.3, "DIG": 0.0, "DEL": -0.1, "PRO": -0.2},
    "FI": {"SKL": 0.1, "DIG": 0.4, "DEL": 0.2, "PRO": 0.0},
    "IE": {"SKL": 0.0, "DIG": 0.2, "DEL": 0.0, "PRO": 0.1},
    "CA": {"SKL": 0.2, "DIG": 0.1, "DEL": 0.3, "PRO": -0.3},
}
_STEPS = np.array([-1.6, -0.6, 0.4, 1.5])
_ORGANISATION_SD, _PERSON_SD, _COMMON = 0.45, 0.75, 0.5
_DONT_KNOW = {"SKL": 0.02, "DIG": 0.04, "DEL": 0.04, "PRO": 0.10}
_NOT_APPLICABLE, _MISSING, _BREAK_OFF, _STRAIGHT, _SPEEDING = 0.01, 0.02, 0.04, 0.03, 0.02
_REMARKS = {
    "en": ("More time to test ideas before the budget is set.", "Someone to call about tenders."),
    "sv": ("Mer tid att pröva idéer.", "Stöd i upphandlingen; gärna från en granne."),
    "fi": ("Enemmän aikaa kokeiluihin.", "Apua hankintoihin."),
    "fr": ("Plus de temps pour essayer.", "De l’aide pour les appels d’offres."),
}


def make_respondents(
    instrument: Instrument, country: str, *, n: int | None = None, seed: int = SEED
) -> pd.DataFrame:
    """Make up the respondents of one country.

    Parameters
    ----------
    instrument : Instrument
        The questionnaire.
    country : str
        One of :data:`WAVE`.
    n : int, optional
        Number of respondents. Default: as in :data:`WAVE`.
    seed : int
        The same seed gives the same people, country by country.

    Returns
    -------
    DataFrame
        One row per response: `id`, `started`, `submitted`, `seconds`, `language`,
        `status`, `ORG8` (organisation code) and every other item in its coded form;
        multiple choices hold a set of options, or None where unanswered.
    """
    count, organisations, languages, regions = WAVE[country]
    n = n or count
    rng = np.random.default_rng([seed, *country.encode()])
    places = rng.choice(list(regions), organisations, p=list(regions.values()))
    kinds = rng.choice(["municipality", "municipality", "region", "agency", "company", "research"],
                       organisations)  # fmt: skip
    shares = rng.dirichlet(np.full(organisations, 4.0))
    at = np.sort(rng.choice(organisations, n, p=shares))
    table = pd.DataFrame({"id": np.arange(101, 101 + n)})
    day = np.datetime64("2026-09-01T08:00:00") + rng.integers(0, 40 * 86400, n).astype("m8[s]")
    table["seconds"] = np.round(rng.lognormal(np.log(520), 0.35, n))
    table["started"] = np.sort(day)
    table["submitted"] = table["started"] + table["seconds"].to_numpy().astype("m8[s]")
    table["language"] = rng.choice(list(languages), n, p=list(languages.values()))
    table["status"] = "complete"
    table["ORG1"], table["ORG2"] = country, places[at]
    table["ORG3"] = kinds[at]
    table["ORG8"] = [f"{country}-{number + 1:02d}" for number in at]
    _fill_choices(table, instrument, rng, at, organisations)
    _fill_items(table, instrument, rng, country, at, organisations)
    table["SYNTHETIC"] = MARK
    return table


def _fill_items(
    table: pd.DataFrame,
    instrument: Instrument,
    rng: np.random.Generator,
    country: str,
    at: np.ndarray,
    organisations: int,
) -> None:
    n = len(table)
    common = _ORGANISATION_SD * rng.normal(size=organisations)
    shared = rng.normal(size=n)
    straight = rng.random(n) < _STRAIGHT
    leaving = np.where(rng.random(n) < _BREAK_OFF, rng.integers(2, 22, n), 99)
    total = np.zeros(n)
    for dimension in ("SKL", "DIG", "DEL", "PRO"):
        own = 0.6 * common + 0.8 * _ORGANISATION_SD * rng.normal(size=organisations)
        person = _PERSON_SD * (_COMMON * shared + np.sqrt(1 - _COMMON**2) * rng.normal(size=n))
        level = _LEVELS[country][dimension] + own[at] + person
        total += level
        for code in (c for c in instrument.scored if c.startswith(dimension)):
            noisy = level + rng.normal(-0.1, 0.9, n) + rng.normal(0, 0.25)
            step = 1.0 + (noisy[:, None] > _STEPS).sum(axis=1)
            answer = 6.0 - step if instrument.items[code].reversed else step
            answer[straight] = 4.0
            chance = rng.random(n)
            answer[chance < _DONT_KNOW[dimension]] = DONT_KNOW
            answer[chance > 1 - _NOT_APPLICABLE] = NOT_APPLICABLE
            answer[rng.random(n) < _MISSING] = np.nan
            answer[list(instrument.scored).index(code) >= leaving] = np.nan
            table[code] = answer
    for code in ("SD1", "SD2"):
        table[code] = np.clip(np.round(3 + total / 4 + rng.normal(0, 1, n)), 1, 5)
    rating = np.clip(np.round(5.5 + total / 2 + rng.normal(0, 1.3, n)), 0, 10)
    table["GLOB"] = np.where(rng.random(n) < 0.04, np.nan, rating)
    fast = rng.random(n) < _SPEEDING
    table.loc[fast, "seconds"] = np.round(rng.uniform(25, 55, int(fast.sum())))
    table["submitted"] = table["started"] + table["seconds"].to_numpy().astype("m8[s]")
    away = leaving < 99
    table.loc[away, "status"] = "partial"
    for code in ("GLOB", "SD1", "SD2", "OUT1", "OUT2", "OUT3", "OUT4", "OUT5", "ORG6", "OPEN1"):
        missing = np.nan if code in ("GLOB", "SD1", "SD2") else None
        table.loc[away, code] = missing
    for code in ("OUT6", "BAR1"):
        table[code] = [None if gone else c for gone, c in zip(away, table[code], strict=True)]


def _fill_choices(
    table: pd.DataFrame,
    instrument: Instrument,
    rng: np.random.Generator,
    at: np.ndarray,
    organisations: int,
) -> None:
    n = len(table)
    for code in ("ORG4", "ORG5", "ORG7"):
        options = instrument.options(code)
        table[code] = rng.choice(options, organisations)[at]
    table["ORG6"] = rng.choice(instrument.options("ORG6"), n)
    for code in ("OUT1", "OUT2", "OUT3", "OUT4"):
        table[code] = rng.choice(["yes", "no", "DK"], n, p=[0.55, 0.38, 0.07])
    table["OUT5"] = rng.choice(["adopted", "adapted", "developed", "DK"], n, p=[0.3, 0.4, 0.2, 0.1])
    for code, most in (("OUT6", 3), ("BAR1", 3)):
        options = instrument.options(code)
        sizes = rng.integers(0, most + 1, n)
        table[code] = [
            frozenset(map(str, rng.choice(options, size, replace=False))) if size else None
            for size in sizes
        ]
    said = rng.random(n) < 0.3
    table["OPEN1"] = [
        str(rng.choice(_REMARKS[language.split("_")[0]])) if speaks else None
        for language, speaks in zip(table["language"], said, strict=True)
    ]
