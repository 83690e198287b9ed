"""Page 35: what people in the public sector of its region answered, against the rest of it all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from innocap_analysis.pages.facts import HIDDEN, Said
from innocap_analysis.pages.pairs import name_verdicts, tell_pair
from innocap_analysis.pages.place_view import PlaceView
from innocap_analysis.pages.survey_view import DEFAULT_SMALLEST, SurveyView
from innocap_analysis.pages.texts import Prose, Table
from innocap_analysis.reads import keep
from innocap_analysis.settings import Settings
from innocap_analysis.survey.contrast import (
    Contrast,
    choose_unit,
    decide_release,
    find_members,
)
from innocap_analysis.survey.grouping import REST
from innocap_analysis.survey.publish import Release
from innocap_analysis.survey.record import refuse_edition
from innocap_analysis.survey.wave import find_wave, has_answers, load_wave

_MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class PlaceSurvey(SurveyView):
    """The answers of a wave as the page of a place tells them."""

    around: PlaceView
    decided: Release

    @property
    def release(self) -> Release:
        """What may be told of the wave, the same for every place."""
        return self.decided

    def unit(self, code: str) -> str:
        """Return the name of a place or country, or of the country without a place."""
        if code.endswith(REST):
            country = super().unit(self.around.country)
            return self.say("{country} elsewhere", country=country)
        return self.around.unit(code)

    @cached_property
    def contrast(self) -> Contrast | None:
        """The smallest around the place that may be told of, against the rest of its country."""
        return _contrast(self.around, self.release, self.smallest)

    @cached_property
    def _means(self) -> dict[tuple[str, str], dict[str, Any]]:
        assert self.contrast is not None
        rows = self.contrast.means.to_dict("records")
        return {(str(row["unit"]), str(row["code"])): row for row in rows}

    def mean(self, side: str, code: str) -> Said:
        """Return the mean score of one side with its interval over organisations."""
        return self.cell("score", self._means[side, code], "points", of="mean", ends=True)

    def size(self, side: str) -> str:
        """Say how many of one side answered, and from how many organisations."""
        assert self.contrast is not None
        row = self.contrast.sizes.set_index("unit", drop=False).loc[side].to_dict()
        return self.say(
            "{n} people in {organisations} organisations",
            n=self.cell("n_respondents", row, "count", of="n"),
            organisations=self.cell("n_organisations", row, "count", of="organisations"),
        )


def open_answers(view: PlaceView) -> PlaceSurvey | None:
    """Open the answers that a report is made from; None where there are none in the project."""
    config = view.settings
    if not has_answers(config):
        return None
    release = _decide(config)
    wave = release.wave
    if config.publishes:
        refuse_edition(wave)
    return PlaceSurvey(
        config, wave.instrument.codebook, view.language, view.page, view.folder,
        view.ledger, wave=wave, smallest=DEFAULT_SMALLEST, around=view, decided=release,
    )  # fmt: skip


def prepare_answers(view: PlaceView, places: Iterable[str]) -> None:
    """Compute once what the answers tell on pages of several places, so that it is kept."""
    if has_answers(view.settings):
        release = _decide(view.settings)
        for place in places:
            _contrast(replace(view, place=place), release, DEFAULT_SMALLEST)


def _decide(settings: Settings) -> Release:
    name = find_wave(settings)
    return keep(
        ("release", name),
        lambda: decide_release(load_wave(name, settings=settings)),
        settings.hash_read,
    )


def _contrast(view: PlaceView, release: Release, smallest: float) -> Contrast | None:
    line = [view.place, *view.places.ancestors(view.place)]
    unit = choose_unit(release, line[: line.index(view.region) + 1])
    if unit is None:
        return None
    return keep(
        ("contrast", unit, smallest),
        Contrast(release, unit, smallest).compute_all,
        view.settings.hash_read,
    )


def write_who(view: PlaceView, answers: PlaceSurvey | None) -> Prose:
    """Write whose answers follow, whether anybody gave them, and what is not shown."""
    if answers is None:
        return Prose(view.say("There are no survey answers in this project."))
    region = view.unit(view.region)
    if not find_members(answers.release, view.region).any():
        return Prose(view.say("Nobody from {region} has answered the survey.", region=region))
    told = [str(answers.write_heading())]
    if answers.contrast is None:
        # How few there are is not told, only that nothing is.
        hidden = answers.fact("score", float("nan"), "points", view.region, answers.root,
                              hidden=HIDDEN)  # fmt: skip
        told.append(view.say("Answers from {region}: **{hidden}**.", region=region, hidden=hidden))
        return Prose("\n\n".join(told))
    here, elsewhere = answers.contrast.sides
    told.append(
        answers.say(
            "Level of the figures: who answered in public organisations of {place} ({sizes}), "
            "against who did elsewhere in the country ({others}).",
            place=answers.unit(here), sizes=answers.size(here), others=answers.size(elsewhere),
        )
    )  # fmt: skip
    return Prose("\n\n".join(told))


def table_scores(view: PlaceView, answers: PlaceSurvey | None) -> Table | None:
    """Show the scores of both sides, their difference and what it allows to say."""
    if answers is None or answers.contrast is None:
        return None
    here, elsewhere = answers.contrast.sides
    words = name_verdicts(answers)
    rows = answers.contrast.differences.set_index("code", drop=False)

    def tell(code: str) -> str:
        row = rows.loc[code]
        none = pd.isna(row["low_simultaneous"])
        return answers.say("no comparison") if none else words[str(row["verdict"])]

    return answers.table(
        answers.nodes,
        {
            view.say("Score"): answers.code,
            answers.unit(here): lambda code: f"{answers.mean(here, code):interval}",
            answers.unit(elsewhere): lambda code: f"{answers.mean(elsewhere, code):interval}",
            view.say("Difference"): lambda code: f"{_subtract(answers, rows.loc[code]):interval}",
            view.say("Verdict"): tell,
        },
        caption=view.say("Mean scores, 0 to 100, with 95% intervals over organisations"),
    )


def _subtract(answers: PlaceSurvey, row: Mapping[Any, Any]) -> Said:
    """Return the difference of two scores, named as on the page of pairs."""
    about = f"{row['unit']}/{row['other']}", str(row["code"])
    return answers.fact(
        "difference", row["difference"], "gap", *about, low=row["low_simultaneous"],
        high=row["high_simultaneous"], n=row["n"] + row["n_other"],
    )  # fmt: skip


def write_comparison(view: PlaceView, answers: PlaceSurvey | None) -> Prose | None:
    """Write what the differences allow to say, what is furthest apart, and what was named most."""
    if answers is None or answers.contrast is None:
        return None
    rows = answers.contrast.differences.to_dict("records")
    root = [row for row in rows if row["code"] == answers.root]
    sure = [row for row in rows if row["code"] != answers.root
            and row["verdict"] != "inconclusive"]  # fmt: skip
    told = [tell_pair(answers, row) for row in [*root, *sure]]
    told += _tell_furthest(answers, answers.contrast)
    told += _tell_choices(answers, answers.contrast)
    return view.write_list(told)


def _tell_furthest(answers: PlaceSurvey, contrast: Contrast) -> list[str]:
    """Name the items on which the shares that agree are furthest apart."""
    data = contrast.agreement
    wide = data.pivot(index="code", columns="unit", values="share").dropna()
    if wide.empty:
        return []
    here, elsewhere = contrast.sides
    apart = (wide[here] - wide[elsewhere]).abs().sort_values(ascending=False, kind="stable")
    rows = {(row["unit"], row["code"]): row for row in data.to_dict("records")}
    items = []
    for code in apart.index[:_MOST_NAMED]:
        own, other = (
            answers.cell("share_agree", rows[side, code], "share", of="share", ends=True)
            for side in contrast.sides
        )
        items.append(
            answers.say(
                "“{question}”: {here:interval} agree, elsewhere {elsewhere:interval}",
                question=answers.question(code).rstrip("."), here=own, elsewhere=other,
            )
        )  # fmt: skip
    return [
        answers.say(
            "Furthest from the rest of the country, of all items: {items}. With so many items, "
            "some are far apart by chance.",
            items="; ".join(items),
        )
    ]


def _tell_choices(answers: PlaceSurvey, contrast: Contrast) -> list[str]:
    """Name what was chosen most in every question with several answers, on both sides."""
    told = []
    for question, data in contrast.choices.items():
        if data.empty:
            continue
        named = {}
        for side in contrast.sides:
            own = data[data["unit"] == side].sort_values("share", ascending=False, kind="stable")
            shares = [
                (row["answer"], answers.cell("share_named", row, "share", of="share", ends=True,
                                             code=f"{question}_{row['answer']}"))
                for row in own.head(_MOST_NAMED).to_dict("records")
            ]  # fmt: skip
            named[side] = ", ".join(f"{answers.answer(question, o)} ({s})" for o, s in shares)
        here, elsewhere = contrast.sides
        told.append(
            answers.say(
                "{question} Named most in {place}: {here}; elsewhere: {elsewhere}.",
                question=answers.question(question), place=answers.unit(here),
                here=named[here], elsewhere=named[elsewhere],
            )
        )  # fmt: skip
    return told
