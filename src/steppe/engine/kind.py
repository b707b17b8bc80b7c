"""What the engine knows of a kind of resource, and all that it knows.

The cloud room has one file per kind. It subclasses `Want` and `Fact`, and gives one object that fits `Kind`.
The engine hands a kind only wants and facts of that kind's own making, which is why `Any` stands for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from steppe.engine.observed import Observed

T = TypeVar("T")


class Key(NamedTuple):
    """One resource: its kind and its name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A resource as it should be; subclasses add fields. One that holds a secret has `repr=False`."""

    kind: ClassVar[str]
    name: str
    needs: tuple[Key, ...] = ()
    """What must be there before this can be made."""
    turn: int = 0
    """Replacements happen turn by turn: zone a's hosts before zone b's."""

    @property
    def key(self) -> Key:
        return Key(self.kind, self.name)

    @property
    def place(self) -> str:
        """Where in the region it is to stand, for people; empty for what spans it."""
        return ""

    def shown(self) -> tuple[tuple[str, str], ...]:
        """The fields that say what is wanted, as text; never a secret."""
        general = {field.name for field in fields(Want)}
        return tuple(
            (field.name, _text(getattr(self, field.name)))
            for field in fields(self)
            if field.repr and field.name not in general
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A resource as it was found; subclasses add fields."""

    kind: ClassVar[str]
    id: str
    name: str
    uses: tuple[str, ...] = ()
    """Ids of what can't be deleted while this is there."""
    part_of: str = ""
    """Id of what takes this with it when it is deleted."""

    @property
    def key(self) -> Key:
        return Key(self.kind, self.name)


class Force(StrEnum):
    """What a difference comes to."""

    UPDATE = "update"
    """Changed in place."""
    REPLACE = "replace"
    """Deleted and made again, when the operation lets it: it works as it is."""
    REMAKE = "remake"
    """Deleted and made again in any case: it doesn't work as it is."""
    NOTHING = "nothing"
    """Can't be changed: a problem for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of a resource that is not as wanted."""

    field: str
    old: str | None
    new: str | None
    reason: str
    """A stable code, for example `firewall.rules`."""
    sentence: str
    """Why it matters, for a person."""
    force: Force = Force.UPDATE
    maybe: str = ""
    """Why it isn't sure yet; empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a look at the region is about."""

    cluster: str
    region: str
    zones: tuple[str, ...] = ()
    """Zones whose images are asked for; none when nothing will be made."""
    key_pairs: tuple[str, ...] = ()
    """Names of the key pairs that hosts are to have."""
    preset: tuple[str, ...] = ()
    """Ids of the VPC and subnet that were there before: used, never changed, never deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """Everything that the cluster should consist of."""

    scope: Scope
    wants: tuple[Want, ...] = ()

    def want(self, key: Key) -> Want:
        """Raises KeyError when it isn't wanted."""
        for want in self.wants:
            if want.key == key:
                return want
        raise KeyError(str(key))


class Cloud(Protocol):
    """The region, as the engine needs it."""

    def look(self) -> Any:
        """A fresh look, which asks for each list at most once. Only kinds know what it can do."""


class Wait(NamedTuple):
    """Not there yet, and why."""

    why: str


class Run(Protocol):
    """What `create`, `update` and `delete` of a kind may use while a plan is applied."""

    @property
    def cloud(self) -> Any: ...

    @property
    def scope(self) -> Scope: ...

    def fact(self, kind: str, name: str) -> Any:
        """The resource as it is now. Raises a permanent Fault when it isn't there."""

    def id(self, kind: str, name: str) -> str:
        """Its id in the cloud. Raises as `fact`."""

    def until(self, check: Callable[[float], T | Wait], *, within_s: float) -> T:
        """Polls until `check` gives a value. It is told how many seconds old what it shows may be.

        Raises a permanent Fault when the time is over.
        """

    def shared(self, name: str, fetch: Callable[[], T], *, age_s: float) -> T:
        """What `fetch` gave to any step of this run at most `age_s` ago: one poll serves all who wait."""


class Kind(Protocol):
    """One kind of resource. `find`, `create`, `update` and `delete` call the cloud; the rest is pure."""

    @property
    def name(self) -> str: ...

    @property
    def given(self) -> bool:
        """The region's own (zones, images): never made nor deleted."""

    @property
    def keeps_unwanted(self) -> bool:
        """Stays until `down` even when the topology doesn't want it, since it may hold data."""

    @property
    def last(self) -> bool:
        """Deleted after everything else."""

    def find(self, look: Any, scope: Scope) -> Sequence[Fact]:
        """All of this kind that carry the Cluster ID."""

    def same(self, want: Any, have: Any, observed: Observed) -> bool:
        """Whether this is the wanted one under another name."""

    def check(self, want: Any, have: Any | None, observed: Observed) -> Iterable[Difference]:
        """How it differs from what is wanted. Of one that is absent: only what stands in its way."""

    def create(self, run: Run, want: Any, begun: Any | None) -> Fact:
        """Makes it, or completes `begun`, which an earlier attempt of this run made."""

    def update(self, run: Run, want: Any, have: Any, differences: Sequence[Difference]) -> Fact:
        """Mends these differences in place."""

    def delete(self, run: Run, have: Any) -> None:
        """Deletes it; gives back when it is gone, or when the cloud has taken the order."""


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_text(each) for each in value) or "none"
    return "none" if value is None or value == "" else str(value)
