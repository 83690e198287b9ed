"""What is kept of an edition, and how the next one is told or refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from pathlib import Path

import pandas as pd
import pytest

from innocap_analysis import open_survey_view
from innocap_analysis.batch.book import list_waves
from innocap_analysis.batch.plan import make_plan
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import PUBLISH_VARIABLE, Settings, load_settings
from innocap_analysis.survey.edition_file import RELEASED_NAME, read_former
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.publish import Release
from innocap_analysis.survey.record import HIDDEN_NAME, foresee_edition, record_edition
from innocap_analysis.survey.wave import ANSWERS_NAME, EARLIER, Wave, list_synthetic, load_wave
from tests.frozen import EDITION

_PEOPLE = '"people": ["a"], "organisations": ["b"]'
_BLOCKS = f'{{"version": 1, {_PEOPLE}, "variables": {{"": {{"blocks": [1, 2]}}}}}}'


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with an imported wave, published once."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copy(EDITION / "innocap.yml", folder)
    for own in ("codebooks", "raw/survey"):
        shutil.copytree(EDITION / "data" / own, folder / "data" / own)
    settings = load_settings(folder)
    import_files(list_synthetic(settings), settings=settings, key=b"a key for tests only")
    _edit(settings, lambda table: table.assign(organisation=[f"o{i % 37}" for i in table.index]))
    assert record_edition(settings) == ""
    return folder


@pytest.fixture
def imported(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a copy of it, with the working directory in it."""
    folder = shutil.copytree(published, tmp_path / "project")
    monkeypatch.chdir(folder)
    return load_settings()


def _edit(settings: Settings, change: object) -> None:
    path = settings.processed_dir / ANSWERS_NAME
    table = pd.read_csv(path, dtype=object, keep_default_na=False)
    change(table).to_csv(path, index=False, lineterminator="\n")  # type: ignore[operator]


def _list_told(wave: Wave) -> dict[str, list[str]]:
    release = Release(wave)
    return {code: release.list_told(code) for code in release.list_codes()}


def _list_named(told: str) -> list[str]:
    names = told.partition("organisations in ")[2].partition(". Therefore")[0]
    return [re.sub(r" \(\d+ new\)", "", name) for name in names.partition("; ")[0].split(", ")]


def test_the_same_answers_are_told_alike_and_the_record_stays(imported: Settings) -> None:
    path = imported.processed_dir / RELEASED_NAME
    before, told = path.read_bytes(), _list_told(load_wave("imported"))
    assert record_edition(imported) == ""
    assert path.read_bytes() == before
    assert _list_told(load_wave("imported")) == told
    assert told[""][:5] == ["all", *sorted(told[""][1:5], key=told[""].index)]


@pytest.mark.skipif(os.name == "nt", reason="has no modes")
def test_the_record_is_for_its_owner_and_holds_no_answers(published: Path) -> None:
    imported = load_settings(published)
    table = pd.read_csv(imported.processed_dir / ANSWERS_NAME, dtype=str)
    assert stat.S_IMODE(imported.processed_dir.stat().st_mode) == 0o700
    for name in (RELEASED_NAME, HIDDEN_NAME):
        path = imported.processed_dir / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text(encoding="utf-8")
        assert not any(own in text for own in table["response_id"])
    content = json.loads((imported.processed_dir / RELEASED_NAME).read_text(encoding="utf-8"))
    for code, told in content["variables"].items():
        for number, rows in told["contents"].items():  # of nobody alone
            assert sum(count for _, count in rows) >= imported.min_respondents, (code, number)


