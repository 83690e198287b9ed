"""A wave is a table of files: each with its own options, in any order, all or none."""

from __future__ import annotations

import itertools
from pathlib import Path

import pandas as pd
import pytest
from test_cli import call

from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.files.options import FileOptions, read_wave_table
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.wave import load_wave

KEY = b"a key for tests only"
CODES = [4, 2, 5, 3, 1]
LABELS = {5: "Instämmer helt", 4: "Instämmer delvis", 3: "Varken instämmer eller tar avstånd",
          2: "Tar delvis avstånd", 1: "Tar helt avstånd"}  # fmt: skip


@pytest.fixture
def partners(project: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Path, FileOptions]:
    """Return two partners' files, neither with a country, in headers and codes of their own."""
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(project.parent / "elsewhere" / "key"))
    folder = project / "data" / "survey"
    folder.mkdir()
    items = load_settings_items(load_settings())
    for name, head, write in (("SE", "fraga {}", lambda code: LABELS[code]),
                              ("FI", "k{}", lambda code: str(6 - code))):  # fmt: skip
        heads = [head.format(i + 1) for i in range(24)]
        rows = [[write(CODES[(i + r) % 5]) for i in range(24)] for r in range(12)]
        frame = pd.DataFrame(rows, columns=heads)
        frame.insert(0, "respondent id", [f"{name}-{r}" for r in range(12)])
        frame.to_csv(folder / f"{name}.csv", index=False)
        mapping = pd.DataFrame({"header": heads, "item": items})
        mapping.to_csv(folder / f"{name}.mapping.csv", index=False)
    (folder / "wave.csv").write_text(
        "file,country,mapping,codes,note\n"
        "SE.csv,SE,SE.mapping.csv,,\n"
        "FI.csv,FI,FI.mapping.csv,low_agrees,its numbers run the other way\n",
        encoding="utf-8",
    )
    return read_wave_table(folder / "wave.csv")


def load_settings_items(settings: Settings) -> list[str]:
    table = pd.read_csv(settings.survey_path, dtype=str)
    return list(table.loc[table["kind"] == "indicator", "code"])


def test_two_partners_make_one_wave_in_any_order(partners: dict[Path, FileOptions]) -> None:
    settings = load_settings()
    together = import_files(partners, settings=settings, key=KEY).wave
    written = {p.name: p.read_bytes() for p in settings.processed_dir.iterdir()}
    assert together.clean.groupby("country").size().to_dict() == {"FI": 12, "SE": 12}
    for country in ("SE", "FI"):
        own = together.raw[together.raw["country"] == country]
        assert own["SKL1"].tolist() == [CODES[r % 5] for r in range(12)]
        assert own["PRO6"].tolist() == [CODES[(23 + r) % 5] for r in range(12)]
    for order in itertools.permutations(partners.items()):
        for path in settings.processed_dir.iterdir():
            path.unlink()
        for path, how in order:
            done = import_files({path: how}, settings=settings, key=KEY)
        assert len(done.wave.clean) == 24
        assert done.changes[-1].endswith("12 responses stay as they were")
        assert {p.name: p.read_bytes() for p in settings.processed_dir.iterdir()} == written
    wave = load_wave("imported")
    assert wave.clean["SKL1"].tolist() == together.clean["SKL1"].tolist()


