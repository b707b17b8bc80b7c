"""The rules that parameters keep, as values: each says what is allowed in words that a refusal can quote."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from ubox.contract.model import BAD_PARAM, INT, TEXT, Check, Param, Refusal, may

_NAME = re.compile(r"[\w\-.一-鿿]{1,63}")
_LOOSE_NAME = re.compile(r"[\w\-.,\[\]:一-鿿]{1,63}")


def _text(test: Callable[[str], object], says: str, refusal: Refusal = BAD_PARAM) -> Check:
    return Check(says, lambda value: isinstance(value, str) and bool(test(value)), refusal)


NAME = _text(_NAME.fullmatch, "1 to 63 letters, digits, '-', '_' or '.'")
LOOSE_NAME = _text(_LOOSE_NAME.fullmatch, "1 to 63 letters, digits or -_.,[]:")
REMARK = _text(lambda value: len(value) <= 255, "at most 255 characters")
ADDRESS = _text(lambda value: _parses(ipaddress.IPv4Address, value), "an IPv4 address")


def longest(count: int, refusal: Refusal) -> Check:
    return _text(lambda value: 1 <= len(value) <= count, f"1 to {count} characters", refusal)


def one_of(*words: str) -> Check:
    return Check("one of " + ", ".join(words), lambda value: value in words)


def between(low: int, high: int, refusal: Refusal = BAD_PARAM) -> Check:
    return Check(
        f"{low} to {high}", lambda value: isinstance(value, int | float) and low <= value <= high, refusal
    )


def step(size: int, refusal: Refusal = BAD_PARAM) -> Check:
    return Check(f"a multiple of {size}", lambda value: isinstance(value, int) and value % size == 0, refusal)


TAG: Param = may("Tag", TEXT, NAME, default="Default")
LIMIT: Param = may("Limit", INT, between(0, 100), default=20)
"""Most lists: 20 unless asked, 100 at most."""
OFFSET: Param = may(
    "Offset", INT, Check("0 or more", lambda value: isinstance(value, int) and value >= 0), default=0
)


def _parses(reader: Callable[[str], object], text: str) -> bool:
    try:
        reader(text)
    except ValueError:
        return False
    return True
