"""What was found, in sentences computed from the evidence."""

from __future__ import annotations

from innocap_analysis.compare.reference import compare_to_reference, rank_priorities
from innocap_analysis.prepare.observations import fingerprint_inputs
from innocap_analysis.prepare.units import Unit
from innocap_analysis.present.labels import Labels, make_labels
from innocap_analysis.present.prose import Prose, write_list, write_stamp
from innocap_analysis.score.capacity import CapacityData
from innocap_analysis.score.robustness import rank_interval
from innocap_analysis.score.sensitivity import SensitivityResult

LEVEL = 0.9


def write_heading(capacity: CapacityData, unit: Unit, *, language: str) -> Prose:
    """Write the line that says whom a page is about.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    unit : Unit
        Country or region.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        The name; for a region also its country, whose scores are shown.
    """
    labels = make_labels(capacity, language)
    if not unit.is_country:
        return Prose(
            labels.say(
                "**{region}, {country}.** The scores are those of the country: no published "
                "indicator measures the public sector of a region.",
                region=labels.unit(unit.code),
                country=labels.unit(unit.country),
            )
        )
    country = capacity.settings.countries[unit.code]
    return Prose(
        labels.say(
            "**{country}.** The partner area is {area}, inside the statistical region {region}.",
            country=labels.unit(unit.code),
            area=country.partner_area[language],  # type: ignore[index]
            region=labels.unit(country.partner_region),
        )
    )


def write_country_findings(
    capacity: CapacityData,
    runs: SensitivityResult,
    unit: str,
    *,
    reference: str,
    language: str,
) -> Prose:
    """Write what a country's profile shows.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Scores under many defensible choices, for the interval of the rank.
    unit : str
        Country code.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list of sentences.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    table = compare_to_reference(capacity.result, [unit], reference_units=members)
    rows = table.set_index("code")
    index = rows.loc[capacity.root]
    sentences = [
        labels.say(
            "{unit} scores {score} of 100 on the overall index; the median of {n} countries is "
            "{median}. Its rank among them is {rank}; the brackets hold {level} of the runs with "
            "other choices.",
            unit=labels.unit(unit),
            score=labels.number(index["score"]),
            n=index["reference_n"],
            median=labels.number(index["reference_median"]),
            rank=labels.rank(
                index["reference_rank"],
                *rank_interval(runs, capacity.root, unit, units=members, level=LEVEL),
            ),
            level=labels.share(LEVEL),
        )
    ]
    for code in capacity.dimensions:
        row = rows.loc[code]
        sentences.append(
            labels.say(
                "{dimension}: {score}, {gap} points from the median and {best} from the best.",
                dimension=labels.code(code),
                score=labels.number(row["score"]),
                gap=labels.number(row["gap_to_median"], sign=True),
                best=labels.number(row["gap_to_best"], sign=True),
            )
        )
    leaves = rows.loc[capacity.codebook.leaves].sort_values("gap_to_median", ascending=False)
    strengths = (labels.say("Strengths"), leaves.head(3))
    weaknesses = (labels.say("Weaknesses"), leaves.tail(3).iloc[::-1])
    for title, part in (strengths, weaknesses):
        named = ", ".join(
            f"{labels.code(str(c))} ({labels.number(g, sign=True)})"
            for c, g in part["gap_to_median"].items()
        )
        sentences.append(f"{title}: {named}.")
    return write_list(sentences)


def write_priority_findings(
    capacity: CapacityData,
    runs: SensitivityResult,
    unit: str,
    *,
    reference: str,
    language: str,
) -> Prose:
    """Write where a capacity-building programme would start, and how sure that is.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    runs : SensitivityResult
        Scores under many defensible choices.
    unit : str
        Country code.
    reference : str
        Name of a reference set.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        A list in order of priority.
    """
    labels = make_labels(capacity, language)
    members = capacity.reference_units(reference)
    priorities = rank_priorities(
        runs, capacity.dimensions, unit, reference_units=members, level=LEVEL
    )
    rows = compare_to_reference(capacity.result, [unit], reference_units=members).set_index("code")
    sentences = []
    for priority in priorities.to_dict("records"):
        leaves = rows.loc[capacity.codebook.children(priority["code"])]
        weakest = str(leaves["gap_to_median"].idxmin())
        sentences.append(
            labels.say(
                "Priority {rank}: {dimension}. {place} ({gap} points; {low} to {high} in {level} "
                "of runs). First priority in {first} of runs. Its weakest indicator: {weakest} "
                "({weak_gap}).",
                rank=priority["priority"],
                dimension=labels.code(priority["code"]),
                place=_place(priority["low"], priority["high"], labels),
                gap=labels.number(priority["gap"], sign=True),
                low=labels.number(priority["low"], sign=True),
                high=labels.number(priority["high"], sign=True),
                level=labels.share(LEVEL),
                first=labels.probability(priority["probability_first"]),
                weakest=labels.code(weakest),
                weak_gap=labels.number(leaves.at[weakest, "gap_to_median"], sign=True),
            )
        )
    return write_list(sentences)


def _place(low: float, high: float, labels: Labels) -> str:
    """Say on which side of the median an interval lies; one that holds zero decides nothing."""
    if high < 0:
        return labels.say("Behind the reference median")
    if low > 0:
        return labels.say("Ahead of the reference median")
    return labels.say("Too close to the reference median to tell")


def write_run_stamp(capacity: CapacityData, *, language: str) -> Prose:
    """Write which software and data made a page, so that it can be made again.

    Parameters
    ----------
    capacity : CapacityData
        The project's data.
    language : {'en', 'sv', 'fi', 'fr'}
        Language of the text.

    Returns
    -------
    Prose
        One small-print line, and one that names the indicators without any figure.
    """
    labels = make_labels(capacity, language)
    empty = [code for code in capacity.codebook.leaves if capacity.values[code].isna().all()]
    told = (
        labels.say("Without any figure, and so not counted: {codes}.", codes=labels.codes(empty))
        if empty
        else ""
    )
    stamp = write_stamp(labels, fingerprint_inputs(capacity.settings))
    return Prose((told and told + "\n\n") + stamp)
