"""What was found in the region, and which of it is what the topology wants.

A resource is what a want asks for when it carries the want's name; of several, one that others use stays, and
the rest are duplicates. One that was renamed by hand is recognised by what else identifies it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from steppe.engine.kind import Cloud, Desired, Fact, Key, Kind, Scope, Want


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Facts by kind, in the order of the kinds."""

    scope: Scope
    facts: Mapping[str, tuple[Fact, ...]]
    names: Mapping[str, str] = field(default_factory=dict)
    """Id to the name that the topology knows it by; filled by `match`."""
    given: frozenset[str] = frozenset()
    """Kinds that are the region's own."""

    def of(self, kind: str) -> tuple[Any, ...]:
        return self.facts.get(kind, ())

    def called(self, kind: str, id: str) -> str:
        """The name of the resource with that id; the id itself when it isn't one of the cluster's."""
        if id in self.names:
            return self.names[id]
        return next((fact.name for fact in self.of(kind) if fact.id == id), id)

    def find(self, kind: str, name: str) -> Any | None:
        """The resource that the topology knows by that name."""
        return next((fact for fact in self.of(kind) if self.called(kind, fact.id) == name), None)

    @property
    def fingerprint(self) -> str:
        """16 hex digits over the cluster's own facts: another value means that something has moved."""
        facts = {
            kind: [dataclasses.asdict(fact) for fact in found]
            for kind, found in self.facts.items()
            if kind not in self.given
        }
        text = json.dumps(facts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Wants and facts side by side."""

    observed: Observed
    """With the names of what was recognised."""
    pairs: Mapping[Key, Fact]
    unwanted: tuple[Fact, ...]
    duplicates: tuple[Fact, ...]


def observe(cloud: Cloud, scope: Scope, kinds: Sequence[Kind]) -> Observed:
    """Everything that carries the Cluster ID, with all kinds asked at once.

    Raises Fault when the region can't be asked.
    """
    look = cloud.look()
    with ThreadPoolExecutor(max_workers=len(kinds), thread_name_prefix="observe") as pool:
        found = list(pool.map(lambda kind: find(kind, look, scope), kinds))
    return Observed(
        scope=scope,
        facts={kind.name: facts for kind, facts in zip(kinds, found, strict=True)},
        given=frozenset(kind.name for kind in kinds if kind.given),
    )


def find(kind: Kind, look: Any, scope: Scope) -> tuple[Fact, ...]:
    """What a kind finds, always in the same order."""
    return tuple(sorted(kind.find(look, scope), key=lambda fact: (fact.name, fact.id)))


def match(desired: Desired, observed: Observed, kinds: Sequence[Kind]) -> Matched:
    """Puts each fact beside its want. The order of `kinds` is such that parts come after what they are in."""
    names: dict[str, str] = {}
    known = dataclasses.replace(observed, names=names)
    used = {id for facts in observed.facts.values() for fact in facts for id in fact.uses}
    pairs: dict[Key, Fact] = {}
    unwanted: list[Fact] = []
    duplicates: list[Fact] = []
    for kind in kinds:
        left = [] if kind.given else list(observed.of(kind.name))
        absent: list[Want] = []
        for want in (want for want in desired.wants if want.kind == kind.name):
            named = sorted(
                (fact for fact in left if fact.name == want.name), key=lambda fact: fact.id not in used
            )
            if named:
                _pair(want, named[0], pairs, names)
                duplicates += named[1:]
                left = [fact for fact in left if fact not in named]
            else:
                absent.append(want)
        for want in absent:
            alike = next((fact for fact in left if kind.same(want, fact, known)), None)
            if alike is not None:
                _pair(want, alike, pairs, names)
                left.remove(alike)
        unwanted += left
    return Matched(observed=known, pairs=pairs, unwanted=tuple(unwanted), duplicates=tuple(duplicates))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Something that still carries the Cluster ID."""

    kind: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} ({self.id})"


def census(cloud: Cloud, scope: Scope, kinds: Sequence[Kind]) -> tuple[Leftover, ...]:
    """What of the cluster is in the region now; empty after a `down` that is done."""
    observed = observe(cloud, dataclasses.replace(scope, zones=(), key_pairs=()), kinds)
    return tuple(Leftover(kind=fact.kind, name=fact.name, id=fact.id) for fact in own(observed, kinds))


def own(observed: Observed, kinds: Iterable[Kind]) -> list[Fact]:
    """The cluster's own resources, without what the region brings along."""
    return [fact for kind in kinds if not kind.given for fact in observed.of(kind.name)]


def _pair(want: Want, fact: Fact, pairs: dict[Key, Fact], names: dict[str, str]) -> None:
    pairs[want.key] = fact
    names[fact.id] = want.name
