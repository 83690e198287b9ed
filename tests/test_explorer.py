"""The explorer: what the browser computes is what the engine computes, run by run."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from innocap_analysis import LeaveOneOut, WeightNoise, open_explorer, open_view, score_index
from innocap_analysis.batch.explore_page import write_explore_pages
from innocap_analysis.batch.index_page import _link_index
from innocap_analysis.errors import InnocapError
from innocap_analysis.index import means
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.index.codebook_file import read_codebook
from innocap_analysis.index.normalisers import NORMALISERS
from innocap_analysis.pages.explorer.content import apply_choices, collect_content, read_module
from innocap_analysis.pages.index_view import IndexView
from innocap_analysis.settings import load_settings

# Every mean of the package, with a parameter where it needs one; and more parameters.
MEANS = ["", *(word if word != "power" else "power:0.5" for word in means.MEANS),
         "power:2", "power:-1", "power:0", "mpi:+"]  # fmt: skip
SCALES = ["", *NORMALISERS]
CHOICES: list[dict[str, Any]] = [
    {},
    {"weights": {"PRO": 2.0, "UN_OSI": 0.5}, "left_out": ["UN_EPI"], "mean": "geometric"},
    {"normalise": "percentile", "within": "power:0.5", "reference": "nordic"},
    {"left_out": ["SKL"], "weights": {"BIPA_HRM": 0.0}, "reference": "eu"},
    {"normalise": "zscore"},
]
# What a page of tests is given of the module.
SHARED = """window.E = { scoreIndex, simulate, leaveOut, judge, rankAmong, rankFigures,
  drawNumbers, countNumbers, Refusal, mount };"""
NUMBERS = {
    "score": "score", "gap": "gap_to_median", "rank": "reference_rank", "n": "reference_n",
    "percentile": "percentile", "median": "reference_median", "gap_low": "gap_low",
    "gap_high": "gap_high", "rank_low": "rank_low", "rank_high": "rank_high",
    "share_widest": "share_widest", "share_behind": "share_behind",
}  # fmt: skip


@pytest.fixture(scope="module")
def view(capacity: CapacityData) -> IndexView:
    return open_view("90", capacity=capacity, runs=500)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs a Chromium for the explorer")
        pytest.skip("no Chromium found")
    with sync_playwright() as play:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = play.chromium.launch(executable_path=program, args=quiet)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def engine(browser: Browser, view: IndexView) -> Page:
    """Return an empty page with the module in it, as pages and widgets get it."""
    page = browser.new_page()
    page.add_script_tag(content=f"{read_module()}{SHARED}", type="module")
    page.wait_for_function("window.E")
    page.evaluate("content => { window.content = content; }", collect_content(view))
    return page


def _draw_choices(rng: np.random.Generator, codes: list[str]) -> dict[str, Any]:
    picked = [str(code) for code in rng.choice(codes, rng.integers(0, 8), replace=False)]
    gone = rng.choice(codes, rng.choice([0, 1, 2, 5]), replace=False)
    return {
        "weights": {code: round(float(rng.uniform(0, 3)), int(rng.integers(0, 3)))
                    for code in picked},
        "left_out": [str(code) for code in gone],
        "mean": str(rng.choice(MEANS)), "within": str(rng.choice(MEANS)),
        "normalise": str(rng.choice(SCALES)),
    }  # fmt: skip


def hold_settings(engine: Page, capacity: CapacityData, choices: int, units: int) -> int:
    """Compare scores under random choices, each with five thresholds; return how many agreed."""
    rng = np.random.default_rng(23)
    book, thresholds = capacity.codebook, [0.0, 0.3, 0.5, 0.8, 1.0]
    codes = [code for code in [*book.leaves, *book.parents] if code not in book.indexes]
    settings = [_draw_choices(rng, codes) for _ in range(choices)]
    values = capacity.result.values.sample(units, random_state=1)
    values = values.mask(rng.random(values.shape) < 0.15)
    known = {code: [None if np.isnan(x) else x for x in values[code]] for code in book.leaves}
    found = engine.evaluate(
        """([content, settings, thresholds]) => settings.map((own) => thresholds.map((least) => {
          const list = (xs) => [...xs].map((x) => (x === x ? x : null));
          try {
            const made = E.scoreIndex(content, own, least);
            const scores = Object.fromEntries([...made.scores].map(([k, xs]) => [k, list(xs)]));
            return { scores, ranks: list(E.rankFigures(made.scores.get("INNOCAP"), true)) };
          } catch (refusal) {
            if (!(refusal instanceof E.Refusal)) throw refusal;
            return { refused: refusal.message };
          }
        }))""",
        [{**engine.evaluate("content"), "values": known, "units": list(values.index)}, settings,
         thresholds],
    )  # fmt: skip
    compared = 0
    for own, answers in zip(settings, found, strict=True):
        index = apply_choices(book, **own)
        for least, answer in zip(thresholds, answers, strict=True):
            try:
                result = score_index(values, index, min_coverage=least)
            except InnocapError:
                assert "refused" in answer, own
                continue
            assert "refused" not in answer, own
            scores = {name: own_scores for table in (result.normalised, result.scores)
                      for name, own_scores in table.items()}  # fmt: skip
            assert set(answer["scores"]) == set(scores), own
            told = np.array([answer["scores"][code] for code in scores], dtype=float)
            expected = np.array(list(scores.values()))
            np.testing.assert_allclose(told, expected, rtol=1e-9, atol=1e-9, err_msg=str(own))
            ranks = np.array(answer["ranks"], dtype=float)
            np.testing.assert_array_equal(ranks, result.ranks["INNOCAP"])
            compared += 1
    return compared


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::innocap_analysis.index.figures.ScoreWarning")
def test_random_settings_score_as_the_engine_does(engine: Page, capacity: CapacityData) -> None:
    # The others are refused on both sides. benchmarks/explorer.py holds a thousand.
    assert hold_settings(engine, capacity, choices=40, units=12) > 100


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::innocap_analysis.index.figures.ScoreWarning")
@pytest.mark.parametrize("own", CHOICES, ids=str)
def test_runs_and_verdicts_are_those_of_the_engine(
    engine: Page, view: IndexView, capacity: CapacityData, own: dict[str, Any]
) -> None:
    own = dict(own)
    reference = own.pop("reference", "oecd_eu")
    found = engine.evaluate(
        """(choices) => {
          const made = E.scoreIndex(content, choices), at = (code) => content.units.indexOf(code);
          const numbers = E.drawNumbers(content.seed, E.countNumbers(content, content.runs));
          const runs = E.simulate(made, numbers, content.runs), units = content.partners.map(at);
          const members = content.references[choices.reference].units.map(at);
          const judged = E.judge(made, runs, E.leaveOut(made), units, members, content.level);
          const among = E.rankAmong(made, runs, units, content.level);
          return judged.map(({ nodes, priority }, i) =>
            ({ nodes: Object.fromEntries(nodes), priority, among: among.get(units[i]) }));
        }""",
        {"weights": {}, "left_out": [], "mean": "", "within": "", "normalise": "", **own,
         "unit": "SE", "reference": reference},
    )  # fmt: skip
    what_if = capacity.with_codebook(apply_choices(capacity.codebook, **own))
    other = open_view("90", capacity=what_if, reference=reference, runs=view.n)
    if own.get("normalise") == "zscore":  # a geometric mean does not exist there
        factors = [WeightNoise(), LeaveOneOut()]
        other.__dict__["runs"] = what_if.simulate(n=view.n, factors=factors)
    for unit, answer in zip(capacity.countries, found, strict=True):
        rows = other.verdicts.of(unit)
        for code, row in rows.iterrows():
            told = answer["nodes"][code]
            for name, column in NUMBERS.items():
                number = told.get(name)
                expected = pytest.approx(row[column], rel=1e-9, abs=1e-9, nan_ok=True)
                assert (np.nan if number is None else number) == expected, (unit, code, name)
            assert told["verdict"] == row["verdict"]
            assert " ".join(told.get("hangs_on", [])) == row["hangs_on"]
        first = other.verdicts.find_priority(unit)
        assert first is not None
        assert answer["priority"] == {
            "code": first.code, "status": first.status, "hangs_on": list(first.hangs_on)
        }  # fmt: skip
        among = other._among.loc[unit]
        assert answer["among"]["shares"] == pytest.approx(
            [among[f"share_{rank + 1}"] for rank in range(len(other.measured))]
        )
        assert [answer["among"][name] for name in ("rank", "low", "high")] == [
            among[name] for name in ("rank", "low", "high")
        ]


@pytest.mark.browser
def test_many_units_show_the_neighbours_of_one(engine: Page, view: IndexView) -> None:
    content = collect_content(view)
    rng = np.random.default_rng(1)
    units = [f"M{number:03}" for number in range(290)]
    codes = view.codebook.leaves
    lows, highs = (view.codebook.table.loc[codes, end].to_numpy() for end in ("low", "high"))
    figures = lows + (highs - lows) * rng.random((290, len(codes)))
    content |= {
        "units": units, "names": {code: code for code in units}, "partners": units, "flags": {},
        "looks": {}, "unit": "M007", "runs": 200, "reference": "all",
        "references": {"all": {"label": "all", "units": units}},
        "values": {code: list(figures[:, i]) for i, code in enumerate(codes)},
    }  # fmt: skip
    rows = engine.evaluate(
        """async (content) => {
          const place = document.body.appendChild(document.createElement("div"));
          const store = { read: () => ({ unknown: [], choices: { weights: {}, left_out: [],
            mean: "", within: "", normalise: "", reference: "all", unit: "M007" } }),
            write: () => {}, listen: () => {} };
          await E.mount(place, content, store).ready;
          const rows = [...place.querySelectorAll(".results .scroll tbody tr.own, .results tbody tr")];
          const names = [...place.querySelector(".scroll table").tBodies[0].rows].map((r) => r.cells[0].textContent);
          place.remove();
          return names;
        }""",  # noqa: E501
        content,
    )
    assert len(rows) == 10
    assert "M007" in rows


@pytest.fixture(scope="module")
def reports(capacity: CapacityData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page in every language."""
    folder = tmp_path_factory.mktemp("explore")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INNOCAP_OUTPUT", str(folder))
        settings = load_settings(capacity.settings.root)
        first = open_view("00", capacity=capacity, settings=settings)
        views = {language: first.in_language(language) for language in settings.languages}
        links = {language: _link_index(language, settings) for language in settings.languages}
        written = write_explore_pages(views, links)
        assert len(written) == len(settings.languages)
        assert write_explore_pages(views, links) == []  # the same is not written again
    return folder / "reports"


