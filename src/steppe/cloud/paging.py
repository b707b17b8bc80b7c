"""A list in pages, read at the same time, in which nothing is lost when it changes meanwhile.

Pages are places in a list that others change: when a row before the end of a page goes, all that follow
move up, and one of them would be in no page. So each page begins with the last row of the one before it.
Where that is another row, the list has moved between the two, and what was read says nothing. What is added
at the end moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

Row: TypeAlias = Mapping[str, Any]
"""One resource as the API shows it."""


class Page(NamedTuple):
    rows: list[Row]
    total: int
    """How many rows the whole list has; 0 where the API doesn't say."""


def all_rows(page: Callable[[int], Page], *, at_once: int) -> list[Row] | None:
    """All rows; None when the list moved while it was read, and must be read again.

    `page` gives the page at that offset. What it raises comes through. How many rows a page holds is the
    API's business: the first one tells.
    """
    found, total = page(0)
    size = len(found)
    if size == 0 or total <= size:
        return found
    stride = max(1, size - 1)
    offsets = range(stride, total - (size - stride), stride)
    with ThreadPoolExecutor(max_workers=min(at_once, len(offsets)), thread_name_prefix="page") as pool:
        others = list(pool.map(page, offsets))
    rows = list(found)
    for offset, (more, _) in zip(offsets, others, strict=True):
        shared = len(rows) - offset
        if len(more) < min(size, total - offset) or list(map(_ids, rows[offset:])) != list(
            map(_ids, more[:shared])
        ):
            return None
        rows += more[shared:]
    return rows


def _ids(row: Row) -> list[tuple[str, str]]:
    """What tells a row from others, while its state may change."""
    return sorted(
        (name, value) for name, value in row.items() if name.endswith(("Id", "ID")) and isinstance(value, str)
    )
