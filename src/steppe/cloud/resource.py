"""What the kinds have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from steppe.cloud.paging import Row
from steppe.engine.fault import Fault, FaultClass
from steppe.engine.kind import Difference, Fact, Force, Run, Scope, Wait
from steppe.engine.observed import Observed

T = TypeVar("T")


class Resource:
    """The answers that most kinds give."""

    given: ClassVar[bool] = False
    keeps_unwanted: ClassVar[bool] = False
    last: ClassVar[bool] = False

    def same(self, want: Any, have: Any, observed: Observed) -> bool:
        return False

    def check(self, want: Any, have: Any | None, observed: Observed) -> Iterable[Difference]:
        return ()

    def update(self, run: Run, want: Any, have: Any, differences: Sequence[Difference]) -> Fact:
        raise _never("update")

    def delete(self, run: Run, have: Any) -> None:
        raise _never("delete")

    def create(self, run: Run, want: Any, begun: Any | None) -> Fact:
        raise _never("create")


def tagged(rows: Iterable[Row], scope: Scope) -> list[Row]:
    """Those that carry the Cluster ID as their Tag, whatever the API's own filter let through."""
    return [row for row in rows if row.get("Tag") == scope.cluster]


def place(run: Run, kind: str, name: str) -> str:
    """The id of the VPC or subnet that something is made in: the name itself of one that was there before."""
    return name if name in run.scope.preset else run.id(kind, name)


def charge(charge_type: str, quantity: int) -> dict[str, object]:
    """How something is paid, as the calls that make it or ask its price take it."""
    counted = {"Quantity": quantity} if charge_type in ("Month", "Year") else {}
    return {"ChargeType": charge_type, **counted}


def differs(
    kind: str, field: str, old: str, new: str, sentence: str, force: Force = Force.UPDATE
) -> list[Difference]:
    """The difference of that field, if there is one."""
    if old == new:
        return []
    reason = f"{kind}.{field}"
    return [Difference(field=field, old=old, new=new, reason=reason, sentence=sentence, force=force)]


def fixed(kind: str, field: str, old: str, new: str) -> list[Difference]:
    """The difference of a field that can't be changed while the resource lives."""
    sentence = f"its {field} is {old}, wanted is {new}, and it can't be changed while it is there"
    return differs(kind, field, old, new, sentence, Force.NOTHING)


def lacking(kind: str, field: str, new: str, sentence: str) -> list[Difference]:
    """The problem of something that the resource needs, and that the region doesn't have."""
    reason = f"{kind}.{field}"
    return [Difference(field=field, old=None, new=new, reason=reason, sentence=sentence, force=Force.NOTHING)]


_MOST_HOLDERS = 5


def held(fault: Fault, holders: Sequence[str]) -> Fault:
    """The same fault, which also says what holds the resource, for who waits and for who waited in vain."""
    others = len(holders) - _MOST_HOLDERS
    shown = ", ".join(holders[:_MOST_HOLDERS]) + (f" and {others} more" if others > 0 else "")
    what = f"it is held by {shown}" if holders else "nothing holds it any more, and the cloud needs a while"
    return Fault(fault.fault_class, f"{fault.message}: {what}", code=fault.code, hint=fault.hint)


def appeared(run: Run, what: str, fetch: Callable[[], T | None]) -> T:
    """What was just made, as soon as the API shows it."""

    def check(_: float) -> T | Wait:
        found = fetch()
        return Wait(f"{what} isn't shown yet") if found is None else found

    return run.until(check, within_s=180)


def _never(what: str) -> Fault:
    return Fault(
        FaultClass.PERMANENT, f"The engine asked for an {what} that doesn't exist.", code="engine.bug"
    )
