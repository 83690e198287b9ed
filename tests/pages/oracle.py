"""The published index computed anew: csv, yaml and numpy, and nothing of the package.

Written from METHODS.md (sections 1 to 4) alone, to hold what the pages say against.
"""

from __future__ import annotations

import csv
import functools
import json
from pathlib import Path

import numpy as np
import yaml
from babel.core import get_global

from tests.frozen import EDITION

LEVEL = 0.9
RUNS, SEED = 2000, 1
# Published indexes that are the mean of their parts.
PUBLISHED = {
    "UN_EGDI": ("UN_OSI", "UN_TII", "UN_HCI"),
    "WB_GTMI": ("WB_CGSI", "WB_PSDI", "WB_DCEI", "WB_GTEI"),
    "OECD_DGI": tuple(
        f"OECD_DGI_{x}" for x in ("DESIGN", "DATA", "PLATFORM", "OPEN", "USER", "PROACT")
    ),
}  # fmt: skip


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Oracle:
    """Scores, runs and verdicts of all countries; arrays are countries x codes."""

    def __init__(self) -> None:
        self.settings = yaml.load(
            (EDITION / "innocap.yml").read_text(encoding="utf-8"), yaml.BaseLoader
        )
        self.partners = list(self.settings["countries"])
        book = read_rows(EDITION / "data/codebooks/indicators.csv")
        self.node = {row["code"]: row for row in book}
        self.root = next(row["code"] for row in book if row["kind"] == "index")
        self.dimensions = [r["code"] for r in book if r["kind"] == "group"]
        self.leaves = [r["code"] for r in book if r["kind"] == "indicator"]
        assert {row["aggregate"] for row in book} <= {"", "arithmetic"}, "METHODS knows more means"
        # Weights are relative to siblings: what decides is their share.
        self.weights = (
            np.array([float(self.node[c]["weight"]) for c in self.leaves]),
            np.array([float(self.node[d]["weight"]) for d in self.dimensions]),
        )
        self.of = {
            d: [c for c in self.leaves if self.node[c]["parent"] == d] for d in self.dimensions
        }
        self.forms = {
            (r["code"], r["language"]): [r["the"], r["in"], r["of"]]
            for r in read_rows(EDITION / "data/codebooks/names.csv")
        }
        self.raw: dict[tuple[str, str], dict[int, float]] = {}
        self.source: dict[str, str] = {}
        self.resources = json.loads(
            (EDITION / "data/raw/datapackage.json").read_text(encoding="utf-8")
        )["resources"]
        self.n_read = 0
        for resource in self.resources:
            if resource["role"] == "observations":
                self._read(resource)
        self.units = sorted({u for u, _ in self.raw if len(u) == 2})
        self.values = np.array([[self.newest(u, c) for c in self.leaves] for u in self.units])
        self.scores01 = np.column_stack([self._normalise(i) for i in range(len(self.leaves))])
        self.members = list(range(len(self.units)))

    def is_named(self, code: str, language: str, text: str) -> bool:
        """Tell whether a text names a node, by its label or by a form of it."""
        names = [self.node[code][f"label_{language}"], *self.forms.get((code, language), [])]
        return any(name in text for name in names)

    def _read(self, resource: dict[str, str]) -> None:
        for row in read_rows(EDITION / "data/raw" / resource["path"]):
            unit = self.unit_of(row)
            code, value = row["indicator"], float(row["value"])
            self.n_read += 1
            if code in self.node:
                self.raw.setdefault((unit, code), {})[int(row["year"])] = value
                self.source[code] = resource["name"]

    def unit_of(self, row: dict[str, str]) -> str:
        if "region" in row:
            return self.regions[row["region"]]
        if "place" in row:
            return row["place"]
        return str(get_global("territory_aliases")[row["country"]][0])

    @functools.cached_property
    def regions(self) -> dict[str, str]:
        return {r["raw_code"]: r["unit"] for r in read_rows(EDITION / "data/codebooks/regions.csv")}

    def newest(self, unit: str, code: str) -> float:
        editions = self.raw.get((unit, code))
        return editions[max(editions)] if editions else np.nan

    def _normalise(self, i: int) -> np.ndarray:
        row = self.node[self.leaves[i]]
        low, high = float(row["low"]), float(row["high"])
        x = np.clip((self.values[:, i] - low) / (high - low), 0, 1)
        return 100 * (x if row["direction"] == "1" else 1 - x)

    # ------------------------------------------------------------------ scores

    def aggregate(
        self,
        cells: np.ndarray,
        leaf_weights: np.ndarray,
        dimension_weights: np.ndarray,
        dropped: np.ndarray,
        mean: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """Return runs x countries by code; weights are runs x leaves and runs x dimensions.

        `mean` of the dimensions in each run: 0 arithmetic, 1 geometric, 2 with the penalty of
        Mazziotta and Pareto.
        """
        minimum = float(self.settings["min_coverage"]) - 1e-9
        out, covers = {}, []
        leaf_shares, dimension_shares = self.weights
        for d in self.dimensions:
            at = [self.leaves.index(c) for c in self.of[d]]
            x = cells[..., at]  # (runs or 1) x countries x leaves
            kept = np.ones((len(dropped), len(at)))
            for column, leaf in enumerate(at):
                kept[dropped == leaf, column] = 0
            w = leaf_weights[:, at] * kept
            there = ~np.isnan(x)
            used = w[:, None, :] * there
            with np.errstate(invalid="ignore", divide="ignore"):
                score = (used * np.nan_to_num(x)).sum(-1) / used.sum(-1)
                share = kept * leaf_shares[at]
                cover = (share[:, None, :] * there).sum(-1) / share.sum(-1)[:, None]
            out[d] = np.where((cover >= minimum) & (used.sum(-1) > 0), score, np.nan)
            covers.append(cover)
        stack = np.stack([out[d] for d in self.dimensions], axis=-1)
        there = ~np.isnan(stack)
        used = dimension_weights[:, None, :] * there
        with np.errstate(invalid="ignore", divide="ignore"):
            filled = np.where(there, stack, 1.0)
            plain = (used * np.where(there, stack, 0)).sum(-1) / used.sum(-1)
            logs = np.exp((used * np.log(filled)).sum(-1) / used.sum(-1))
            spread = np.where(there, (stack - plain[..., None]) ** 2, 0)
            penalised = plain - (used * spread).sum(-1) / used.sum(-1) / plain
            cover = (there * np.stack(covers, axis=-1)) @ dimension_shares / dimension_shares.sum()
        total = np.choose(mean.astype(int)[:, None], [plain, logs, penalised])
        out[self.root] = np.where((cover >= minimum) & (used.sum(-1) > 0), total, np.nan)
        return out

    def _plain(self, cells: np.ndarray, dropped: np.ndarray) -> dict[str, np.ndarray]:
        n = len(dropped)
        weights = (np.tile(w, (n, 1)) for w in self.weights)
        return self.aggregate(cells, *weights, dropped, np.zeros(n, dtype=bool))

    def _only_scored(self, found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Leave out who has no score as the index is: what is not measured is never ranked."""
        return {code: np.where(np.isnan(self.scores[code]), np.nan, x) for code, x in found.items()}

    @functools.cached_property
    def scores(self) -> dict[str, np.ndarray]:
        """Score of every country by code, indicators included."""
        found = self._plain(self.scores01[None], np.array([-1]))
        leaves = {c: self.scores01[:, i] for i, c in enumerate(self.leaves)}
        return leaves | {code: x[0] for code, x in found.items()}

    @functools.cached_property
    def without(self) -> dict[str, np.ndarray]:
        """Scores without each indicator in turn: indicators x countries."""
        return self._only_scored(self._plain(self.scores01[None], np.arange(len(self.leaves))))

    @functools.cached_property
    def without_cell(self) -> dict[str, np.ndarray]:
        """Scores without each single figure of a partner: partners and indicators x countries."""
        rows = []
        for unit in self.partners:
            for i in range(len(self.leaves)):
                if not np.isnan(self.scores01[self.units.index(unit), i]):
                    cells = self.scores01.copy()
                    cells[self.units.index(unit), i] = np.nan
                    rows.append(cells)
        return self._plain(np.array(rows), np.full(len(rows), -1))

    @functools.cached_property
    def drawn(self) -> tuple[np.ndarray, ...]:
        """The draws of METHODS section 4: weights by 25 %, an indicator or none, the mean."""
        rng = np.random.default_rng(SEED)
        k = len(self.leaves)
        weights = 0.75 + 0.5 * rng.random((RUNS, k + len(self.dimensions)))
        # Weights are drawn group by group, in the order of the codebook, the dimensions last.
        dropped = np.floor(rng.random((RUNS, 1))[:, 0] * (k + 1)).astype(int) - 1
        geometric = np.floor(rng.random((RUNS, 1))[:, 0] * 2).astype(int) == 1
        order = [self.leaves.index(c) for d in self.dimensions for c in self.of[d]]
        leaf_weights = np.empty((RUNS, k))
        leaf_weights[:, order] = weights[:, :k]
        leaves, dimensions = self.weights
        return leaf_weights * leaves, weights[:, k:] * dimensions, dropped, geometric

    @functools.cached_property
    def runs(self) -> dict[str, np.ndarray]:
        """Scores in every run: runs x countries."""
        return self._only_scored(self.aggregate(self.scores01[None], *self.drawn))

    # ------------------------------------------------------------------ where a country stands

    def score(self, unit: str, code: str) -> float:
        return float(self.scores[code][self.units.index(unit)])

    def median(self, code: str) -> float:
        return float(np.nanmedian(self.scores[code]))

    def gap(self, unit: str, code: str) -> float:
        return self.score(unit, code) - self.median(code)

    def gap_runs(self, unit: str, code: str) -> np.ndarray:
        return self.runs[code][:, self.units.index(unit)] - np.nanmedian(self.runs[code], axis=1)

    def gap_without(self, unit: str, code: str) -> np.ndarray:
        x = self.without[code]
        return x[:, self.units.index(unit)] - np.nanmedian(x, axis=1)

    def interval(self, x: np.ndarray) -> tuple[float, float]:
        low, high = np.quantile(x, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return float(low), float(high)

    def rank(self, unit: str, code: str, among: list[str] | None = None) -> float:
        x, own = self.scores[code], self.score(unit, code)
        others = x if among is None else x[[self.units.index(u) for u in among]]
        return own if np.isnan(own) else 1.0 + float((others > own + 1e-9).sum())

    def rank_runs(self, unit: str, code: str, among: list[str] | None = None) -> np.ndarray:
        x = self.runs[code]
        others = x if among is None else x[:, [self.units.index(u) for u in among]]
        return 1.0 + (others > x[:, [self.units.index(unit)]] + 1e-9).sum(axis=1)

    def rank_interval(
        self, unit: str, code: str, among: list[str] | None = None
    ) -> tuple[float, float]:
        ranks = self.rank_runs(unit, code, among)
        tail = (1 - LEVEL) / 2
        return (
            float(np.quantile(ranks, tail, method="lower")),
            float(np.quantile(ranks, 1 - tail, method="higher")),
        )

    def percentile(self, unit: str, code: str) -> float:
        x = self.scores[code]
        x, own = x[~np.isnan(x)], self.score(unit, code)
        return own if np.isnan(own) else 100 * float((x < own).mean() + 0.5 * (x == own).mean())

    def share_widest(self, unit: str, code: str) -> float:
        gaps = np.column_stack([self.gap_runs(unit, d) for d in self.dimensions])
        return float((gaps.min(axis=1) == gaps[:, self.dimensions.index(code)]).mean())

    def hinges(self, unit: str, code: str) -> list[str]:
        """Return the indicators without which the gap lies on the other side of the median."""
        turned = np.sign(self.gap_without(unit, code)) * np.sign(self.gap(unit, code)) < 0
        return [leaf for leaf, other in zip(self.leaves, turned, strict=True) if other]

    def verdict(self, unit: str, code: str) -> str:
        if np.isnan(self.score(unit, code)):
            return "unmeasured"
        if code in self.leaves:
            p = self.percentile(unit, code)
            return "behind" if p < 40 else "ahead" if p > 60 else "about even"
        gaps, hinges = self.gap_runs(unit, code), self.hinges(unit, code)
        if hinges:
            at = [self.leaves.index(c) for c in hinges]
            gaps = gaps[~np.isin(self.drawn[2], at)]
        low, high = self.interval(gaps)
        if low <= 0 <= high:
            return "about even"
        if hinges:
            return "rests on one"
        return "ahead" if low > 0 else "behind"

    def priority(self, unit: str) -> tuple[str, str, list[str]]:
        """Return the dimension with the lowest gap, what may be said, and what it hangs on."""
        gaps = {d: self.gap(unit, d) for d in self.dimensions}
        first = min(gaps, key=gaps.__getitem__)
        if gaps[first] >= 0:
            return first, "none", []
        each = np.column_stack([self.gap_without(unit, d) for d in self.dimensions])
        own = self.dimensions.index(first)
        fails = (each.argmin(axis=1) != own) | ~(each[:, own] < 0)
        if fails.any():
            return first, "hangs", [c for c, x in zip(self.leaves, fails, strict=True) if x]
        high = self.interval(self.gap_runs(unit, first))[1]
        return first, "clear" if high < 0 else "open", []

    def changes(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return in which rows the order of the partners, and who is first, differ."""
        at = [self.units.index(u) for u in self.partners]
        base = self.scores[self.root][at].argsort()[::-1]
        orders = x[:, at].argsort(axis=1)[:, ::-1]
        return (orders != base).any(axis=1), orders[:, 0] != base[0]


@functools.cache
def consult() -> Oracle:
    """Return the one oracle."""
    return Oracle()