def test_the_command_reads_the_table_and_says_what_becomes_of_each_file(
    partners: dict[Path, FileOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, "import")
    assert (code, err) == (0, "")
    assert "SE.csv: 12 responses are new" in out
    assert "clean                 24 responses" in out
    path = next(p for p in partners if p.name == "SE.csv")
    table = pd.read_csv(path)
    table.loc[1, "fraga 1"] = LABELS[1]
    later = pd.concat([table.iloc[1:], table.iloc[[2]].assign(**{"respondent id": "SE-99"})])
    later.to_csv(path, index=False)
    mapping = str(path.with_suffix(".mapping.csv"))
    code, out, _ = call(capsys, "import", str(path), "--country", "SE", "--mapping", mapping)
    assert code == 0
    told = next(line for line in out.splitlines() if "takes the place" in line)
    assert told.startswith(
        "SE.csv: takes the place of 12 responses: 10 are the same, 1 changed, 1 are new, 1 leave: r"
    )
    assert "FI.csv: 12 responses stay as they were" in out
    code, out, _ = call(capsys, "import", str(path), "--country", "SE", "--mapping", mapping,
                        "--fresh")  # fmt: skip
    assert "FI.csv: 12 responses leave" in out
    assert len(load_wave("imported").raw) == 12


def test_another_file_of_the_same_name_is_refused_unless_asked_for(
    partners: dict[Path, FileOptions],
) -> None:
    settings = load_settings()
    import_files(partners, settings=settings, key=KEY)
    before = (settings.processed_dir / "answers.csv").read_bytes()
    path, how = next((p, o) for p, o in partners.items() if p.name == "FI.csv")
    table = pd.read_csv(path)
    table["respondent id"] = [f"other-{i}" for i in range(12)]
    table.to_csv(path, index=False)
    with pytest.raises(InnocapError, match=r"FI.csv: another file .* 0 of its 12 .*--replace"):
        import_files({path: how}, settings=settings, key=KEY)
    assert (settings.processed_dir / "answers.csv").read_bytes() == before
    done = import_files({path: how}, settings=settings, key=KEY, replaces=True)
    assert "12 are new, 12 leave" in done.changes[0]
    assert len(done.wave.raw) == 24


def test_a_newer_export_under_another_name_is_no_second_file(
    partners: dict[Path, FileOptions], tmp_path: Path
) -> None:
    settings = load_settings()

    def write(name: str, people: range) -> Path:
        rows = [[CODES[(i + r) % 5] for i in range(24)] for r in people]
        table = pd.DataFrame(rows, columns=load_settings_items(settings))
        # Answers repeat themselves every five people; how long it took tells these apart.
        table = table.assign(id=list(people), duration=[300 + 7 * r for r in people], ORG1="SE")
        table.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    how = FileOptions(codes="high_agrees")
    import_files({write("results.csv", range(20)): how}, settings=settings, key=KEY)
    newer = write("results (1).csv", range(2, 25))
    with pytest.raises(InnocapError, match=r"18 of its 23 responses are also in results\.csv"):
        import_files({newer: how}, settings=settings, key=KEY)
    assert len(load_wave("imported", settings=settings).raw) == 20
    other = write("other.csv", range(19, 40))  # who shares one response is another survey
    assert len(import_files({other: how}, settings=settings, key=KEY).wave.raw) == 41
    few = import_files({write("few.csv", range(8)): how}, settings=settings, key=KEY)
    assert "few.csv: 8 of its 8 responses are also in results.csv" in few.changes


def test_one_bad_file_leaves_all_as_it_was(partners: dict[Path, FileOptions]) -> None:
    settings = load_settings()
    path = next(p for p in partners if p.name == "FI.csv")
    path.write_text(path.read_text(encoding="utf-8").replace("\nFI-3,3", "\nFI-3,9"), "utf-8")
    with pytest.raises(InnocapError, match=r"FI.csv: some answers cannot be read\n  row 5"):
        import_files(partners, settings=settings, key=KEY)
    assert not settings.processed_dir.exists()


def test_a_form_that_does_not_ask_the_country_needs_it_told(
    partners: dict[Path, FileOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(p for p in partners if p.name == "SE.csv")
    arguments = ["import", str(path), "--mapping", str(path.with_suffix(".mapping.csv"))]
    code, _, err = call(capsys, *arguments)
    assert code == 2
    assert "SE.csv: no column says which country" in err
    assert "--country SE" in err
    code, out, _ = call(capsys, *arguments, "--country", "SE")
    assert code == 0
    assert "ORG1" not in out  # it is known, so it is not missing
    # Answers of a country that the project does not have (any more) end in a message.
    answers = load_settings().processed_dir / "answers.csv"
    answers.write_text(answers.read_text(encoding="utf-8").replace(",SE,", ",NO,"), "utf-8")
    with pytest.raises(InnocapError, match=r"no country of the project \(SE, FI, IE, CA\)"):
        load_wave("imported")


def test_made_up_answers_never_join_real_ones(partners: dict[Path, FileOptions]) -> None:
    settings = load_settings()
    made_up = settings.raw_dir / "survey" / "SYNTHETIC_SE_limesurvey.csv"
    import_files([made_up], settings=settings, key=KEY)
    with pytest.raises(InnocapError, match=r"SYNTHETIC_SE_limesurvey.csv is made up and FI.csv"):
        import_files(partners, settings=settings, key=KEY)
    assert len(import_files(partners, settings=settings, key=KEY, fresh=True).wave.raw) == 24


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("file,country", "file,contry", "column 'contry' is unknown; did you mean 'country'"),
        ("file,country", "files,country", "column 'file' is missing"),
        ("FI.csv", "SE.csv", "line 3: SE.csv is listed twice"),
        ("FI.csv,", ",", "line 3: names no file"),
        ("FI.csv,", "FI.csv,,,,,,", "line 3: has other cells than the header"),
        ("FI.mapping", "gone.mapping", "line 3: mapping"),
        ("low_agrees", "low", "codes 'low' is none of high_agrees, low_agrees"),
        (",FI,", ",FIN,", "country 'FIN' is none of SE, FI, IE, CA"),
        ("FI.csv", "IE.csv", "IE.csv: there is no such file"),
        ("codes,note", "header_row,note", "line 3: header_row 'low_agrees' is no number from 1"),
        ("codes,note", "rescale,note", "line 3: rescale 'low_agrees' is neither yes nor no"),
        ("codes,note", "sheet,note", "FI.csv: has no sheets, so no sheet 'low_agrees'"),
    ],
)
def test_a_fault_of_the_table_is_told_with_its_line(
    old: str, new: str, told: str, partners: dict[Path, FileOptions],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = load_settings().wave_path
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    code, _, err = call(capsys, "import")
    assert code == 2
    assert told in err
    assert not load_settings().processed_dir.exists()


def test_a_table_needs_a_file_and_options_need_files(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "wave.csv: cannot be read" in call(capsys, "import")[2]
    assert "give files with their options" in call(capsys, "import", "--country", "SE")[2]
    (project / "wave.csv").write_text("file,tool\n", encoding="utf-8")
    assert "wave.csv: lists no file" in call(capsys, "import", "--wave", "wave.csv")[2]
