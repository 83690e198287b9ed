"""Finding places by code or name, one or many."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from innocap_analysis.data.place_tree import RURAL, list_labels
from innocap_analysis.data.places import Places, fold_name
from innocap_analysis.errors import InnocapError
from innocap_analysis.reads import read_bytes

_MOST_LISTED = 12
_NEAR, _NEAR_CODE = 0.75, 0.84


def find_place(wanted: str, places: Places, *, country: str | None = None) -> str:
    """Find a place by its code or name.

    Parameters
    ----------
    wanted : str
        A code (``SE32``, ``SE-2284``, or the nation's own, ``2284``) or a name in one of its
        languages; accents and capitals do not count.
    places : Places
        Where to look.
    country : str, optional
        Look in this country only.

    Returns
    -------
    str
        The code of the place.

    Raises
    ------
    InnocapError
        There is no such place, or several are called so: the message lists them.

    Examples
    --------
    >>> from innocap_analysis.data.places import read_places
    >>> from innocap_analysis.settings import load_settings
    >>> find_place("ornskoldsvik", read_places(load_settings()))
    'SE-2284'
    """
    wanted = _read_text(wanted)
    table = places.table
    found = look_up(wanted, places)
    if country is not None:
        found = [code for code in found if table.at[code, "country"] == country]
    if len(found) == 1:
        return found[0]
    where = f" in {country}" if country else ""
    if found:
        listed = ", ".join(_tell_place(code, places) for code in found[:_MOST_LISTED])
        more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
        raise InnocapError(
            f"place {wanted!r}: several are called so{where}: {listed}{more}; give the code"
        )
    raise InnocapError(
        f"place {wanted!r} is unknown{where}: give a code such as SE32 or SE-2284, or a name"
        + _suggest(wanted, places, country)
    )


def _read_text(wanted: object) -> str:
    """Return a name or code as text; a table of runs may hold a code as a number."""
    if isinstance(wanted, bool) or not isinstance(wanted, str | int):
        raise InnocapError(f"place {wanted!r}: a code or a name is needed")
    return str(wanted)


def look_up(wanted: str, places: Places) -> list[str]:
    """Return the places of a code, of the nation's own code, of a name or of another name."""
    table = places.table
    code = wanted.strip().upper()
    for one in (code, re.sub(r"^([A-Z]{2})[ _]*(?=[0-9]+$)", r"\1-", code)):
        if one in table.index:
            return [one]
    own = [str(one) for one in table.index[table["own_code"] == code]]
    name = fold_name(wanted)
    found = own or places.names.get(name, []) or places.other_names.get(name, [])
    if len(found) > 1 and not wanted.isascii():
        # Who writes the accents means them: Håbo is not Habo.
        written = [code for code in found if _fold_case(wanted) in _list_names(code, places)]
        found = written if len(written) == 1 else found
    return found


def _fold_case(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


def _list_names(code: str, places: Places) -> list[str]:
    row = places.table.loc[code]
    labels = [str(row[label]) for label in list_labels(places.table)]
    return [_fold_case(name) for name in (str(row["name"]), *labels, *str(row["also"]).split(";"))]


def _tell_place(code: str, places: Places) -> str:
    inside = places.ancestors(code)
    where = f", {places.label(inside[0])}" if inside else ""
    return f"{code} ({places.table.at[code, 'kind']} {places.table.at[code, 'name']}{where})"


def _suggest(wanted: str, places: Places, country: str | None) -> str:
    """Return what may have been meant: the nearest name with its code."""
    names = {**places.other_names, **places.names}
    near = difflib.get_close_matches(fold_name(wanted), list(names), n=3, cutoff=_NEAR)
    table, number = places.table, wanted.strip().lstrip("0")
    # Spreadsheets drop the zeros before a code.
    codes = [str(c) for c in table.index[table["own_code"].str.lstrip("0") == number] if number]
    codes += [code for name in near for code in names[name]]
    codes += difflib.get_close_matches(wanted.upper(), list(table.index), n=1, cutoff=_NEAR_CODE)
    own = [c for c in codes if country in (None, places.table.at[c, "country"])]
    return f"; did you mean {_tell_place(own[0], places)}?" if own else ""


def choose_places(
    words: Sequence[str], places: Places, *, country: str | None = None, folder: Path = Path()
) -> list[str]:
    """Return the codes of many places.

    Parameters
    ----------
    words : sequence of str
        ``all`` (every municipality, electoral area and census division), ``rural`` or
        ``sparse`` of them, ``regions`` (NUTS 2, provinces and NUTS 3), ``in PLACE`` (what lies
        in it), codes and names (several joined by commas), or a file that lists them.
    places : Places
        Where to look.
    country : str, optional
        Choose in this country only.
    folder : Path
        What the names of files are relative to.

    Returns
    -------
    list of str
        Each once, in the order of `words`; countries have pages of their own and are none.

    Raises
    ------
    InnocapError
        A place is unknown or ambiguous, a country is named, or nothing is left.

    Examples
    --------
    >>> from innocap_analysis.data.places import read_places
    >>> from innocap_analysis.settings import load_settings
    >>> len(choose_places(["rural"], read_places(load_settings()), country="SE"))
    146
    """
    if (
        country is not None
        and country not in places.table.index[places.table["level"] == "country"]
    ):
        known = ", ".join(places.table.index[places.table["level"] == "country"])
        raise InnocapError(f"country {country!r} has no places here: there are {known}")
    chosen: dict[str, None] = {}
    for word in words:
        chosen |= dict.fromkeys(_choose(word.strip(), places, country, folder))
    if not chosen:
        raise InnocapError(
            f"places {', '.join(words)}: there is none{f' in {country}' if country else ''}"
        )
    return list(chosen)


def _choose(word: str, places: Places, country: str | None, folder: Path) -> list[str]:
    table = places.table
    own = table if country is None else table[table["country"] == country]
    kinds = {
        "all": own["smallest"],
        "rural": own["smallest"] & (own["rurality"] == RURAL),
        "sparse": own["smallest"] & own["sparse"],
        "regions": own["kind"].isin(["nuts2", "province", "nuts3"]),
    }
    if word in kinds:
        return [str(code) for code in own.index[kinds[word].astype(bool)]]
    inside = re.fullmatch(r"in\s+(.+)", word)
    if inside:
        return [code for code in places.inside(find_place(inside[1], places)) if code in own.index]
    file = re.fullmatch(r"file[ :]+(.+)|(.+\.(?:csv|txt))", word)
    if file:
        return _read_list(folder / (file[1] or file[2]), places, country)
    found = []
    for name in filter(None, (part.strip() for part in word.split(","))):
        code = find_place(name, places, country=country)
        if table.at[code, "level"] == "country":
            raise InnocapError(
                f"place {name!r} is a country, whose pages are made by: innocap report --region "
                f"{code}; its places: --places all --country {code}"
            )
        found.append(code)
    return found


def _read_list(file: Path, places: Places, country: str | None) -> list[str]:
    try:
        lines = read_bytes(file).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise InnocapError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InnocapError(f"{file.name}: is not UTF-8 text; save it as UTF-8") from None
    found, faults = [], []
    for number, line in enumerate(lines, start=1):
        name = re.split(r"[,;\t#]", line)[0].strip().strip('"')
        if not name or (number == 1 and name.lower() in ("place", "places", "code", "name")):
            continue
        try:
            found.append(find_place(name, places, country=country))
        except InnocapError as error:
            faults.append(f"{file.name}: line {number}: {error}")
    if faults:
        raise InnocapError("\n  ".join(faults))
    return found
