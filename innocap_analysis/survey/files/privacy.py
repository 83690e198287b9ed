"""What keeps people out of the answers: pseudonyms, and free text without identifiers."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from innocap_analysis.errors import InnocapError

KEY_VARIABLE = "INNOCAP_KEY_FILE"
_LENGTH = 12
_BLOCK = 64  # bytes, of SHA-256
_MOST_BYTES, _FEWEST_DIFFERENT = 4096, 8

_LIVE = re.compile(r"^(?=[=+\-@])")
_MOST_NAMED = 80

# The more special pattern first: what one has taken out the next cannot misname.
_DASH = "\\-\u2010\u2011\u2012\u2013\u2014\u2212"  # as keyboards and word processors write it
_ADDRESSES = (
    ("e-mail", re.compile(
        # From the start of a word, and never back into it: one long word is read once.
        r"(?<![\w.+'-])[\w.+'-]++(?:[@\uff20][\w-]+(?:\.[\w-]+)*|"
        r"\s?(?:[@\uff20]|\((?:at|a|ät)\)|\[(?:at|a|ät)\])\s?[\w-]+(?:\.[\w-]+)+|"
        r"\s(?:at|ät|snabel-?a|miukumauku|arobase)\s[\w-]+(?:\.[\w-]+|\s(?:dot|punkt|piste|point)"
        r"\s\w{2,})+)", re.I)),
    ("web address", re.compile(r"\b(?:https?://|www\.)\S+", re.I)),
)  # fmt: skip
_MACHINES = (
    ("IP address", re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")),
    ("IP address", re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}\b", re.I)),
)
_NUMBERS = (
    ("national id", re.compile(rf"\b(?:19|20)?\d{{6}}\s?[+{_DASH}]\s?\d{{4}}\b")),  # Sweden
    ("national id", re.compile(r"\b(?:19|20)\d{10}\b")),
    (
        "national id",
        re.compile(rf"\b\d{{6}}\s?[+A-FU-Y{_DASH}]\s?\d{{3}}[0-9A-Z]\b", re.I),
    ),  # Finland
    ("national id", re.compile(r"\b\d{7}\s?[A-W][A-IW]?\b", re.I)),  # Ireland
    ("national id", re.compile(rf"\b\d{{3}}[\s{_DASH}]\d{{3}}[\s{_DASH}]\d{{3}}\b")),  # Canada
)
_HANDLES = (("handle", re.compile(r"(?<!\w)@\w{2,}")),)
# Every identifier has one of these, and few texts do.
_MARK = re.compile(r"[\d@\uff20:]")
_MARKS = ("www.", "(at)", "[at]", "(a)", "[a]", "(ät)", "[ät]", "snabel",
          "miukumauku", "arobase", "\uff20")  # fmt: skip
_SPOKEN = re.compile(r" [aä]t [\w-]+(?:\.\w| (?:dot|punkt|piste|point) )", re.I)
_DIGIT = re.compile(r"\d")
_FEWEST_DIGITS = 7  # of a number of a person
_PHONE = re.compile(rf"(?<![\d.])(?:\+|00)?\(?\d(?:[\d\s()./{_DASH}]{{5,}}\d)(?!\d)")
_YEARS = re.compile(rf"(?:19|20)\d\d\s?[/{_DASH}]\s?(?:19|20)\d\d")
# A day since 2010: nobody who is asked was born then.
_DAY = re.compile(  # with a time of day, too
    rf"(?:20[1-4]\d[./{_DASH}]\d\d?[./{_DASH}]\d\d?|\d\d?[./{_DASH}]\d\d?[./{_DASH}]20[1-4]\d)"
    r"(?:[\s.]+\d\d?){0,3}"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[\s.]\d{3})+")


def find_key(root: Path, path: str | Path | None = None) -> bytes:
    """Return the secret that pseudonyms are made with; make one on first use."""
    given = path or os.environ.get(KEY_VARIABLE)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    place = Path(given) if given else home / "innocap" / "key"
    if place.resolve().is_relative_to(root.resolve()):
        raise InnocapError(
            f"key file {place}: lies inside the project; keep it elsewhere and name it in "
            f"${KEY_VARIABLE}"
        )
    try:
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(secrets.token_hex(32) + "\n")
        if not place.is_file():
            raise InnocapError(f"key file {place}: is no file")
        with place.open("rb") as stream:
            about = os.fstat(stream.fileno())
            key = stream.read(_MOST_BYTES + 1).strip()
    except OSError as error:
        raise InnocapError(f"key file {place}: {error.strerror}") from error
    if hasattr(os, "geteuid") and about.st_uid != os.geteuid():
        raise InnocapError(
            f"key file {place}: belongs to another user, who could read or change it; make a copy "
            f"of your own and name it in ${KEY_VARIABLE}"
        )
    if os.name == "posix" and about.st_mode & 0o077:
        raise InnocapError(f"key file {place}: others may read it; close it: chmod 600 {place}")
    if len(key) < 16:
        raise InnocapError(f"key file {place}: {len(key)} bytes are too few for a key")
    if len(key) > _MOST_BYTES or len(set(key)) < _FEWEST_DIFFERENT:
        raise InnocapError(
            f"key file {place}: is no key: it is too long, or the same few characters again and "
            "again; name a file that does not exist, and a key is made there"
        )
    return key


def make_pseudonym(text: str, key: bytes, *, kind: str) -> str:
    """Return the keyed pseudonym of an identifier."""
    inner, outer = _begin_hmac(key)
    inner, outer = inner.copy(), outer.copy()
    inner.update(f"{kind}\0{' '.join(text.split()).casefold()}".encode())
    outer.update(inner.digest())
    return kind[0] + outer.hexdigest()[:_LENGTH]


@lru_cache(maxsize=2)
def _begin_hmac(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Begin both hashes of HMAC-SHA256 (RFC 2104); ``hmac`` would do so for each text anew."""
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    return hashlib.sha256(inner), hashlib.sha256(outer)


def redact_text(text: str) -> str:
    """Take identifiers out of a free text."""
    folded = text.casefold()
    spoken = " at " in folded or " ät " in folded
    spoken = spoken and _SPOKEN.search(text) is not None
    marked = any(map(folded.__contains__, _MARKS))
    if not spoken and not marked and not _MARK.search(text):
        return text
    special = spoken or marked or "@" in text or ":" in text
    text = _replace(text, _ADDRESSES) if special else text
    text = _replace(text, _MACHINES) if ":" in text or text.count(".") > 2 else text
    many = len(_DIGIT.findall(text)) >= _FEWEST_DIGITS
    text = _replace(text, _NUMBERS) if many else text
    text = _replace(text, _HANDLES) if "@" in text else text
    return _PHONE.sub(_redact_number, text) if many else text


def make_safe(text: str) -> str:
    """Return a text on one line, without identifiers, that is never a formula."""
    # A spreadsheet would run a text that starts like one; an apostrophe keeps it text.
    return _LIVE.sub("'", redact_text(" ".join(text.split())))


def name_cell(text: str) -> str:
    """Return a cell as it may stand in a record."""
    return make_safe(text)[:_MOST_NAMED]


def _replace(text: str, patterns: Sequence[tuple[str, re.Pattern[str]]]) -> str:
    for what, pattern in patterns:
        text = pattern.sub(f"[{what}]", text)
    return text


def _redact_number(found: re.Match[str]) -> str:
    number = found[0]
    digits = sum(character.isdigit() for character in number)
    plain = digits < _FEWEST_DIGITS or any(p.fullmatch(number) for p in (_YEARS, _DAY, _THOUSANDS))
    return number if plain else "[phone number]"
