"""The whole report on the real figures, looked at in a browser without a network."""

from __future__ import annotations

import csv
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from test_payloads import make_page

from innocap_analysis import run_notebooks
from innocap_analysis.batch.trace import trace_number
from innocap_analysis.batch.verify import verify_reports
from innocap_analysis.settings import OUTPUT_VARIABLE, load_settings
from tests.frozen import EDITION

pytestmark = [pytest.mark.slow, pytest.mark.browser]
SURVEY_PAGES = (
    "70_are_the_answers_fit_for_use",
    "80_what_did_people_answer",
    "85_do_the_countries_differ",
)
SWEDISH = ("30", "40", "70", "80", "85")
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def output(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with the full report in English, and Swedish pages for one country."""
    folder = tmp_path_factory.mktemp("report")
    for name in ("reports", "figures"):
        shutil.copytree(whole / name, folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OUTPUT_VARIABLE, str(folder))
        outcomes = run_notebooks(
            regions=["SE"], notebooks=SWEDISH, language="sv", settings=load_settings(EDITION)
        )
        assert [o.error for o in outcomes if o.status != "ok"] == []
        assert len(outcomes) == len(SWEDISH)
        yield folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium; where there is none, CI fails and a user's run skips."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs a Chromium for the page tests")
        pytest.skip("no Chromium found")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program, args=quiet)
        yield chromium
        chromium.close()


def _pages(output: Path) -> list[Path]:
    return sorted((output / "reports").rglob("*.html"))


def test_every_region_and_the_comparison_have_report_notebook_and_figures(output: Path) -> None:
    for folder in ("SE", "FI", "IE", "CA", "comparison"):
        reports = {file.name for file in (output / "reports" / folder).iterdir()}
        pages = {name.removesuffix(".html") for name in reports if name.endswith(".html")}
        assert pages == {name.removesuffix(".ipynb") for name in reports if name.endswith(".ipynb")}
        assert pages
        figures = {file.name for file in (output / "figures" / folder).iterdir()}
        stems = {name.removesuffix(".svg") for name in figures if name.endswith(".svg")}
        assert len({stem for stem in stems if not stem.endswith(".sv")}) >= 4
        for stem in stems:
            assert {f"{stem}.svg", f"{stem}.png", f"{stem}.csv"} <= figures
    assert (output / "reports" / "index.html").exists()
    assert (output / "reports" / "index.sv.html").exists()
    assert not list(output.glob(".staging-*"))


_CELL = re.compile(r"  (\S+) (\S+) (\d+): (\S+?)(?: -> .*)?; (\S+\.csv), line ([\d, ]+)")


def test_numbers_lead_back_to_their_raw_cells(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty at random: each is traced to lines that hold it, to answers, or to the page itself."""
    monkeypatch.setenv(OUTPUT_VARIABLE, str(output))
    settings = load_settings(EDITION)
    with (output / "reports" / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}
    for number in random.Random(18).sample(sorted(rows), 30):
        first, *told = trace_number(number, settings)
        assert first.startswith(f"{number} = ")
        cells = [match.groups() for match in map(_CELL.fullmatch, told) if match]
        for _, code, year, value, name, lines in cells:
            raw = (EDITION / "data" / "raw" / name).read_text(encoding="utf-8").splitlines()
            for line in lines.split(", "):
                cell = next(csv.reader([raw[int(line) - 1]]))
                assert {code, year} <= set(cell), number
                assert float(value) in [float(x) for x in cell if _NUMBER.fullmatch(x)], number
        text = "\n".join(told)
        assert cells or any(
            words in text for words in ("answers of people", ".csv, line ", "counts what the page")
        ), number
        assert rows[number]["value"] or rows[number]["hidden"] or first.endswith("]"), number


_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def test_pages_work_without_a_network_and_fit_a_narrow_screen(
    output: Path, browser: Browser
) -> None:
    pages = _pages(output)
    assert len(pages) == 2 + 2 + 16 + len(SWEDISH)
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 900})
    for path in pages:
        page = context.new_page()
        requests: list[str] = []
        problems: list[str] = []
        page.on("request", lambda r, seen=requests: seen.append(r.url))
        page.on("console", lambda m, seen=problems: seen.append(m.text))
        page.on("pageerror", lambda e, seen=problems: seen.append(str(e)))
        page.goto(path.as_uri())
        outside = [url for url in requests if not url.startswith(("file:", "data:"))]
        assert outside == [], path
        # The page itself is the only file that is asked for.
        assert [url for url in requests if url.startswith("file:")] == [path.as_uri()]
        assert problems == [], path
        if not path.name.startswith("explore"):  # draws by itself
            _check_pictures(page, path)
        page.set_viewport_size({"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, path
        page.close()
    context.close()


def _check_pictures(page: Page, path: Path) -> None:
    pictures = page.eval_on_selector_all(
        "img", "all => all.map(i => [i.complete, i.naturalWidth, i.clientWidth, i.alt])"
    )
    assert pictures, path
    for complete, natural, shown, alt in pictures:
        assert complete, path
        assert natural > 600, path
        assert shown > 300, path
        assert len(alt) > 20, path


def test_links_of_the_index_lead_somewhere(output: Path, browser: Browser) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    for name, language, count in (("index.html", "en", 16), ("index.sv.html", "sv", len(SWEDISH))):
        page.goto((output / "reports" / name).as_uri())
        assert page.get_attribute("html", "lang") == language
        others = page.eval_on_selector_all("nav a", "all => all.map(a => a.getAttribute('href'))")
        assert others == [{"en": "index.sv.html", "sv": "index.html"}[language]]
        links = page.eval_on_selector_all("main a", "all => all.map(a => a.getAttribute('href'))")
        reports = sorted({link for link in links if re.fullmatch(r"\w+/.+\.html", link)})
        assert len(reports) == count
        assert {name.replace("index", "explore"), "results.csv"} < {*links}
        for link in links:
            assert (output / "reports" / link).exists(), link
        page.goto((output / "reports" / reports[-1]).as_uri())
        page.click("nav a")
        assert page.url.endswith(name)
    context.close()


def test_a_page_leads_to_its_other_languages_whichever_was_made_first(
    output: Path, browser: Browser
) -> None:
    """English pages were made before the Swedish ones, and lead there all the same."""
    page = browser.new_page()
    folder = output / "reports" / "SE"
    first, second = (f"30_how_does_this_country_do{ending}.html" for ending in ("", ".sv"))
    page.goto((folder / first).as_uri())
    page.click("text=Svenska")
    assert page.url.endswith(second)
    page.click("text=English")
    assert page.url.endswith(f"/{first}")
    page.goto((output / "reports/comparison/10_can_the_data_be_trusted.html").as_uri())
    assert page.locator(".languages a").count() == 0
    page.close()
    found = verify_reports(output / "reports", load_settings(EDITION))
    assert (found.outputs, found.inputs) == ({}, {})


def test_pages_from_made_up_answers_say_so(output: Path) -> None:
    for ending in ("", ".sv"):
        index = (output / "reports" / f"index{ending}.html").read_text("utf-8")
        assert index.count("(SYNTHETIC)</a>") == 3
        for name in SURVEY_PAGES:
            page = (output / "reports" / "comparison" / f"{name}@SYNTHETIC{ending}.html").read_text(
                "utf-8"
            )
            assert "<strong>SYNTHETIC.</strong>" in page
            assert page.count("<caption>") == page.count("<caption>SYNTHETIC. ")


def test_swedish_pages_are_swedish(output: Path) -> None:
    page = (output / "reports" / "SE" / "30_how_does_this_country_do.sv.html").read_text("utf-8")
    for text in ("Hur går det för Sverige?", "Styrkor", "Kompetens", 'lang="sv"'):
        assert text in page
    for text in ("How does Sweden do?", "Strengths", "Reference median"):
        assert text not in page


def test_executed_notebooks_hold_no_machine_path(output: Path) -> None:
    for path in sorted((output / "reports").rglob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        for place in (str(ROOT), str(output), ".staging-"):
            assert place not in text, path
        notebook = nbformat.reads(text, as_version=4)
        outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
        assert not [o for o in outputs if o.output_type in ("error", "stream")], path


def test_no_payload_runs_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(make_page(), encoding="utf-8")
    shown = browser.new_page()
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(path.as_uri())
    shown.wait_for_timeout(500)
    assert shown.title() == "A page"
    assert asked == [path.as_uri()]
    # Without the policy that forbids scripts the texts are texts all the same.
    path.write_text(re.sub("<meta[^>]*Content-Security-Policy[^>]*>", "", make_page()), "utf-8")
    shown.goto(path.as_uri())
    shown.wait_for_timeout(500)
    assert shown.title() == "A page"
    assert shown.locator("caption").count() >= 60
    shown.close()
