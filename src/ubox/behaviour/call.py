"""One call as a behaviour sees it, and the register of behaviours."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from ubox.catalogue import Image
from ubox.contract.model import MISSING_PARAM
from ubox.settings import Settings
from ubox.store.rows import Row
from ubox.store.sqlite import Rows
from ubox.transitions import looked_at
from ubox.wire.read import Given

R = TypeVar("R", bound=Row)
T = TypeVar("T")
Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stays the same from call to call."""

    settings: Settings
    images: Mapping[str, Image]
    has_fabric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that the gateway let through: checked, with its defaults filled in."""

    params: Mapping[str, Given]
    region: str
    project: str
    zone: str
    """Empty where none was given."""
    now: float
    rows: Rows
    box: Surroundings

    def text(self, name: str) -> str:
        """A text, empty where it wasn't given."""
        return cast(str, self.params[name] or "")

    def number(self, name: str) -> int:
        return cast(int, self.params[name] or 0)

    def flag(self, name: str) -> bool:
        return bool(self.params[name])

    def texts(self, name: str) -> tuple[str, ...]:
        return cast(tuple[str, ...], self.params[name])

    def groups(self, name: str) -> tuple[Mapping[str, Given], ...]:
        return cast(tuple[Mapping[str, Given], ...], self.params[name])

    def given(self, **columns: str) -> dict[str, Given]:
        """New values of columns, from those parameters that were given: `given(name="Name")`."""
        return {column: value for column, name in columns.items() if (value := self.params[name]) is not None}

    def at_least_one(self, **columns: str) -> dict[str, Given]:
        """As `given`, refused when there is none."""
        if not (new := self.given(**columns)):
            raise MISSING_PARAM(name=" or ".join(columns.values()))
        return new

    def page(self, found: Sequence[T]) -> Sequence[T]:
        """The part of a list that Offset and Limit ask for."""
        offset = self.number("Offset")
        return found[offset : offset + self.number("Limit")]

    def mine(self, kind: type[R], id: str) -> R | None:
        """The row with this id, if it belongs to this call's region and project."""
        row = self.rows.get(kind, id)
        return row if row is not None and self._is_mine(row) else None

    def all_mine(self, kind: type[R]) -> list[R]:
        return self.rows.find(kind, region=self.region, project=self.project)

    def look_at(self, rows: Sequence[R]) -> list[R]:
        """Those rows, after the changes that happen by being looked at."""
        if not looked_at(self.rows, [row.id for row in rows]):
            return list(rows)
        return [fresh for row in rows if (fresh := self.rows.get(type(row), row.id)) is not None]

    def _is_mine(self, row: Row) -> bool:
        return getattr(row, "region", self.region) == self.region and (
            getattr(row, "project", self.project) == self.project
        )


def new_id(prefix: str) -> str:
    """An id in UCloud's style, such as `uhost-1a2b3c4d5e`."""
    letters = string.ascii_lowercase + string.digits
    return f"{prefix}-" + "".join(secrets.choice(letters) for _ in range(10))


Behaviour = Callable[[Call], Answer]
BEHAVIOURS: dict[str, Behaviour] = {}


def answers(action: str) -> Callable[[Behaviour], Behaviour]:
    """Registers a behaviour under the action it answers."""

    def register(behaviour: Behaviour) -> Behaviour:
        BEHAVIOURS[action] = behaviour
        return behaviour

    return register