def test_one_who_leaves_stops_the_pages_and_the_operator_is_told(
    imported: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = load_wave("imported").clean
    one = clean["response_id"][clean["country"] == "IE"].iloc[0]
    _edit(imported, lambda table: table[table["response_id"] != one])
    path = imported.processed_dir / RELEASED_NAME
    before = path.read_bytes()
    for told in (foresee_edition(imported), record_edition(imported)):
        assert "in all, IE" in told
        assert "1 have left" in told
        assert "pages are not made" in told
        assert str(path) in told
    assert path.read_bytes() == before
    assert not Release(load_wave("imported")).shows("SKL1", "IE")
    assert Release(load_wave("imported")).shows("SKL1", "SE")
    open_survey_view("80", wave="imported")  # to look at by hand is not to publish
    monkeypatch.setenv(PUBLISH_VARIABLE, "1")
    with pytest.raises(InnocapError, match="differ from an edition that was told before"):
        open_survey_view("80", wave="imported")


def test_a_renamed_file_hides_no_difference(imported: Settings) -> None:
    one = load_wave("imported").clean["response_id"].iloc[0]
    _edit(imported, lambda table: table[table["response_id"] != one].assign(
        response_id=[f"r{i}" for i in range(len(table) - 1)], file="other.csv"))  # fmt: skip
    assert "pages are not made" in foresee_edition(imported)


def test_a_wave_under_a_name_is_held_against_what_was_told_under_none(imported: Settings) -> None:
    folder = imported.processed_dir / EARLIER / "2025"
    shutil.copytree(
        imported.processed_dir, folder, ignore=shutil.ignore_patterns("released*", EARLIER)
    )
    assert foresee_edition(imported, "2025") == ""
    table = pd.read_csv(folder / ANSWERS_NAME, dtype=object, keep_default_na=False)
    table.iloc[1:].to_csv(folder / ANSWERS_NAME, index=False, lineterminator="\n")
    assert "pages are not made" in foresee_edition(imported, "2025")
    # What people say again in another year is another answer, whoever gave it.
    (imported.processed_dir / RELEASED_NAME).unlink()
    _edit(imported, lambda own: own.assign(submitted="2025-05-06"))
    assert record_edition(imported) == ""
    assert "pages are not made" in foresee_edition(imported, "2025")
    table.iloc[1:].assign(submitted="2024-05-06").to_csv(folder / ANSWERS_NAME, index=False)
    assert record_edition(imported, "2025") == ""
    assert (folder / HIDDEN_NAME).is_file()
    assert foresee_edition(imported) == ""


def test_a_batch_knows_which_waves_its_pages_tell_of(imported: Settings) -> None:
    shutil.copytree(EDITION / "notebooks", imported.notebooks_dir)
    shutil.copytree(EDITION / "data" / "raw", imported.raw_dir, dirs_exist_ok=True)
    for asked, waves in (
        ({"notebooks": ["80"]}, ["imported"]),
        ({"notebooks": ["80"], "parameters": {"wave": "synthetic"}}, []),
        ({"places": ["Timrå"]}, ["imported"]),
        ({"notebooks": ["60"]}, []),
    ):
        assert list_waves(make_plan(imported, **asked), imported) == waves
    folder = imported.processed_dir / EARLIER / "2025"
    folder.mkdir(parents=True)
    shutil.copy(imported.processed_dir / ANSWERS_NAME, folder)
    assert list_waves(make_plan(imported, notebooks=["87"]), imported) == ["imported", "2025"]


def test_many_who_join_are_told(imported: Settings) -> None:
    def double(table: pd.DataFrame) -> pd.DataFrame:
        more = table.assign(response_id="n" + table["response_id"], SKL1=table["SKL2"],
                            SKL3=table["SKL4"], DIG1=table["DIG4"])  # fmt: skip
        return pd.concat([table, more])

    before = _list_told(load_wave("imported"))[""]
    _edit(imported, double)
    told = record_edition(imported)
    assert all(name.endswith(" without doubtful responses") for name in _list_named(told))
    assert {unit for unit in before if "@" not in unit} <= set(
        _list_told(load_wave("imported"))[""]
    )
    assert len(read_former(imported).people) > 400  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 2}', "[" * 100_000, _BLOCKS,
     # As long as the people, and each of them no number of a block.
     *(_BLOCKS.replace("[1, 2]", f"[{n}]") for n in ("9" * 25, "10000000", "1.5", "true")),
     _BLOCKS.replace('[1, 2]}', f'[1], "contents": {{"1": [[[{"9" * 400}], 1]]}}, "secret": []}}'),
     '{"version": 1, "people": [1], "organisations": ["b"], "variables": {}}'],
)  # fmt: skip
def test_a_damaged_record_is_refused(project: Path, text: str) -> None:
    settings = load_settings()
    settings.processed_dir.mkdir()
    (settings.processed_dir / RELEASED_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(InnocapError, match="cannot be read as the record"):
        read_former(settings)
