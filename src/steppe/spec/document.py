"""A YAML file as plain values that remember their lines.

The file is composed, not loaded, so that each key keeps its mark; only YAML's plain kinds are taken
(maps, lists, text, numbers, true, false, null), and a key may stand only once in a map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from steppe.spec.problems import Path, Problem, SpecError, field_name

_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    name: str
    """The file's name as the user gave it."""
    value: dict[str, Any]
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of that place, or of the nearest one around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, message: str, expected: str = "") -> Problem:
        return Problem(
            file=self.name, line=self.line(path), field=field_name(path), message=message, expected=expected
        )


def read(text: str, name: str) -> Document:
    """The document in `text`. Raises SpecError when it isn't one map in YAML's plain kinds."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SpecError([_problem(name, line, f"is not valid YAML: {error.problem}")]) from None
    except yaml.YAMLError as error:
        raise SpecError([_problem(name, 1, f"is not valid YAML: {error}")]) from None
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1 if root else 1
        raise SpecError([_problem(name, line, "a cluster file is a map of fields", "cluster: orders, …")])
    reader = _Reader(name=name)
    value = reader.map(root, ())
    if reader.problems:
        raise SpecError(reader.problems)
    return Document(name=name, value=value, lines=reader.lines)


@dataclass(slots=True, kw_only=True)
class _Reader:
    name: str
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _open: list[yaml.Node] = field(default_factory=list)

    def map(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(_problem(self.name, line, "a field's name is plain text"))
                continue
            key = str(key_node.value)
            place = (*path, key)
            if key in value:
                message = f"stands here a second time; the first is in line {self.lines[place]}"
                self.problems.append(_problem(self.name, line, message, field=field_name(place)))
                continue
            self.lines[place] = line
            value[key] = self._value(value_node, place)
        return value

    def _value(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        if node.tag not in _PLAIN_TAGS and node.tag != "tag:yaml.org,2002:timestamp":
            message = f"the tag {node.tag} is not allowed"
            self.problems.append(_problem(self.name, line, message, field=field_name(path)))
            return None
        if any(node is outer for outer in self._open):
            self.problems.append(_problem(self.name, line, "contains itself", field=field_name(path)))
            return None
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        self._open.append(node)
        value: Any
        if isinstance(node, yaml.MappingNode):
            value = self.map(node, path)
        else:
            value = [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        self._open.pop()
        return value

    def _item(self, node: yaml.Node, path: Path) -> Any:
        self.lines[path] = node.start_mark.line + 1
        return self._value(node, path)


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.tag.endswith(":timestamp"):
        return node.value
    return yaml.constructor.SafeConstructor().construct_object(node)


def _problem(name: str, line: int, message: str, expected: str = "", field: str = "") -> Problem:
    return Problem(file=name, line=line, field=field, message=message, expected=expected)
