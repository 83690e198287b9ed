"""Page 80: a small wave of one's own beside a published survey."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from innocap_analysis.pages.facts import Said
from innocap_analysis.pages.survey_view import SurveyView
from innocap_analysis.pages.texts import Prose, Table
from innocap_analysis.reads import list_files
from innocap_analysis.survey.published import PUBLISHED_NAME, read_published, score_published


def table_published(view: SurveyView) -> Table | Prose:
    """Show the scores of published shares, with what their rounding leaves open, and the own."""
    folder = view.settings.wave_path.parent
    if not list_files(folder, PUBLISHED_NAME):
        return Prose(view.say("No published shares are given in data/survey/published.csv."))
    table = score_published(read_published(folder / PUBLISHED_NAME, view.instrument),
                            view.instrument).set_index("code")  # fmt: skip

    def find(code: str) -> Said:
        row = table.loc[code]
        ends = {"low": row["low"], "high": row["high"], "n": row["n"]}
        return view.fact("published_score", row["score"], "points", code=code,
                         sources=(PUBLISHED_NAME,), flag="", **ends)  # fmt: skip

    def write_own(code: str, *, unit: str) -> str:
        return f"{view.score(unit, code):interval}"

    columns: dict[str, Callable[[str], object]] = {
        view.say("Score"): view.code,
        view.say("Published (with rounding and chance)"): lambda code: f"{find(code):interval}",
        view.say("Respondents there"): lambda code: view.fact(
            "published_n", table.at[code, "n"], "count", code=code, sources=(PUBLISHED_NAME,),
            flag="",
        ),
    }  # fmt: skip
    columns |= {view.unit(unit): partial(write_own, unit=unit) for unit in view.groups}
    nodes = [code for code in view.nodes if code in table.index]
    caption = view.say(
        "Published shares as respondents, 0 to 100: intervals hold what the rounding of the "
        "shares leaves open, and chance"
    )
    return view.table(nodes, columns, caption=caption)
