"""Which groups of a wave are told about what: decided once, for every page and both settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fewlikert.describe import EVERYONE
from fewlikert.options import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.survey.answers import mask_answers
from innocap_analysis.survey.release import Members, Rules, choose_groups, number_organisations
from innocap_analysis.survey.score import score_answers
from innocap_analysis.survey.shares import TOP_TWO
from innocap_analysis.survey.wave import Wave

SHOWN, HIDDEN = "", "hidden"
NO_REGION = "?"
RESPONDENTS = ""  # the code under which people are counted
AGREE, COMPLETE, ALPHA = ":agree", ":complete", ":alpha"
_STRICT = "@strict"  # without doubtful responses


@dataclass(frozen=True)
class Release:
    """What may be told of a wave.

    Everyone, the countries and the regions of a country are told in this order, the larger before
    the smaller, first of all responses and then without the doubtful ones: a second page that
    differs from the first by few people would tell their answers.

    Attributes
    ----------
    wave : Wave
        The answers as a page reads them.

    Raises
    ------
    KeyError
        A variable is none of the questionnaire.

    Examples
    --------
    >>> from innocap_analysis import load_wave
    >>> release = Release(load_wave())
    >>> release.shows("SELF", "SE")
    True
    """

    wave: Wave
    _chosen: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def shows(self, code: str, unit: str) -> bool:
        """Tell whether a variable of a group may be told.

        Parameters
        ----------
        code : str
            :data:`RESPONDENTS`, a question, or a node of the index over the items; with
            :data:`AGREE` whether people agree with an item, with :data:`COMPLETE` the mean of
            those alone who answered all items of a node, with :data:`ALPHA` its reliability.
        unit : str
            ``all``, a country, a region, or ``SE/?`` for the people without a region.
        """
        # Scores of everyone and of those who answered all are totals of one variable.
        plain = code.removesuffix(COMPLETE)
        if plain not in self._chosen:
            self._chosen[plain] = frozenset(self._choose(plain))
        return f"{unit}{self._setting}{code.removeprefix(plain)}" in self._chosen[plain]

    def hide(self, table: pd.DataFrame, values: Sequence[str], *, suffix: str = "") -> pd.DataFrame:
        """Blank what may not be told.

        Parameters
        ----------
        table : DataFrame
            `unit` and `code`, one row per group and variable, and `country` where a unit without
            region is among them.
        values : sequence of str
            Columns to blank; `n` is blanked with them.
        suffix : str
            :data:`AGREE`, :data:`COMPLETE` or :data:`ALPHA`.

        Returns
        -------
        DataFrame
            The same rows with `suppressed`: empty, or ``hidden``, whatever the reason.
        """
        units = table["unit"].astype(str)
        if "country" in table:
            nowhere = units == NO_REGION
            units = units.mask(nowhere, table["country"].astype(str) + f"/{NO_REGION}")
        codes = table["code"].astype(str) + suffix
        shown = np.array(
            [self.shows(code, unit) for code, unit in zip(codes, units, strict=True)], bool
        )
        out = table.copy()
        for column in [*values, *({"n"} & set(table))]:
            out[column] = out[column].astype("float64").where(shown)
        return out.assign(suppressed=np.where(shown, SHOWN, HIDDEN))

    @property
    def _whole(self) -> pd.DataFrame:
        return self.wave.clean if self.wave.whole is None else self.wave.whole

    @property
    def _setting(self) -> str:
        return "" if self.wave.whole is None else _STRICT

    def _choose(self, code: str) -> list[str]:
        people = self._whole
        groups, parents = self._list_groups()
        answered, values, limits = self._read(code)
        if code in self.wave.instrument.codebook.parents:
            whole = score_answers(people, self.wave.instrument, min_coverage=1)[code].notna()
            groups |= {f"{name}{COMPLETE}": own & whole.to_numpy() for name, own in groups.items()}
            parents |= {f"{name}{COMPLETE}": f"{up}{COMPLETE}" for name, up in parents.items()}
        rules = Rules(
            people=self.wave.settings.min_respondents,
            organisations=self.wave.settings.min_organisations,
        )
        names = people["organisation"] if "organisation" in people else [None] * len(people)
        return choose_groups(
            groups, number_organisations(list(names)), rules=rules, answered=answered,
            values=values, limits=limits, parents=parents,
        )  # fmt: skip

    def _list_groups(self) -> tuple[dict[str, Members], dict[str, str]]:
        people = self._whole
        country = people["country"].fillna("").to_numpy(dtype=object)
        region = people["region"].fillna(NO_REGION).to_numpy(dtype=object)
        strict = ~people.filter(like="flag_").any(axis=1).to_numpy(dtype=bool)
        plain = {EVERYONE: np.ones(len(people), bool)}
        known = [code for code in self.wave.settings.countries if (country == code).any()]
        plain |= _sort({code: country == code for code in known})
        parents: dict[str, str] = {}
        regions: dict[str, Members] = {}
        for code in known:
            for own in set(region[country == code]):
                name = f"{code}/{NO_REGION}" if own == NO_REGION else str(own)
                regions[name] = (country == code) & (region == own)
                parents[name] = code
        plain |= _sort(regions)
        groups = plain | {f"{name}{_STRICT}": own & strict for name, own in plain.items()}
        parents |= {f"{name}{_STRICT}": f"{above}{_STRICT}" for name, above in parents.items()}
        return groups, parents

    def _read(self, code: str) -> tuple[Members, np.ndarray | None, tuple[float, float]]:
        """Return who has a value of a variable, the values, and between what they lie."""
        people, instrument = self._whole, self.wave.instrument
        plain = code.removesuffix(AGREE)
        if code == RESPONDENTS:
            return np.ones(len(people), bool), None, (0.0, 1.0)
        if code.endswith(ALPHA):
            own = score_answers(people, instrument, min_coverage=1)[code.removesuffix(ALPHA)]
            return own.notna().to_numpy(), None, (0.0, 1.0)
        if plain in instrument.codebook.parents:
            x = score_answers(people, instrument)[plain].to_numpy(dtype=float)
            return ~np.isnan(x), x, (0.0, 100.0)
        if plain in instrument.scored:
            x = mask_answers(people, [plain])[plain].to_numpy(dtype=float)
            low, high = instrument.limits(plain)
            if code.endswith(AGREE):
                scale = instrument.scales[instrument.items[plain].scale]
                agrees = x >= sorted(float(own) for own in scale.codes)[-TOP_TWO]
                return ~np.isnan(x), np.where(np.isnan(x), np.nan, agrees), (0.0, 1.0)
            return ~np.isnan(x), x, (low, high)
        if instrument.items[plain].answer == "multi":
            options = instrument.scales[instrument.items[plain].scale].codes
            own = people[[f"{plain}_{option}" for option in options]]
            return own.notna().any(axis=1).to_numpy(dtype=bool), None, (0.0, 1.0)
        none = people[plain].isna() | people[plain].isin([DONT_KNOW, NOT_APPLICABLE, "DK", "NA"])
        return ~none.to_numpy(dtype=bool), None, (0.0, 1.0)


def _sort(groups: Mapping[str, Members]) -> dict[str, Members]:
    """Sort groups by size, the largest first, and by name."""
    order = sorted(groups, key=lambda name: (-int(groups[name].sum()), name))
    return {name: groups[name] for name in order}
