"""The findings of the shipped figures are those that were accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from innocap_analysis.batch.findings import (
    NAME,
    Findings,
    accept_findings,
    find_findings,
    list_changes,
    read_record,
)
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def now() -> Findings:
    """Return what the shipped figures say."""
    return find_findings(load_settings(ROOT))


def test_the_findings_are_those_that_were_accepted(now: Findings, settings: Settings) -> None:
    changes = list_changes(settings, now)
    assert not changes, (
        "The figures say something else than what was accepted (data/findings.csv, the opening of "
        "README.md, docs/result.png):\n  " + "\n  ".join(changes) + "\nRead what changed. If it "
        "should be so, accept it: innocap accept --reason 'why it changed'"
    )


def test_accepting_records_the_reason(now: Findings, project: Path) -> None:
    (project / "CHANGELOG.md").write_text("# Log\n\n## Unreleased\n\n- A.\n", encoding="utf-8")
    (project / "README.md").write_text(
        "# A\n\n<!-- finding -->\nold\n<!-- end of finding -->\n\nB\n", encoding="utf-8"
    )
    settings = load_settings()
    with pytest.raises(InnocapError, match="a reason is needed"):
        accept_findings(settings, now, " ")
    assert not (project / NAME).exists()
    key = next(key for key in now.rows if key.endswith(":score"))
    old = Findings(now.rows | {key: ("1.00", "", "")}, now.opening, now.picture)
    accept_findings(settings, old, "first")
    assert "README.md" not in str(list_changes(settings, now))
    assert list_changes(settings, now) == [f"{key}: 1.00 -> {now.rows[key][0]}"]
    accept_findings(settings, now, "a new  edition")
    assert list_changes(settings, now) == []
    assert read_record(settings) == now.rows
    log = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    told = f"{key.removeprefix('00:').removesuffix(':score')} 1.00 -> {now.rows[key][0]}"
    assert log == (
        f"# Log\n\n## Unreleased\n\n- Findings: a new edition ({told}).\n- Findings: first.\n- A.\n"
    )
    text = (project / "README.md").read_text(encoding="utf-8")
    assert text == f"# A\n\n<!-- finding -->\n{now.opening}<!-- end of finding -->\n\nB\n"
    (project / NAME).write_text("id\n", encoding="utf-8")
    with pytest.raises(InnocapError, match="expected the columns"):
        list_changes(settings, now)
