"""The lock on a cluster: of two commands that would change it at once, one works.

It is in the Remark of the claim, so it holds between machines and between copies of a workspace.

1. Read the claim. Refuse another owner's, and a lock that hasn't ended.
2. Write our own random run id, with an expiry. A thread renews it, and reads before each write.
3. Before anything is changed, read again. If another's run id is there, it wrote last and goes on; we give
   way. A cluster that has no claim yet gets one with the lock in it; that is atomic: its Name is unique.
4. At the end take the lock out. A command that dies leaves it, and it ends by its expiry; at once for another
   command that holds the same workspace's lock file, since that can be held only by the living.

The API has no compare-and-set. Two commands both hold the lock if one reads it free and takes so long to
write that the other has written and read again meanwhile. The renewals find this out, and the one whose run
id isn't there stops.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from steppe.cloud.api import Api
from steppe.cloud.claim import NAME_TAKEN, claim_firewall, claim_name, claimed
from steppe.cloud.claim_remark import ClaimRemark, LockMark, parse
from steppe.cloud.paging import Row
from steppe.engine.fault import Fault, FaultClass
from steppe.engine.kind import Scope
from steppe.errors import Claimed
from steppe.person import user_name

_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a lock lives; seconds."""

    lasts_s: float = 60.0
    renewed_s: float = 15.0
    now: Callable[[], float] = time.time


class Lock:
    """Held while `locked` runs. Its methods may be called by one thread."""

    def __init__(self, api: Api, scope: Scope, mark: LockMark, owner: str, terms: Terms) -> None:
        self._api, self._scope, self._mark, self._owner, self._terms = api, scope, mark, owner, terms
        self._id = ""
        self._replaced = ""
        self._why_lost: Claimed | None = None
        self._ended = threading.Event()
        self._turn = threading.Lock()
        self._kept_until = float("inf")
        self.lost = threading.Event()
        """Set when another command, or another workspace, has taken the cluster; ends what runs.

        A run that fails sets it too, as it stops its steps: then the lock is still ours.
        """

    def take(self) -> None:
        """Writes the lock into the claim, if there is one. Raises Claimed when it is another's."""
        row = find_claim(self._api, self._scope)
        if row is not None:
            there = self._refuse_others(row)
            self._replaced = there.lock.run if there.lock else ""
            self._write(row["FWId"])

    def claim(self) -> None:
        """Makes the claim with the lock in it where there is none, else confirms. Raises Claimed."""
        if self._id:
            self.confirm()
            return
        try:
            self._repeated(self._create)
        except Fault as fault:
            if fault.code != NAME_TAKEN:
                raise
        self._id = self._shown()["FWId"]
        self.confirm()

    def confirm(self) -> None:
        """Raises Claimed unless the lock is ours still. Does nothing where there is no claim."""
        if not self._id:
            return
        for pause in (*_PAUSES_S, None):
            there = self._read()
            if there is None or there.owner != self._owner:
                break
            if there.lock is not None and there.lock.run == self._mark.run:
                self.require()
                return
            if there.lock is not None and there.lock.run != self._replaced:
                break
            if pause is not None:
                time.sleep(pause)
        self._give_way(there)
        self.require()

    def require(self) -> None:
        """Raises Claimed when the lock was lost. Asks nothing."""
        if self._why_lost is not None:
            raise self._why_lost

    def renew_until_ended(self) -> None:
        """The work of the thread that renews. A renewal that fails is tried again until the lock is over."""
        while not self._ended.wait(self._terms.renewed_s) and self._why_lost is None:
            with self._turn:
                if self._id and not self._ended.is_set():
                    self._renew()

    def release(self) -> None:
        """Takes the lock out of the claim, if it is ours and the claim is there."""
        self._ended.set()
        with self._turn:
            if not self._id or self._why_lost is not None or self._terms.now() > self._kept_until:
                return
            try:
                self._set(self._id, ClaimRemark(owner=self._owner))
            except Fault:
                # It ends by its expiry; what the command did is not undone by this.
                return

    def _renew(self) -> None:
        try:
            there = self._read()
            if there is None:
                # The claim is gone: `down` has deleted it.
                self._ended.set()
            elif there.lock is None or there.lock.run != self._mark.run or there.owner != self._owner:
                self._give_way(there)
            else:
                self._write(self._id)
        except Fault:
            if self._terms.now() > self._kept_until:
                self._give_way(None)

    def _create(self) -> None:
        self._mark = self._fresh()
        remark = ClaimRemark(owner=self._owner, lock=self._mark).text()
        claim_firewall(self._api, self._scope, remark)
        self._kept_until = self._mark.until

    def _write(self, id: str) -> None:
        self._mark = self._fresh()
        self._set(id, ClaimRemark(owner=self._owner, lock=self._mark))
        self._id, self._kept_until = id, self._mark.until

    def _fresh(self) -> LockMark:
        return replace(self._mark, until=int(self._terms.now() + self._terms.lasts_s))

    def _set(self, id: str, remark: ClaimRemark) -> None:
        self._repeated(lambda: self._api.call("UpdateFirewallAttribute", FWId=id, Remark=remark.text()))

    def _repeated(self, call: Callable[[], object]) -> None:
        """Both calls may be repeated: one sets a value, the other is refused when it was done."""
        for pause in _PAUSES_S:
            try:
                call()
                return
            except Fault as fault:
                if fault.fault_class not in (FaultClass.RETRYABLE, FaultClass.UNKNOWN):
                    raise
                time.sleep(pause)
        call()

    def _read(self) -> ClaimRemark | None:
        """None when the claim is gone."""
        try:
            rows = self._api.call("DescribeFirewall", FWId=self._id).get("DataSet")
        except Fault as fault:
            if fault.fault_class is FaultClass.ABSENT:
                return None
            raise
        return parse(rows[0]["Remark"]) if rows else None

    def _shown(self) -> Row:
        """The claim that was just made, by us or another. Raises Claimed when it is another's."""
        for pause in (*_PAUSES_S, 0.0):
            row = find_claim(self._api, self._scope)
            if row is not None:
                there = parse(row["Remark"])
                if there.lock is None or there.lock.run != self._mark.run:
                    self._refuse_others(row)
                    self._write(row["FWId"])
                return row
            time.sleep(pause)
        raise claimed(self._scope, "")

    def _refuse_others(self, row: Row) -> ClaimRemark:
        there = parse(row["Remark"])
        if there.owner != self._owner:
            raise claimed(self._scope, there.owner)
        refuse_locked(self._scope, there, place=self._mark.place, now=self._terms.now())
        return there

    def _give_way(self, there: ClaimRemark | None) -> None:
        if there is not None and there.owner != self._owner:
            self._why_lost = claimed(self._scope, there.owner)
        else:
            by = (
                f"now by {there.lock.holder}"
                if there and there.lock
                else "or it could not be renewed in time"
            )
            self._why_lost = Claimed(
                f"This command has lost the lock on the cluster {self._scope.cluster}: it was taken, {by}.",
                code="lock.lost",
                hint="Nothing more was begun. Wait until no other command changes the cluster; run it again.",
            )
        self.lost.set()


