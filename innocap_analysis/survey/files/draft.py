"""Everything about a file of answers that a person has to decide, with what speaks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import Settings
from innocap_analysis.survey.files.cells import Cells
from innocap_analysis.survey.files.columns import (
    Target,
    match_columns,
    place_mapping,
    suggest_item,
)
from innocap_analysis.survey.files.decisions import (
    ANSWER,
    COLUMN,
    NOTE,
    STATUS,
    Decision,
    write_letters,
)
from innocap_analysis.survey.files.moments import hear_order
from innocap_analysis.survey.files.options import PLAIN, FileOptions
from innocap_analysis.survey.files.privacy import name_cell
from innocap_analysis.survey.files.read import make_resolver, open_file, read_items
from innocap_analysis.survey.files.resolve import Resolver
from innocap_analysis.survey.files.respondents import (
    DATES,
    STATUS_COLUMNS,
    read_status_word,
)
from innocap_analysis.survey.files.source import iterate_source
from innocap_analysis.survey.instrument import Instrument, read_instrument
from innocap_analysis.survey.tools import Tool, find_statuses
from innocap_analysis.survey.tools.tool import STATUSES

_MOST_WORDS = 40  # of a status, above which a column says something else


def draft_decisions(
    path: Path, settings: Settings, options: FileOptions, *, file: str
) -> list[Decision]:
    """Draft the decisions about a file; open are those that the file does not suggest."""
    instrument = read_instrument(settings.survey_path, settings.scales_path)
    source, layout = open_file(path, options)
    targets = match_columns(layout, instrument, path.name, mapping=options.mapping, strict=False)
    resolver = make_resolver(instrument, layout.tool, path.name, options, settings)
    parts = list(iterate_source(path, source, layout, [c.position for c in layout.columns]))
    cells = {i: Cells.join([part[i] for part in parts]) for i in parts[0]} if parts else {}
    rows = [Decision(file, "tool", decision=layout.tool.name,
                     evidence=f"header in row {layout.header_row}")]  # fmt: skip
    asked = instrument.find_role("country")
    if asked and asked not in {target.code for target in targets}:
        told = "no column says it; one of " + ", ".join(settings.countries)
        rows.append(Decision(file, "country", decision=options.country or "", evidence=told))
    given = place_mapping(layout, options.mapping or {}, instrument, path.name)
    rows += [Decision(file, COLUMN, write_letters(i + 1), layout.columns[i].shown,
                      decision=code) for i, code in given.items()]  # fmt: skip
    left = [target for target in targets if target.column.position not in given]
    rows += _draft_columns(file, left, cells, instrument)
    try:
        read_items(cells, targets, resolver)
    except InnocapError as error:
        rows.append(Decision(file, NOTE, evidence=" ".join(str(error).split())))
    rows += _draft_codes(file, resolver)
    rows += _draft_answers(file, resolver)
    said = [target for target in targets if target.kind == "role"]
    dates = [cells[t.column.position] for t in said if t.code in DATES]
    rows += _draft_dates(file, dates, layout.tool)
    for target in said:
        if target.code in STATUS_COLUMNS:
            rows += _draft_statuses(file, target, cells[target.column.position], layout.tool)
    drafted = {row.about for row in rows}
    for own in PLAIN:
        value = getattr(options, own.name)
        if value is not None and own.name not in (*drafted, "mapping"):
            told = {True: "yes", False: "no"}.get(value, value) if own.name == "rescale" else value
            rows.append(Decision(file, own.name, decision=str(told)))
    return rows


def _draft_columns(
    file: str, targets: Sequence[Target], cells: dict[int, Cells], instrument: Instrument
) -> Iterator[Decision]:
    """Draft what is no item by its code or text; columns of persons stay left out."""
    for target in targets:
        column = target.column
        if target.kind != "unmatched" or not column.header:
            continue
        item, told = suggest_item(column, instrument)
        n = int(cells[column.position].filled.sum())
        yield Decision(file, COLUMN, write_letters(column.position + 1), column.shown,
                       count=str(n), decision=item, evidence=told)  # fmt: skip


def _draft_codes(file: str, resolver: Resolver) -> Iterator[Decision]:
    """Draft which way numbers run."""
    if resolver.told:
        way = next(iter(resolver.told)) if len(resolver.told) == 1 else ""
        yield Decision(file, "codes", decision=way, evidence="; ".join(resolver.told.values()))
        return
    bare = [problem for problem in resolver.problems if problem.is_bare]
    if bare:
        n = sum(problem.count for problem in bare)
        first = bare[0]
        yield Decision(file, "codes", count=str(n), evidence=f"numbers without a label, as "
                       f"{first.text!r} in column {write_letters(first.column.position + 1)}; "
                       "high_agrees or low_agrees")  # fmt: skip


def _draft_answers(file: str, resolver: Resolver) -> Iterator[Decision]:
    for problem in resolver.problems:
        if not problem.is_bare:
            column = problem.column
            told = f"first in row {problem.row}; missing, or one of: {problem.expected}"
            yield Decision(file, ANSWER, write_letters(column.position + 1), column.shown,
                           name_cell(problem.text), str(problem.count), evidence=told)  # fmt: skip


def _draft_dates(file: str, dates: Sequence[Cells], tool: Tool) -> Iterator[Decision]:
    texts = [(text, int(row)) for own in dates
             for text, row in zip(own.texts, own.first_rows, strict=True)]  # fmt: skip
    seen, any_ordered = hear_order(texts)
    if seen:
        way = next(iter(seen)) if len(seen) == 1 else ""
        yield Decision(file, "dates", decision=way, evidence=" and ".join(seen.values()))
    elif any_ordered:
        told = f"no part of {any_ordered} is above 12, nor of any other date; {tool.name} writes so"
        yield Decision(file, "dates", decision=tool.dates, evidence=told)


def _draft_statuses(file: str, target: Target, cells: Cells, tool: Tool) -> Iterator[Decision]:
    words = find_statuses(target.code, tool)
    counts: dict[str, int] = {}
    for text, count in zip(cells.texts, cells.counts, strict=True):
        word = read_status_word(text)
        counts[word] = counts.get(word, 0) + int(count)
    letters, header = write_letters(target.column.position + 1), target.column.shown
    for word, count in counts.items() if len(counts) <= _MOST_WORDS else ():
        told = "known of the tool" if word in words else f"not known; one of {', '.join(STATUSES)}"
        yield Decision(file, STATUS, letters, header, name_cell(word), str(count),
                       words.get(word, STATUSES[0]), told)  # fmt: skip
