"""The batch over places: whom it is for, what a region leads to, and the page that finds them."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from innocap_analysis import run_notebooks
from innocap_analysis.batch.clean import find_leftovers
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.batch.results import NAME
from innocap_analysis.batch.trace import trace_number
from innocap_analysis.batch.verify import verify_reports
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import OUTPUT_VARIABLE, Settings, load_settings
from tests.frozen import EDITION

PAGE = "35_how_does_this_place_do"


def _list(settings: Settings, **asked: object) -> list[str]:
    return [f"{run.folder}/{run.stem}" for run in make_plan(settings, **asked)]  # type: ignore[arg-type]


def test_asked_for_a_region_the_pages_of_countries_lead_to_that_of_places(
    settings: Settings,
) -> None:
    assert _list(settings, regions=["SE32"], notebooks=["60"]) == [f"SE32/{PAGE}"]
    both = _list(settings, regions=["SE", "Västernorrland"], notebooks=["30", "60"])
    assert both == [
        "SE/30_how_does_this_country_do", "SE/60_where_to_start", f"SE321/{PAGE}"
    ]  # fmt: skip
    run = make_plan(settings, regions=["ornskoldsvik"], notebooks=["30"])[0]
    assert run.parameters == {"place": "SE-2284", "language": "en", "peers": None}
    assert all(run.folder != "SE" or "30" in run.stem or "60" in run.stem
               for run in make_plan(settings))  # fmt: skip
    assert not any(PAGE in name for name in _list(settings))  # only those that are asked for


def test_places_are_chosen_in_the_call(settings: Settings) -> None:
    swedish = _list(settings, places=["rural"], country="SE", language="sv")
    assert len(swedish) == 146
    assert swedish[0].endswith(f"/{PAGE}.sv")
    assert len(_list(settings, places=["all"])) == 1132
    assert _list(settings, places=["2284, Mikkeli"], language="fi", notebooks=["35"]) == [
        f"SE-2284/{PAGE}.fi", f"FI-491/{PAGE}.fi"
    ]  # fmt: skip
    other = _list(settings, places=["Timrå"], parameters={"peers": "nearest"})
    assert other == [f"SE-2262/{PAGE}@peers-nearest"]


def test_rows_of_the_plan_name_places_too(project: Path) -> None:
    file = project / "innocap.yml"
    text = file.read_text(encoding="utf-8")
    row = "  runs:\n    - {notebook: 35, units: [rural places of IS, places in SE321, SE32]}\n"
    file.write_text(text.replace("  timeout_seconds", row + "  timeout_seconds"), encoding="utf-8")
    names = [name for name in _list(load_settings(project)) if PAGE in name]
    assert len(names) == 62 + 7 + 1


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"places": ["Donegal"]}, "IE-135 (county Donegal"),
        ({"places": ["Ornskoldsvick"]}, "did you mean SE-2284"),
        ({"places": ["SE"]}, "is a country"),
        ({"places": ["all"], "country": "NO"}, "country 'NO' has no places here"),
        ({"places": ["all"], "regions": ["SE"]}, "cannot be given with --region"),
        ({"country": "SE"}, "give it with --places"),
        ({"notebooks": ["35"]}, "say which, such as --places"),
        ({"places": ["Timrå"], "parameters": {"place": "SE32"}}, "use --places"),
        ({"places": ["Timrå"], "notebooks": ["60"]}, "notebook '60' is unknown"),
        ({"regions": ["Donegal"]}, "several are called so"),
        ({"regions": ["se"]}, "did you mean 'SE'"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_told(
    settings: Settings, asked: dict[str, object], told: str
) -> None:
    with pytest.raises(InnocapError, match=re.escape(told)):
        _list(settings, **asked)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with pages of four places, two of them in two languages."""
    folder = tmp_path_factory.mktemp("places")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OUTPUT_VARIABLE, str(folder))
        settings = load_settings(EDITION)
        for places, language in (
            (["SE-2284", "Kankaanpää", "IE-1350405", "CA-1011"], "en"), (["2284", "FI-214"], "sv"),
        ):  # fmt: skip
            outcomes = run_notebooks(places=places, language=language, settings=settings)
            assert [o.error for o in outcomes if o.status != "ok"] == []
        yield folder


def test_a_page_names_its_place_in_title_and_heading(made: Path) -> None:
    for name, told in (
        (f"SE-2284/{PAGE}.html", "How does Örnsköldsvik do?"),
        (f"SE-2284/{PAGE}.sv.html", "Hur går det för Örnsköldsvik?"),
        (f"CA-1011/{PAGE}.html", "How does Division No. 11 (Newfoundland and Labrador) do?"),
    ):
        text = (made / "reports" / name).read_text(encoding="utf-8")
        assert f"<title>{told}" in text
        assert re.search(r"<h1[^>]*>" + re.escape(told), text)
        assert "http://" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)


def test_no_two_figures_are_byte_equal(made: Path) -> None:
    for kind in ("svg", "png", "csv"):
        files = sorted((made / "figures").rglob(f"*.{kind}"))
        languages = [f for f in files if ".sv." not in f.name]
        assert len(languages) == 4
        assert len({f.read_bytes() for f in languages}) == 4
    # A report of one place shows no other's: its name stands in its own figures only.
    for place, name in (("SE-2284", "Örnsköldsvik"), ("FI-214", "Kankaanpää")):
        own = (made / "figures" / place / "35_peers.svg").read_text(encoding="utf-8")
        other = "FI-214" if place == "SE-2284" else "SE-2284"
        theirs = (made / "figures" / other / "35_peers.svg").read_text(encoding="utf-8")
        assert name in own
        assert name not in theirs


