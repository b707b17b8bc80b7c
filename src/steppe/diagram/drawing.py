"""What a picture is made of. Lengths are SVG user units; a label's place is its baseline's left end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CHARACTER = 0.62
"""A monospaced character's width by its font size; the common faces have 0.60."""


class Health(StrEnum):
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"

    @property
    def sign(self) -> str:
        return {Health.GOOD: "✓", Health.BAD: "✗", Health.UNKNOWN: "?"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    x: float
    y: float
    text: str
    size: float
    style: str

    @property
    def width(self) -> float:
        return len(self.text) * self.size * CHARACTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    style: str
    """`panel`, or the kind of the card: a role, `balancer`, `gateway`, `outside`."""
    labels: tuple[Label, ...]
    health: Health | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    both: bool
    """Arrows at both ends; else at the second one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    title: str
    width: float
    height: float
    panels: tuple[Box, ...]
    """The networks; every card of theirs lies within one."""
    cards: tuple[Box, ...]
    lines: tuple[Line, ...]
    notes: tuple[Label, ...]
    """Text outside of the cards: zones over their columns, the peering's name."""
