"""CITATION.cff and codemeta.json have what their formats ask for, and say the same as the project.

Required and known keys: the schema of the Citation File Format 1.2.0 (root object), and the terms
of CodeMeta 3.0.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import yaml

from innocap_analysis import __version__, open_view
from innocap_analysis.index.capacity import CapacityData
from innocap_analysis.pages import comparison

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CODEMETA = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
CFF_REQUIRED = {"authors", "cff-version", "message", "title"}
CFF_KNOWN = CFF_REQUIRED | {
    "abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license",
    "license-url", "preferred-citation", "references", "repository", "repository-artifact",
    "repository-code", "type", "url", "version",
}  # fmt: skip
CODEMETA_KNOWN = {
    "@context", "@type", "applicationCategory", "author", "description", "identifier", "keywords",
    "license", "name", "operatingSystem", "programmingLanguage", "readme", "runtimePlatform",
    "softwareHelp", "version",
}  # fmt: skip


def test_the_citation_file_is_one() -> None:
    assert set(CITATION) >= CFF_REQUIRED
    assert set(CITATION) <= CFF_KNOWN
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] in ("software", "dataset")
    assert all(isinstance(CITATION[key], str) and CITATION[key] for key in ("title", "message"))
    assert CITATION["authors"]
    for author in CITATION["authors"]:  # an entity has a name, a person names of its own
        assert "name" in author or {"family-names", "given-names"} & set(author)
    assert len(set(CITATION["keywords"])) == len(CITATION["keywords"])


def test_both_files_say_what_the_project_says() -> None:
    assert set(CODEMETA) == CODEMETA_KNOWN
    assert CODEMETA["@context"] == "https://w3id.org/codemeta/3.0"
    assert CODEMETA["@type"] == "SoftwareSourceCode"
    for told in (CITATION, CODEMETA):
        assert told["version"] == PROJECT["version"] == __version__
        assert told["license"].rsplit("/", 1)[-1] == PROJECT["license"]
    assert CODEMETA["identifier"] == PROJECT["name"]
    assert CODEMETA["name"] == CITATION["title"]
    assert CODEMETA["description"] == CITATION["abstract"]
    assert CODEMETA["keywords"] == CITATION["keywords"]
    assert [a["name"] for a in CODEMETA["author"]] == [a["name"] for a in CITATION["authors"]]
    assert [a["name"] for a in PROJECT["authors"]] == [a["name"] for a in CITATION["authors"]]
    assert CODEMETA["runtimePlatform"] == f"Python {PROJECT['requires-python']}"
    assert (ROOT / CODEMETA["softwareHelp"]["name"]).is_file()
    assert (ROOT / CODEMETA["readme"]).is_file()


def test_a_page_and_a_figure_name_version_and_edition(capacity: CapacityData) -> None:
    view = open_view("40", capacity=capacity, runs=50)
    stamp = str(view.stamp())
    assert f"innocap_analysis {__version__}" in stamp
    edition = re.search(r"data [0-9a-f]{12}\b", stamp)
    assert edition
    chart = comparison.plot_heatmap(view)
    told = f"INNOCAP analysis {__version__}; {edition[0]}"
    assert told.encode() in chart.to_png()
    assert told in chart.to_svg().decode()
    assert set(chart.table["made_with"]) == {told}
    assert "made_with" not in chart.data
