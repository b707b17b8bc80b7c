"""The gate that every request passes: a list of steps, in an order that matters.

`ADMIT` decides whether the call may happen at all, in the order in which the real gateway refuses: an unknown
action before a bad signature, a bad signature before a bad parameter. Faults that were asked for come last
of these, so that they strike only calls that would otherwise have been done. Then the behaviour runs in one
transaction, and its answer is checked against the contract before it is committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ubox.behaviour import BEHAVIOURS
from ubox.behaviour.call import Call, Surroundings
from ubox.behaviour.firewall import found_recommended
from ubox.contract import ACTIONS
from ubox.contract import refusals as no
from ubox.contract.model import BAD_PARAM, MISSING_PARAM, Action, Mark, Refusal, Refused
from ubox.faults import FaultRule, Faults, Strike
from ubox.journal import Journal, Line
from ubox.store.sqlite import Store
from ubox.transitions import settle
from ubox.wire.answer import BrokenContract, refusal, success
from ubox.wire.parse import Raw, Value, tree
from ubox.wire.read import Given, ignored, read
from ubox.wire.signature import is_signed

Clock = Callable[[], float]


@dataclass(slots=True)
class Passage:
    """A request on its way through the gate; each step adds what it found out."""

    raw: Raw
    caller: str = ""
    """The address that it came from."""
    sent: Mapping[str, Value] = field(default_factory=dict)
    action: Action | None = None
    region: str = ""
    project: str = ""
    zone: str = ""
    params: Mapping[str, Given] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    fault: FaultRule | None = None

    @property
    def known_action(self) -> Action:
        assert self.action is not None, "the step that finds the action comes first"
        return self.action


class Gateway:
    """Answers requests on a store."""

    def __init__(
        self, store: Store, box: Surroundings, *, faults: Faults, journal: Journal, clock: Clock = time.time
    ) -> None:
        self._store, self._box, self._faults, self._journal, self._clock = store, box, faults, journal, clock
        self._steps = (self._named, self._signed, self._placed, self._read, self._met_by_faults)
        with store.transaction() as rows:
            found_recommended(rows, box.settings, clock())

    def admit(self, raw: Raw, caller: str = "") -> Passage | dict[str, object]:
        """A call that may happen, or the refusal to send. `caller`: the address that it came from."""
        passage = Passage(raw=raw, caller=caller)
        try:
            for step in self._steps:
                step(passage)
        except Refused as refused:
            return self._refused(passage, refused)
        return passage

    def perform(self, passage: Passage) -> dict[str, object]:
        """Does what the call asks for, and gives the answer to send. Raises BrokenContract."""
        action = passage.known_action
        try:
            with self._store.transaction() as rows:
                now = self._clock()
                settle(rows, now)
                call = Call(
                    params=passage.params,
                    region=passage.region,
                    project=passage.project,
                    zone=passage.zone,
                    now=now,
                    rows=rows,
                    box=self._box,
                )
                answer = success(action, BEHAVIOURS[action.name](call))
                self._journal.write(rows, _line(passage, now, 0))
        except Refused as refused:
            if refused.refusal not in (*action.refusals, MISSING_PARAM, BAD_PARAM):
                raise BrokenContract(f"{action.name} may not refuse with {refused.refusal.name}") from refused
            return self._refused(passage, refused)
        return answer

    def _refused(self, passage: Passage, refused: Refused) -> dict[str, object]:
        action = passage.raw.action or ""
        with self._store.transaction() as rows:
            self._journal.write(rows, _line(passage, self._clock(), refused.refusal.code))
        return refusal(action, refused)

    def _named(self, passage: Passage) -> None:
        if not passage.raw.action:
            raise no.MISSING_ACTION()
        if (action := ACTIONS.get(passage.raw.action)) is None:
            raise no.UNKNOWN_ACTION(action=passage.raw.action)
        passage.action = action

    def _signed(self, passage: Passage) -> None:
        signed, settings = passage.raw.signed, self._box.settings
        if not signed.get("Signature"):
            raise no.MISSING_SIGNATURE()
        if signed.get("PublicKey") != settings.public_key:
            raise no.UNKNOWN_KEY()
        if not is_signed(signed, settings.private_key):
            raise no.WRONG_SIGNATURE()
        passage.sent = tree(signed)

    def _placed(self, passage: Passage) -> None:
        action, settings = passage.known_action, self._box.settings
        region, zone = _text(passage.sent, "Region"), _text(passage.sent, "Zone")
        passage.project = _text(passage.sent, "ProjectId") or settings.project_id
        if passage.project not in settings.projects:
            raise no.UNKNOWN_PROJECT(project=passage.project)
        if action.region:
            if not region:
                raise MISSING_PARAM(name="Region")
            if region not in settings.regions:
                raise BAD_PARAM(name="Region", why=f"expected one of {', '.join(settings.regions)}")
            passage.region = region
        if action.zone is not None:
            if action.zone and not zone:
                raise MISSING_PARAM(name="Zone")
            if zone and zone not in settings.regions[region]:
                raise BAD_PARAM(name="Zone", why=f"expected one of {', '.join(settings.regions[region])}")
            passage.zone = zone

    def _read(self, passage: Passage) -> None:
        params = passage.known_action.params
        passage.params = read(params, passage.sent)
        passage.ignored = ignored(params, passage.sent)

    def _met_by_faults(self, passage: Passage) -> None:
        passage.fault = self._faults.meet(passage.known_action.name)
        if passage.fault and passage.fault.kind is Strike.ERROR:
            raise Refused(
                Refusal("fault", passage.fault.retcode, "", Mark.ASSUMED, "by a fault rule"),
                passage.fault.message,
            )


def _line(passage: Passage, now: float, retcode: int) -> Line:
    return Line(
        at=now,
        action=passage.raw.action or "",
        retcode=retcode,
        ignored=passage.ignored,
        caller=passage.caller,
    )


def _text(sent: Mapping[str, Value], name: str) -> str:
    value = sent.get(name, "")
    if not isinstance(value, str):
        raise BAD_PARAM(name=name, why="expected string")
    return value
