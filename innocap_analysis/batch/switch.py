"""The language switch: each page leads to the same page in every language that stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

from innocap_analysis.batch.lock import list_held
from innocap_analysis.batch.naming import name_report, split_report
from innocap_analysis.batch.record import RecordStore, read_record
from innocap_analysis.files import hash_file, write_atomically
from innocap_analysis.languages import name_language
from innocap_analysis.settings import Settings

_SWITCH = re.compile(rb'<span class="languages">.*?</span>', re.DOTALL)
_HEAD = 32_768  # bytes of a page that hold its switch, below its styles


def link_languages(
    settings: Settings, places: Iterable[str], records: RecordStore | None = None
) -> None:
    """Bring the switches of these pages, and of their other languages, in step with what stands.

    `places` are those of executed notebooks. A page is made without knowing which languages others
    make or have made; a page that another batch is making is left to that one.
    """
    held = list_held(settings.output_dir, but=settings.batch_id)
    groups = dict.fromkeys((str(Path(p).parent), *split_report(Path(p).stem, settings)[:2])
                           for p in places)  # fmt: skip
    for folder, notebook, tag in groups:
        pages = {
            language: settings.output_dir / folder
            / f"{name_report(notebook, language, settings, tag)}.html"
            for language in settings.languages
        }  # fmt: skip
        shown = {language: page for language, page in pages.items() if page.is_file()}
        for language, page in shown.items():
            place = page.with_suffix(".ipynb").relative_to(settings.output_dir).as_posix()
            if held is not None and place not in held:
                others = {k: other.name for k, other in shown.items() if k != language}
                _write_switch(page, place, make_switch(others), records)


def make_switch(links: dict[str, str]) -> str:
    """Return links to other languages, each named by itself."""
    named = (
        f'<a href="{escape(href)}" lang="{language}" hreflang="{language}">'
        f"{escape(name_language(language))}</a>"
        for language, href in links.items()
    )
    return f'<span class="languages">{" ".join(named)}</span>'


def _write_switch(page: Path, place: str, switch: str, records: RecordStore | None) -> None:
    with page.open("rb") as stream:
        found = _SWITCH.search(stream.read(_HEAD))
    if found is None or found[0] == switch.encode("utf-8"):
        return
    before, book = page.read_bytes(), page.with_suffix(".ipynb")
    record, name = read_record(book), Path(place).with_suffix(".html").as_posix()
    old = hashlib.sha256(before).hexdigest()
    if record.get("outputs", {}).get(name) != old:
        return  # somebody's own by now
    after = _SWITCH.sub(lambda _: switch.encode("utf-8"), before, count=1)
    new = hashlib.sha256(after).hexdigest()
    # The record last: what ends this half way leaves a page that is made again.
    write_atomically(page, after)
    write_atomically(book, book.read_text(encoding="utf-8").replace(old, new))
    if records is not None:
        record["outputs"][name] = new
        records.add(place, record | {"sha256": hash_file(book)})
