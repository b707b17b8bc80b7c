"""The diagram room: a cluster as a picture. Pure: a topology goes in, a drawing and its text come out."""

from __future__ import annotations

from steppe.diagram.drawing import Drawing, Health
from steppe.diagram.layout import draw
from steppe.diagram.mermaid import mermaid
from steppe.diagram.svg import svg

__all__ = ["Drawing", "Health", "draw", "mermaid", "svg"]
