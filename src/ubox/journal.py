"""The last calls that the box answered, for tests and for whoever looks for a fault."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ubox.store.sqlite import Rows, Store

_KEPT = 10_000
_TIDY_EVERY = 500
_COLUMNS = ["number", "at", "action", "retcode", "ignored", "caller"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    at: float
    """Unix seconds."""
    action: str
    retcode: int
    ignored: tuple[str, ...]
    """Parameters that were sent and that the box doesn't know."""
    caller: str = ""
    """The address that the call came from; empty for one within the process."""


class Journal:
    def __init__(self, store: Store) -> None:
        with store.transaction() as rows:
            if _columns(rows) != _COLUMNS:
                # Kept by another version: of passing interest, and not worth reading.
                rows.sql.execute("DROP TABLE IF EXISTS journal")
            rows.sql.execute(
                "CREATE TABLE IF NOT EXISTS journal"
                " (number INTEGER PRIMARY KEY, at REAL, action TEXT, retcode INTEGER, ignored TEXT,"
                " caller TEXT)"
            )

    def write(self, rows: Rows, line: Line) -> None:
        cursor = rows.sql.execute(
            "INSERT INTO journal (at, action, retcode, ignored, caller) VALUES (?, ?, ?, ?, ?)",
            (line.at, line.action, line.retcode, json.dumps(line.ignored), line.caller),
        )
        if (cursor.lastrowid or 0) % _TIDY_EVERY == 0:
            rows.sql.execute("DELETE FROM journal WHERE number <= ?", ((cursor.lastrowid or 0) - _KEPT,))

    def read(self, rows: Rows, since: int = 0) -> list[dict[str, object]]:
        """Those after number `since`, oldest first."""
        found = rows.sql.execute("SELECT * FROM journal WHERE number > ? ORDER BY number", (since,))
        return [
            {
                "number": number,
                "at": at,
                "action": action,
                "retcode": retcode,
                "ignored": json.loads(ignored),
                "caller": caller,
            }
            for number, at, action, retcode, ignored, caller in found
        ]


def _columns(rows: Rows) -> list[str]:
    return [row[1] for row in rows.sql.execute("PRAGMA table_info(journal)")]
