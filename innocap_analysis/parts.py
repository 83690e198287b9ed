"""What every part of the settings is made of: read strictly, telling which values are read."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr

from innocap_analysis import reads

_NOTHING = object()


class Part(BaseModel):
    """A checked part of the settings that tells which of its values are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Its name in the file, ending in a dot; None where nobody wants to know what is read of it.
    _name: str | None = PrivateAttr(default=None)

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401
        """Return an attribute, and tell that a setting was read."""
        value = super().__getattribute__(name)
        if name[0] == "_" and name != "__dict__":
            return value
        if reads.is_listening():
            # There is none while it is being checked.
            called = (super().__getattribute__("__pydantic_private__") or {}).get("_name")
            if called is None:
                pass
            elif name == "__dict__":  # as by whoever compares, copies or writes the whole
                reads.note_setting(f"{called}*", hash_setting(self))
            elif name in type(self).model_fields and not isinstance(value, Part):
                reads.note_setting(f"{called}{name}", hash_setting(value))
        return value

    def take_names(self, name: str = "") -> None:
        """Tell this part and those below it what they are called."""
        self._name = name
        with reads.aside():
            for key in type(self).model_fields:
                value = getattr(self, key)
                parts = value.items() if isinstance(value, dict) else [("", value)]
                for inner, part in parts:
                    if isinstance(part, Part):
                        part.take_names(f"{name}{key}.{inner}." if inner else f"{name}{key}.")

    def hash_read(self, name: str) -> str:
        """Return the hash of a setting that a report has read, as it is now."""
        part: Any = self
        for key in name.split("."):
            if key == "*":
                break
            if isinstance(part, dict):
                part = part.get(key, _NOTHING)
            else:
                part = getattr(part, key) if key in type(part).model_fields else _NOTHING
            if part is _NOTHING:
                return reads.ABSENT
        return hash_setting(part)


def hash_setting(value: object) -> str:
    """Return the SHA-256 of a setting; of named parts only which there are, not the batch plan."""
    with reads.aside():
        if isinstance(value, BaseModel):
            content: object = value.model_dump(mode="json", exclude={"batch"})
        elif isinstance(value, dict) and any(isinstance(own, Part) for own in value.values()):
            content = list(value)
        else:
            content = value
        return hashlib.sha256(json.dumps(content, default=_plain).encode("utf-8")).hexdigest()


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)
