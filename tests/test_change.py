"""What changed between two waves: as R has it, and nothing of who is hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from innocap_analysis.batch.plan import make_plan
from innocap_analysis.errors import InnocapError
from innocap_analysis.pages import changes
from innocap_analysis.pages.facts import Ledger
from innocap_analysis.settings import Settings, load_settings
from innocap_analysis.survey.change import Change
from innocap_analysis.survey.importing import import_files
from innocap_analysis.survey.wave import Wave, list_earlier, load_wave

KEY = b"a key for tests only"
LABELS = ["Strongly disagree", "Somewhat disagree", "Neither agree nor disagree", "Somewhat agree",
          "Strongly agree"]  # fmt: skip


@pytest.fixture
def folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose questionnaire asks for a personal code, and its survey folder."""
    monkeypatch.setenv("INNOCAP_KEY_FILE", str(project.parent / "elsewhere" / "key"))
    path = project / "data" / "codebooks" / "survey.csv"
    heads = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    row = dict.fromkeys(heads, "") | {
        "code": "CODE", "kind": "context", "label_en": "Your code", "answer": "id",
        "role": "person",
    }  # fmt: skip
    with path.open("a", encoding="utf-8") as stream:
        stream.write(",".join(row[head] for head in heads) + "\n")
    (project / "data" / "survey").mkdir()
    return project / "data" / "survey"


