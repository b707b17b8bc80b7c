"""A drawing as SVG that needs nothing else: its own colours for light and dark viewers, fonts by name."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from steppe.diagram.drawing import Box, Drawing, Label

_STYLE = """\
text { font-family: ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace }
.page { fill: #ffffff } .panel { fill: #f5f7fa; stroke: #b8c2cf }
.card { fill: #ffffff; stroke: #c3ccd8 } .bar { fill: #8592a3 }
.consul .bar { fill: #c2255c } .nomad .bar { fill: #0b8a5f }
.nameserver .bar { fill: #1c6dd0 } .broker .bar { fill: #d9480f }
.balancer .card { fill: #eaeffc; stroke: #9db2e8 } .balancer .bar { fill: #4263c9 }
.line { stroke: #6b7787; stroke-width: 1.5 } .head { fill: #6b7787 }
.title, .name { fill: #17202c } .title { font-weight: 600 } .detail, .zone { fill: #566273 }
.sign { font-weight: 700 } .good { fill: #0b7a43 } .bad { fill: #c92a2a } .unknown { fill: #8a6100 }
.failing .card { stroke: #c92a2a; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
.page { fill: #0e141b } .panel { fill: #151d27; stroke: #38465a }
.card { fill: #1d2733; stroke: #3c4b60 }
.balancer .card { fill: #1d2742; stroke: #44589a } .balancer .bar { fill: #7f9bf5 }
.line { stroke: #97a5b8 } .head { fill: #97a5b8 }
.title, .name { fill: #edf1f6 } .detail, .zone { fill: #a5b2c3 }
.good { fill: #4fd08b } .bad { fill: #ff8787 } .unknown { fill: #f0c050 }
.failing .card { stroke: #ff8787 }
}
"""


def svg(drawing: Drawing) -> str:
    """The whole file. Text is escaped; the same drawing gives the same bytes."""
    return "\n".join(_parts(drawing)) + "\n"


def _parts(drawing: Drawing) -> Iterator[str]:
    width, height = _number(drawing.width), _number(drawing.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">'
    )
    yield f"<title>{escape(drawing.title)}</title>"
    yield f"<style>\n{_STYLE}</style>"
    yield (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    yield f'<rect class="page" width="{width}" height="{height}"/>'
    for panel in drawing.panels:
        yield _rect(panel, "panel", 10)
        yield from map(_text, panel.labels)
    for line in drawing.lines:
        ends = " ".join(
            f'{name}="{_number(value)}"'
            for name, value in (("x1", line.x1), ("y1", line.y1), ("x2", line.x2), ("y2", line.y2))
        )
        start = ' marker-start="url(#arrow)"' if line.both else ""
        yield f'<line class="line" {ends}{start} marker-end="url(#arrow)"/>'
    for card in drawing.cards:
        failing = " failing" if card.health == "bad" else ""
        yield f'<g class="{card.style}{failing}">'
        yield _rect(card, "card", 5)
        bar = (
            f'x="{_number(card.x)}" y="{_number(card.y + 7)}" width="4" height="{_number(card.height - 14)}"'
        )
        yield f'<rect class="bar" {bar} rx="2"/>'
        yield from map(_text, card.labels)
        yield "</g>"
    yield from map(_text, drawing.notes)
    yield "</svg>"


def _rect(box: Box, style: str, radius: int) -> str:
    place = " ".join(
        f'{name}="{_number(value)}"'
        for name, value in (("x", box.x), ("y", box.y), ("width", box.width), ("height", box.height))
    )
    return f'<rect class="{style}" {place} rx="{radius}"/>'


def _text(label: Label) -> str:
    place = f'x="{_number(label.x)}" y="{_number(label.y)}" font-size="{_number(label.size)}"'
    return f'<text class="{label.style}" {place}>{escape(label.text)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
