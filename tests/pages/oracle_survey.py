"""The SYNTHETIC wave read, cleaned and counted anew: nothing of the package.

From the raw exports and METHODS.md (sections 8 and 9): csv, openpyxl, numpy, scipy, statsmodels.
"""

from __future__ import annotations

import csv
import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import openpyxl
import yaml
from babel import Locale
from scipy import optimize, stats
from statsmodels.stats.oneway import anova_oneway

from tests.frozen import EDITION

FOLDER = EDITION / "data/raw/survey"
DONT_KNOW, NOT_APPLICABLE = -8.0, -9.0
SPECIAL = {"DK": DONT_KNOW, "NA": NOT_APPLICABLE}
MINIMUM_ORGANISATIONS = 5
MULTIPLE = ("OUT6", "BAR1")
NAN = float("nan")


def _rows(name: str) -> list[dict[str, str]]:
    with (EDITION / "data/codebooks" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _fold(text: object) -> str:
    return " ".join(str(text).replace("’", "'").split()).casefold()


@dataclass
class Person:
    """One response: answers to the scored items, -8 don't know, -9 not applicable, NaN none."""

    file: str
    key: str
    country: str
    region: str
    organisation: str
    seconds: float
    preview: bool
    answers: np.ndarray
    chosen: dict[str, frozenset[str]]  # by question with several answers

    @property
    def barriers(self) -> frozenset[str]:
        return self.chosen["BAR1"]

    @property
    def n_given(self) -> int:
        return int((~np.isnan(self.answers)).sum())

    @property
    def codes(self) -> np.ndarray:
        """The answers on the scale, in the order of the items, none turned."""
        return np.where(self.answers < 0, np.nan, self.answers)

    @property
    def is_straight(self) -> bool:
        given = self.codes[~np.isnan(self.codes)]
        return len(given) >= 10 and len(set(given)) == 1

    @property
    def is_fast(self) -> bool:
        return self.seconds < 2 * self.n_given


class SurveyOracle:
    """The answers from the raw files, cleaned as METHODS section 8 says."""

    def __init__(self) -> None:
        settings = yaml.safe_load((EDITION / "innocap.yml").read_text(encoding="utf-8"))
        self.order = list(settings["countries"])
        self.minimum = int(settings["min_respondents"])
        book = _rows("survey.csv")
        self.node = {row["code"]: row for row in book}
        self.root = next(row["code"] for row in book if row["kind"] == "index")
        self.dimensions = [r["code"] for r in book if r["kind"] == "group"]
        self.items = [r["code"] for r in book if r["kind"] == "indicator"]
        self.of = {
            d: [c for c in self.items if self.node[c]["parent"] == d] for d in self.dimensions
        }
        self.codes: dict[str, dict[str, str]] = {}  # by scale: folded label or code -> code
        self.labels: dict[tuple[str, str, str], str] = {}
        for row in _rows("scales.csv"):
            self.codes.setdefault(row["scale"], {})[_fold(row["label"])] = row["code"]
            self.labels[row["scale"], row["code"], row["language"]] = row["label"]
        self.names = {
            (code, language): Locale(language).territories[code]
            for code in self.order
            for language in ("en", "sv", "fi", "fr")
        }
        self.territories = {_fold(name): code for (code, _), name in self.names.items()}
        self.regions = {}
        self.region_label: dict[tuple[str, str], str] = {}
        for row in _rows("regions.csv"):
            for language in ("en", "sv", "fi", "fr"):
                self.regions[_fold(row[f"label_{language}"])] = row["unit"], row["country"]
                self.region_label[row["unit"], language] = row[f"label_{language}"]
        self.files: dict[str, list[str]] = {}  # headers
        self.raw = [*self._read_se(), *self._read_fi(), *self._read_ie(), *self._read_ca()]
        self.steps: dict[str, Counter[str]] = {}
        self.clean = self._clean()
        self.countries = [c for c in self.order if any(p.country == c for p in self.clean)]

    # ------------------------------------------------------------------ reading

    def _person(
        self,
        file: str,
        row: dict[str, object],
        *,
        key: object,
        seconds: float,
        chosen: dict[str, Iterable[str]],
        preview: bool = False,
    ) -> Person:
        answers = []
        for item in self.items:
            text = row[item]
            if text in (None, ""):
                answers.append(NAN)
            else:
                code = self.codes[self.node[item]["scale"]][_fold(text)]
                answers.append(SPECIAL[code] if code in SPECIAL else float(code))
        region, owner = self.regions[_fold(row["ORG2"])]
        country = self.territories[_fold(row["ORG1"])]
        assert owner == country  # no region of another country in these files
        named = {
            question: frozenset(
                self.codes[self.node[question]["scale"]].get(_fold(b), b)
                for b in answers
                if b and b.strip()
            )
            for question, answers in chosen.items()
        }
        return Person(
            file,
            str(key),
            country,
            region,
            str(row["ORG8"] or ""),
            seconds,
            preview,
            np.array(answers),
            named,
        )

    def _read_csv(self, name: str, delimiter: str) -> list[dict[str, str]]:
        with (FOLDER / name).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, delimiter=delimiter)
            self.files[name] = list(reader.fieldnames or [])
            return list(reader)

    def _read_se(self) -> Iterator[Person]:
        name = "SYNTHETIC_SE_limesurvey.csv"
        for row in self._read_csv(name, ";"):
            plain = {
                m[1]: v for k, v in row.items() if (m := re.fullmatch(r"\w+\[(\w+)\]", k))
            } | row
            named = {
                q: [k[5:-1] for k, v in row.items() if k.startswith(f"{q}[") and v == "Ja"]
                for q in MULTIPLE
            }
            yield self._person(
                name, plain, key=row["id"], chosen=named,
                seconds=float(row["interviewtime"] or "nan"),
            )  # fmt: skip

    def _read_ca(self) -> Iterator[Person]:
        name = "SYNTHETIC_CA_qualtrics.csv"
        for row in self._read_csv(name, ",")[2:]:
            yield self._person(
                name, dict(row), key=row["ResponseId"],
                chosen={q: row[q].split(",") for q in MULTIPLE},
                seconds=float(row["Duration (in seconds)"] or "nan"),
                preview=row["Status"] == "Survey Preview",
            )  # fmt: skip

    def _read_book(self, name: str, marker: str) -> list[dict[str, Any]]:
        cells = list(openpyxl.load_workbook(FOLDER / name).active.iter_rows(values_only=True))
        start = next(i for i, row in enumerate(cells) if marker in row)
        self.files[name] = [str(c) for c in cells[start]]
        return [dict(zip(self.files[name], row, strict=True)) for row in cells[start + 1 :]]

    def _read_fi(self) -> Iterator[Person]:
        name = "SYNTHETIC_FI_eusurvey.xlsx"
        for row in self._read_book(name, "Contribution ID"):
            plain = {m[1]: v for k, v in row.items() if (m := re.search(r"\((\w+)\)$", k))}
            # EUSurvey does not say how long a response took.
            yield self._person(
                name, plain, key=row["Contribution ID"], seconds=NAN,
                chosen={q: (plain[q] or "").split(";") for q in MULTIPLE},
            )  # fmt: skip

    def _read_ie(self) -> Iterator[Person]:
        name = "SYNTHETIC_IE_msforms.xlsx"
        text = {row["label_en"]: code for code, row in self.node.items()}
        for row in self._read_book(name, "Start time"):
            plain = {text[k]: v for k, v in row.items() if k in text}
            taken: datetime = row["Completion time"] - row["Start time"]
            yield self._person(
                name, plain, key=row["ID"], seconds=taken.total_seconds(),  # type: ignore[attr-defined]
                chosen={q: (plain[q] or "").split(";") for q in MULTIPLE},
            )  # fmt: skip

    def n_item_columns(self, file: str) -> int:
        """Count the columns that hold an item or an option of one; a free *other* is none."""
        texts = {row["label_en"] for row in self.node.values()}
        multi = {c for c, row in self.node.items() if row["answer"] == "multi"}
        found = 0
        for head in self.files[file]:
            bracket = re.fullmatch(r"(\w+)\[(\w+)\]", head)
            alias = re.search(r"\((\w+)\)$", head)
            if bracket:
                found += bracket[2] in self.node or bracket[1] in multi
            else:
                found += head in self.node or head in texts or (
                    alias is not None and alias[1] in self.node
                )  # fmt: skip
        return found

    # ------------------------------------------------------------------ cleaning

    def _clean(self) -> list[Person]:
        people = list(self.raw)
        steps = ("preview", "duplicate", "impossible", "place", "incomplete", "straight_lining",
                 "speed")  # fmt: skip
        self.steps = {step: Counter() for step in steps}

        def drop(step: str, kept: list[Person]) -> list[Person]:
            self.steps[step]["dropped"] += len(people) - len(kept)
            return kept

        people = drop("preview", [p for p in people if not p.preview])
        best: dict[tuple[str, str], Person] = {}
        for p in people:
            known = best.get((p.file, p.key))
            if known is None or p.n_given >= known.n_given:
                best[p.file, p.key] = p
        people = drop("duplicate", [p for p in people if best[p.file, p.key] is p])
        people = drop("incomplete", [p for p in people if 2 * p.n_given >= len(self.items)])
        seen: set[tuple[object, ...]] = set()
        self.doubtful: list[bool] = []
        for p in people:
            content = (p.country, p.organisation, *np.nan_to_num(p.answers, nan=-1))
            same = bool(p.organisation) and p.n_given >= 10 and content in seen
            seen.add(content)
            self.steps["duplicate"]["flagged"] += same
            self.steps["straight_lining"]["flagged"] += p.is_straight
            self.steps["speed"]["flagged"] += p.is_fast
            self.doubtful.append(same or p.is_straight or p.is_fast)
        return people

    def n_before(self, step: str) -> int:
        before = itertools.takewhile(lambda s: s != step, self.steps)
        return len(self.raw) - sum(self.steps[s]["dropped"] for s in before)

    # ------------------------------------------------------------------ people and answers

    @functools.cache  # noqa: B019
    def people(self, unit: str = "") -> list[Person]:
        if unit.endswith("/rest"):  # of the country of a region
            region = unit.removesuffix("/rest")
            country = next(p.country for p in self.clean if p.region == region)
            return [p for p in self.people(country) if p.region != region]
        return [p for p in self.clean if unit in ("", p.country, p.region)]

    def answers(self, item: str, unit: str = "") -> np.ndarray:
        """Answers of everyone, codes, don't knows and gaps."""
        at = self.items.index(item)
        return np.array([p.answers[at] for p in self.people(unit)])

    @functools.cache  # noqa: B019
    def given(self, item: str, unit: str = "") -> np.ndarray:
        """Answers on the scale."""
        x = self.answers(item, unit)
        return x[x > 0]

    def turned(self, items: Sequence[str], people: Sequence[Person]) -> np.ndarray:
        """People x items, reversed items turned, NaN where there is no answer."""
        columns = []
        for item in items:
            row = self.node[item]
            x = np.array([p.codes[self.items.index(item)] for p in people])
            turn = row["direction"] == "-1"
            columns.append(float(row["low"]) + float(row["high"]) - x if turn else x)
        return np.column_stack(columns)

    def scores(self, code: str, people: Sequence[Person], *, share: float = 0.5) -> np.ndarray:
        """Score of everyone, 0 to 100; at least `share` of a dimension's items."""
        if code == self.root:
            x = np.column_stack([self.scores(d, people, share=share) for d in self.dimensions])
            # Items answered count by dimension: a dimension gives its share of them.
            cover = np.column_stack(
                [
                    np.where(np.isnan(x[:, i]), 0, self._cover(d, people))
                    for i, d in enumerate(self.dimensions)
                ]
            ).mean(axis=1)
            enough = cover >= share - 1e-9
        else:
            x = (self.turned(self.of[code], people) - 1) / 4 * 100
            enough = self._cover(code, people) >= share - 1e-9
        known = ~np.isnan(x)
        with np.errstate(invalid="ignore"):
            mean = np.nansum(x, axis=1) / known.sum(axis=1)
        return np.where(enough, mean, np.nan)

    def _cover(self, code: str, people: Sequence[Person]) -> np.ndarray:
        return np.asarray((~np.isnan(self.turned(self.of[code], people))).mean(axis=1))

    @functools.cache  # noqa: B019
    def scored(self, code: str, unit: str = "") -> tuple[np.ndarray, list[str]]:
        """Return the scores of a place and the organisations of who has one."""
        people = self.people(unit)
        x = self.scores(code, people)
        own = [
            f"{p.country}/{p.organisation}" if p.organisation else f"alone {i}"
            for i, p in enumerate(people)
        ]
        known = ~np.isnan(x)
        return x[known], [o for o, k in zip(own, known, strict=True) if k]

    # ------------------------------------------------------------------ what may be shown

    def hidden(self, sizes: dict[str, int]) -> set[str]:
        """Return the groups of one total that may not be shown."""
        there = {u: n for u, n in sizes.items() if n}
        out = {u for u, n in there.items() if n < self.minimum}
        for u in sorted(there, key=lambda u: (there[u], u)):
            if not out or (len(out) >= 2 and sum(there[v] for v in out) >= self.minimum):
                break
            out.add(u)
        return out

    def siblings(self, unit: str) -> list[str]:
        """Return the places whose numbers add up to the same total."""
        if unit in self.order:
            return self.countries
        country = next(p.country for p in self.clean if p.region == unit)
        return sorted({p.region for p in self.clean if p.country == country})

    @property
    def places(self) -> list[str]:
        return [
            place
            for c in self.countries
            for place in (c, *sorted({p.region for p in self.clean if p.country == c}))
        ]

    @functools.cache  # noqa: B019
    def hides_respondents(self, unit: str) -> bool:
        return unit in self.hidden({u: len(self.people(u)) for u in self.siblings(unit)})

    @functools.cache  # noqa: B019
    def hides_score(self, unit: str, code: str) -> bool:
        return unit in self.hidden({u: len(self.scored(code, u)[0]) for u in self.siblings(unit)})

    @functools.cache  # noqa: B019
    def hides_item(self, unit: str, item: str) -> bool:
        def count(unit: str) -> int:
            if item in self.items:
                return len(self.given(item, unit))
            return sum(bool(person.chosen[item]) for person in self.people(unit))

        return unit in self.hidden({u: count(u) for u in self.countries})

    # ------------------------------------------------------------------ estimates

    def share_agree(self, item: str, unit: str = "") -> tuple[float, float, float, int]:
        x = self.given(item, unit)
        return (*wilson(int((x >= 4).sum()), len(x)), len(x))

    def named(self, question: str = "BAR1", unit: str = "") -> tuple[dict[str, float], int]:
        """Return the share of those who answered that named each option, most first."""
        told = [p.chosen[question] for p in self.people(unit) if p.chosen[question]]
        scale = self.node[question]["scale"]
        options = [c for s, c, lang in self.labels if s == scale and lang == "en"]
        shares = {o: sum(o in t for t in told) / len(told) for o in options}
        return dict(sorted(shares.items(), key=lambda kv: -kv[1])), len(told)

    @functools.cache  # noqa: B019
    def mean(self, code: str, unit: str) -> tuple[float, float, float, float, float, int]:
        """Return mean, low, high, standard error, degrees of freedom and n of a place."""
        x, organisations = self.scored(code, unit)
        if len(set(organisations)) < MINIMUM_ORGANISATIONS:
            return float(x.mean()), NAN, NAN, NAN, NAN, len(x)
        mean, se, df = cr2(x, organisations)
        reach = float(stats.t.ppf(0.975, df)) * se
        return mean, mean - reach, mean + reach, se, df, len(x)

    @functools.cache  # noqa: B019
    def difference(self, one: str, two: str, code: str, *, k: int = 0) -> dict[str, float]:
        """Return the difference, its simultaneous interval and the narrower one of equivalence."""
        a, b = self.mean(code, one), self.mean(code, two)
        k = k or sum(not np.isnan(self.mean(code, c)[1]) for c in self.countries)
        v, w = a[3] ** 2, b[3] ** 2
        df = (v + w) ** 2 / (v**2 / a[4] + w**2 / b[4])
        se = np.sqrt((v + w) / 2)
        wide = stats.studentized_range.ppf(0.95, k, df) * se
        narrow = stats.studentized_range.ppf(0.90, k, df) * se
        gap = a[0] - b[0]
        return {
            "gap": gap, "low": gap - wide, "high": gap + wide, "n": a[5] + b[5],
            "low_narrow": gap - narrow, "high_narrow": gap + narrow,
        }  # fmt: skip

    def verdict(self, one: str, two: str, code: str, smallest: float) -> str:
        d = self.difference(one, two, code)
        if -smallest < d["low_narrow"] and d["high_narrow"] < smallest:
            return "alike"
        return "differs" if d["low"] > 0 or d["high"] < 0 else "open"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return list(itertools.combinations(sorted(self.countries), 2))

    @functools.cache  # noqa: B019
    def alpha(self, dimension: str, unit: str = "") -> tuple[float, float, float, int]:
        """Return alpha of complete answers with Feldt's interval, and n."""
        x = self.turned(self.of[dimension], self.people(unit))
        x = x[~np.isnan(x).any(axis=1)]
        n, k = x.shape
        alpha = k / (k - 1) * (1 - x.var(axis=0, ddof=1).sum() / x.sum(axis=1).var(ddof=1))
        df = n - 1, (n - 1) * (k - 1)
        low = 1 - (1 - alpha) * stats.f.ppf(0.975, *df)
        return float(alpha), float(low), float(1 - (1 - alpha) * stats.f.ppf(0.025, *df)), n

    def omega(self, dimension: str) -> float:
        """Omega total of a one-factor model by maximum likelihood, over its own variance."""
        x = self.turned(self.of[dimension], self.clean)
        s = np.cov(x[~np.isnan(x).any(axis=1)].T, ddof=0)
        k = len(s)

        def lose(t: np.ndarray) -> float:
            sigma = np.outer(t[:k], t[:k]) + np.diag(np.exp(t[k:]))
            return float(np.linalg.slogdet(sigma)[1] + np.trace(np.linalg.solve(sigma, s)))

        start = np.concatenate([np.sqrt(np.diag(s) / 2), np.log(np.diag(s) / 2)])
        found = optimize.minimize(lose, start, method="BFGS", options={"gtol": 1e-7}).x
        common = found[:k].sum() ** 2
        return float(common / (common + np.exp(found[k:]).sum()))

    def groups(self, code: str) -> list[np.ndarray]:
        return [self.scored(code, c)[0] for c in self.countries]

    def p(self, test: str, code: str) -> float:
        groups = self.groups(code)
        if test == "welch":
            return float(anova_oneway(groups, use_var="unequal", welch_correction=True).pvalue)
        # Scores that are equal but for the last bits of their sums tie.
        return float(stats.kruskal(*(np.round(group, 9) for group in groups)).pvalue)

    @functools.cache  # noqa: B019
    def omega_squared(self, code: str) -> tuple[float, float, float]:
        """Omega squared; its interval inverts the noncentral F distribution."""
        groups = self.groups(code)
        n, df = sum(map(len, groups)), len(groups) - 1
        error = n - len(groups)
        everything = np.concatenate(groups)
        total = ((everything - everything.mean()) ** 2).sum()
        within = sum(((x - x.mean()) ** 2).sum() for x in groups)
        share = max(0.0, (total - within - df * within / error) / (total + within / error))
        f = share / df / ((1 - share) / error)

        def find(p: float) -> float:
            if f <= 0 or stats.f.cdf(f, df, error) <= p:
                return 0.0
            shift = optimize.brentq(
                lambda x: stats.ncf.cdf(f, df, error, x) - p, 1e-12, 1e4, xtol=1e-11
            )
            return float(shift / (shift + error))

        return float(share), find(0.975), find(0.025)

    @functools.cache  # noqa: B019
    def organisations(self, code: str) -> dict[str, float]:
        """Return how alike organisations answer inside countries: REML with full matrices."""
        x, own = [], []
        for c in self.countries:
            values, names = self.scored(code, c)
            x += list(values - values.mean())
            own += names
        y, names = np.array(x), np.array(own)
        same = (names[:, None] == names[None, :]).astype(float)
        n, ones = len(y), np.ones(len(y))

        def lose(icc: float) -> float:
            v = icc * same + (1 - icc) * np.eye(n)
            inverse = np.linalg.inv(v)
            weight = ones @ inverse @ ones
            rest = y - (ones @ inverse @ y) / weight
            return float(
                np.linalg.slogdet(v)[1] + np.log(weight) + (n - 1) * np.log(rest @ inverse @ rest)
            )

        icc = float(optimize.minimize_scalar(lose, bounds=(0, 0.99), method="bounded",
                                             options={"xatol": 1e-10}).x)  # fmt: skip
        sizes = np.array(list(Counter(own).values()))
        effect = 1 + ((sizes**2).sum() / n - 1) * icc
        return {
            "icc": icc, "effect": effect, "effective": n / effect, "n": n,
            "organisations": len(sizes),
        }  # fmt: skip

    @functools.cached_property
    def pooled(self) -> dict[str, Any]:
        """Pooled means of the index: the spread integrated by adaptive quadrature nodes."""
        y = np.array([self.mean(self.root, c)[0] for c in self.countries])
        s = np.array([self.mean(self.root, c)[3] for c in self.countries])
        nodes, weights = np.polynomial.legendre.leggauss(400)
        tau = (nodes + 1) / 2 * 80  # half-normal of scale 10: nothing is left beyond 80
        w = 1 / (s**2 + tau[:, None] ** 2)
        total = w.sum(axis=1)
        grand = (w @ y) / total
        fit = 0.5 * (
            np.log(w).sum(axis=1) - np.log(total) - (w * (y - grand[:, None]) ** 2).sum(axis=1)
        )
        p = weights * np.exp(fit - fit.max()) * stats.halfnorm.pdf(tau, scale=10)
        p /= p.sum()
        keep = tau[:, None] ** 2 * w
        centre = keep * y + (1 - keep) * grand[:, None]
        sd = np.sqrt(keep * s**2 + (1 - keep) ** 2 / total[:, None])
        ends = [
            [
                float(optimize.brentq(
                    lambda x, i=i, q=q: p @ stats.norm.cdf(x, centre[:, i], sd[:, i]) - q, 0, 100
                ))
                for q in (0.025, 0.975)
            ]
            for i in range(len(y))
        ]  # fmt: skip
        return {
            "mean": p @ centre, "ends": ends, "shrinkage": 1 - p @ keep,
            "ranks": self._draw_ranks(p, y, s, tau, grand, total),
        }  # fmt: skip

    def _draw_ranks(
        self, p: np.ndarray, y: np.ndarray, s: np.ndarray, tau: np.ndarray, grand: np.ndarray,
        total: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        """Rank probabilities, countries x ranks, from a million draws of the posterior."""
        rng = np.random.default_rng(20)
        at = rng.choice(len(p), size=1_000_000, p=p)
        t2 = tau[at, None] ** 2
        mu = grand[at] + rng.standard_normal(len(at)) / np.sqrt(total[at])
        keep = t2 / (t2 + s**2)
        theta = keep * y + (1 - keep) * mu[:, None]
        theta += np.sqrt(keep) * s * rng.standard_normal(theta.shape)
        order = (-theta).argsort(axis=1)
        return np.array([[(order[:, r] == i).mean() for r in range(len(y))] for i in range(len(y))])

    def complete(self, unit: str) -> tuple[float, int]:
        """Return the mean index of who answered every item, and how many they are."""
        people = [p for p in self.people(unit) if not np.isnan(p.codes).any()]
        if not people:
            return NAN, 0
        return float(self.scores(self.root, people).mean()), len(people)


def wilson(count: int, n: int) -> tuple[float, float, float]:
    """Share with the interval of Wilson (1927)."""
    z, p = stats.norm.ppf(0.975), count / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, max(0.0, float(centre - reach)), min(1.0, float(centre + reach))


def cr2(x: np.ndarray, clusters: Sequence[str]) -> tuple[float, float, float]:
    """Mean with CR2 error and Satterthwaite degrees of freedom, matrix by matrix."""
    n, mean = len(x), float(x.mean())
    residual_maker = np.eye(n) - 1 / n
    variance, pulls = 0.0, []
    names = np.array(clusters)
    for name in dict.fromkeys(clusters):
        at = np.flatnonzero(names == name)
        values, vectors = np.linalg.eigh(np.eye(len(at)) - 1 / n)
        adjust = vectors @ np.diag(values**-0.5) @ vectors.T
        pull = adjust @ np.ones(len(at)) / n
        variance += float(pull @ (x[at] - mean)) ** 2
        pulls.append(residual_maker[:, at] @ pull)
    moments = np.array(pulls) @ np.array(pulls).T
    df = np.trace(moments) ** 2 / (moments**2).sum()
    return mean, float(np.sqrt(variance)), float(df)


@functools.cache
def consult_survey() -> SurveyOracle:
    """Return the one oracle."""
    return SurveyOracle()
