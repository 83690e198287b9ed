"""Reading the answers of a table: questions that are known, codes that are on their scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from fewlikert.options import DONT_KNOW, NOT_APPLICABLE
from fewlikert.tables import list_columns, read_column, read_numbers
from innocap_analysis.errors import InnocapError, suggest
from innocap_analysis.survey.instrument import Instrument

SPECIAL = (DONT_KNOW, NOT_APPLICABLE)


def check_items(items: Iterable[str] | None, instrument: Instrument, function: str) -> list[str]:
    """Return the questions to look at, the scored ones by default, each known and named once."""
    if items is None:
        return list(instrument.scored)
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise InnocapError(f"{function}: items: expected a list of questions, found {items!r}")
    names = list(items)
    for name in names:
        if not isinstance(name, str) or name not in instrument.items:
            near = suggest(str(name), list(instrument.items))
            raise InnocapError(f"{function}: {name!r} is no question{near}")
        if names.count(name) > 1:
            raise InnocapError(f"{function}: {name!r} is named twice")
    return names


def read_scale(answers: pd.DataFrame, instrument: Instrument, code: str) -> np.ndarray:
    """Return the codes of a scale question as floats; what is none of them is refused."""
    x = read_numbers(answers, code)
    codes = [float(own) for own in instrument.scales[instrument.items[code].scale].codes]
    _refuse(answers[code], ~(np.isnan(x) | np.isin(x, [*codes, *SPECIAL])), code, codes)
    return x


def read_choice(answers: pd.DataFrame, code: str, options: Iterable[object]) -> pd.Series:
    """Return the answers to a question with one choice, missing where there is none."""
    x, known = read_column(answers, code), list(options)
    out = x.isna() | x.isin([*SPECIAL, "DK", "NA"])
    _refuse(x, (~(out | x.isin(known))).to_numpy(), code, known)
    return x.mask(out)


def read_chosen(answers: pd.DataFrame, column: str) -> np.ndarray:
    """Return whether an option was chosen, 1 or 0; NaN where it was not answered."""
    x = read_numbers(answers, column)
    _refuse(answers[column], ~(np.isnan(x) | np.isin(x, (0, 1, *SPECIAL))), column, [0, 1])
    return np.where(np.isin(x, SPECIAL), np.nan, x)


def _refuse(column: pd.Series, wrong: np.ndarray, code: str, codes: Sequence[object]) -> None:
    if wrong.any():
        at = int(wrong.argmax())
        shown = ", ".join(f"{own:g}" if isinstance(own, float) else str(own) for own in codes)
        raise InnocapError(
            f"{code}, row {column.index[at]}: {column.iloc[at]} is no answer to it ({shown}, or "
            f"{DONT_KNOW:g} and {NOT_APPLICABLE:g})"
        )


def mask_special(answers: pd.DataFrame, items: Iterable[str]) -> pd.DataFrame:
    """Return columns as floats, don't know and not applicable as missing."""
    names = list_columns(answers, items)  # type: ignore[arg-type]
    x = {name: read_numbers(answers, name) for name in names}
    block = pd.DataFrame(x, index=answers.index, columns=names, dtype=float)
    return block.where(~block.isin(SPECIAL))
