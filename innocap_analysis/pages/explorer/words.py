"""Every text of the explorer in a language; what stands in braces is filled in the browser."""

from __future__ import annotations

from innocap_analysis.pages.language import Translator, format_figure, get_translator

# Ways to normalise that suit any set of indicators; a codebook may use others by itself.
SCALES = ("goalposts", "minmax", "zscore", "percentile", "rank", "borda", "fraction_of_max")


def name_means(language: str) -> dict[str, str]:
    """Name the means that can be chosen, by their words in a codebook."""
    translate = get_translator(language)
    return {
        "arithmetic": translate("arithmetic mean"),
        "geometric": translate("geometric mean"),
        "harmonic": translate("harmonic mean"),
        **{
            f"power:{p:g}": translate("power mean, exponent {p}").format(
                p=format_figure(p, language)
            )
            for p in (0.5, 2)
        },
    }


def name_scales(language: str) -> dict[str, str]:
    """Name the ways to normalise that can be chosen, by their words in a codebook."""
    translate = get_translator(language)
    names = (
        translate("fixed goalposts"),
        translate("from the lowest to the highest figure"),
        translate("standard deviations from the mean"),
        translate("percentiles"),
        translate("ranks"),
        translate("how many are below"),
        translate("share of the best figure"),
    )
    return dict(zip(SCALES, names, strict=True))


def name_references(language: str) -> dict[str, str]:
    """Name the reference sets that the project ships; others keep their own names."""
    translate = get_translator(language)
    return {
        "oecd_eu": translate("all countries with figures"),
        "oecd": translate("OECD countries"),
        "eu": translate("EU countries"),
        "nordic": translate("Nordic countries"),
    }


def collect_texts(language: str, wording: str = "") -> dict[str, str]:
    """Return the texts of the controls, the notes and the downloads."""
    translate = get_translator(language, wording)
    return {
        "choices": translate("Choices"),
        "unit": translate("Country"),
        "partners": translate("Partner countries"),
        "others": translate("Other countries"),
        "reference": translate("Held against"),
        "mean": translate("Mean of the dimensions"),
        "within": translate("Mean inside each dimension"),
        "normalise": translate("Normalisation"),
        "as_reported": translate("{choice} (as in the report)"),
        "as_reported_each": translate("each as in the report"),
        "power": translate("power mean, exponent {p}"),
        "weights": translate("Weights and indicators"),
        "weight_of": translate("Weight of {code}"),
        "weighs_share": translate("weight {weight}, a share of {share}"),
        "indicators": translate("Indicators: {code}"),
        "reset": translate("Back to the report"),
        "single": translate("Without double counts"),
        "scores": translate("Scores"),
        "ranks": translate("Ranks"),
        "start": translate("Where to start"),
        "score": translate("Score"),
        "reported": translate("Score in the report"),
        "rank": translate("Rank"),
        "indicator": translate("Indicator"),
        "median": translate("Reference median"),
        "gap": translate("Points from the reference median"),
        "verdict": translate("Verdict"),
        "each_indicator": translate("Each indicator of the chosen country"),
        "place": translate("Rank {rank}"),
        "take_codebook": translate("Codebook (CSV)"),
        "take_svg": translate("Figure (SVG)"),
        "take_png": translate("Figure (PNG)"),
        "take_sentence": translate("Sentences (text)"),
        "copy_link": translate("Copy the link"),
        "copied": translate("The link is copied."),
        **_collect_notes(translate),
        **_collect_sentences(translate),
    }


def _collect_notes(translate: Translator) -> dict[str, str]:
    return {
        "as_in_report": translate("As in the report."),
        "what_if": translate("What-if, not the report’s verdict. Different here: {changes}."),
        "without": translate("without {codes}"),
        "weighs": translate("{code} has the weight {weight}"),
        "top_is": translate("mean of the dimensions: {mean}"),
        "within_is": translate("mean inside each dimension: {mean}"),
        "scale_is": translate("normalisation: {name}"),
        "held_against": translate("held against: {reference}"),
        "scores_note": translate(
            "Grey: the {n} countries held against; long mark: their median. Light line: {level} "
            "of {n_runs} runs with other choices. Hollow: as in the report."
        ),
        "ranks_note": translate(
            "Rank among the {n} countries held against, in brackets the ranks in {level} of "
            "{n_runs} runs. Right: the share of runs with each rank among the {k} countries shown."
        ),
        "gaps_note": translate(
            "Points from the median of {n_members} reference countries; the line holds {level} of "
            "{n_runs} runs with other weights, one indicator left out, or a geometric mean."
        ),
        "runs_keep_mean": translate(
            "Scores fall below zero here, where a geometric mean does not exist: the runs keep "
            "the mean as chosen."
        ),
        "refused_domain": translate(
            "This mean needs scores of zero or more, and {code} has lower ones below it: choose "
            "another mean or another normalisation."
        ),
        "refused_nothing": translate("Nothing is left of the index: count an indicator again."),
        "refused_other": translate("These choices do not fit together ({reason})."),
        "unknown": translate("The link names what is not here and was left out: {names}."),
        "no_script": translate("This page computes by itself and needs JavaScript to be on."),
    }


def _collect_sentences(translate: Translator) -> dict[str, str]:
    """Return the sentences of the report, said here of other choices."""
    return {
        "finding": translate(
            "{unit:The} scores {score} of 100 on {code:the}; the median of {n_reference} reference "
            "countries is {median}. Rank {rank}, in {level} of runs {rank.low} to {rank.high}."
        ),
        "finding_own": translate(
            "{unit:The} scores {score} on {code:the}; the median of {n_reference} reference "
            "countries is {median}. Rank {rank}, in {level} of runs {rank.low} to {rank.high}."
        ),
        "no_score": translate("{unit:The} has too few figures for an overall score."),
        "none_measured": translate("{unit}: no dimension is measured"),
        "priority_none": translate(
            "{unit}: no dimension is below the reference median; {dimension:the} has the smallest "
            "lead ({gap} points)"
        ),
        "priority_none_judged": translate(
            "{unit}: of the dimensions that can be judged ({dimensions}), none is below the "
            "reference median; {dimension:the} has the smallest lead ({gap} points)"
        ),
        "priority_clear": translate(
            "{unit}: {dimension:the} is the first priority ({gap} points), furthest below the "
            "reference median in {share_widest} of runs and whichever indicator is left out"
        ),
        "priority_hangs": translate(
            "{unit}: {dimension:the} lies furthest below the reference median ({gap} points), but "
            "not if {codes} is left out"
        ),
        "priority_open": translate(
            "{unit}: {dimension:the} lies furthest below the reference median ({gap} points), too "
            "close to it to be called a priority"
        ),
        "first_last": translate(
            "{first.place} is first of the {n_measured} countries in {first} of {n_runs} runs "
            "with other choices, {last.place} last in {last}."
        ),
        "verdict_ahead": translate("ahead"),
        "verdict_behind": translate("behind"),
        "verdict_about_even": translate("about even"),
        "verdict_rests_on_one": translate("rests on one figure"),
        "verdict_unmeasured": translate("not measured"),
        "sources": translate("Sources: {publishers}."),
    }
