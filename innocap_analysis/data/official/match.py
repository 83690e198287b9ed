"""Which place of the project every place of a file is: by code, and by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd
from babel import Locale
from babel.core import get_global

from innocap_analysis.data.places import Places, fold_name
from innocap_analysis.errors import InnocapError
from innocap_analysis.languages import find_languages

# Where statistics write another code than ISO 3166-1: Eurostat's Greece and United Kingdom.
_OTHER_CODES = {"EL": "GR", "UK": "GB"}
_NO_COUNTRIES = {"EU", "EZ", "UN", "ZZ"}
_WHOLE = re.compile(r"0+|SSS")  # the whole country in Swedish, Norwegian and Finnish tables
_PREFIXED = re.compile(r"KU(\d{3})")  # a municipality in tables of Statistics Finland
_KINDS = re.compile(
    r"^(county|region|co)( of)? | (kommuns?|kommune|lans?|region|county|municipality|city|county "
    r"council|city council|city and county council|maakunta|kunta|kaupunki)$"
)


@dataclass(frozen=True)
class Matches:
    """The places of a file.

    `found` gives the project's code for each of the file's, `unmatched` says why a code has
    none, `told` what a person should look at.
    """

    found: dict[str, str]
    unmatched: dict[str, str]
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gazetteer:
    """Every place that a figure can be about: the tree, the table of regions, all countries."""

    places: Places | None
    regions: pd.DataFrame

    @cached_property
    def codes(self) -> frozenset[str]:
        """All codes of the project's own."""
        tree = [] if self.places is None else list(self.places.table.index)
        return frozenset({*tree, *self.regions.index, *list_countries().values()})

    @cached_property
    def _raw_regions(self) -> dict[str, str]:
        return {str(raw): str(unit) for unit, raw in self.regions["raw_code"].items()}

    @cached_property
    def _national(self) -> dict[str, list[str]]:
        """Places by the code of their nation's own, and counties by what their codes begin with."""
        found: dict[str, list[str]] = {}
        if self.places is None:
            return found
        table = self.places.table
        for code, own in table["own_code"].items():
            found.setdefault(str(own).upper(), []).append(str(code))
        small = table[table["smallest"] & table["own_code"].str.fullmatch(r"\d{4}")]
        begins = small.groupby("nuts3")["own_code"].agg(lambda codes: set(codes.str[:2]))
        owners = Counter(begin for own in begins for begin in own)
        for county, own in begins.items():
            if county and len(own) == 1 and owners[begin := next(iter(own))] == 1:
                for written in (begin, begin.zfill(4)):
                    found.setdefault(written, []).append(str(county))
        return found

    def by_code(self, code: str, country: str) -> tuple[list[str], bool]:
        """Return what a code may stand for, and whether it is one for all countries."""
        own = code.strip().upper()
        for known in (own, self._raw_regions.get(own), list_countries().get(own)):
            if known in self.codes:
                return [str(known)] if self._lies_in(str(known), country) else [], True
        plain = found[1] if (found := _PREFIXED.fullmatch(own)) else own
        national = [one for one in self._national.get(plain, []) if self._lies_in(one, country)]
        if not national and country and _WHOLE.fullmatch(own):
            national = [country]
        return national, False

    def by_name(self, name: str, country: str) -> list[str]:
        """Return what is called so, in one of its languages or with its kind (… County Council)."""
        for written in _write_otherwise(name):
            found = [] if self.places is None else self.places.names.get(written, [])
            found = found or (
                [] if self.places is None else self.places.other_names.get(written, [])
            )
            own = [one for one in found if self._lies_in(one, country)]
            if (
                not own
                and not country
                and written in _name_countries(tuple(find_languages(self.regions)))
            ):
                own = [_name_countries(tuple(find_languages(self.regions)))[written]]
            if own:
                return own
        return []

    def level(self, code: str) -> str:
        """Return the level of a place."""
        if self.places is not None and code in self.places.table.index:
            return str(self.places.table.at[code, "level"])
        return "region" if code in self.regions.index else "country"

    def tell(self, code: str) -> str:
        """Return a code with the name of its place."""
        if self.places is not None and code in self.places.table.index:
            return f"{code} ({self.places.table.at[code, 'name']})"
        return (
            f"{code} ({self.regions.at[code, 'label_en']})" if code in self.regions.index else code
        )

    def agrees(self, code: str, label: str) -> bool:
        """Tell whether a place is called as the file calls it."""
        called = {fold_name(label), *_write_otherwise(label)}
        if self.places is None or code not in self.places.table.index:
            return True
        row = self.places.table.loc[code]
        names = {str(row[c]) for c in row.index if str(c).startswith("label_")}
        names |= {str(row["name"]), *str(row["also"]).split(";")}
        own = {written for name in names if name for written in _write_otherwise(name)}
        return bool(own & called)

    def _lies_in(self, code: str, country: str) -> bool:
        return not country or code.startswith(country)


