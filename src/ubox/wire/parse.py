"""Reads a request in the three ways the API takes: query, form body, JSON body.

The official Python SDK posts a form; the Go SDK posts a form and repeats Action in the query, and can post
JSON. Blank values are kept, since the Python SDK sends and signs them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

_DEEPEST = 32
"""Groups within groups; no call has more than five."""
_LONGEST_INDEX = 6
"""Digits."""

Value = str | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A request as it was sent."""

    signed: Mapping[str, Value]
    """Everything that the signature covers, and the signature itself."""
    action: str | None


class Unreadable(Exception):
    """The request is not what its Content-Type says, or what no call can be."""


def parse(*, query: bytes, body: bytes, content_type: str) -> Raw:
    """Raises Unreadable."""
    asked = dict(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True))
    if content_type.startswith("application/json") and body:
        signed = _json(body)
    elif body:
        signed = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    else:
        signed = dict(asked)
    if any(name.count(".") > _DEEPEST for name in signed):
        raise Unreadable(f"a parameter's name has more than {_DEEPEST} parts")
    action = signed.get("Action", asked.get("Action"))
    return Raw(signed=signed, action=action if isinstance(action, str) else None)


def tree(signed: Mapping[str, Value]) -> dict[str, Value]:
    """`{"Disks.0.Size": "20"}` as `{"Disks": [{"Size": "20"}]}`; JSON bodies are trees already.

    Indexed names become lists in the order of their indexes, whatever the first index is.
    """
    root: dict[str, Value] = {}
    for name in sorted(signed):
        *path, last = name.split(".")
        place = root
        for part in path:
            below = place.setdefault(part, {})
            if not isinstance(below, dict):
                below = place[part] = {}
            place = below
        place[last] = signed[name]
    return {name: _listed(value) for name, value in root.items()}


def _listed(value: Value) -> Value:
    if isinstance(value, list):
        return [_listed(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value and all(_is_index(name) for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(each) for name, each in value.items()}


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) <= _LONGEST_INDEX


def _json(body: bytes) -> dict[str, Value]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is not JSON, or nests without end") from error
    if not isinstance(sent, dict):
        raise Unreadable("the body is not a JSON object")
    return {_text(name): _worded(value) for name, value in sent.items() if value is not None}


def _worded(value: object, depth: int = 0) -> Value:
    """Every scalar as the text that the signature is made of. Raises Unreadable."""
    if depth > _DEEPEST:
        raise Unreadable(f"the body nests more than {_DEEPEST} deep")
    if isinstance(value, dict):
        return {_text(name): _worded(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_worded(each, depth + 1) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _text(str(value))


def _text(given: str) -> str:
    """The same. JSON can write half a character, which no text has. Raises Unreadable."""
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("the body has text that is not Unicode") from error
    return given
