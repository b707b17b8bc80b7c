"""Puts an item into a list of a cluster file, or takes one out; every other letter of the file stays.

The file is composed, so that each value's place in the text is known, and only that place is changed:
comments, order, quotes and blank lines are the user's. What comes of it is for the caller to check (`parse`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

_STEP = "  "


@dataclass(frozen=True, slots=True)
class _Place:
    """A collection in the text, with the places of what is in it, in order."""

    node: yaml.MappingNode | yaml.SequenceNode
    spans: tuple[tuple[int, int], ...]
    """First letter of each item (of its key, in a map) and the one after its last."""

    @property
    def is_flow(self) -> bool:
        return bool(self.node.flow_style)


def with_item(text: str, path: Sequence[str], item: str) -> str:
    """The text with `item`, a value in flow style such as `{a: b}`, at the end of the list at that path.

    What is missing of the path is made. Raises ValueError where the text has no place for it.
    """
    root = _root(text)
    return _put(text, root, path, item)


def without_item(text: str, path: Sequence[str], index: int) -> str:
    """The text without that item of the list at that path; a list or map that is empty then goes too.

    Raises ValueError where there is no such item.
    """
    places = [_place(_root(text))]
    keys: list[int] = []
    for name in path:
        key, value = _entry(places[-1].node, name)
        keys.append(key)
        places.append(_place(value))
    keys.append(index)
    while len(places) > 1 and len(places[-1].spans) == 1:
        places.pop()
        keys.pop()
    return _cut(text, places[-1], keys[-1])


def _put(text: str, node: yaml.Node, path: Sequence[str], item: str) -> str:
    place = _place(node)
    if not path:
        return _appended(text, place, item if place.is_flow else f"- {item}")
    try:
        _, value = _entry(place.node, path[0])
    except ValueError:
        if place.is_flow or not place.spans:
            return _appended(text, place, _flow(path, item))
        return _appended(text, place, _block(path, item, _indent(text, place)))
    if _is_empty(value):
        if place.is_flow:
            return f"{text[: value.start_mark.index]} {_flow(path[1:], item)}{text[value.end_mark.index :]}"
        indent, end = _indent(text, place) + _STEP, _line_end(text, value.end_mark.index)
        return f"{text[:end]}{indent}{_block(path[1:], item, indent)}\n{text[end:]}"
    return _put(text, value, path[1:], item)


def _appended(text: str, place: _Place, fresh: str) -> str:
    """Behind the last item."""
    if place.is_flow:
        if place.spans:
            end = place.spans[-1][1]
            return f"{text[:end]}, {fresh}{text[end:]}"
        start = place.node.start_mark.index + 1
        return text[:start] + fresh + text[place.node.end_mark.index - 1 :]
    end = _line_end(text, place.spans[-1][1])
    newline = "" if text[:end].endswith("\n") else "\n"
    return f"{text[:end]}{newline}{_indent(text, place)}{fresh}\n{text[end:]}"


def _cut(text: str, place: _Place, index: int) -> str:
    start, end = place.spans[index]
    if not place.is_flow:
        return text[: text.rfind("\n", 0, start) + 1] + text[_line_end(text, end) :]
    if index:
        return text[: place.spans[index - 1][1]] + text[end:]
    following = place.spans[1][0] if len(place.spans) > 1 else end
    return text[:start] + text[following:]


def _flow(path: Sequence[str], item: str) -> str:
    """The rest of a path as one would write it inside braces: `a: {b: [item]}`."""
    if not path:
        return f"[{item}]"
    inner = _flow(path[1:], item)
    return f"{path[0]}: {inner if len(path) == 1 else '{' + inner + '}'}"


def _block(path: Sequence[str], item: str, indent: str) -> str:
    """The same in lines; the first one without its indentation."""
    lines = [f"{indent}{_STEP * depth}{name}:" for depth, name in enumerate(path)]
    lines.append(f"{indent}{_STEP * len(path)}- {item}")
    return "\n".join(lines).removeprefix(indent)


def _root(text: str) -> yaml.Node:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        raise ValueError("the file is empty")
    return root


def _entry(node: yaml.Node, name: str) -> tuple[int, yaml.Node]:
    """The place of that key in a map, and its value."""
    if isinstance(node, yaml.MappingNode):
        for index, (key, value) in enumerate(node.value):
            if key.value == name:
                return index, value
    raise ValueError(f"there is no {name}")


def _place(node: yaml.Node) -> _Place:
    if isinstance(node, yaml.MappingNode):
        return _Place(node, tuple((key.start_mark.index, _end(value)) for key, value in node.value))
    if isinstance(node, yaml.SequenceNode):
        return _Place(node, tuple((item.start_mark.index, _end(item)) for item in node.value))
    raise ValueError("it is neither a list nor a map")


def _end(node: yaml.Node) -> int:
    """After its last letter. A block's own mark lies behind the comments that follow it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _end(node.value[-1])
    return int(node.end_mark.index)


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def _line_end(text: str, index: int) -> int:
    """After the line's end, or the text's."""
    return text.find("\n", index) + 1 or len(text)


def _indent(text: str, place: _Place) -> str:
    """What stands before the first item of a block: blanks, as many as its dash or key has."""
    start = place.spans[0][0]
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return line[: len(line) - len(line.lstrip(" "))]
