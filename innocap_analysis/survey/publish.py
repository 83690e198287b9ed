"""Which groups of a wave are told about what: decided once, for every page and both settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from fewlikert.describe import EVERYONE
from fewlikert.options import DONT_KNOW, NOT_APPLICABLE
from innocap_analysis.index.normalise import normalise
from innocap_analysis.survey.answers import mask_answers
from innocap_analysis.survey.attack import Part
from innocap_analysis.survey.cells import Members
from innocap_analysis.survey.editions import Former, Meeting
from innocap_analysis.survey.grouping import (
    COUNTRY,
    NO_REGION,
    add_groups,
    list_units,
    sort_groups,
)
from innocap_analysis.survey.linked import Links, link_parts
from innocap_analysis.survey.release import Decision, Rules, decide_groups
from innocap_analysis.survey.score import score_answers
from innocap_analysis.survey.shares import TOP_TWO
from innocap_analysis.survey.wave import Wave

SHOWN, HIDDEN = "", "hidden"
RESPONDENTS = ""  # the code under which people are counted
AGREE, COMPLETE, ALPHA = ":agree", ":complete", ":alpha"
STRICT = "@strict"  # without doubtful responses


class Variable(NamedTuple):
    """What is told together: who has a value, the values from 0 to 1, whether each is counted."""

    answered: Members
    values: np.ndarray | None = None
    counted: bool = False


@dataclass(frozen=True)
class Release:
    """What may be told of a wave.

    Everyone, the countries, their regions, the places in those, and what is left of a country
    without each of them are told in this order, the larger before the smaller, first of all
    responses and then without the doubtful ones: a second page that differs from the first by few
    people would tell their answers. What an earlier edition of the wave has told counts as told.

    Attributes
    ----------
    wave : Wave
        The answers as a page reads them.

    Raises
    ------
    KeyError
        A variable is none of the questionnaire.

    Notes
    -----
    METHODS.md, section 8, *Disclosure*.

    Examples
    --------
    >>> from innocap_analysis import load_wave
    >>> release = Release(load_wave())
    >>> release.shows("SELF", "SE")
    True
    """

    wave: Wave
    _decided: dict[str, tuple[Decision, np.ndarray | None, bool]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def shows(self, code: str, unit: str) -> bool:
        """Tell whether a variable of a group may be told.

        Parameters
        ----------
        code : str
            A question, or a node of the index over the items; empty for how many answered.
            With ``:agree`` behind it whether people agree with an item, with ``:complete`` the
            mean of those alone who answered all items of a node, with ``:alpha`` its reliability.
        unit : str
            ``all``, a country, a region, ``SE/?`` for the people without a region, a place in a
            region, or ``SE32/rest`` for the country without a region or place.
        """
        # Scores of everyone and of those who answered all are totals of one variable; who agrees
        # with an item is known from how many gave each answer to it.
        plain = code.removesuffix(AGREE).removesuffix(COMPLETE)
        complete = COMPLETE if code.endswith(COMPLETE) else ""
        return f"{unit}{self._setting}{complete}" in self.list_told(plain)

    def list_told(self, code: str) -> list[str]:
        """Return the groups that a variable is told of, both settings and their complete cases."""
        return self._decide(code)[0].shown

    def is_silent(self, code: str) -> bool:
        """Tell whether all of some people who are told together left an item out for one reason."""
        blocks = self._decide(RESPONDENTS)[0].blocks[: len(self.people)]
        x = self.people[code].astype(float)
        n = np.bincount(blocks)
        reasons = (x.isna(), x == DONT_KNOW, x == NOT_APPLICABLE)
        alike = [np.bincount(blocks, weights=own) == n for own in reasons]
        return bool((np.any(alike, axis=0) & (n > 0))[1:].any())

    def list_codes(self) -> list[str]:
        """Return all that is told of anybody: people, questions, scores and reliabilities."""
        instrument = self.wave.instrument
        asked = [c for c in self._list_answers() if c in instrument.items]
        multi = [c for c, item in instrument.items.items() if item.answer == "multi"]
        scores = instrument.codebook.parents
        asked = list(dict.fromkeys([*asked, *(c for c in multi if self._find_options(c))]))
        return [RESPONDENTS, *asked, *scores, *(f"{code}{ALPHA}" for code in scores)]

    def record(self) -> Former:
        """Return what earlier editions and this one have told together."""
        return self._meeting.record({code: self._decide(code) for code in self.list_codes()})

    def list_groups(self, code: str = RESPONDENTS) -> dict[str, Members]:
        """Return who is in each group and has a value of a variable."""
        answered = self._read(code).answered
        return {name: own & answered for name, own in self._list_candidates(code)[0].items()}

    @property
    def newcomers(self) -> Members:
        """Who was in no earlier edition, or answered otherwise there."""
        return ~self._meeting.is_known

    @property
    def n_gone(self) -> int:
        """How many whom earlier editions told with people of the wave are gone or changed."""
        n = len(self.people)
        told = self._meeting.recall(RESPONDENTS, np.ones(n, bool), None)[0]
        return int(np.isin(told[n:], told[:n][told[:n] > 0]).sum())

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
            ``:agree``, ``:complete`` or ``:alpha``, as in :meth:`shows`.

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
        told = [self.shows(code, unit) for code, unit in zip(codes, units, strict=True)]
        shown = np.array(told, dtype=bool)
        out = table.copy()
        for column in [*values, *({"n"} & set(table))]:
            out[column] = out[column].astype("float64").where(shown)
        return out.assign(suppressed=np.where(shown, SHOWN, HIDDEN))

    @property
    def people(self) -> pd.DataFrame:
        """All responses, the doubtful ones too."""
        return self.wave.clean if self.wave.whole is None else self.wave.whole

    @property
    def _setting(self) -> str:
        return "" if self.wave.whole is None else STRICT

    @property
    def _rules(self) -> Rules:
        settings = self.wave.settings
        return Rules(people=settings.min_respondents, organisations=settings.min_organisations)

    def _list_answers(self) -> list[str]:
        items = self.wave.instrument.items
        told = [c for c, item in items.items() if item.answer in ("likert", "number", "single")]
        return [code for code in told if code in self.people]

    def _find_options(self, code: str) -> list[str]:
        own = [f"{code}_{option}" for option in self.wave.instrument.options(code)]
        return [name for name in own if name in self.people]

    @cached_property
    def _scores(self) -> pd.DataFrame:
        return score_answers(self.people, self.wave.instrument)

    @cached_property
    def _turned(self) -> pd.DataFrame:
        book = self.wave.instrument.codebook
        return normalise(mask_answers(self.people, book.leaves), book)

    @cached_property
    def _complete(self) -> pd.DataFrame:
        return score_answers(self.people, self.wave.instrument, min_coverage=1)

    @cached_property
    def _meeting(self) -> Meeting:
        people, items = self.people, self.wave.instrument.items
        multi = [code for code, item in items.items() if item.answer == "multi"]
        options = [name for code in multi for name in self._find_options(code)]
        own = people.reindex(
            columns=["organisation", "submitted", "country", "region", "place",
                     *self._list_answers(), *options]
        )  # fmt: skip
        return Meeting(self.wave.former or Former(), own)

    def _decide(self, code: str) -> tuple[Decision, np.ndarray | None, bool]:
        """Decide about a variable; return its values and whether each is counted, too."""
        if code not in self._decided:
            self._decided[code] = self._choose(code)
        return self._decided[code]

    def _choose(self, code: str) -> tuple[Decision, np.ndarray | None, bool]:
        meeting = self._meeting
        groups, parents = self._list_candidates(code)
        answered, values, counted = self._read(code)
        told, values, secret = meeting.recall(code, answered, values)
        decision = decide_groups(
            {name: meeting.extend(own) for name, own in groups.items()}, meeting.organisations,
            rules=self._rules, answered=meeting.extend(answered) | (told > 0), values=values,
            counted=counted, parents=parents, told=told, secret=secret, weights=self._weights,
            links=self._list_links(code),
        )  # fmt: skip
        return decision, values, counted

    @property
    def _weights(self) -> np.ndarray | None:
        if not self.wave.weights:  # of whom earlier editions told, the weights are not known
            return None
        return self._meeting.extend(self.people[self.wave.weights].to_numpy(dtype=float), 1.0)

    def _list_links(self, code: str) -> list[Links]:
        """List what a score is made of, and last of all what those parts are, with what is told."""
        instrument, extend = self.wave.instrument, self._meeting.extend
        book, items = instrument.codebook, instrument.items
        parent = next((own for own in book.parent_rules if own.code == code), None)
        if parent is None:
            return []
        wide = pd.concat([self._turned, self._scores[list(book.parents)]], axis=1) / 100
        weights = np.where(wide[list(parent.children)].notna(), parent.weights, 0.0)
        weights[wide[code].isna().to_numpy()] = 0.0
        shares = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
        parts, below, shown = [], [], []
        for child, share in zip(parent.children, shares.T, strict=True):
            decision, values, counted = self._decide(child)
            x = np.array(values, dtype=float).reshape(len(decision.blocks), -1)[:, 0]
            x = 1 - x if child in items and items[child].reversed else x
            x[: len(share)] = wide[child]  # who is gone said what the earlier edition told
            parts.append(Part(x, decision.blocks, extend(share), counted,
                              decision.secret + decision.held))  # fmt: skip
            below.append(next(reversed(self._list_links(child)), None))
            shown.append(decision.shown)
        rules, both = self._rules, frozenset(shown[0]).intersection(*shown)
        score = extend(wide[code].to_numpy(), np.nan)
        links = Links(score, parts, rules.protection, rules.people, both, self._weights)
        return [links, link_parts(links, below)] if any(below) else [links]

    def _list_candidates(self, code: str) -> tuple[dict[str, Members], dict[str, str]]:
        """Return the groups that a variable may be told of, and what each lies in."""
        if code not in self.wave.instrument.codebook.parents:
            return self._candidates
        return self._mark_groups({COMPLETE: self._complete[code].notna().to_numpy()})

    @cached_property
    def _candidates(self) -> tuple[dict[str, Members], dict[str, str]]:
        return self._mark_groups({})

    def _mark_groups(
        self, more: Mapping[str, Members]
    ) -> tuple[dict[str, Members], dict[str, str]]:
        """Return every group as it is, and with those alone whom a mark keeps."""
        doubtful = self.people.filter(like="flag_").any(axis=1).to_numpy(dtype=bool)
        groups: dict[str, Members] = {}
        parents: dict[str, str] = {}
        for plain, lying in self._layers:
            own, above = dict(plain), dict(lying)
            for mark, some in {STRICT: ~doubtful, **more}.items():
                # Pages tell of countries alone what is of those who answered everything.
                kept = [name for name in own if mark != COMPLETE or name not in above]
                own |= {f"{name}{mark}": own[name] & some for name in kept}
                above |= {f"{name}{mark}": f"{above[name]}{mark}" for name in kept if name in above}
            groups |= own
            parents |= above
        return groups, parents

    @cached_property
    def _layers(self) -> list[tuple[dict[str, Members], dict[str, str]]]:
        """The groups by country and by each item for it, in the order of the questionnaire.

        What is asked first is decided first: a page by another item tells what is left to tell.
        """
        people, instrument = self.people, self.wave.instrument
        settings, lines = self.wave.settings, self.wave.lines
        layers = {instrument.find_role(COUNTRY): list_units(people, settings.countries, lines)}
        for item in instrument.groupings:
            own = add_groups(people, item, ())["group"].to_numpy(dtype=object)
            names = [str(name) for name in pd.unique(own) if name is not None]
            layers[item] = sort_groups({name: own == name for name in names}), {}
        order = [code for code in ("", *instrument.items) if code in layers]
        first, parents = layers[order[0]]
        everyone = {EVERYONE: np.ones(len(people), bool)}
        return [(everyone | first, parents), *(layers[code] for code in order[1:])]

    def _read(self, code: str) -> Variable:
        """Return what is told together of a question or a score."""
        people, instrument = self.people, self.wave.instrument
        if code == RESPONDENTS:
            return Variable(np.ones(len(people), bool))
        if code.endswith(ALPHA):
            return Variable(self._complete[code.removesuffix(ALPHA)].notna().to_numpy())
        if code in instrument.codebook.parents:
            x = self._scores[code].to_numpy(dtype=float)
            return Variable(~np.isnan(x), x / 100)
        if code in instrument.scored:
            x = mask_answers(people, [code])[code].to_numpy(dtype=float)
            low, high = instrument.limits(code)
            scale = instrument.scales[instrument.items[code].scale]
            agrees = x >= sorted(float(own) for own in scale.codes)[-TOP_TWO]
            both = np.column_stack([(x - low) / (high - low), agrees])
            return Variable(~np.isnan(x), both, counted=True)
        if instrument.items[code].answer == "multi":
            options = instrument.scales[instrument.items[code].scale].codes
            own = people[[f"{code}_{option}" for option in options]]
            return Variable(
                own.notna().any(axis=1).to_numpy(dtype=bool),
                _number(map(str, own.to_numpy().tolist())),
                True,
            )
        none = people[code].isna() | people[code].isin([DONT_KNOW, NOT_APPLICABLE, "DK", "NA"])
        return Variable(~none.to_numpy(dtype=bool), _number(people[code].astype(str)), True)


def _number(answers: Iterable[str]) -> np.ndarray:
    """Give answers without an order numbers: that a whole group gave the same is not told."""
    return np.asarray(pd.factorize(np.asarray(list(answers), dtype=object))[0], dtype=float)
