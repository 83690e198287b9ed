"""Texts of a page: lists, and the line that says how it was made."""

from __future__ import annotations

import platform
from datetime import UTC, datetime

import pandas as pd

from innocap_analysis.pages.labels import Labels


class Prose(str):
    """A text that notebooks show as Markdown."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)


def write_list(sentences: list[str]) -> Prose:
    """Write sentences as a list."""
    return Prose("\n".join(f"- {sentence}" for sentence in sentences))


def write_stamp(labels: Labels, data: str) -> Prose:
    """Write which software and data made a page."""
    from innocap_analysis import __version__

    return Prose(
        labels.say(
            "Made {date} (UTC) with innocap_analysis {version}, Python {python}, pandas {pandas}; "
            "data {data}.",
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
            version=__version__,
            python=platform.python_version(),
            pandas=pd.__version__,
            data=data,
        )
    )