@contextmanager
def locked(
    api: Api, scope: Scope, owner: str, *, command: str, place: str = "", terms: Terms | None = None
) -> Iterator[Lock]:
    """Keeps other commands out of the cluster, wherever they run, while the block runs.

    `place` names the lock file that is held already on this machine. Raises Claimed, naming the holder, when
    another command has the lock, or when the cluster is another workspace's.
    """
    lock = Lock(api, scope, _mark(command, place), owner, terms or Terms())
    lock.take()
    renewing = threading.Thread(target=lock.renew_until_ended, name="lock", daemon=True)
    renewing.start()
    try:
        yield lock
    finally:
        lock.release()


def find_claim(api: Api, scope: Scope) -> Row | None:
    """The claim's firewall as the API shows it; None if there is none."""
    name = claim_name(scope.cluster)
    return next((row for row in api.rows("DescribeFirewall", "DataSet") if row["Name"] == name), None)


def require_owner(api: Api, scope: Scope, owner: str | None) -> None:
    """Raises Claimed when the cluster is claimed by another than `owner`; None has no claim at all."""
    row = find_claim(api, scope)
    if row is not None and (there := parse(row["Remark"]).owner) != owner:
        raise claimed(scope, there)


def refuse_locked(scope: Scope, there: ClaimRemark, *, place: str, now: float) -> None:
    """Raises Claimed when the claim bears a lock that hasn't ended. One of `place`, which we hold, has."""
    lock = there.lock
    if lock is None or lock.until <= now or (place and lock.place == place):
        return
    raise Claimed(
        f"Another command is changing the cluster {scope.cluster}: {lock.holder}.",
        code="lock.held",
        hint="Wait until it ends; reading commands such as `steppe status` work meanwhile. "
        "The lock of a command that died ends by itself.",
    )


def _mark(command: str, place: str) -> LockMark:
    return LockMark(
        run=secrets.token_hex(8),
        until=0,
        by=f"{user_name()}@{socket.gethostname()}",
        pid=os.getpid(),
        place=place,
        command=command,
    )
