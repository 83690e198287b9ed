"""Made-up answers in the layouts that survey tools export, as their manuals describe them."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from innocap_analysis.archives import make_workbook
from innocap_analysis.data.units import name_country, name_unit
from innocap_analysis.settings import Settings
from innocap_analysis.survey.instrument import Instrument
from innocap_analysis.survey.scales import DONT_KNOW, NOT_APPLICABLE, Scale

Rows = list[list[object]]


class Writer:
    """Writes respondents as one tool would.

    Parameters
    ----------
    people : DataFrame
        From :func:`~tests.synthetic.people.make_respondents`.
    instrument : Instrument
        The questionnaire.
    settings : Settings
        Names of regions.
    language : str, optional
        Language of headers and labels. Default: each respondent's own for labels, the
        first respondent's for headers.
    """

    def __init__(
        self,
        people: pd.DataFrame,
        instrument: Instrument,
        settings: Settings,
        language: str | None = None,
    ) -> None:
        self.people = people
        self.instrument = instrument
        self.settings = settings
        self.language = language
        self.spoken = language or str(people["language"].iloc[0])

    @property
    def codes(self) -> list[str]:
        """Items that the people have, in the order of the questionnaire."""
        return [code for code in self.instrument.items if code in self.people]

    def say(self, code: str, answer: object, language: str) -> str:
        """Return an answer as its label, empty where missing."""
        if answer is None or (isinstance(answer, float) and math.isnan(answer)):
            return ""
        item = self.instrument.items[code]
        tongue = self.language or language
        plain = tongue.split("_")[0]
        if item.answer in ("text", "id"):
            return str(answer)
        if item.scale == "country":
            return name_country(str(answer), plain)
        if item.scale == "region":
            return name_unit(str(answer), self.settings, plain)
        if item.answer == "number":
            return f"{answer:.0f}"
        return _label(self.instrument.scales[item.scale], answer, tongue)

    def cells(self, code: str, *, separator: str, trail: bool = False) -> list[str]:
        """Return one cell per respondent; options of a multiple choice are joined."""
        out = []
        for answer, language in zip(self.people[code], self.people["language"], strict=True):
            if isinstance(answer, frozenset):
                order = [o for o in self.instrument.options(code) if o in answer]
                parts = [self.say(code, option, language) for option in order]
                out.append(separator.join(parts) + (separator if trail else ""))
            else:
                out.append(self.say(code, answer, language))
        return out

    def columns(self, name: str, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
        """Return a date column as texts."""
        return list(self.people[name].dt.strftime(form))

    def text(self, code: str) -> str:
        """Return the question."""
        return self.instrument.text(code, self.spoken)


def _label(scale: Scale, answer: object, language: str) -> str:
    special: dict[object, float] = {"DK": DONT_KNOW, "NA": NOT_APPLICABLE}
    code = special.get(answer, answer)
    for tongue in (language, language.split("_")[0]):
        for (spoken, label), own in scale.labels.items():
            if spoken == tongue and own == code:
                return label
    return scale.label(code, language)  # type: ignore[arg-type]


def _write_csv(path: Path, rows: Rows, *, delimiter: str, encoding: str, quote: bool) -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        form: dict[str, Any] = {"delimiter": delimiter, "lineterminator": "\r\n"}
        form["quoting"] = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
        csv.writer(stream, **form).writerows(rows)


def _write_xlsx(path: Path, rows: Rows, sheet: str) -> None:
    filled = ([None if cell == "" else cell for cell in row] for row in rows)
    path.write_bytes(make_workbook({sheet: filled}))


def _transpose(columns: Sequence[tuple[str, Sequence[object]]]) -> Rows:
    header: list[object] = [name for name, _ in columns]
    return [header, *map(list, zip(*(cells for _, cells in columns), strict=True))]


def write_limesurvey(writer: Writer, path: Path) -> None:
    """Write a LimeSurvey CSV: byte order mark, semicolons, everything quoted, answer labels."""
    people, n = writer.people, len(writer.people)
    done = people["status"] != "partial"
    submitted = [d if ok else "" for d, ok in zip(writer.columns("submitted"), done, strict=True)]
    columns: list[tuple[str, Sequence[object]]] = [
        ("id", list(people["id"])),
        ("submitdate", submitted),
        ("lastpage", [5 if ok else 2 for ok in done]),
        ("startlanguage", [language.split("_")[0] for language in people["language"]]),
        ("startdate", writer.columns("started")),
        ("datestamp", writer.columns("submitted")),
        ("ipaddr", ["192.0.2.7"] * n),
        ("refurl", [""] * n),
    ]
    for code in writer.codes:
        item = writer.instrument.items[code]
        if item.answer == "multi":
            for option in writer.instrument.options(code):
                told = ["" if a is None else "Ja" if option in a else "" for a in people[code]]
                columns.append((f"{code}[{option}]", told))
        elif item.answer == "likert":
            columns.append((f"G{code[:3]}[{code}]", writer.cells(code, separator="")))
        else:
            columns.append((code, writer.cells(code, separator="")))
            if "other" in (writer.instrument.options(code) if item.scale in
                           writer.instrument.scales else []):  # fmt: skip
                typed = [str(a) == "other" for a in people[code]]
                columns[-1] = (code, ["-oth-" if t else cell for t, cell in
                                      zip(typed, columns[-1][1], strict=True)])  # fmt: skip
                columns.append((f"{code}[other]", ["…" if t else "" for t in typed]))
    columns.append(("interviewtime", list(people["seconds"])))
    _write_csv(path, _transpose(columns), delimiter=";", encoding="utf-8-sig", quote=True)


def write_eusurvey(writer: Writer, path: Path) -> None:
    """Write an EUSurvey workbook: three title rows, short names, options joined by ``; ``."""
    meta = {"fi": ("Kutsun numero", "Vastauksen tunnistenumero", "Käyttäjätunnus", "Luontipäivä",
                   "Viimeisin päivitys", "Kielet")}.get(writer.spoken.split("_")[0],
            ("Invitation number", "Contribution ID", "User name", "Creation date", "Last update",
             "Languages"))  # fmt: skip
    people = writer.people
    columns: list[tuple[str, Sequence[object]]] = [
        (f"{writer.text(code)} ({code})", writer.cells(code, separator="; "))
        for code in writer.codes
    ]
    moments = writer.columns("submitted", "%d/%m/%Y %H:%M:%S")
    values: tuple[Sequence[object], ...] = (
        [""] * len(people),
        [f"0a1b2c3d-{i:04d}" for i in people["id"]],
        [""] * len(people),
        moments,
        moments,
        [language.split("_")[0] for language in people["language"]],
    )
    columns += list(zip(meta, values, strict=True))
    title: Rows = [["Alias", "innocap"], ["Export Date", "2026-10-15"], [""]]
    _write_xlsx(path, [*title, *_transpose(columns)], "Content")


def write_msforms(writer: Writer, path: Path) -> None:
    """Write a Microsoft Forms workbook: question texts, options with a trailing semicolon."""
    names = {
        "en": ("Start time", "Completion time", "Email", "Name"),
        "sv": ("Starttid", "Slutförandetid", "E-post", "Namn"),
        "fi": ("Aloitusaika", "Valmistumisaika", "Sähköposti", "Nimi"),
        "fr": ("Heure de début", "Heure de fin", "Adresse de messagerie", "Nom"),
    }[writer.spoken.split("_")[0]]
    people = writer.people
    columns: list[tuple[str, Sequence[object]]] = [
        ("ID", list(people["id"])),
        (names[0], list(people["started"].dt.to_pydatetime())),
        (names[1], list(people["submitted"].dt.to_pydatetime())),
        (names[2], ["anonymous"] * len(people)),
        (names[3], [""] * len(people)),
    ]
    columns += [(writer.text(c), writer.cells(c, separator=";", trail=True)) for c in writer.codes]
    _write_xlsx(path, _transpose(columns), "Sheet1")


def write_qualtrics(writer: Writer, path: Path) -> None:
    """Write a Qualtrics CSV: codes, texts and import ids in three rows; preview responses."""
    people, n = writer.people, len(writer.people)
    preview = people["status"] == "preview"
    finished = ["False" if s == "partial" else "True" for s in people["status"]]
    meta: list[tuple[str, str, Sequence[object]]] = [
        ("StartDate", "Start Date", writer.columns("started")),
        ("EndDate", "End Date", writer.columns("submitted")),
        ("Status", "Response Type", ["Survey Preview" if p else "IP Address" for p in preview]),
        ("IPAddress", "IP Address", ["198.51.100.3"] * n),
        ("Duration (in seconds)", "Duration (in seconds)", list(people["seconds"].astype(int))),
        ("Finished", "Finished", finished),
        ("ResponseId", "Response ID", [f"R_{i:05d}" for i in people["id"]]),
        ("RecipientEmail", "Recipient Email", [""] * n),
        ("LocationLatitude", "Location Latitude", [""] * n),
        ("UserLanguage", "User Language", [lang[:2].upper() for lang in people["language"]]),
    ]
    columns = [(code, text, cells) for code, text, cells in meta]
    for code in writer.codes:
        cells = writer.cells(code, separator=",")
        columns.append((code, writer.text(code), cells))
    rows: Rows = [
        [code for code, _, _ in columns],
        [text for _, text, _ in columns],
        [f'{{"ImportId":"{code}"}}' for code, _, _ in columns],
        *map(list, zip(*(cells for _, _, cells in columns), strict=True)),
    ]
    _write_csv(path, rows, delimiter=",", encoding="utf-8-sig", quote=False)


def write_kobo(writer: Writer, path: Path) -> None:
    """Write a KoBo CSV with names for values: summaries, 0/1 columns and the ``_id`` tail."""
    people, n = writer.people, len(writer.people)
    columns: list[tuple[str, Sequence[object]]] = [
        ("start", writer.columns("started", "%Y-%m-%dT%H:%M:%S.000+02:00")),
        ("end", writer.columns("submitted", "%Y-%m-%dT%H:%M:%S.000+02:00")),
        ("username", [""] * n),
        ("deviceid", ["ee.kobotoolbox.org:abc"] * n),
    ]
    for code in writer.codes:
        if writer.instrument.items[code].answer == "multi":
            options = writer.instrument.options(code)
            chosen = list(people[code])
            summary = ["" if a is None else " ".join(o for o in options if o in a) for a in chosen]
            columns.append((code, summary))
            for option in options:
                told = ["" if a is None else int(option in a) for a in chosen]
                columns.append((f"{code}/{option}", told))
        else:
            columns.append((f"part/{code}", [_name(a) for a in people[code]]))
    ids = list(people["id"])
    columns += [
        ("_id", ids),
        ("_uuid", [f"uuid-{i}" for i in ids]),
        ("_submission_time", writer.columns("submitted", "%Y-%m-%dT%H:%M:%S")),
        ("_validation_status", [""] * n),
        ("_index", list(range(1, n + 1))),
    ]
    _write_csv(path, _transpose(columns), delimiter=";", encoding="utf-8", quote=True)


def _name(answer: object) -> str:
    if answer is None or (isinstance(answer, float) and math.isnan(answer)):
        return ""
    if answer == DONT_KNOW:
        return "DK"
    if answer == NOT_APPLICABLE:
        return "NA"
    return f"{answer:.0f}" if isinstance(answer, float) else str(answer)


def write_googleforms(writer: Writer, path: Path) -> None:
    """Write a Google Forms CSV: a timestamp, question texts, options joined by ``, ``."""
    columns: list[tuple[str, Sequence[object]]] = [
        ("Timestamp", writer.columns("submitted", "%Y/%m/%d %H:%M:%S")),
        ("Email Address", [""] * len(writer.people)),
    ]
    columns += [(writer.text(code), writer.cells(code, separator=", ")) for code in writer.codes]
    _write_csv(path, _transpose(columns), delimiter=",", encoding="utf-8", quote=False)


def write_spss(writer: Writer, path: Path) -> None:
    """Write an SPSS file: codes with value labels, don't know declared missing."""
    import pyreadstat

    data: dict[str, pd.Series] = {}
    texts: dict[str, str] = {}
    labels: dict[str, dict[float, str]] = {}
    missing: dict[str, list[float]] = {}
    form: dict[str, Any] = {
        "column_labels": texts,
        "variable_value_labels": labels,
        "missing_ranges": missing,
    }
    for code in writer.codes:
        item = writer.instrument.items[code]
        answers = writer.people[code]
        texts[code] = writer.text(code)
        if item.answer == "likert":
            scale = writer.instrument.scales[item.scale]
            values = {
                **{float(c): float(c) for c in scale.codes},
                DONT_KNOW: 8.0,
                NOT_APPLICABLE: 9.0,
            }
            data[code] = answers.map(values)
            labels[code] = {v: _label(scale, c, writer.spoken) for c, v in values.items()}
            missing[code] = [8.0, 9.0]
        elif item.answer == "multi":
            for option in writer.instrument.options(code):
                name = f"{code}_{option}"
                data[name] = pd.Series(
                    [math.nan if a is None else float(option in a) for a in answers]
                )
                texts[name] = f"{writer.text(code)} - {option}"
        elif item.answer == "number":
            data[code] = answers
        else:
            data[code] = pd.Series(writer.cells(code, separator=""), dtype=object)
    data["RESPONDENT_ID"] = writer.people["id"].astype(float)
    pyreadstat.write_sav(pd.DataFrame(data), path, **form)


def write_plain(writer: Writer, path: Path) -> None:
    """Write a plain CSV: item codes and labels."""
    columns: list[tuple[str, Sequence[object]]] = [("respondent_id", list(writer.people["id"]))]
    columns += [(code, writer.cells(code, separator="; ")) for code in writer.codes]
    _write_csv(path, _transpose(columns), delimiter=",", encoding="utf-8", quote=False)


WRITERS: dict[str, tuple[Callable[[Writer, Path], None], str]] = {
    "limesurvey": (write_limesurvey, ".csv"),
    "eusurvey": (write_eusurvey, ".xlsx"),
    "qualtrics": (write_qualtrics, ".csv"),
    "msforms": (write_msforms, ".xlsx"),
    "kobo": (write_kobo, ".csv"),
    "googleforms": (write_googleforms, ".csv"),
    "spss": (write_spss, ".sav"),
    "plain": (write_plain, ".csv"),
}

__all__ = ["WRITERS", "Writer"]
