"""Countries and regions as answer scales: their names in every language of the project."""

from __future__ import annotations

from innocap_analysis.data.units import name_country, read_regions
from innocap_analysis.settings import Settings
from innocap_analysis.survey.scales import Scale


def make_place_scales(settings: Settings) -> dict[str, Scale]:
    """Make the scales of countries and regions.

    Returns: ``country`` (ISO 3166-1 codes by name) and ``region`` (codes of statistical regions
    by name, by the raw code of their publisher, and by the name of the partner area).
    """
    countries: dict[tuple[str, str], float | str] = {}
    regions: dict[tuple[str, str], float | str] = {}
    for code, country in settings.countries.items():
        for language in settings.languages:
            countries[language, name_country(code, language)] = code
            regions[language, country.partner_area[language]] = country.partner_region
    for unit, row in read_regions(settings.regions_path).iterrows():
        for language in settings.languages:
            regions.setdefault((language, str(row[f"label_{language}"])), str(unit))
        regions["en", str(row["raw_code"])] = str(unit)
    return {"country": Scale("country", countries), "region": Scale("region", regions)}
