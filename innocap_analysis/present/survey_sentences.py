"""What the answers show, in sentences computed from them."""

from __future__ import annotations

import hashlib

import pandas as pd

from innocap_analysis.compare.describe import EVERYONE
from innocap_analysis.compare.shares import tabulate_answers
from innocap_analysis.prepare.answers import count_cleaning
from innocap_analysis.prepare.wave import Wave
from innocap_analysis.present.disclosure import SHOWN
from innocap_analysis.present.prose import Prose, write_list, write_stamp
from innocap_analysis.present.survey_groups import tabulate_group_scores, tabulate_nonresponse
from innocap_analysis.present.survey_labels import MARK, SurveyLabels, make_survey_labels
from innocap_analysis.present.tables import JOINED_DASH

_MANY = 0.1


def write_survey_heading(wave: Wave, *, language: str) -> Prose:
    """Write what kind of answers a page rests on.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A notice where they were made up.
    """
    labels = make_survey_labels(wave, language)
    if wave.is_synthetic:
        text = labels.say(
            "Nobody gave these answers. A program made them up, so that the page can be learnt "
            "and tried; nothing on it is a finding about any country."
        )
        return Prose(f"> **{MARK}.** {text}")
    return Prose(
        labels.say(
            "Answers of {n} respondents, imported from {files}.",
            n=len(wave.clean),
            files=", ".join(sorted(wave.raw["file"].astype(str).unique())),
        )
    )


def write_fitness_findings(wave: Wave, *, language: str) -> Prose:
    """Write whether the answers are fit for use.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list: responses kept, doubtful ones, items that many cannot answer, hidden groups.
    """
    labels = make_survey_labels(wave, language)
    counts = count_cleaning(wave.log, len(wave.raw))
    n = len(wave.clean)
    kept = int(counts["after"].iloc[-1])
    flags = wave.clean[["flag_straight_lining", "flag_identical", "flag_speed"]].any(axis=1)
    lost = tabulate_nonresponse(wave)
    lost = lost[lost["unit"] == EVERYONE].set_index("code")
    many = [str(code) for code in lost.index[lost["dont_know"] > _MANY]]
    told = [
        labels.say(
            "{clean} of {raw} responses are kept; {dropped} were dropped, each with a reason in "
            "the log.",
            clean=kept,
            raw=len(wave.raw),
            dropped=len(wave.raw) - kept,
        ),
        labels.say(
            "{n} doubtful responses were left out of this page as well.", n=kept - n
        )
        if n < kept
        else labels.say(
            "{flagged} responses ({share}) are doubtful and kept: leave them out to see whether a "
            "finding hangs on them.",
            flagged=int(flags.sum()),
            share=labels.share(float(flags.mean()) if n else 0.0),
        ),
        labels.say(
            "Of all answers to the items, {unusable} are missing, don’t know or not applicable.",
            unusable=labels.share(float(lost["unusable"].mean())),
        ),
    ]  # fmt: skip
    if many:
        told.append(
            labels.say(
                "More than {share} answered “don’t know” to: {items}",
                share=labels.share(_MANY),
                items=" / ".join(labels.question(code) for code in many),
            )
        )
    told.append(_tell_hidden(wave, labels))
    return write_list(told)


def write_answer_findings(wave: Wave, *, language: str) -> Prose:
    """Write what people answered.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list: dimensions by country with intervals, barriers named most.
    """
    labels = make_survey_labels(wave, language)
    book = wave.instrument.codebook
    data = tabulate_group_scores(wave)
    shown = data[(data["unit"] == data["country"]) & (data["suppressed"] == SHOWN)]
    told = []
    for node in book.children(book.indexes[0]):
        own = shown[shown["code"] == node].set_index("unit")
        parts = [
            f"{labels.unit(unit)} {labels.number(row['mean'])}"
            + (
                f" ({labels.number(row['low'])}{JOINED_DASH}{labels.number(row['high'])})"
                if pd.notna(row["low"])
                else ""
            )
            for unit, row in own.iterrows()
        ]
        if parts:
            told.append(
                labels.say("{dimension}: {scores}.", dimension=labels.code(node),
                           scores="; ".join(parts))
            )  # fmt: skip
    barriers = tabulate_answers(wave.clean, wave.instrument, items=["BAR1"])
    if len(wave.clean) >= wave.settings.min_respondents and barriers["n"].max() > 0:
        most = barriers.sort_values("share", ascending=False, kind="stable").head(3)
        told.append(
            labels.say(
                "Named most as holding back innovation: {barriers}.",
                barriers=", ".join(
                    f"{labels.answer('BAR1', row['answer'])} ({labels.share(row['share'])})"
                    for _, row in most.iterrows()
                ),
            )
        )
    told.append(_tell_hidden(wave, labels))
    return write_list(told)


def _tell_hidden(wave: Wave, labels: SurveyLabels) -> str:
    data = tabulate_group_scores(wave)
    units = data[data["suppressed"] != SHOWN]["unit"].unique()
    if not len(units):
        return labels.say(
            "Every country and region has at least {n} respondents.",
            n=wave.settings.min_respondents,
        )
    return labels.say(
        "Not shown, because fewer than {n} people answered or because others would be given away: "
        "{units}.",
        n=wave.settings.min_respondents,
        units=labels.units(list(units)),
    )


def write_survey_stamp(wave: Wave, *, language: str) -> Prose:
    """Write which software and answers made a page, so that it can be made again.

    Parameters
    ----------
    wave : Wave
        The answers.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        One small-print line; the hash is over the raw answers and the questionnaire.
    """
    labels = make_survey_labels(wave, language)
    digest = hashlib.sha256(wave.raw.to_csv(index=False).encode())
    for path in (wave.settings.survey_path, wave.settings.scales_path):
        digest.update(path.read_bytes())
    return write_stamp(labels, digest.hexdigest()[:12])
