"""Entries added to ``innocap.yml``: comments, order and every other byte stay.

A YAML library would write the whole file anew; here lines are put in where the parser says that
a list or mapping ends, and what comes out is parsed again and compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy

import yaml

from innocap_analysis.errors import InnocapError
from innocap_analysis.yamlfile import parse_yaml


def add_item(text: str, path: Sequence[str], item: str, *, name: str) -> str:
    """Return the text with one more item in a list, written as the others are."""
    node = _find(text, path, name)
    if not isinstance(node, yaml.SequenceNode):
        raise InnocapError(f"{name}: {'.'.join(path)} is no list; write it as [a, b]")
    if node.flow_style:
        end = node.end_mark.index - 1  # before the bracket
        last = node.value[-1].end_mark.index if node.value else end
        new = text[:last] + (", " if node.value else "") + item + text[last:]
    else:
        line = _last_line(node)
        indent = " " * (node.value[-1].start_mark.column - 2)
        new = _insert_line(text, line, f"{indent}- {item}")
    return _compare(text, new, path, name, item)


def add_entry(text: str, path: Sequence[str], key: str, lines: Sequence[str], *, name: str) -> str:
    """Return the text with one more entry in a mapping: its key, and lines below it.

    `lines` are written one level below the key; a single line that begins with ``{`` or a value
    stands behind it.
    """
    node = _find(text, path, name)
    if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
        raise InnocapError(f"{name}: {'.'.join(path)} is no block of entries, one a line")
    indent = " " * node.value[0][0].start_mark.column
    inline = len(lines) == 1
    written = [f"{indent}{key}: {lines[0]}"] if inline else [f"{indent}{key}:"]
    written += [] if inline else [f"{indent}  {line}" for line in lines]
    written = written if path else ["", *written]  # a part of its own
    new = text
    at = _last_line(node.value[-1][1])
    for number, line in enumerate(written):
        new = _insert_line(new, at + number, line)
    return _compare(text, new, path, name, key)


def quote(text: str) -> str:
    """Return a text as a YAML scalar that is read as the same text, in quotes where it must be."""
    if re.fullmatch(r"[A-Za-zÀ-ɏ][\w À-ɏ’.-]*", text) and not text.endswith((" ", ".")):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _find(text: str, path: Sequence[str], name: str) -> yaml.Node:
    parse_yaml(text, name)  # what is no settings file is told as always
    node: yaml.Node = yaml.compose(text, Loader=yaml.SafeLoader)  # type: ignore[assignment]
    for key in path:
        values = {k.value: v for k, v in node.value} if isinstance(node, yaml.MappingNode) else {}
        if key not in values:
            raise InnocapError(f"{name}: {'.'.join(path)} is missing; add it by hand")
        node = values[key]
    return node


def _last_line(node: yaml.Node) -> int:
    """Return the line (from 0) that the last thing inside a node ends in."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    mark = node.end_mark
    return int(mark.line if mark.column or mark.line == node.start_mark.line else mark.line - 1)


def _insert_line(text: str, after: int, line: str) -> str:
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if "\r\n" in text else "\n"
    if not lines[after].endswith("\n"):
        lines[after] += newline
    return "".join([*lines[: after + 1], line + newline, *lines[after + 1 :]])


def _compare(old: str, new: str, path: Sequence[str], name: str, added: str) -> str:
    """Return the new text if it says what the old one does and one thing more."""
    before, after = (deepcopy(parse_yaml(one, name)[0]) for one in (old, new))
    where = after
    for key in path:
        assert isinstance(where, dict)
        where = where[key]
    if isinstance(where, list):
        where.pop()
    elif isinstance(where, dict):
        where.pop(added.strip('"'), None)
    if before != after:
        raise InnocapError(
            f"{name}: {'.'.join(path)} is written in a way that {added!r} cannot be added to; add "
            "it by hand"
        )
    return new
