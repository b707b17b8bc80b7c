"""A cloud in memory, for what the engine decides by itself: shelves, and cups that stand on them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from steppe.engine import Desired, Fault, FaultClass, Key, Observed, Scope
from steppe.engine.kind import Difference, Fact, Force, Run, Want

SCOPE = Scope(cluster="toy", region="memory")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingWant(Want):
    kind: ClassVar[str] = "shelf"
    colour: str = "white"
    size: int = 1
    material: str = "wood"
    secret: str = field(default="hidden", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CupWant(ThingWant):
    kind: ClassVar[str] = "cup"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingFact(Fact):
    kind: ClassVar[str] = "shelf"
    colour: str = "white"
    size: int = 1
    material: str = "wood"


@dataclass(frozen=True, slots=True, kw_only=True)
class CupFact(ThingFact):
    kind: ClassVar[str] = "cup"


Trouble = Callable[[str, str], None]
"""Called with what is done (`create`, …) and to what, before it takes effect; raises to refuse."""


class ToyCloud:
    """Holds what was made; `before` and `after` may raise around each effect."""

    def __init__(self) -> None:
        self.facts: dict[str, ThingFact] = {}
        self.before: Trouble = lambda _what, _name: None
        self.after: Trouble = lambda _what, _name: None
        self.done: list[tuple[str, str]] = []
        self.looks = 0
        self._ids = (f"id-{number}" for number in itertools.count(1))
        self._lock = threading.Lock()

    def look(self) -> ToyCloud:
        self.looks += 1
        return self

    def put(self, fact: ThingFact) -> None:
        self.facts[fact.id] = fact

    def effect(self, what: str, name: str, happen: Callable[[str], None]) -> None:
        self.before(what, name)
        with self._lock:
            happen(next(self._ids))
            self.done.append((what, name))
        self.after(what, name)


class ToyKind:
    given = False
    keeps_unwanted = False
    last = False

    def __init__(self, want: type[ThingWant], fact: type[ThingFact]) -> None:
        self.name = want.kind
        self._fact = fact

    def find(self, look: ToyCloud, scope: Scope) -> Sequence[ThingFact]:
        return [fact for fact in list(look.facts.values()) if fact.kind == self.name]

    def same(self, want: Any, have: Any, observed: Observed) -> bool:
        return False

    def check(self, want: ThingWant, have: ThingFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return []
        forces = {"colour": Force.UPDATE, "size": Force.REPLACE, "material": Force.NOTHING}
        return [
            Difference(
                field=name,
                old=str(getattr(have, name)),
                new=str(getattr(want, name)),
                reason=f"{self.name}.{name}",
                sentence=f"its {name} differs",
                force=force,
            )
            for name, force in forces.items()
            if getattr(have, name) != getattr(want, name)
        ]

    def create(self, run: Run, want: ThingWant, begun: ThingFact | None) -> ThingFact:
        if begun is not None:
            return begun
        uses = tuple(run.id(key.kind, key.name) for key in want.needs)
        made: list[ThingFact] = []

        def happen(id: str) -> None:
            made.append(
                self._fact(
                    id=id,
                    name=want.name,
                    colour=want.colour,
                    size=want.size,
                    material=want.material,
                    uses=uses,
                )
            )
            run.cloud.put(made[0])

        run.cloud.effect("create", want.name, happen)
        return made[0]

    def update(
        self, run: Run, want: ThingWant, have: ThingFact, differences: Sequence[Difference]
    ) -> ThingFact:
        changed = self._fact(
            id=have.id,
            name=have.name,
            colour=want.colour,
            size=have.size,
            material=have.material,
            uses=have.uses,
        )
        run.cloud.effect("update", want.name, lambda _: run.cloud.put(changed))
        return changed

    def delete(self, run: Run, have: ThingFact) -> None:
        if any(have.id in fact.uses for fact in run.cloud.facts.values()):
            raise fault(FaultClass.NOT_YET, "something stands on it")
        if have.id not in run.cloud.facts:
            raise fault(FaultClass.ABSENT)
        run.cloud.effect("delete", have.name, lambda _: run.cloud.facts.pop(have.id))


KINDS = (ToyKind(ThingWant, ThingFact), ToyKind(CupWant, CupFact))


def fault(fault_class: FaultClass, message: str = "trouble") -> Fault:
    return Fault(fault_class, message, code=f"toy.{fault_class}")


def desired(*wants: ThingWant) -> Desired:
    return Desired(scope=SCOPE, wants=wants)


def on(*names: str) -> tuple[Key, ...]:
    return tuple(Key("shelf", name) for name in names)
