"""Writes an answer by the contract: every field there, each of exactly its JSON type, and no other.

The Go SDK decodes strictly, so an int where a string belongs breaks real users; here it is an error of ubox.
"""

from __future__ import annotations

from collections.abc import Mapping

from ubox.contract.model import Action, Kind, Refused, Shape


class BrokenContract(AssertionError):
    """The behaviour's answer is not what the contract promises."""


_TYPES: dict[Kind, type] = {Kind.TEXT: str, Kind.INT: int, Kind.FLOAT: float, Kind.BOOL: bool}


def success(action: Action, answer: Mapping[str, object]) -> dict[str, object]:
    """Raises BrokenContract."""
    conform(action.answer, answer, action.name)
    return {"RetCode": 0, "Action": f"{action.name}Response", **answer}


def refusal(action: str | None, refused: Refused) -> dict[str, object]:
    return {
        "RetCode": refused.refusal.code,
        "Action": f"{action}Response" if action else "",
        "Message": refused.message,
    }


def conform(shape: Shape, value: object, place: str) -> None:
    """Raises BrokenContract, naming the place."""
    if isinstance(shape, Kind):
        if type(value) is not _TYPES[shape]:
            raise BrokenContract(f"{place} is {value!r}, the contract says {shape.value}")
    elif isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            raise BrokenContract(f"{place} is {value!r}, the contract says an object")
        if missing := sorted(shape.keys() ^ value.keys()):
            raise BrokenContract(f"{place} differs from the contract in {', '.join(missing)}")
        for name, below in shape.items():
            conform(below, value[name], f"{place}.{name}")
    else:
        if not isinstance(value, list):
            raise BrokenContract(f"{place} is {value!r}, the contract says a list")
        for number, each in enumerate(value):
            conform(shape[0], each, f"{place}.{number}")
