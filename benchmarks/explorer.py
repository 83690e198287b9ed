"""The explorer in a headless Chromium: a thousand settings against the engine, and milliseconds.

    python benchmarks/explorer.py          # about a minute
    python benchmarks/explorer.py --quick  # milliseconds only

Milliseconds are wall time between a changed choice and the drawn page, medians of 20 changes on
a page that has been used before; compare them on a quiet machine.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, sync_playwright

from innocap_analysis import load_capacity, open_view
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages.explorer.content import collect_content, read_module, read_style
from tests.test_explorer import SHARED, hold_settings

CHANGE = """async (weight) => {
  const own = window.place.explorer;
  own.set({ ...own.choices, weights: { PRO: weight } });
  await new Promise(requestAnimationFrame);
  await own.ready;
  return own.timing;
}"""


def measure(page: Page, capacity: CapacityData, runs: int) -> None:
    """Print what a change costs: scores with their figures, and everything with its runs."""
    page.evaluate(
        """(content) => {
          window.place?.remove();
          window.place = document.body.appendChild(document.createElement("div"));
          E.mount(window.place, content);
        }""",
        collect_content(open_view("90", capacity=capacity, runs=runs)),
    )
    told = [page.evaluate(CHANGE, 1 + step / 10) for step in range(30)][10:]
    for name, what in (("scores", "scores drawn"), ("computed", "runs computed"),
                       ("runs", "runs drawn")):  # fmt: skip
        print(f"{runs:5} runs: {what} in {statistics.median(t[name] for t in told):.1f} ms")


def main() -> None:
    """Measure, and compare unless it is to be quick."""
    capacity = load_capacity()
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_style_tag(content=read_style())
        page.add_script_tag(content=f"{read_module()}{SHARED}", type="module")
        page.wait_for_function("window.E")
        for runs in (1000, 2000):
            measure(page, capacity, runs)
        if "--quick" not in sys.argv:
            content = collect_content(open_view("90", capacity=capacity))
            page.evaluate("content => { window.content = content; }", content)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                agreed = hold_settings(page, capacity, choices=200, units=len(capacity.values))
            print(f"1000 settings: {agreed} scored alike to 1e-9, the others refused by both")
        browser.close()


if __name__ == "__main__":
    main()
