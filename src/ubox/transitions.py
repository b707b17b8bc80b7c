"""States that change by themselves.

A change is a row with a deadline (or a number of looks), so it happens also when the box was down meanwhile.
Deadlines are looked at when a request comes, since nobody can see a state otherwise.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from ubox.settings import Delay
from ubox.store.rows import ROWS, Row, Transition
from ubox.store.sqlite import Rows

_TABLES = {kind.__name__: kind for kind in ROWS}

Step = tuple[str, str, Delay]
"""From this value, to that one, after so long."""


def schedule(rows: Rows, row: Row, column: str, steps: Sequence[Step], now: float) -> None:
    """Plans changes that follow each other, in place of those planned for the same column before."""
    for planned in rows.find(Transition, row=row.id, column=column):
        rows.remove(planned)
    due, polls = now, 0
    for old, new, delay in steps:
        due, polls = due + delay.seconds, polls + delay.polls
        rows.add(
            Transition(
                id=secrets.token_hex(8),
                table=type(row).__name__,
                row=row.id,
                column=column,
                old=old,
                new=new,
                due=0.0 if delay.polls else due,
                polls=polls if delay.polls else 0,
            )
        )


def settle(rows: Rows, now: float) -> None:
    """Makes every change whose time has come, in order."""
    due = rows.sql.execute(
        'SELECT id FROM "Transition" WHERE due > 0 AND due <= ? ORDER BY due, rowid', (now,)
    )
    for (id,) in due.fetchall():
        if planned := rows.get(Transition, id):
            _make(rows, planned)


def looked_at(rows: Rows, ids: Sequence[str]) -> bool:
    """Counts one look at each of these rows; whether one of them may have changed by it."""
    seen = set(ids)
    counted = [planned for planned in rows.find(Transition, due=0.0) if planned.row in seen]
    for planned in counted:
        if planned.polls > 1:
            rows.change(planned, polls=planned.polls - 1)
        else:
            _make(rows, planned)
    return bool(counted)


def _make(rows: Rows, planned: Transition) -> None:
    rows.remove(planned)
    row = rows.get(_TABLES[planned.table], planned.row)
    if row is not None and getattr(row, planned.column) == planned.old:
        rows.change(row, **{planned.column: planned.new})
