"""The view of a survey's answers: hidden groups stay hidden, and made-up answers are marked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from fewlikert.describe import EVERYONE
from innocap_analysis.pages.drawing.figure import INK, Chart
from innocap_analysis.pages.facts import HIDDEN, SYNTHETIC, Said
from innocap_analysis.pages.texts import Prose, Table, round_columns
from innocap_analysis.pages.view import View
from innocap_analysis.pages.wording import COLOURS, MARKERS, list_wordings
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.disclosure import (
    tabulate_agreement,
    tabulate_group_scores,
    tabulate_respondents,
)
from innocap_analysis.survey.evidence import Evidence
from innocap_analysis.survey.grouping import COUNTRY
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.judge import choose_people, judge_wave
from innocap_analysis.survey.publish import SHOWN, Release
from innocap_analysis.survey.record import refuse_edition
from innocap_analysis.survey.scales import normalise_label
from innocap_analysis.survey.wave import Wave

DEFAULT_SMALLEST = 5.0
# Decimals of what is published, by the kind of number; a share is from 0 to 1.
DIGITS = {"count": 0, "points": 1, "gap": 1, "share": 2, "number": 1, "number_0": 0, "number_2": 2,
          "number_3": 3, "p": 4, "minutes": 0}  # fmt: skip


def open_survey_view(
    page: str,
    *,
    language: str = "en",
    wave: str | Wave = "synthetic",
    leave_out_flagged: bool = False,
    smallest: float = DEFAULT_SMALLEST,
    seed: int = 1,
    by: str | None = None,
    settings: Settings | None = None,
) -> SurveyView:
    """Open a view of survey answers, as every notebook about the survey does first.

    Parameters
    ----------
    page : str
        Number of the notebook, such as ``"80"``.
    language : str
        Language of everything shown.
    wave : {'synthetic', 'imported'} or Wave
        The made-up answers, what ``innocap import`` wrote, or answers at hand.
    leave_out_flagged : bool
        Also leave out doubtful responses.
    smallest : float
        Smallest difference of interest between countries, in points from 0 to 100.
    seed : int
        Seed of shuffles and imputations.
    by : str, optional
        What groups are formed by: ``country``, an item of the role ``group``, or ``nothing``.
        Default: by country where that is known, else by the first such item.
    settings : Settings, optional
        Default: found from the working directory.

    Returns
    -------
    SurveyView
        Hand it to the functions of the page's module; ``view.show`` saves and shows a figure.

    Raises
    ------
    InnocapError
        The wave or the language is unknown, a file of answers is faulty, or a batch would tell of
        the few people by whom an edition differs from an earlier one.

    Examples
    --------
    >>> view = open_survey_view("80")
    >>> view.wave.is_synthetic
    True
    """
    if isinstance(wave, Wave):
        config = wave.settings
        if config.publishes:
            refuse_edition(wave)
        evidence = Evidence(choose_people(wave, by, leave_out_flagged), smallest, seed)
    else:
        config = settings or load_settings()
        evidence = judge_wave(wave, by, leave_out_flagged, smallest, seed, config)
    answers = evidence.wave
    return SurveyView(
        config, answers.instrument.codebook, config.check_language(language),
        page=f"{page}{config.variant_suffix}", wave=answers, leave_out_flagged=leave_out_flagged,
        smallest=smallest, seed=seed, found=evidence,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SurveyView(View):
    """A view of the answers of one wave, by the groups that it has.

    `smallest` is the smallest difference of interest, in points; `seed` of shuffles, imputations.
    """

    wave: Wave
    leave_out_flagged: bool = False
    smallest: float = DEFAULT_SMALLEST
    seed: int = 1
    found: Evidence | None = None

    @property
    def instrument(self) -> Instrument:
        """The questionnaire."""
        return self.wave.instrument

    @cached_property
    def groups(self) -> list[str]:
        """Groups that somebody is in, such as countries; everyone where there are none."""
        return self.wave.groups or [EVERYONE]

    @cached_property
    def multiple(self) -> list[str]:
        """Questions with several answers, of which there is an answer."""
        asked = [c for c, item in self.instrument.items.items() if item.answer == "multi"]
        return [c for c in asked if f"{c}_{self.instrument.options(c)[0]}" in self.wave.clean]

    @cached_property
    def release(self) -> Release:
        """What may be told of the wave."""
        return self.evidence.release

    @cached_property
    def respondents(self) -> pd.DataFrame:
        """Respondents of countries and regions, small groups hidden."""
        return tabulate_respondents(self.release)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Mean scores of countries and regions, small groups hidden."""
        return tabulate_group_scores(self.release)

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Shares that agree with every item by country, small groups hidden."""
        return tabulate_agreement(self.release)

    @cached_property
    def evidence(self) -> Evidence:
        """What the answers allow to say about differences between countries."""
        found, asked = self.found, (self.smallest, self.seed)
        if found and found.wave is self.wave and (found.smallest, found.seed) == asked:
            return found
        return Evidence(self.wave, smallest=self.smallest, seed=self.seed)

    def colour(self, unit: str) -> str:
        """Return the colour of a country or group, ink for everyone together."""
        if unit == EVERYONE or self.wave.by == COUNTRY:
            return INK if unit == EVERYONE else super().colour(unit)
        return COLOURS[self.groups.index(unit) % len(COLOURS)]

    def marker(self, unit: str) -> str:
        """Return the marker of a country or group, a star for everyone together."""
        if unit == EVERYONE or self.wave.by == COUNTRY:
            return "*" if unit == EVERYONE else super().marker(unit)
        return MARKERS[self.groups.index(unit) % len(MARKERS)]

    def unit(self, code: str) -> str:
        """Return the name of a country or region, or the answer that a group gave."""
        item, sign, answer = code.partition("=")
        if code == EVERYONE:
            return self.say("Everyone")
        if not sign or item not in self.instrument.items:
            return super().unit(code)
        scale = self.instrument.scales[self.instrument.items[item].scale]
        return self.answer(item, scale.known[normalise_label(answer)])

    def say(self, text: str, *about: str, **values: object) -> str:
        """Translate a text; one about countries in its other wording, where groups are others."""
        if self.wave.by != COUNTRY:
            text = list_wordings().get(text, text)
        return super().say(text, *about, **values)

    def question(self, code: str, *, star: bool = False) -> str:
        """Return a question as it was put, with a star where it is worded the other way round."""
        text = self.instrument.text(code, self.language)
        return f"{text} *" if star and self.instrument.items[code].reversed else text

    def answer(self, code: str, answer: object) -> str:
        """Return the label of an answer to a question."""
        scale = self.instrument.scales[self.instrument.items[code].scale]
        return scale.label(answer, self.language)  # type: ignore[arg-type]

    def find_sources(self, code: str) -> tuple[str, ...]:
        """Return the names of the files of answers."""
        return tuple(sorted(self.wave.raw["file"].astype(str).unique()))

    def fact(self, measure: str, value: float, kind: str, *about: str, **more: Any) -> Said:
        """Return a number that may be said; one from made-up answers is flagged."""
        more.setdefault("flag", SYNTHETIC if self.wave.is_synthetic else "")
        # Further digits would tell of the answers behind a number more than the number does.
        if kind in DIGITS:
            ends = {end: round(more[end], DIGITS[kind]) for end in ("low", "high") if end in more}
            value, more = round(float(value), DIGITS[kind]), more | ends
        return super().fact(measure, value, kind, *about, **more)

    def given(self, measure: str, value: float, kind: str) -> Said:
        """Return a number that was chosen and not found in the answers, such as a limit."""
        return self.fact(measure, value, kind, flag="", sources=())

    def cell(
        self,
        measure: str,
        row: Mapping[Any, Any],
        kind: str,
        *,
        of: str = "",
        n: str = "n",
        ends: bool = False,
        **about: str,
    ) -> Said:
        """Return the number `of` a row of groups; of a hidden group only that it is not shown."""
        place = "" if row["unit"] == EVERYONE else str(row["unit"])
        about = {"unit": place, "code": str(row.get("code", ""))} | about
        limits = {end: row[end] for end in ("low", "high") if ends}
        hidden = "" if row.get("suppressed", SHOWN) == SHOWN else HIDDEN
        size = row[n] if place or measure != "n_respondents" else float("nan")  # as `count`
        return self.fact(measure, row[of or measure], kind, n=size, hidden=hidden, **limits,
                         **about)  # fmt: skip

    def column(
        self, measure: str, of: str, kind: str, *, interval: bool = False
    ) -> Callable[[Mapping[Any, Any]], object]:
        """Return what makes the cell of a table from each of its rows."""
        if interval:
            return lambda row: f"{self.cell(measure, row, kind, of=of, ends=True):interval}"
        return lambda row: self.cell(measure, row, kind, of=of)

    @cached_property
    def _respondents(self) -> pd.DataFrame:
        own = self.respondents
        return own[own["unit"] == own["group"]].set_index("unit", drop=False)

    def count(self, unit: str) -> Said:
        """Return how many answered in a group."""
        if unit == EVERYONE:
            return self.tally("n_respondents", len(self.wave.clean))
        return self.cell("n_respondents", self._respondents.loc[unit].to_dict(), "count", of="n")

    @cached_property
    def _scores(self) -> dict[tuple[str, str], dict[str, Any]]:
        rows = self.scores.to_dict("records")
        return {(str(row["unit"]), str(row["code"])): row for row in rows}

    def score(self, unit: str, code: str) -> Said:
        """Return the mean score of a country or region with its interval over organisations."""
        return self.cell("score", self._scores[unit, code], "points", of="mean", ends=True)

    def n_scored(self, unit: str, code: str) -> Said:
        """Return how many respondents of a country or region have a score."""
        return self.cell("n_scored", self._scores[unit, code], "count", of="n")

    def sized(self, unit: str, n: Said | None = None) -> str:
        """Return the name of a place with how many answered, or that it is not shown."""
        name, n = self.unit(unit), n or self.count(unit)
        if n.fact.hidden:
            return self.say("{name} ({n})", name=name, n=n)
        return self.say("{name} (n = {n})", name=name, n=n)

    def tell_sizes(self, units: Sequence[str] = ()) -> str:
        """Say how many answered in every country."""
        sizes = [f"{self.unit(unit)} {self.count(unit)}" for unit in units or self.groups]
        return self.say("Respondents: {sizes}.", sizes=", ".join(sizes))

    def look_up(self, name: str, *about: str) -> Said:
        """Return what a text names of everyone: how many answered, and how few are hidden."""
        if name == "n_respondents":
            return self.tally(name, len(self.wave.clean))
        return self.given(name, getattr(self.settings, name), "count")

    @property
    def circumstances(self) -> str:
        """Say that doubtful responses are left out or others weigh more, where that is so."""
        told = [self.say("Doubtful responses are left out.")] if self.leave_out_flagged else []
        if self.wave.weights:
            told.append(self.say("Responses count by their weights, but not in reliability, items "
                                 "read otherwise, tests and imputed means."))  # fmt: skip
        return " ".join(told)

    def start_chart(self, title: str, subtitle: str, **chart: Any) -> tuple[Chart, list[Axes]]:
        """Start a figure; it, its data and its alternative text say when answers were made up."""
        stamp = SYNTHETIC if self.wave.is_synthetic else ""
        made, axes = super().start_chart(title, subtitle, stamp=stamp, **chart)
        if stamp:
            made.alt = f"{SYNTHETIC}. {made.alt}"
        named = made.data.rename(columns={"group": COUNTRY} if self.wave.by == COUNTRY else {})
        made.data = round_columns(named).assign(synthetic=self.wave.is_synthetic)
        return made, axes

    def table(self, *items: Any, caption: str = "", **how: Any) -> Table:
        """Return a table; its caption says when answers were made up."""
        if self.wave.is_synthetic:
            caption = f"{SYNTHETIC}. {caption}".strip()
        return super().table(*items, caption=caption, **how)

    def write_heading(self) -> Prose:
        """Write what kind of answers a page rests on."""
        if self.wave.is_synthetic:
            text = self.say(
                "Nobody gave these answers. A program made them up, so that the page can be learnt "
                "and tried; nothing on it is a finding about any country."
            )
            return Prose(f"> **{SYNTHETIC}.** {text}")
        files = ", ".join(self.find_sources(""))
        text = self.say(
            "Answers of {n_respondents} respondents, imported from {files}.", files=files
        )
        return Prose(text)

    def tell_hidden(self) -> str:
        """Say which countries and regions are not shown."""
        units = list(self.scores.loc[self.scores["suppressed"] != SHOWN, "unit"].unique())
        if not units:
            return self.say("Every country and region has at least {min_respondents} respondents.")
        return self.say(
            "Not shown, because fewer than {min_respondents} people answered or because others "
            "would be given away: {units}.",
            units=self.units(units),
        )

    @cached_property
    def edition(self) -> str:
        """Return a short hash over the raw answers and the questionnaire."""
        digest = hashlib.sha256(self.wave.raw.to_csv(index=False).encode())
        for path in (self.settings.survey_path, self.settings.scales_path):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]