@pytest.fixture
def look(browser: Browser, reports: Path) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page without a network; nothing may be asked or said."""
    opened: list[tuple[Page, str, list[str], list[str]]] = []

    def open_page(name: str, fragment: str = "", **options: Any) -> Page:
        page = browser.new_context(offline=True, **options).new_page()
        address, asked, said = (reports / name).as_uri(), [], []
        page.on("request", lambda request: asked.append(request.url.split("#")[0]))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{address}#{fragment}" if fragment else address)
        page.evaluate("document.getElementById('explorer').explorer.ready")
        opened.append((page, address, asked, said))
        return page

    yield open_page
    for page, address, asked, said in opened:
        outside = {url for url in asked if not url.startswith(("data:", "blob:"))}
        assert outside == {address}
        assert said == []
        page.context.close()


@pytest.mark.browser
def test_the_page_opens_as_the_report_and_follows_the_keyboard(
    look: Callable[..., Page], capacity: CapacityData
) -> None:
    page = look("explore.html", viewport={"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.inner_text(".status") == "As in the report."
    said = page.inner_text(".sentence")
    score = capacity.result.scores.at["SE", "INNOCAP"]
    assert said.startswith(f"Sweden scores {score:.1f} of 100 on capacity to innovate;")
    assert page.get_attribute(".sentence", "aria-live") == "polite"
    page.focus("input[name=PRO]")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.click("summary >> nth=0")
    page.uncheck("input[name=with-BIPA_HRM]")
    page.select_option("select[name=mean]", "geometric")
    page.evaluate("new Promise(requestAnimationFrame)")
    page.evaluate("document.getElementById('explorer').explorer.ready")
    book = apply_choices(
        capacity.codebook, weights={"PRO": 2.0}, left_out=["BIPA_HRM"], mean="geometric"
    )
    score = capacity.with_codebook(book).result.scores.at["SE", "INNOCAP"]
    assert page.inner_text(".sentence").startswith(f"Sweden scores {score:.1f} of 100")
    assert page.inner_text(".status").startswith("What-if, not the report’s verdict.")
    with page.expect_download() as waiting:
        page.click("text=Codebook (CSV)")
    pd.testing.assert_frame_equal(
        read_codebook(waiting.value.path()).table, book.table, check_dtype=False
    )
    with page.expect_download() as waiting:
        page.click("text=Figure (SVG)")
    figure = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert "<title>Sweden scores" in figure
    assert "var(" not in figure
    address = page.url.split("#")[1]
    assert address == "weights=PRO:2&without=BIPA_HRM&mean=geometric"
    again = look("explore.html", address)
    assert again.inner_text(".sentence") == page.inner_text(".sentence")


@pytest.mark.browser
@pytest.mark.parametrize("language", ["sv", "fi", "fr"])
def test_the_page_speaks_the_reader_s_language(look: Callable[..., Page], language: str) -> None:
    page = look(f"explore.{language}.html", "weights=PRO:2&without=UN_EPI&reference=nordic")
    assert page.get_attribute("html", "lang") == language
    shown = page.inner_text("main") + page.inner_text("footer")
    texts = [text for text in collect_texts_of("en") if len(text) > 3 and "{" not in text]
    own = collect_texts_of(language)
    for text in texts:
        if text not in own:
            assert text not in shown
    assert "57,0" in shown  # Sweden's score in the report, by the rules of the language


def collect_texts_of(language: str) -> list[str]:
    from innocap_analysis.pages.explorer.words import collect_texts, name_means, name_scales

    tables = collect_texts(language), name_means(language), name_scales(language)
    return [text for table in tables for text in table.values()]


@pytest.mark.browser
def test_a_link_that_names_what_is_not_here_is_told(look: Callable[..., Page]) -> None:
    page = look("explore.html", "weights=PROO:2,DIG:x&without=%3Cb%3E&mean=median&unit=XX")
    told = page.inner_text("[role=alert]")
    assert "PROO, DIG, <b>, median, XX" in told
    assert page.inner_text(".status") == "As in the report."
    page = look("explore.html", "without=SKL,DIG,DEL,PRO")
    assert page.inner_text("[role=alert]").startswith("Nothing is left of the index")
    assert not page.is_visible(".sentence")
    page = look("explore.html", "normalise=zscore&mean=geometric")
    assert "needs scores of zero or more" in page.inner_text("[role=alert]")


def test_the_widget_is_an_index_in_the_kernel(capacity: CapacityData) -> None:
    explorer = open_explorer(unit="FI", runs=50, capacity=capacity, language="sv")
    assert explorer.codebook.table.equals(capacity.codebook.table)
    assert "tankeexperiment" not in explorer.open_view("90").circumstances
    # As the browser sends it.
    explorer.set_state({"weights": {"PRO": 2, "UN_OSI": 0}, "mean": "geometric"})
    table = explorer.codebook.table
    assert table.at["PRO", "weight"] == 2
    assert "UN_OSI" not in table.index
    view = explorer.open_view("90")
    assert view.country == "FI"
    assert view.circumstances.startswith("Ett tankeexperiment, inte rapportens omdöme")
    parts = explorer.capacity.result.scores.loc["FI", ["SKL", "DIG", "DEL", "PRO"]].to_numpy()
    by_hand = float(np.exp((np.log(parts) * [1, 1, 1, 2]).sum() / 5))
    assert float(view.stand("FI", "INNOCAP", "score")) == pytest.approx(by_hand)
    explorer.reset()
    assert explorer.get_state(["weights", "mean"]) == {"weights": {}, "mean": ""}
    explorer.unit = "NO"
    with pytest.raises(InnocapError, match="unit 'NO': figures are drawn of SE, FI, IE, CA"):
        explorer.open_view("90")


def test_the_widget_refuses_what_no_codebook_holds(capacity: CapacityData) -> None:
    explorer = open_explorer(runs=50, capacity=capacity)
    for name, value, told in (
        ("weights", {"PROO": 1}, "did you mean 'PRO'"),
        ("weights", {"PRO": -1}, "weights: PRO: a weight is 0 or more"),
        ("left_out", ["INNOCAP"], "left_out: 'INNOCAP' is unknown"),
        ("mean", "geometrical", "did you mean 'geometric'"),
        ("normalise", "z-score", "did you mean 'zscore'"),
        ("reference", "nordics", "did you mean 'nordic'"),
        ("unit", "SVE", "unit 'SVE' is none of"),
    ):
        with pytest.raises(InnocapError, match=told):
            setattr(explorer, name, value)
    explorer.left_out = ["SKL", "DIG", "DEL", "PRO"]
    with pytest.raises(InnocapError, match="nothing would be left of INNOCAP"):
        _ = explorer.capacity


def test_the_data_are_small_and_plain(view: IndexView) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = json.dumps(collect_content(view), ensure_ascii=False, allow_nan=False)
    assert len(text) < 60_000
    assert "import" not in read_module().split("\n", 40)[0]
    assert 'from "./' not in read_module()