def _write(folder: Path, name: str, people: range, shift: int) -> Path:
    """Write answers that differ by person and item; without an organisation."""
    items = pd.read_csv(folder.parents[1] / "data/codebooks/survey.csv", dtype=str)
    scored = items.loc[items["kind"] == "indicator", "code"]
    table = pd.DataFrame({"ORG1": "Sweden", "CODE": [f"person {i}" for i in people]})
    for k, item in enumerate(scored):
        given = [(7 * i + 3 * k + (i * k) // 4 + shift * (i % 3 == 0)) % 5 for i in people]
        table[item] = [LABELS[code] for code in given]
    table.to_csv(folder / name, index=False)
    return folder / name


def _import(folder: Path) -> tuple[Wave, Wave]:
    settings = load_settings()
    files = [_write(folder, "a.csv", range(60), 0)], [_write(folder, "b.csv", range(20, 80), 2)]
    import_files(files[0], settings=settings, key=KEY, name="2026")
    import_files(files[1], settings=settings, key=KEY)
    return load_wave("2026", settings=settings), load_wave("imported", settings=settings)


def _compute_by_hand(people: pd.DataFrame, code: str) -> tuple[float, float, float]:
    """CR2 of two means with clusters in common, from its definition by matrices."""
    order = people.dropna(subset=[code])
    y = order[code].to_numpy(float)
    x = np.column_stack([order["wave"] == "after", order["wave"] == "before"]).astype(float)
    bread = np.linalg.inv(x.T @ x)
    hat = np.eye(len(y)) - x @ bread @ x.T
    residual, contrast = hat @ y, bread @ np.array([1.0, -1.0])
    variance, pulls = 0.0, []
    for cluster in order["cluster"].unique():
        own = (order["cluster"] == cluster).to_numpy()
        values, vectors = np.linalg.eigh(hat[np.ix_(own, own)])
        root = vectors @ np.diag(values**-0.5) @ vectors.T
        weight = x[own] @ contrast @ root
        variance += float(weight @ residual[own]) ** 2
        pulls.append(weight @ hat[own])
    moments = np.array(pulls) @ np.array(pulls).T
    df = np.trace(moments) ** 2 / (moments**2).sum()
    return float(contrast @ (x.T @ y)), variance**0.5, float(df)


def test_two_waves_of_sixty_with_forty_in_both(folder: Path) -> None:
    change = Change(*_import(folder), smallest=5)
    assert len(change.before.clean) == len(change.after.clean) == 60
    sizes = change.sizes.set_index("unit").loc["all"]
    assert sizes[["n_before", "n", "twice"]].tolist() == [60, 60, 40]
    assert change.people["cluster"].nunique() == 80
    from scipy import stats

    for row in change.table.to_dict("records"):
        gap, se, df = _compute_by_hand(change.people, row["code"])
        reach = stats.t.ppf(0.975, df) * se
        assert row["difference"] == pytest.approx(gap, abs=1e-9)
        assert [row["low"], row["high"]] == pytest.approx([gap - reach, gap + reach], abs=1e-6)


def test_the_interval_is_that_of_r() -> None:
    """clubSandwich: linear_contrast of lm(score ~ 0 + wave), CR2, cluster = person."""
    from fewlikert import compare_cluster_pairs

    before = [float((37 * i + 11) % 101) for i in range(60)]
    after = [round(0.6 * ((37 * i + 11) % 101) + (53 * i + 7) % 47, 1) for i in range(20, 80)]
    table = pd.DataFrame({
        "score": [*np.minimum(100, after), *before],
        "wave": ["after"] * 60 + ["before"] * 60,
        "person": [f"p{i}" for i in [*range(20, 80), *range(60)]],
    })  # fmt: skip
    row = compare_cluster_pairs(table, "score", "wave", "person", smallest=5).iloc[0]
    # Estimate, SE, df, CI_L, CI_U of R 4.2.2 with clubSandwich 0.5.8.
    wanted = [3.0, 3.38899283592, 70.96036240091, -3.75752520149, 9.75752520149]
    assert row[["difference", "se", "df", "low", "high"]].tolist() == pytest.approx(wanted, 1e-9)


VERDICTS = {"differs": "changed", "equivalent": "as before", "inconclusive": "open"}
MARKS = {"differs": "D", "equivalent": "s", "inconclusive": "o"}


def _plain(text: object) -> str:
    return str(text).replace("−", "-").replace("\u2060", "").replace("\u00a0", " ")


def _check_page(view: changes.ChangeView, patch: pytest.MonkeyPatch) -> None:
    """Hold figure, table and sentences of the page to the table of changes, row by row."""
    drawn: list[tuple[pd.DataFrame, dict[str, Any]]] = []
    patch.setattr(changes.marks, "draw_points", lambda _, data, x, **named: drawn.append(
        (data.assign(x=data[x]), named)))  # fmt: skip
    assert view.change is not None
    data = view.change.table
    known = data[data["low"].notna()]
    said = str(changes.write_waves(view)).splitlines()
    assert said == ["- Compared with the wave 2026: 60 respondents then, 60 now.",
                    "- 40 of them answered both times."]  # fmt: skip
    chart = changes.plot_changes(view)
    n_open = (known["verdict"] == "inconclusive").sum()
    assert f"Of {len(known)} changes, {n_open} are open" in chart.alt  # type: ignore[union-attr]
    for code, (points, named) in zip(dict.fromkeys(data["code"]), drawn, strict=True):
        own = known[known["code"] == code]
        # As published: to a tenth.
        assert list(points["x"]) == pytest.approx(list(own["difference"]), abs=0.05)
        assert (named["by"], named["ends"]) == ("verdict", ("low", "high"))
        assert list(points["unit"]) == list(own["unit"])
        assert named["looks"]["markers"] == MARKS
    table = changes.table_changes(view)
    assert table is not None
    lines = [_plain(x) for x in str(changes.write_changes(view)).splitlines()]
    for row, cells in zip(data.to_dict("records"), table.cells.to_numpy().tolist(), strict=True):
        change, low, high = (f"{row[x]:+.1f}" for x in ("difference", "low", "high"))
        told = [f"{row['mean_before']:.1f}", f"{row['mean']:.1f}", f"{change} ({low} to {high})"]
        assert [_plain(x) for x in cells[2:]] == [*told, VERDICTS[row["verdict"]]]
        name = f"{view.code(row['code'])}, {view.unit(row['unit'])}"
        line = {
            "differs": f"- {name}: changed by {change} ({low} to {high}) points.",
            "equivalent": f"- {name}: as before. Any change is smaller than 5 points.",
            "inconclusive": f"- {name}: open. The change may be anything from {low} to {high} "
            "points.",
        }[row["verdict"]]
        whole = row["code"] == view.root or row["verdict"] != "inconclusive"
        assert (line in lines) == whole, line
    row = {"unit": "SE", "code": view.root, "mean": 50.0, "n": 61, "mean_before": 40.0,
           "n_before": 57}  # fmt: skip
    own = replace(view, ledger=Ledger())
    facts = [own.measure(row, name).fact for name in ("score", "score_before")]
    assert [(fact.value, fact.n) for fact in facts] == [(50.0, 61), (40.0, 57)]
    row |= {"difference": 10.0, "low": 8.0, "high": 12.0}
    words = {
        "differs": "changed by +10.0 (+8.0–+12.0) points.", "equivalent": "as before.",
        "inconclusive": "open. The change may be anything from +8.0 to +12.0 points.",
    }  # fmt: skip
    for verdict, told_as in words.items():
        one = replace(view, ledger=Ledger())
        assert f"Sweden: {told_as}" in _plain(changes._tell_change(one, row | {"verdict": verdict}))
    rest = len(data) - (len(lines) - 1)
    closed = (data["code"] == view.root) | (data["verdict"] != "inconclusive")
    assert rest == (~closed).sum()
    assert f"All other changes, {rest} of single dimensions, are open." in lines[-1]


def test_the_page_says_what_changed_and_hides_what_either_wave_hides(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not [r for r in make_plan(load_settings()) if r.stem.startswith("87")]
    assert "no earlier wave" in str(
        changes.write_waves(changes.open_change_view("87", wave="synthetic"))
    )
    before, after = _import(folder)
    assert list_earlier(load_settings()) == ["2026"]
    assert [r.stem for r in make_plan(load_settings()) if r.stem.startswith("87")] == [
        "87_what_changed"
    ]
    for language in ("en", "sv", "fi", "fr"):
        view = changes.open_change_view("87", language=language)
        told = str(changes.write_waves(view))
        assert "40" in told
        assert "2026" in told
        chart = changes.plot_changes(view)
        assert len(chart.data) == 2 * 5  # everyone and Sweden, five scores
        table = changes.table_changes(view)
        assert table is not None
        assert len(table.cells) == 10
        assert len(str(changes.write_changes(view)).splitlines()) >= 2
    _check_page(changes.open_change_view("87"), monkeypatch)
    few = replace(before, clean=before.clean[:12].assign(country=["SE"] * 7 + ["FI"] * 5))
    hidden = Change(few, after, smallest=5).table.set_index(["unit", "code"])
    assert hidden.loc[("SE", "SELF"), "suppressed"] == "hidden"
    assert hidden.loc["SE"][["n", "mean", "difference", "low"]].isna().all().all()


def test_names_of_waves_are_checked(folder: Path) -> None:
    path = _write(folder, "a.csv", range(60), 0)
    for name in ("synthetic", "../x", ""):
        with pytest.raises(InnocapError, match="a wave cannot be called"):
            import_files([path], settings=load_settings(), key=KEY, name=name)
    with pytest.raises(InnocapError, match="wave '2030' is none of synthetic, imported"):
        load_wave("2030", settings=load_settings())


def test_how_many_answered_twice_is_not_told_where_what_is_left_would_be_few(
    settings: Settings,
) -> None:
    wave = load_wave(settings=settings)
    people = [f"p{i}" for i in range(len(wave.clean))]
    before = replace(wave, clean=wave.clean.assign(person=people, organisation=people))
    country = wave.clean["country"]
    # Twelve or more of all other countries answered twice, and three from Canada.
    again = (country.groupby(country).cumcount() < 12) & (country != "CA")
    again |= (country == "CA") & ((country == "CA").cumsum() <= 3)
    new = [own if twice else f"n{own}" for own, twice in zip(people, again, strict=True)]
    after = replace(before, clean=before.clean.assign(person=new, organisation=new))
    sizes = Change(before, after, smallest=5).sizes.set_index("unit")
    assert sizes.at["all", "twice"] == 39
    assert np.isnan(sizes.at["CA", "twice"])
    known = sizes.loc[["SE", "FI", "IE"], "twice"]
    assert known.notna().sum() == 2  # all three would leave three Canadians
    assert set(known.dropna()) == {12}
