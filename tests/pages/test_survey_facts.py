"""Every number that pages 70, 80 and 85 say, against the raw answers; and the words beside it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from innocap_analysis.pages import answers, fitness, statements
from innocap_analysis.pages.facts import Fact, Ledger
from innocap_analysis.pages.pairs import write_pairs
from innocap_analysis.pages.survey_view import SurveyView, open_survey_view

from .oracle import consult
from .oracle_survey import SurveyOracle, consult_survey
from .reading import Page, read_page

LANGUAGES = ("en", "sv", "fi", "fr")
NAN = math.nan
SMALLEST = 5.0
# Value, low, high, n; NaN where the fact has none.
Expected = tuple[float, float, float, float]
Rule = Callable[[SurveyOracle, Fact], Expected]

# Monte Carlo error of a million draws, five standard deviations.
RANK_ERROR = 0.0025
# The studentized range, maximisers and the grid of the pooled spread are not exact to 1e-9.
ACCURACY = {
    "difference": 1e-5,
    "omega_total": 1e-6,
    "omega_squared": 1e-7,
    "share_between_organisations": 1e-6,
    "design_effect": 1e-5,
    "effective_n": 1e-4,
    "score_pooled": 1e-5,
    "mean_shrinkage": 1e-5,
    **{f"probability_rank_{rank}": RANK_ERROR for rank in range(1, 5)},
}
# What is published has no more decimals than these, whatever the answers give (METHODS section 8).
DECIMALS = {"count": 0, "points": 1, "gap": 1, "share": 2, "number": 1, "number_0": 0,
            "number_2": 2, "number_3": 3, "minutes": 0, "p": 4}  # fmt: skip
NOT_RECOMPUTED = {
    "ordinal_alpha": "polychoric correlations: lavaan and psych in test_psychometrics.py",
    "mcfadden_gain": "ordinal logistic by item: R's ordinal in test_psychometrics.py",
    "n_items_beyond_chance": "rests on mcfadden_gain's tests: R's ordinal in test_psychometrics.py",
    "p_permutation": "rests on the stream of chance; held near Welch's p below",
    "score_imputed": "rests on the stream of chance; held near the plain mean below",
    "share_information_missing": "rests on the stream of chance; mice in test_small_groups.py",
}


def _plain(value: Callable[[SurveyOracle, Fact], float]) -> Rule:
    return lambda o, f: (float(value(o, f)), NAN, NAN, NAN)


def _with_n(rule: Callable[[SurveyOracle, Fact], tuple[float, float]]) -> Rule:
    def expect(o: SurveyOracle, f: Fact) -> Expected:
        value, n = rule(o, f)
        return float(value), NAN, NAN, float(n)

    return expect


def _given(value: float) -> Rule:
    return lambda o, f: (value, NAN, NAN, NAN)


def _step(name: str) -> Rule:
    return _plain(lambda o, f: o.steps[f.code][name])


def _dropped(o: SurveyOracle, f: Fact) -> float:
    if f.code:
        return o.steps[f.code]["dropped"]
    return len(o.raw) - len(o.clean)


def _flagged(o: SurveyOracle, f: Fact) -> float:
    return o.steps[f.code]["flagged"] if f.code else sum(o.doubtful)


def _moment(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    x = o.given(f.code)
    n, d = len(x), x - x.mean()
    value = {
        "n_answers": n,
        "mean_answer": x.sum() / n,
        "sd_answer": math.sqrt((d**2).sum() / (n - 1)),
        "skewness_answer": n / (n - 1) / (n - 2) * ((d / x.std(ddof=1)) ** 3).sum(),
        "share_lowest_answer": (x == 1).sum() / n,
        "share_highest_answer": (x == 5).sum() / n,
    }[f.measure]
    return float(value), n


def _n_answers(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    if f.code in o.items:
        n = len(o.given(f.code, f.unit))
    else:  # the question with several answers
        n = sum(bool(person.chosen[f.code]) for person in o.people(f.unit))
    return n, n


def _unusable(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    if not f.code:
        return float(np.mean([np.mean(~(o.answers(c) > 0)) for c in o.items])), len(o.clean)
    x = o.answers(f.code, f.unit)
    return float(np.mean(~(x > 0))), len(x)


def _respondents(o: SurveyOracle, f: Fact) -> Expected:
    n = len(o.people(f.unit))
    return float(n), NAN, NAN, float(n) if f.unit else NAN


def _minutes(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    people = o.people(f.unit)
    known = [p.seconds for p in people if not math.isnan(p.seconds)]
    told = known and len({p.organisation for p in people if p.organisation}) >= 5
    return (float(np.median(known)) / 60 if told else NAN), len(people)


def _organisations(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    if f.page == "85":
        own = o.organisations(f.code)
        return own["organisations"], own["n"]
    people = o.people(f.unit)
    return len({p.organisation for p in people if p.organisation}), len(people)


def _agree(o: SurveyOracle, f: Fact) -> Expected:
    value, low, high, n = o.share_agree(f.code, f.unit)
    return (value, low, high, n) if f.unit else (value, NAN, NAN, n)


def _disagree(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    x = o.given(f.code, f.unit)
    return float((x <= 2).mean()), len(x)


def _named(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    question, _, option = f.code.partition("_")
    shares, n = o.named(question)
    return shares[option], n


def _score(o: SurveyOracle, f: Fact) -> Expected:
    if f.code == consult().root:  # the index of published figures
        published = consult()
        n = np.isfinite(published.scores[f.code]).sum()
        return published.score(f.unit, f.code), NAN, NAN, float(n)
    mean, low, high, _, _, n = o.mean(f.code, f.unit)
    return mean, low, high, n


def _lowest_mean(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    means = [o.mean(f.code, c)[0] for c in o.countries if not o.hides_score(c, f.code)]
    return float(np.mean(means)), len(means)


def _pair(o: SurveyOracle, f: Fact) -> Expected:
    one, two = f.unit.split("/")
    d = o.difference(one, two, f.code)
    return d["gap"], d["low"], d["high"], d["n"]


def _clusters(name: str) -> Rule:
    return _with_n(lambda o, f: (o.organisations(f.code)[name], o.organisations(f.code)["n"]))


def _p(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    return o.p(f.measure.removeprefix("p_"), f.code), sum(map(len, o.groups(f.code)))


def _omega_squared(o: SurveyOracle, f: Fact) -> Expected:
    return (*o.omega_squared(f.code), float(sum(map(len, o.groups(f.code)))))


def _pooled(o: SurveyOracle, f: Fact) -> Expected:
    at = o.countries.index(f.unit)
    return float(o.pooled["mean"][at]), *o.pooled["ends"][at], NAN


def _rank(o: SurveyOracle, f: Fact) -> float:
    return float(o.pooled["ranks"][o.countries.index(f.unit), int(f.measure[-1]) - 1])


def _count_verdict(word: str) -> Rule:
    return _plain(lambda o, f: verdicts(o).count(word))


def verdicts(o: SurveyOracle, codes: list[str] | None = None) -> list[str]:
    return [
        o.verdict(one, two, code, SMALLEST)
        for code in codes or [o.root, *o.dimensions]
        for one, two in o.pairs
    ]


def _n_scored(o: SurveyOracle, f: Fact) -> tuple[float, float]:
    n = o.organisations(f.code)["n"] if f.page == "85" else len(o.scored(f.code, f.unit)[0])
    return n, n


EXPECTED: dict[str, Rule] = {
    # 70
    "n_responses": _plain(lambda o, f: sum(p.file == f.code for p in o.raw)),
    "n_item_columns": _plain(lambda o, f: o.n_item_columns(f.code)),
    "n_raw": _plain(lambda o, f: len(o.raw)),
    "n_clean": _plain(lambda o, f: len(o.clean)),
    "n_before": _plain(lambda o, f: o.n_before(f.code)),
    "n_after": _plain(lambda o, f: o.n_before(f.code) - o.steps[f.code]["dropped"]),
    "n_dropped": _plain(_dropped),
    "n_flagged": _plain(_flagged),
    "n_set_missing": _step("set_missing"),
    "share_flagged": _with_n(lambda o, f: (sum(o.doubtful) / len(o.clean), len(o.clean))),
    "n_respondents": _respondents,
    "n_organisations": _with_n(_organisations),
    "median_minutes": _with_n(_minutes),
    "share_dont_know": _with_n(
        lambda o, f: (float((o.answers(f.code) == -8).mean()), len(o.clean))
    ),
    "share_unusable": _with_n(_unusable),
    "n_answers": _with_n(_n_answers),
    **dict.fromkeys(
        ("mean_answer", "sd_answer", "skewness_answer", "share_lowest_answer",
         "share_highest_answer"), _with_n(_moment),
    ),
    "lowest_answer": _given(1),
    "highest_answer": _given(5),
    "many_dont_know": _given(0.1),
    "min_respondents": _plain(lambda o, f: o.minimum),
    # 80
    "score": _score,
    "n_scored": _with_n(_n_scored),
    "mean_of_countries": _with_n(_lowest_mean),
    "min_organisations": _given(5),
    "n_places": _plain(lambda o, f: len(o.places)),
    "n_hidden": _plain(
        lambda o, f: sum(any(o.hides_score(u, c) for c in (o.root, *o.dimensions))
                         for u in o.places)
    ),
    "share_agree": _agree,
    "share_disagree": _with_n(_disagree),
    "share_named": _with_n(_named),
    # 85
    "alpha": lambda o, f: o.alpha(f.code, f.unit),
    "n_complete": _with_n(lambda o, f: (o.alpha(f.code)[3], o.alpha(f.code)[3])),
    "omega_total": _with_n(lambda o, f: (o.omega(f.code), o.alpha(f.code)[3])),
    "n_compared": _plain(lambda o, f: len(o.clean)),
    "common_minimum_alpha": _given(0.7),
    "n_items": _plain(lambda o, f: len(o.items)),
    "moderate_gain": _given(0.02),
    "large_gain": _given(0.05),
    "share_between_organisations": _clusters("icc"),
    "design_effect": _clusters("effect"),
    "effective_n": _clusters("effective"),
    "p_welch": _with_n(_p),
    "p_kruskal_wallis": _with_n(_p),
    "omega_squared": _omega_squared,
    "difference": _pair,
    "n_comparisons": _plain(lambda o, f: len(verdicts(o))),
    "n_differ": _count_verdict("differs"),
    "n_alike": _count_verdict("alike"),
    "n_open": _count_verdict("open"),
    "n_open_of_dimensions": _plain(lambda o, f: verdicts(o, o.dimensions).count("open")),
    "smallest_difference": _given(SMALLEST),
    "score_pooled": _pooled,
    "mean_shrinkage": _plain(lambda o, f: float(o.pooled["shrinkage"].mean())),
    "prior_scale": _given(10),
    **{f"probability_rank_{rank}": _plain(_rank) for rank in range(1, 5)},
    "score_complete": _plain(lambda o, f: o.complete(f.unit)[0]),
}  # fmt: skip


def is_hidden(o: SurveyOracle, f: Fact) -> bool:
    """Tell by the rule of METHODS section 8 whether a number of a place may not be shown."""
    if f.measure == "score_complete":
        return any(
            0 < n < o.minimum  # what is left of a place would tell of few
            for place in (f.unit, *(u for u in o.places if u[:2] == f.unit and u != f.unit))
            if not o.hides_score(place, f.code)
            for n in (o.complete(place)[1],
                      len(o.scored(f.code, place)[0]) - o.complete(place)[1])
        )  # fmt: skip
    if f.unit not in o.places:
        return False
    if f.measure in ("n_respondents", "n_organisations", "median_minutes", "share_unusable"):
        return o.hides_respondents(f.unit)
    if f.measure in ("score", "n_scored") and f.code in o.node:
        return o.hides_score(f.unit, f.code)
    if f.measure in ("share_agree", "share_disagree", "n_answers"):
        return o.hides_item(f.unit, f.code)
    return False


GIVEN = {
    "lowest_answer", "highest_answer", "many_dont_know", "min_respondents", "min_organisations",
    "common_minimum_alpha", "moderate_gain", "large_gain", "smallest_difference", "prior_scale",
}  # fmt: skip


def check_facts(page: Page) -> None:
    """Hold every fact of a page against the raw answers; an unknown measure fails."""
    o = consult_survey()
    assert page.facts
    for fact in page.facts.values():
        assert (fact.hidden == "not shown") == is_hidden(o, fact), fact.id
        assert fact.hidden in ("", "not shown"), fact.id
        published = fact.code == consult().root
        made_up = not published and fact.measure not in GIVEN
        assert fact.flag == ("SYNTHETIC" if made_up else ""), fact.id
        if made_up:
            files = {fact.code} if fact.code in o.files else set(o.files)
            assert set(fact.sources) == files, fact.id
        if fact.measure in NOT_RECOMPUTED:
            continue
        expected = EXPECTED[fact.measure](o, fact)
        if fact.hidden:
            expected = (NAN, NAN, NAN, NAN)
        found = (fact.value, fact.low, fact.high, fact.n)
        accuracy = ACCURACY.get(fact.measure, 1e-9)
        for name, has, wanted in zip(("value", "low", "high", "n"), found, expected, strict=True):
            if name != "n" and fact.kind in DECIMALS:
                step = 10.0 ** -DECIMALS[fact.kind]
                assert math.isnan(has) or has == round(has, DECIMALS[fact.kind]), fact.id
                accuracy = max(accuracy, step / 2 + 1e-9)
            close = pytest.approx(wanted, abs=accuracy, nan_ok=True)
            assert has == close, f"{fact.id}: {name}"


@pytest.mark.parametrize("number", ["70", "80", "85"])
def test_every_number_of_a_survey_page(number: str) -> None:
    check_facts(read_page(number, language="en"))


def test_what_is_not_recomputed_is_said_and_used() -> None:
    measures = {
        f.measure for n in ("70", "80", "85") for f in read_page(n, language="en").facts.values()
    }
    assert set(NOT_RECOMPUTED) <= measures
    assert not set(NOT_RECOMPUTED) & set(EXPECTED)
    assert measures == set(EXPECTED) | set(NOT_RECOMPUTED)


def test_chance_alone_parts_what_is_drawn_from_what_is_computed() -> None:
    o, facts = consult_survey(), read_page("85", language="en").facts
    for code in (o.root, *o.dimensions):
        # The shuffled statistic is Welch's: near the same p, up to the error of 4999 shuffles.
        p = o.p("welch", code)
        error = 5 * math.sqrt(p * (1 - p) / 4999) + 0.02
        assert abs(facts[f"85::{code}:p_permutation"].value - p) < error, code
    for unit in o.countries:
        imputed = facts[f"85:{unit}:{o.root}:score_imputed"]
        mean = o.mean(o.root, unit)[0]
        assert abs(imputed.value - mean) < 1
        assert imputed.low < imputed.value < imputed.high
        assert imputed.n == len(o.people(unit))


# ------------------------------------------------------------ the words beside the numbers

# Sentence of a pair by language: sure and large, sure, one side only, both sides, alike.
PAIR = {
    "en": ("{m}: {a} is above {b} by {d} points, and by more than {s} for sure ({l} to {h}).",
           "{m}: {a} is above {b} by {d} points ({l} to {h}); whether by the {s} that matter is "
           "open.",
           "{m}: open. {a} may be above {b} by {l} to {h} points.",
           "{m}: open. {a} may be anything from {l} points below {b} to {h} above.",
           "{m}, {a} and {b}: alike. Any difference is smaller than {s} points."),
    "sv": ("{m}: {a} ligger {d} poäng över {b}, och säkert mer än {s} ({l} till {h}).",
           "{m}: {a} ligger {d} poäng över {b} ({l} till {h}); om skillnaden är minst de {s} poäng "
           "som betyder något är öppet.",
           "{m}: öppet. {a} kan ligga {l} till {h} poäng över {b}.",
           "{m}: öppet. {a} kan ligga allt från {l} poäng under {b} till {h} över.",
           "{m}, {a} och {b}: lika. En eventuell skillnad är mindre än {s} poäng."),
    "fi": ("{m}: {a} on {d} pistettä ylempänä kuin {b}, ja varmasti yli {s} ({l}–{h}).",
           "{m}: {a} on {d} pistettä ylempänä kuin {b} ({l}–{h}); onko ero vähintään {s} pistettä, "
           "jolla on merkitystä, jää avoimeksi.",
           "{m}: avoin. {a} voi olla {l}–{h} pistettä ylempänä kuin {b}.",
           "{m}: avoin. {a} voi olla enimmillään {l} pistettä alempana tai {h} pistettä ylempänä "
           "kuin {b}.",
           "{m}, {a} ja {b}: samanlaiset. Mahdollinen ero on alle {s} pistettä."),
    "fr": ("{m} : {la} dépasse {lb} de {d} points, et à coup sûr de plus de {s} ({l} à {h}).",
           "{m} : {la} dépasse {lb} de {d} points ({l} à {h}) ; on ne sait pas si l’écart atteint "
           "les {s} points qui comptent.",
           "{m} : ouvert. {La} dépasse peut-être {lb} de {l} à {h} points.",
           "{m} : ouvert. Entre {la} et {lb}, l’écart va de {l} points en faveur du second à {h} "
           "en faveur du premier.",
           "{m}, {a} et {b} : équivalents. Toute différence est inférieure à {s} points."),
}  # fmt: skip
WITH_ARTICLE = {"SE": "la Suède", "FI": "la Finlande", "IE": "l’Irlande", "CA": "le Canada"}
SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2060": "", "\u00ad": ""})


def _plain_text(text: str) -> str:
    return text.translate(SPACES)


def _say(o: SurveyOracle, one: str, two: str, code: str, smallest: float, language: str) -> str:
    def write(x: float) -> str:
        return f"{abs(x):.1f}" if language == "en" else f"{abs(x):.1f}".replace(".", ",")

    d, verdict = o.difference(one, two, code), o.verdict(one, two, code, smallest)
    low, high, a, b = d["low"], d["high"], one, two
    if high <= 0 or (verdict == "differs" and d["gap"] < 0):
        low, high, a, b = -high, -low, two, one
    kind = 4
    if verdict == "differs":
        kind = 0 if low >= smallest else 1
    elif verdict == "open":
        kind = 2 if low >= 0 else 3
    return PAIR[language][kind].format(
        m=o.node[code][f"label_{language}"], a=o.names[a, language], b=o.names[b, language],
        la=WITH_ARTICLE[a], lb=WITH_ARTICLE[b], La=WITH_ARTICLE[a][0].upper() + WITH_ARTICLE[a][1:],
        d=write(d["gap"]), l=write(low), h=write(high), s=f"{smallest:g}",
    )  # fmt: skip


@pytest.mark.parametrize("smallest", [2.0, 5.0, 14.0, 25.0])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_two_countries_in_words(language: str, smallest: float) -> None:
    o = consult_survey()
    view = replace(_view("85", language), smallest=smallest, ledger=Ledger())
    lines = [x[2:] for x in _plain_text(str(write_pairs(view))).splitlines()]
    wanted = [
        _say(o, one, two, code, smallest, language)
        for code in (o.root, *o.dimensions)
        for one, two in o.pairs
        if code == o.root or o.verdict(one, two, code, smallest) != "open"
    ]
    rest = len(o.pairs) * (1 + len(o.dimensions)) - len(wanted)
    assert sorted(lines[: len(wanted)]) == sorted(_plain_text(x) for x in wanted)
    assert len(lines) == len(wanted) + (rest > 0)
    if rest:
        assert str(rest) in lines[-1]


@functools.cache
def _view(number: str, language: str) -> SurveyView:
    return open_survey_view(number, language=language, wave="synthetic")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_highest_and_lowest(language: str) -> None:
    o = consult_survey()

    def label(code: str) -> str:
        return _plain_text(o.node[code][f"label_{language}"])

    worst = max(o.items, key=lambda c: (o.answers(c) == -8).mean())
    title = _plain_text(fitness.plot_nonresponse(_view("70", language)).alt)
    assert label(worst) in title

    view = _view("80", language)
    means = {d: np.mean([o.mean(d, c)[0] for c in o.countries]) for d in o.dimensions}
    title = _plain_text(answers.plot_groups(view).alt)
    named = {d for d in o.dimensions if label(d) in title.split("100")[0]}
    assert named == {min(means, key=means.__getitem__)}
    for d in o.dimensions:
        best = max(o.of[d], key=lambda c: o.share_agree(c)[0])
        title = _plain_text(statements.plot_answers(view, d).alt)
        assert {c for c in o.of[d] if label(c).rstrip(".") in title} == {best}
    apart = {c: [o.share_agree(c, u)[0] for u in o.countries] for c in o.items}
    far = max(o.items, key=lambda c: max(apart[c]) - min(apart[c]))
    title = _plain_text(answers.plot_agreement(view).alt)
    ends = [o.countries[int(i)] for i in (np.argmin(apart[far]), np.argmax(apart[far]))]
    places = [title.index(o.names[u, language]) for u in ends]
    assert places == sorted(places)
    assert label(far) in title
    first, second, *_ = o.named()[0]
    title = _plain_text(answers.plot_options(view, "BAR1").alt)
    names = [o.labels["barriers", b, language] for b in (first, second)]
    assert title.index(names[0]) < title.index(names[1])


def test_the_least_reliable_dimension_and_the_items_nobody_knows() -> None:
    o = consult_survey()
    page = read_page("85", language="en")
    lowest = min(o.dimensions, key=lambda d: o.alpha(d)[0])
    told = next(x for x in page.texts[3].splitlines() if "least reliable" in x)
    assert f"is {o.node[lowest]['label_en']}, alpha {o.alpha(lowest)[0]:.2f}" in told
    told = next(x for x in read_page("70", language="en").texts[1].splitlines() if "More than" in x)
    many = {c for c in o.items if (o.answers(c) == -8).mean() > 0.1}
    assert {c for c in o.items if o.node[c]["label_en"] in told} == many
