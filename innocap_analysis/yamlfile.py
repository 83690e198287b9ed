"""YAML as plain containers of texts, with the line of every key for messages."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from innocap_analysis.errors import InnocapError, find_no_text

_MOST_LEVELS = 20
_MOST_LETTERS = 250_000  # a parser written in Python takes seconds for them


@lru_cache(maxsize=8)
def parse_yaml(text: str, name: str) -> tuple[object, dict[tuple[str, ...], int]]:
    """Return plain containers of strings, and the line of every key.

    All scalars stay strings, because YAML would read the country code ``NO`` as False;
    the settings' types turn them into numbers.
    """
    lines: dict[tuple[str, ...], int] = {}
    if len(text) > _MOST_LETTERS:
        raise InnocapError(f"{name}: is longer than {_MOST_LETTERS} letters; these are no settings")

    def build(node: yaml.Node, path: tuple[str, ...]) -> object:
        lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            built: dict[str, object] = {}
            for key_node, value_node in node.value:
                if not isinstance(key_node, yaml.ScalarNode):
                    line = f"line {key_node.start_mark.line + 1}"
                    raise InnocapError(f"{name}: {line}: a name is a text, no list or table")
                key = str(key_node.value)
                if key in built:
                    raise InnocapError(
                        f"{name}: line {key_node.start_mark.line + 1}, {'.'.join((*path, key))}: "
                        "is set twice; remove one"
                    )
                built[key] = build(value_node, (*path, key))
                lines[(*path, key)] = key_node.start_mark.line + 1
            return built
        if isinstance(node, yaml.SequenceNode):
            return [build(item, (*path, str(i))) for i, item in enumerate(node.value)]
        if code := find_no_text(str(node.value)):
            line = f"line {node.start_mark.line + 1}, {'.'.join(path)}"
            raise InnocapError(f"{name}: {line}: {code} is no character of a text; remove it")
        return str(node.value)

    try:
        _refuse_aliases(text, name)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise InnocapError(f"{name}: {line}not valid YAML, {problem}") from None
    if not isinstance(tree, yaml.MappingNode):
        raise InnocapError(f"{name}: holds no settings; expected keys such as 'countries:'")
    return build(tree, ()), lines


def _refuse_aliases(text: str, name: str) -> None:
    """Refuse what makes a short file a huge or endless one: references, and deep nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        mark = event.start_mark
        line = f"{name}: line {mark.line + 1}: " if mark else f"{name}: "
        if isinstance(event, yaml.AliasEvent):
            raise InnocapError(f"{line}*{event.anchor} refers to another place; write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MOST_LEVELS:
            raise InnocapError(f"{line}more than {_MOST_LEVELS} levels inside each other")


def tell_fault(fault: Any, lines: dict[tuple[str, ...], int]) -> str:  # noqa: ANN401
    """Say what the checker of the settings found, with line and name."""
    where = tuple(str(part) for part in fault["loc"])
    named = tuple(part for part in where if part != "[key]")
    line = next((lines[named[:k]] for k in range(len(named), 0, -1) if named[:k] in lines), None)
    place = ".".join(named) or "the file"
    if fault["type"] == "extra_forbidden":
        text = "is no known setting (is it misspelt?)"
    elif fault["type"] == "missing":
        text = "is missing"
    else:
        text = fault["msg"].removeprefix("Value error, ")
        text += f" (found {fault['input']!r})" if isinstance(fault["input"], str) else ""
    return (f"line {line}, " if line else "") + f"{place}: {text}"
