"""Rows in SQLite, one writer at a time, safe against being killed at any moment.

`synchronous=NORMAL` with a write-ahead log: a killed process loses nothing that was answered; only a machine
that loses power may lose the last moments.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import threading
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ubox.store.rows import ROWS, Row

R = TypeVar("R", bound=Row)

_SQL_TYPES = {str: "TEXT", int: "INTEGER", bool: "INTEGER", float: "REAL", bytes: "BLOB"}


class Rows:
    """What a transaction reads and writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection
        self.worldly = False
        """Whether something was written that the fabric should know."""

    def get(self, table: type[R], id: str) -> R | None:
        found = self.find(table, id=id)
        return found[0] if found else None

    def find(self, table: type[R], /, **equal: str | int | float) -> list[R]:
        """All rows with these values, in the order in which they were made."""
        where = " AND ".join(f'"{column}" = ?' for column in equal) or "1"
        cursor = self.sql.execute(
            f'SELECT * FROM "{table.__name__}" WHERE {where} ORDER BY rowid', tuple(equal.values())
        )
        build = _TABLES[table].build
        return [typing.cast(R, build(values)) for values in cursor]

    def count(self, table: type[R], /, **equal: str | int | float) -> int:
        where = " AND ".join(f'"{column}" = ?' for column in equal) or "1"
        cursor = self.sql.execute(
            f'SELECT count(*) FROM "{table.__name__}" WHERE {where}', tuple(equal.values())
        )
        return int(cursor.fetchone()[0])

    def add(self, row: Row) -> None:
        table = _TABLES[type(row)]
        self.sql.execute(table.insert, table.values(row))
        self.worldly |= row.worldly

    def change(self, row: R, **new: object) -> R:
        """Writes the row with new values and gives it back."""
        changed = dataclasses.replace(row, **typing.cast(dict[str, typing.Any], new))
        values = dict(zip(_TABLES[type(row)].columns, _TABLES[type(row)].values(changed), strict=True))
        setting = ", ".join(f'"{column}" = ?' for column in new)
        self.sql.execute(
            f'UPDATE "{type(row).__name__}" SET {setting} WHERE id = ?',
            (*(values[column] for column in new), row.id),
        )
        self.worldly |= row.worldly
        return changed

    def remove(self, row: Row) -> None:
        self.sql.execute(f'DELETE FROM "{type(row).__name__}" WHERE id = ?', (row.id,))
        self.worldly |= row.worldly


class Store:
    """A region's database. Threads take turns; a transaction that raises leaves nothing behind."""

    def __init__(self, path: Path | None) -> None:
        """None keeps everything in memory."""
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        for kind in ROWS:
            for statement in _TABLES[kind].create:
                self._connection.execute(statement)
        self.on_worldly_change: Callable[[], None] = lambda: None

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Commits at the end; rolls back when the body raises."""
        with self._lock:
            rows = Rows(self._connection)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield rows
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        if rows.worldly:
            self.on_worldly_change()

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class _Table:
    """How one class of rows is kept: its statements, and the way between values and columns."""

    def __init__(self, kind: type[Row]) -> None:
        self.columns = tuple(each.name for each in dataclasses.fields(kind))
        hints = typing.get_type_hints(kind)
        typed = ", ".join(
            f'"{name}" {_SQL_TYPES.get(hints[name], "TEXT")} NOT NULL' + (" UNIQUE" if name == "id" else "")
            for name in self.columns
        )
        self.create = (
            f'CREATE TABLE IF NOT EXISTS "{kind.__name__}" ({typed})',
            *(
                f'CREATE INDEX IF NOT EXISTS "{kind.__name__}_{name}" ON "{kind.__name__}" ("{name}")'
                for name in kind.indexed
            ),
        )
        self.insert = f'INSERT INTO "{kind.__name__}" VALUES ({", ".join("?" * len(self.columns))})'
        self._kind = kind
        self._lists = tuple(
            place for place, name in enumerate(self.columns) if typing.get_origin(hints[name]) is tuple
        )
        self._flags = tuple(place for place, name in enumerate(self.columns) if hints[name] is bool)

    def values(self, row: Row) -> tuple[object, ...]:
        values = [getattr(row, name) for name in self.columns]
        for place in self._lists:
            values[place] = json.dumps(values[place])
        return tuple(values)

    def build(self, values: tuple[object, ...]) -> Row:
        found = list(values)
        for place in self._lists:
            found[place] = tuple(json.loads(typing.cast(str, found[place])))
        for place in self._flags:
            found[place] = bool(found[place])
        return self._kind(**typing.cast(dict[str, typing.Any], dict(zip(self.columns, found, strict=True))))


_TABLES: dict[type[Row], _Table] = {kind: _Table(kind) for kind in ROWS}
