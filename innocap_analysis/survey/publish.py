"""Which groups of a wave are told about what: decided once, for every page and both settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fewlikert.describe import EVERYONE
from fewlikert.options import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.survey.answers import mask_answers
from innocap_analysis.survey.grouping import COUNTRY, add_groups
from innocap_analysis.survey.release import Members, Rules, choose_groups, number_organisations
from innocap_analysis.survey.score import score_answers
from innocap_analysis.survey.shares import TOP_TWO
from innocap_analysis.survey.wave import Wave

SHOWN, HIDDEN = "", "hidden"
REST = "/rest"  # of the country, without a region or place
NO_REGION = "?"
RESPONDENTS = ""  # the code under which people are counted
AGREE, COMPLETE, ALPHA = ":agree", ":complete", ":alpha"
_STRICT = "@strict"  # without doubtful responses


@dataclass(frozen=True)
class Release:
    """What may be told of a wave.

    Everyone, the countries, their regions, the places in those, and what is left of a country
    without each of them are told in this order, the larger before the smaller, first of all
    responses and then without the doubtful ones: a second page that differs from the first by few
    people would tell their answers.

    Attributes
    ----------
    wave : Wave
        The answers as a page reads them.
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
            ``all``, a country, a region, ``SE/?`` for the people without a region, a place in a
            region, or ``SE32/rest`` for the country without a region or place.
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
        answered, values, limits = self._read(code)
        kept = {_STRICT: ~people.filter(like="flag_").any(axis=1).to_numpy(dtype=bool)}
        if code in self.wave.instrument.codebook.parents:
            whole = score_answers(people, self.wave.instrument, min_coverage=1)[code].notna()
            kept[COMPLETE] = whole.to_numpy()
        groups: dict[str, Members] = {}
        parents: dict[str, str] = {}
        for own, above in self._list_layers():
            for mark, some in kept.items():
                own |= {f"{name}{mark}": members & some for name, members in own.items()}
                above |= {f"{name}{mark}": f"{up}{mark}" for name, up in above.items()}
            groups |= own
            parents |= above
        rules = Rules(
            people=self.wave.settings.min_respondents,
            organisations=self.wave.settings.min_organisations,
        )
        names = people["organisation"] if "organisation" in people else [None] * len(people)
        return choose_groups(
            groups, number_organisations(list(names)), rules=rules, answered=answered,
            values=values, limits=limits, parents=parents,
        )  # fmt: skip

    def _list_layers(self) -> list[tuple[dict[str, Members], dict[str, str]]]:
        """List the groups by country and by each item for it, in the order of the questionnaire.

        What is asked first is decided first: a page by another item tells what is left to tell.
        """
        people, instrument = self._whole, self.wave.instrument
        layers = {instrument.find_role(COUNTRY): self._list_groups()}
        for item in instrument.groupings:
            own = add_groups(people, item, ())["group"].to_numpy(dtype=object)
            names = [str(name) for name in pd.unique(own) if name is not None]
            layers[item] = _sort({name: own == name for name in names}), {}
        order = [code for code in ("", *instrument.items) if code in layers]
        first, parents = layers[order[0]]
        everyone = {EVERYONE: np.ones(len(people), bool)}
        return [(everyone | first, parents), *(layers[code] for code in order[1:])]

    def _list_groups(self) -> tuple[dict[str, Members], dict[str, str]]:
        people = self._whole
        country = people["country"].fillna("").to_numpy(dtype=object)
        region = people["region"].fillna(NO_REGION).to_numpy(dtype=object)
        known = [code for code in self.wave.settings.countries if (country == code).any()]
        plain = _sort({code: country == code for code in known})
        parents: dict[str, str] = {}
        regions: dict[str, Members] = {}
        for code in known:
            for own in set(region[country == code]):
                name = f"{code}/{NO_REGION}" if own == NO_REGION else str(own)
                regions[name] = (country == code) & (region == own)
                parents[name] = code
        plain |= _sort(regions)
        places = self._list_places(region, parents)
        plain |= places
        for name in [name for name in (*regions, *places) if not name.endswith(NO_REGION)]:
            owner = str(country[plain[name]][0])
            plain[f"{name}{REST}"] = (country == owner) & ~plain[name]
            parents[f"{name}{REST}"] = name
        return plain, parents

    def _list_places(self, region: np.ndarray, parents: dict[str, str]) -> dict[str, Members]:
        """List the groups of people from a place, and name what each lies in in `parents`."""
        found: dict[str, Members] = {}
        depth: dict[str, int] = {}
        for code, line in self.wave.lines.items():
            own = (self._whole["place"] == code).to_numpy(dtype=bool)
            if not own.any():
                continue
            for name, above in zip(line, (*line[1:], str(region[own][0])), strict=True):
                found[name] = found.get(name, np.zeros(len(own), bool)) | own
                parents[name], depth[name] = above, len(line) - line.index(name)
        # What lies in a place comes behind it, also where it is all of it.
        order = sorted(found, key=lambda name: (-int(found[name].sum()), depth[name], name))
        return {name: found[name] for name in order}

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