@lru_cache(maxsize=1)
def list_countries() -> dict[str, str]:
    """Return alpha-2 codes by alpha-2, alpha-3 and what statistics write instead."""
    named = set(Locale("en").territories)
    found: dict[str, str] = dict(_OTHER_CODES)
    for alpha3, aliases in get_global("territory_aliases").items():
        if len(alpha3) == 3 and alpha3.isalpha() and len(aliases) == 1:
            code = str(aliases[0])
            if code in named and len(code) == 2 and code not in _NO_COUNTRIES:
                found[str(alpha3)] = found[code] = code
    return found


@lru_cache(maxsize=4)
def _name_countries(languages: tuple[str, ...]) -> dict[str, str]:
    codes = set(list_countries().values())
    return {
        fold_name(str(name)): str(code)
        for language in languages
        for code, name in Locale.parse(language).territories.items()
        if code in codes
    }


def _write_otherwise(name: str) -> list[str]:
    """Return a name folded: whole, without a code before it, and without its kind."""
    whole = fold_name(name)
    bare = re.sub(r"^[a-z]{0,2}\d+ ", "", whole)
    plain = _KINDS.sub("", bare)
    written = [whole, bare, plain]
    if plain != bare and plain.endswith("s"):  # Örnsköldsviks kommun
        written.append(plain[:-1])
    return list(dict.fromkeys(filter(None, written)))


def match_places(
    labels: Mapping[str, str],
    gazetteer: Gazetteer,
    *,
    country: str = "",
    given: Mapping[str, str] | None = None,
) -> Matches:
    """Find the place that each code of a file stands for.

    `labels` are what the file calls them (the code again where it has no names). National codes
    (``2284``) count inside `country`, or where the names agree; `given` is what a person says.
    """
    faults = _check_given(labels, gazetteer, country, given or {})
    found = {code: place for code, place in (given or {}).items() if code in labels}
    open_: dict[str, list[str]] = {}
    unmatched: dict[str, str] = {}
    told = []
    for code, label in labels.items():
        if code in found:
            continue
        named = label if label != code else ""
        places, certain = gazetteer.by_code(code, country)
        if not certain and not country and named:  # a national code is believed if the name fits
            places = [one for one in places if gazetteer.agrees(one, named)]
        if len(places) == 1 and (certain or country or named):
            found[code] = places[0]
            if named and not certain and not gazetteer.agrees(places[0], named):
                told.append(
                    f"{code} is called {named!r} in the file, {gazetteer.tell(places[0])} here"
                )
            continue
        if places and not country and not named:
            unmatched[code] = "a national code; say whose with --country"
            continue
        places = gazetteer.by_name(label, country) or places
        if len(places) == 1:
            found[code] = places[0]
        elif places:
            open_[code] = places
        else:
            unmatched[code] = "unknown"
    _settle(open_, found, unmatched, gazetteer)
    owners: dict[str, list[str]] = {}
    for code, place in found.items():
        owners.setdefault(place, []).append(code)
    faults += [
        f"places {' and '.join(codes)} are both {gazetteer.tell(place)}; leave one out with "
        "--where, or say which place it is with --place CODE=PLACE"
        for place, codes in owners.items()
        if len(codes) > 1
    ]
    if faults:
        raise InnocapError("\n  ".join(faults))
    return Matches(found, unmatched, tuple(told))


def _check_given(
    labels: Mapping[str, str], gazetteer: Gazetteer, country: str, given: Mapping[str, str]
) -> list[str]:
    faults = []
    if country and country not in gazetteer.codes:
        faults.append(f"--country {country!r}: expected an ISO 3166-1 alpha-2 code such as SE")
    for code, place in given.items():
        if code not in labels:
            faults.append(f"--place {code}={place}: the file has no place {code!r}")
        if place not in gazetteer.codes:
            faults.append(f"--place {code}={place}: {place!r} is no code of a place of the project")
    return faults


def _settle(
    open_: Mapping[str, list[str]], found: dict[str, str], unmatched: dict[str, str],
    gazetteer: Gazetteer,
) -> None:  # fmt: skip
    """Choose among places of one name the one of the level that most others of the file have."""
    levels = Counter(gazetteer.level(place) for place in found.values())
    usual = levels.most_common(1)[0][0] if levels else ""
    for code, places in open_.items():
        own = [place for place in places if gazetteer.level(place) == usual]
        if len(own) == 1:
            found[code] = own[0]
        else:
            names = ", ".join(gazetteer.tell(place) for place in places[:4])
            unmatched[code] = f"several are called so: {names}; say which with --place"
