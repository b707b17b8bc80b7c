"""The estimate of what a plan costs, as a person and as a program reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.markup import escape

from steppe.cloud.price import Estimate

_PER = {"Month": "month", "Year": "year"}


def lines(price: Estimate | None) -> Iterator[str]:
    """In rich's markup, a line each; none when nothing was asked."""
    if price is None or not (price.items or price.missing):
        return
    if price.missing:
        yield f"[dim]No price: {escape(price.missing)}[/]"
        return
    for item in price.items:
        per = _PER.get(item.charge_type, "hour")
        yield f"  [dim]¥ {item.yuan:,.2f} a {per}: {item.count} x {escape(item.what)}[/]"
    sums = [("month", price.month), ("hour", price.hour)]
    total = " and ".join(f"¥ {yuan:,.2f} a {per}" for per, yuan in sums if yuan)
    whose = "invented by the box, which sells nothing" if price.invented else "as the API estimates it"
    yield f"Price of what is made: {total or '¥ 0'}, {whose}, without traffic."


def data(price: Estimate | None) -> dict[str, Any] | None:
    """For JSON; None when nothing was asked."""
    if price is None:
        return None
    return {
        "items": [asdict(item) for item in price.items],
        "missing": price.missing,
        "invented": price.invented,
        "yuan_a_month": price.month,
        "yuan_an_hour": price.hour,
    }
