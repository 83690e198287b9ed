"""What the datapackage says of the raw files, read as strictly as the settings."""

from __future__ import annotations

import contextlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from innocap_analysis import reads
from innocap_analysis.errors import InnocapError, find_no_text, suggest

PACKAGE_NAME = "datapackage.json"
SURVEY_FOLDER = "survey"
# What a file is for: fed to the index, held against it, or who and where a place is.
ROLES = ("observations", "reference", "places")
_MOST_FAULTS_SHOWN = 20


def _check_role(role: str) -> str:
    if role not in ROLES:
        raise ValueError(f"is none of {', '.join(ROLES)}{suggest(role, ROLES)}")
    return role


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression ({error})") from None
    return pattern


def _check_inside(path: str) -> str:
    place = Path(path)
    if place.is_absolute() or ".." in place.parts or "\\" in path or not place.parts:
        raise ValueError(f"{path!r} lies outside data/raw")
    return path


class Constraints(BaseModel):
    """What the cells of a column must be like."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    required: bool = False
    minimum: float | int | None = None
    maximum: float | int | None = None
    enum: list[str] | None = None
    pattern: Annotated[str, AfterValidator(_check_pattern)] | None = None


class Column(BaseModel):
    """A column of a raw file."""

    model_config = ConfigDict(frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1)]
    type: Literal["string", "number", "integer"]
    constraints: Constraints = Constraints()


class Schema(BaseModel):
    """The columns of a raw file, and those whose values together occur once."""

    model_config = ConfigDict(frozen=True, strict=True)

    fields: Annotated[list[Column], Field(min_length=1)]
    primaryKey: Annotated[list[str], Field(min_length=1)]  # noqa: N815 - the standard's name

    @model_validator(mode="after")
    def _check_key(self) -> Schema:
        names = [column.name for column in self.fields]
        lost = [name for name in self.primaryKey if name not in names]
        if lost:
            raise ValueError(f"primaryKey: there is no column {lost[0]!r}{suggest(lost[0], names)}")
        return self


class Resource(BaseModel):
    """One raw file and what the datapackage says of it.

    Attributes
    ----------
    name, title, publisher, citation, licence_note, checked : str
        Where the figures come from, under which terms, and how they were checked.
    cautions : dict of str to str
        What to be careful about, by indicator code.
    role : str
        One of :data:`ROLES`.
    file : str
        Its place below ``data/raw``.
    hash : str
        ``sha256:`` and 64 hexadecimal digits.
    table : Schema
        Its columns and key, a Frictionless table schema.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1)]
    title: str
    publisher: str
    citation: str
    licence_note: str
    checked: str
    cautions: dict[str, str]
    role: Annotated[str, AfterValidator(_check_role)]
    file: Annotated[str, Field(alias="path"), AfterValidator(_check_inside)]
    hash: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    table: Annotated[Schema, Field(alias="schema")]
    folder: Annotated[Path, Field(exclude=True)] = Path()

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.file

    @property
    def sha256(self) -> str:
        """Its hash."""
        return self.hash.removeprefix("sha256:")


class _Package(BaseModel):
    model_config = ConfigDict(strict=True)

    resources: list[Resource]

    @field_validator("resources")
    @classmethod
    def _check_names(cls, resources: list[Resource]) -> list[Resource]:
        for what in ("name", "file"):
            values = [getattr(resource, what) for resource in resources]
            twice = next((value for value in values if values.count(value) > 1), None)
            if twice is not None:
                raise ValueError(f"two resources have the {what} {twice!r}")
        return resources


def read_datapackage(raw_dir: Path, *, role: str | None = None) -> list[Resource]:
    """Read which raw files there are, and tell every fault of the description at once.

    Where only one role is asked for, only its entries count as read.
    """
    file = raw_dir / PACKAGE_NAME
    try:
        with contextlib.nullcontext() if role is None else reads.aside():
            text = reads.read_bytes(file)
    except OSError as error:
        raise InnocapError(f"{file}: cannot be read ({error.strerror})") from None
    content, package = _parse(text)
    resources = [one.model_copy(update={"folder": raw_dir}) for one in package.resources]
    _refuse_strays(raw_dir, {resource.path for resource in resources})
    if role is None:
        return resources
    reads.note_role(file, role, [one for one in content["resources"] if one.get("role") == role])
    return [resource for resource in resources if resource.role == role]


@lru_cache(maxsize=4)  # every page asks for it several times
def _parse(text: bytes) -> tuple[dict[str, Any], _Package]:
    try:
        content = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InnocapError(f"{PACKAGE_NAME}: is not valid JSON ({error})") from None
    if b"\\u" in text and (code := find_no_text(content)):
        raise InnocapError(f"{PACKAGE_NAME}: {code} is no character of a text; remove it")
    try:
        return content, _Package.model_validate(content)
    except ValidationError as error:
        faults = [_tell_fault(fault, content) for fault in error.errors()[:_MOST_FAULTS_SHOWN]]
        raise InnocapError(f"{PACKAGE_NAME}: " + "\n  ".join(faults)) from None


def _refuse_strays(raw_dir: Path, listed: set[Path]) -> None:
    # A stray stops a batch before it runs, so no page depends on there being one.
    with reads.aside():
        # Survey exports come and go, and are checked by their own reader.
        strays = sorted(
            path.name
            for path in raw_dir.glob("**/*.csv")
            if path not in listed and path.parent.name != SURVEY_FOLDER
        )
    if strays:
        raise InnocapError(
            f"{raw_dir.name}/{strays[0]}: is not described in {PACKAGE_NAME}; add a resource with "
            "publisher, citation, licence, hash and schema, or remove the file"
        )


def _tell_fault(fault: Any, content: Any) -> str:  # noqa: ANN401 - pydantic's, and any JSON
    """Say where in the file something is wrong, by the resource's name where it has one."""
    place = list(fault["loc"])
    if place[:1] == ["resources"] and len(place) > 1:
        entry = content["resources"][place[1]]
        name = entry.get("name") if isinstance(entry, dict) else None
        place[:2] = [f"resource {name!r}" if isinstance(name, str) else f"resource {place[1] + 1}"]
    where = ", ".join(str(part) for part in place) or "the file"
    if fault["type"] == "missing":
        return f"{where}: is missing; see its neighbours"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"
