"""The private file of what earlier editions have told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from innocap_analysis.errors import InnocapError
from innocap_analysis.files import write_atomically
from innocap_analysis.reads import read_bytes
from innocap_analysis.settings import Settings
from innocap_analysis.survey.editions import Former, Told

RELEASED_NAME = "released.json"
_VERSION = 1


def read_former(settings: Settings) -> Former | None:
    """Read what earlier editions have told; None where there was none."""
    path = settings.processed_dir / RELEASED_NAME
    try:
        text = read_bytes(path).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InnocapError(_tell_damaged(path, str(error))) from None
    try:
        return _parse(json.loads(text))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError,
            RecursionError) as error:  # fmt: skip
        raise InnocapError(_tell_damaged(path, f"{type(error).__name__}: {error}")) from None


def _tell_damaged(path: Path, why: str) -> str:
    return (
        f"{path}: cannot be read as the record of what earlier editions have told ({why}); "
        "restore it from a copy, or remove it if no edition was ever handed on"
    )


def _parse(content: dict[str, Any]) -> Former:
    if content["version"] != _VERSION:
        raise ValueError(f"version {content['version']!r} is not {_VERSION}")
    people, organisations = content["people"], content["organisations"]
    if not all(isinstance(text, str) for text in (*people, *organisations)):
        raise ValueError("people and organisations are no texts")
    if len(people) != len(organisations):
        raise ValueError("people and organisations differ in number")
    variables = {}
    for code, told in content["variables"].items():
        # A number for each of the people at most: what counts them makes room for the largest.
        if len(told["blocks"]) != len(people) or not all(
            type(number) is int and 0 <= number <= len(people) for number in told["blocks"]
        ):
            raise ValueError(f"{code}: blocks do not fit the people")
        blocks = np.array(told["blocks"], dtype=int)
        contents = {
            int(number): [(tuple(map(float, row)), int(count)) for row, count in rows]
            for number, rows in told["contents"].items()
        }
        secret = [[int(number) for number in own] for own in told["secret"]]
        if any(not 0 <= number < len(people) for own in secret for number in own):
            raise ValueError(f"{code}: secret groups do not fit the people")
        variables[str(code)] = Told(blocks, contents, secret)
    return Former(people, organisations, variables)


def write_former(settings: Settings, former: Former) -> Path:
    """Write what editions have told, for its owner alone; an equal file stays as it is."""
    path = settings.processed_dir / RELEASED_NAME
    variables = {
        code: {
            "blocks": told.blocks.tolist(),
            "contents": {str(number): rows for number, rows in told.contents.items()},
            "secret": told.secret,
        }
        for code, told in former.variables.items()
    }
    content = {
        "version": _VERSION, "people": former.people, "organisations": former.organisations,
        "variables": variables,
    }  # fmt: skip
    text = json.dumps(content) + "\n"
    if path.is_file() and path.read_bytes() == text.encode("utf-8"):
        return path
    return write_atomically(path, text, private=True)
