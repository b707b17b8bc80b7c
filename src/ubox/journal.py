"""The last calls that the box answered, for tests and for whoever looks for a fault."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ubox.store.sqlite import Rows, Store

_KEPT = 10_000
_TIDY_EVERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    at: float
    """Unix seconds."""
    action: str
    retcode: int
    ignored: tuple[str, ...]
    """Parameters that were sent and that the box doesn't know."""


class Journal:
    def __init__(self, store: Store) -> None:
        with store.transaction() as rows:
            rows.sql.execute(
                "CREATE TABLE IF NOT EXISTS journal"
                " (number INTEGER PRIMARY KEY, at REAL, action TEXT, retcode INTEGER, ignored TEXT)"
            )

    def write(self, rows: Rows, line: Line) -> None:
        cursor = rows.sql.execute(
            "INSERT INTO journal (at, action, retcode, ignored) VALUES (?, ?, ?, ?)",
            (line.at, line.action, line.retcode, json.dumps(line.ignored)),
        )
        if (cursor.lastrowid or 0) % _TIDY_EVERY == 0:
            rows.sql.execute("DELETE FROM journal WHERE number <= ?", ((cursor.lastrowid or 0) - _KEPT,))

    def read(self, rows: Rows, since: int = 0) -> list[dict[str, object]]:
        """Those after number `since`, oldest first."""
        found = rows.sql.execute("SELECT * FROM journal WHERE number > ? ORDER BY number", (since,))
        return [
            {"number": number, "at": at, "action": action, "retcode": retcode, "ignored": json.loads(ignored)}
            for number, at, action, retcode, ignored in found
        ]