def test_what_was_made_already_is_skipped(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OUTPUT_VARIABLE, str(made))
    settings = load_settings(EDITION)
    outcomes = run_notebooks(places=["Örnsköldsvik", "CA-1011"], settings=settings)
    assert [o.status for o in outcomes] == ["skipped", "skipped"]
    found = verify_reports(settings.reports_dir, settings)
    assert (found.outputs, found.inputs) == ({}, {})


def test_a_page_lists_the_places_by_name(made: Path) -> None:
    page = (made / "reports" / "places.html").read_text(encoding="utf-8")
    rows = re.findall(r'<tr data-f="([^"]*)".*?<a href="([^"]+)">([^<]+)</a>', page)
    assert [(href, name) for _, href, name in rows] == [
        (f"CA-1011/{PAGE}.html", "Division No. 11 (Newfoundland and Labrador)"),
        (f"FI-214/{PAGE}.html", "Kankaanpää"), (f"IE-1350405/{PAGE}.html", "Letterkenny"),
        (f"SE-2284/{PAGE}.html", "Örnsköldsvik"),
    ]  # fmt: skip
    assert "ornskoldsvik" in rows[3][0].split()
    assert "nain" in rows[0][0].split()
    assert all((made / "reports" / href).is_file() for _, href, _ in rows)
    swedish = (made / "reports" / "places.sv.html").read_text(encoding="utf-8")
    assert f"SE-2284/{PAGE}.sv.html" in swedish
    assert "CA-1011" not in swedish
    assert not (made / "reports" / "places.fi.html").exists()
    index = (made / "reports" / "index.html").read_text(encoding="utf-8")
    assert 'href="places.html"' in index
    # Found by its name, and hidden until then: a thousand places would bury the rest.
    assert f'<a href="SE-2284/{PAGE}.html">Örnsköldsvik</a>' in index
    assert PAGE not in re.sub(r"<li hidden .*?</li>", "", index, flags=re.DOTALL)


def test_numbers_of_places_are_in_the_results_and_lead_to_the_raw_file(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OUTPUT_VARIABLE, str(made))
    assert "35:SE-2284::population" in (made / "reports" / NAME).read_text(encoding="utf-8")
    told = "\n".join(trace_number("35:SE-2284::population", load_settings(EDITION)))
    assert "municipalities_rurality.csv: Eurostat" in told
    line = _find_line("municipalities_rurality.csv", {"country": "SE", "lau_code": "2284"})
    assert f"municipalities_rurality.csv, line {line}: country SE, lau_code 2284" in told
    told = "\n".join(trace_number("35:SE:EGOV_EID:local", load_settings(EDITION)))
    for level in ("central", "local"):
        cells = {"country": "SE", "government_level": level, "indicator": "EGOV_EID"}
        line = _find_line("ec_egovernment_by_level.csv", cells)
        assert f"ec_egovernment_by_level.csv, line {line}: country SE" in told


def _find_line(name: str, cells: dict[str, str]) -> int:
    with (EDITION / "data" / "raw" / name).open(encoding="utf-8", newline="") as stream:
        (found,) = (
            number for number, row in enumerate(csv.DictReader(stream), start=2)
            if cells.items() <= row.items()
        )  # fmt: skip
    return found


def test_pages_stay_as_long_as_a_call_would_make_them(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "output"
    shutil.copytree(made, output)
    monkeypatch.setenv(OUTPUT_VARIABLE, str(output))
    assert find_leftovers(load_settings(EDITION)).removable == {}
    (output / "reports" / "SE-2284").rename(output / "reports" / "SE-9999")
    removable = find_leftovers(load_settings(EDITION)).removable
    assert f"reports/SE-9999/{PAGE}.ipynb" in removable


@pytest.mark.browser
def test_a_place_is_found_by_typing_without_a_network(made: Path) -> None:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    if program is None:
        pytest.skip("no Chromium found")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((made / "reports" / "places.html").as_uri())
        shown = "() => [...document.querySelectorAll('tbody tr:not([hidden]) a')].map(a => a.text)"
        assert len(page.evaluate(shown)) == 4
        for typed, names in (
            ("ornsk", ["Örnsköldsvik"]), ("ÖRNSKÖLDSVIK", ["Örnsköldsvik"]),
            ("2284", ["Örnsköldsvik"]), ("division 11 labrador",
                                         ["Division No. 11 (Newfoundland and Labrador)"]),
            ("zzz", []), ("Västernorrland", ["Örnsköldsvik"]),  # what it lies in
        ):  # fmt: skip
            page.fill("#q", typed)
            assert page.evaluate(shown) == names
            assert page.inner_text("#n") == str(len(names))
        page.fill("#q", "")
        page.select_option("#c", "IE")
        assert page.evaluate(shown) == ["Letterkenny"]
        page.goto((made / "reports" / "index.html").as_uri())
        shown = "() => [...document.querySelectorAll('#t li:not([hidden]) a')].map(a => a.text)"
        for typed, names in (("donegal", ["Letterkenny"]), ("zzz", []), ("", [])):
            page.fill("#q", typed)
            assert page.evaluate(shown) == names
            assert bool(page.inner_text("#none")) == (typed == "zzz")  # says that there is none
        assert len(asked) == 2  # the pages themselves
        browser.close()


def test_a_region_that_is_no_known_place_keeps_the_pages_of_its_country(project: Path) -> None:
    with (project / "data/codebooks/regions.csv").open("a", encoding="utf-8") as table:
        table.write("SE99,SE99,SE,New North,Nya Norr,Uusi pohjoinen,Nouveau Nord\n")
    runs = make_plan(load_settings(), regions=["SE99", "SE32"], notebooks=["30"])
    assert [run.place for run in runs] == [
        "reports/SE99/30_how_does_this_country_do.ipynb",
        "reports/SE32/35_how_does_this_place_do.ipynb",
    ]
