"""How texts and marks of countries are where the groups of a survey are others."""

from __future__ import annotations

from functools import cache

# Of groups that are no countries: the palette of Okabe and Ito (2008), as of the countries.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#7F7F7F")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")


def translate(text: str) -> str:
    """Mark a text for the catalogues."""
    return text


@cache
def list_wordings() -> dict[str, str]:
    """Return by text its wording for groups of any kind."""
    return {
        "Lowest mean over the countries: {score.name} ({score} of 100)": translate(
            "Lowest mean over the groups: {score.name} ({score} of 100)"
        ),
        "Too few people answered in every country to show one": translate(
            "Too few people answered in every group to show one"
        ),
        "Not shown: {n} of {all} countries and regions.": translate(
            "Not shown: {n} of {all} groups."
        ),
        "Country or region": translate("Group"),
        "Country": translate("Group"),
        "Share that agrees or strongly agrees, with 95% Wilson intervals, by country. Where "
        "intervals overlap widely, the countries should not be told apart.": translate(
            "Share that agrees or strongly agrees, with 95% Wilson intervals, by group. Where "
            "intervals overlap widely, the groups should not be told apart."
        ),
        "{question} Share of those who answered, with 95% Wilson intervals, by country.": translate(
            "{question} Share of those who answered, with 95% Wilson intervals, by group."
        ),
        "Share of {n_respondents} respondents without a usable answer to each item, and the "
        "same by country.": translate(
            "Share of {n_respondents} respondents without a usable answer to each item, and the "
            "same by group."
        ),
        "Organisations inside countries": translate("Organisations inside groups"),
        "Any difference between the countries, people taken as independent": translate(
            "Any difference between the groups, people taken as independent"
        ),
        "The means cannot be pooled: a country has too few organisations": translate(
            "The means cannot be pooled: a group has too few organisations"
        ),
        "Mean index of each country as answered (hollow) and partially pooled (filled) with "
        "95% intervals.": translate(
            "Mean index of each group as answered (hollow) and partially pooled (filled) with "
            "95% intervals."
        ),
        "Prior of the standard deviation between countries: half-normal, scale {scale} "
        "points.": translate(
            "Prior of the standard deviation between groups: half-normal, scale {scale} points."
        ),
        "Of {n} comparisons of two countries, {differs} differ, {equivalent} are alike and "
        "{open} are open, at a smallest difference of {smallest} points.": translate(
            "Of {n} comparisons of two groups, {differs} differ, {equivalent} are alike and "
            "{open} are open, at a smallest difference of {smallest} points."
        ),
        "Inside a country, {icc} of the differences between people lie between "
        "organisations: {n} respondents are worth about {effective}.": translate(
            "Inside a group, {icc} of the differences between people lie between "
            "organisations: {n} respondents are worth about {effective}."
        ),
        "Alpha of the dimensions is {low} to {high} for everyone together, and {lowest} to "
        "{highest} in single countries": translate(
            "Alpha of the dimensions is {low} to {high} for everyone together, and {lowest} to "
            "{highest} in single groups"
        ),
        "{cfi.name}: {last} holds across the countries (CFI {cfi}, RMSEA {rmsea} of the first "
        "step).": translate(
            "{cfi.name}: {last} holds across the groups (CFI {cfi}, RMSEA {rmsea} of the first "
            "step)."
        ),
        "{dimensions}: not testable. Fit indices say little below about a hundred "
        "complete answers in every country, and here at least one country has fewer; the "
        "items are screened one by one instead.": translate(
            "{dimensions}: not testable. Fit indices say little below about a hundred "
            "complete answers in every group, and here at least one group has fewer; the "
            "items are screened one by one instead."
        ),
        "{n} of {all} items depend on the country more than chance would do": translate(
            "{n} of {all} items depend on the group more than chance would do"
        ),
        "Gain in explained variation (McFadden) when the country is added to the mean of "
        "the other items; lines at {small} and {large}: moderate and large.": translate(
            "Gain in explained variation (McFadden) when the group is added to the mean of "
            "the other items; lines at {small} and {large}: moderate and large."
        ),
        "Complete answers to a dimension; countries with fewer than 20 left out.": translate(
            "Complete answers to a dimension; groups with fewer than 20 left out."
        ),
        "No item stands out as read otherwise in one country; with groups this small, "
        "only large differences would.": translate(
            "No item stands out as read otherwise in one group; with groups this small, "
            "only large differences would."
        ),
        "Read otherwise in some country, compared with people of the same level: {items}": (
            translate(
                "Read otherwise in some group, compared with people of the same level: {items}"
            )
        ),
        "Of {n} differences between countries, {open} are open: neither sure nor "
        "negligible": translate(
            "Of {n} differences between groups, {open} are open: neither sure nor negligible"
        ),
        "Difference of mean scores (first minus second country) with simultaneous 95% "
        "intervals over organisations; the band is plus or minus {smallest} points, too "
        "small to matter.": translate(
            "Difference of mean scores (first minus second group) with simultaneous 95% "
            "intervals over organisations; the band is plus or minus {smallest} points, too "
            "small to matter."
        ),
        "Every country and region has at least {min_respondents} respondents.": translate(
            "Every group has at least {min_respondents} respondents."
        ),
    }
