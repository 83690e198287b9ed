"""Parts of pages that need several groups, and say so where there are too few."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Prose

P = ParamSpec("P")
T = TypeVar("T")
Show = Callable[Concatenate[SurveyView, P], T]


def compares(least: int) -> Callable[[Show[P, T]], Show[P, T]]:
    """Have a part of a page say so where fewer than `least` groups may be told."""

    def wrap(show: Show[P, T]) -> Show[P, T]:
        @functools.wraps(show)
        def wrapper(view: SurveyView, *more: P.args, **how: P.kwargs) -> T:
            if len(view.evidence.groups) >= least:
                return show(view, *more, **how)
            found = view.tally("n_groups_told", len(view.evidence.groups))
            text = view.say("Groups that can be told: {n}. There is nothing to compare.", n=found)
            return Prose(text)  # type: ignore[return-value]

        return wrapper  # type: ignore[return-value]

    return wrap
