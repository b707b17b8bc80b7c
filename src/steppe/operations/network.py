"""Joins a network of the cluster to somebody else's VPC, and parts them again. The cluster file leads.

1. Change the text of the file: only the list of peers, every other letter stays. Refuse what isn't a cluster
   file then.
2. Lock the cluster. Look at the VPC and at the region; refuse ranges that overlap, before anything is made.
3. Make the plan, and keep of it what is about that VPC; show it, and go on only if it is approved.
4. Write the file. Apply the plan: the peering, then the ranges in the firewalls of the hosts that run.

Of a cluster that isn't built yet only the file is changed; `up` does the rest. A run that was stopped is
completed by the same command, or by `up`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from steppe import spec
from steppe.cloud import KINDS
from steppe.engine import Plan, apply, plan
from steppe.engine.events import Emit
from steppe.errors import UsageError
from steppe.hints import typed
from steppe.operations.cluster import Cluster, addresses, changing, refuse_peers
from steppe.operations.peers import tell_peers, with_peers
from steppe.operations.stages import recorded, stage
from steppe.operations.way import access
from steppe.spec import Spec
from steppe.spec.edit import with_item, without_item
from steppe.spec.model import PeerSpec
from steppe.topology.peers import SIDES

_PLAIN = re.compile(r"[A-Za-z0-9./-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is about to be done, for a person to approve."""

    file: Path
    text: str
    """Of the file, as it will be."""
    is_written: bool
    """Whether that is another text than it has."""
    plan: Plan
    is_built: bool
    """Whether there is a network to join yet; without one, only the file is changed."""


Approve = Callable[[Change], None]


def peer(file: Path, side: str, wanted: Mapping[str, object], emit: Emit, approve: Approve) -> Change:
    """Joins. `side`: `client` or `management`; `wanted`: the fields of a `PeerSpec` that are told.

    Raises SpecError for a field that isn't right, UsageError for a VPC that can't be joined.
    """
    before, written, vpc = _text(file), spec.load(file), str(wanted["vpc_id"])
    after, there = before, _peers(written, side)
    known = next((each for each in there if each.vpc_id == vpc), None)
    if known is None:
        after = _edited(file, lambda: with_item(before, ("network", f"{side}_peers"), _item(wanted)))
        now = spec.parse(after, str(file))
        written = _same(file, now, _with(written, side, (*there, _last(now, side))))
        known = _last(written, side)
    if known != PeerSpec.model_validate(dict(wanted)):
        raise _uneditable(
            file, f"{vpc} stands in network.{side}_peers with another project, region or ranges"
        )
    return _done(file, (before, after), written, vpc, "network peer", emit, approve)


def unpeer(file: Path, vpc: str, emit: Emit, approve: Approve) -> Change:
    """Parts, whichever lists of the file the VPC is in.

    Raises UsageError when neither the file nor the region knows such a peering.
    """
    before, written = _text(file), spec.load(file)
    after, wanted = before, written
    for side in SIDES:
        there = _peers(written, side)
        for index in (place for place, each in enumerate(there) if each.vpc_id == vpc):
            after = _edited(file, partial(without_item, after, ("network", f"{side}_peers"), index))
            wanted = _with(wanted, side, there[:index] + there[index + 1 :])
    now = _same(file, spec.parse(after, str(file)), wanted)
    return _done(file, (before, after), now, vpc, "network unpeer", emit, approve)


def _done(
    file: Path,
    texts: tuple[str, str],
    written: Spec,
    vpc: str,
    command: str,
    emit: Emit,
    approve: Approve,
) -> Change:
    before, after = texts
    with (
        changing(file, command, written=written) as (cluster, lock),
        recorded(emit, cluster.folder, command) as record,
    ):
        emit = record.emit
        refuse_peers(cluster)
        observed = cluster.observe()
        networks = {network.vpc_name for network in cluster.topology.networks}
        is_built = any(fact.name in networks for fact in observed.of("vpc"))
        made = with_peers(_only(plan(cluster.desired, observed, KINDS, roll=False), vpc), cluster, observed)
        made = made if is_built else replace(made, steps=(), on_hosts=())
        change = Change(file=file, text=after, is_written=after != before, plan=made, is_built=is_built)
        if not change.is_written and made.is_empty:
            _refuse_unknown(cluster, vpc)
            return change
        approve(change)
        if is_built:
            lock.confirm()
            record.plan(made)
        if change.is_written:
            _write(file, before, after)
        if made.steps:
            with stage("cloud", emit):
                result = apply(made, cluster.desired, observed, cluster.api, KINDS, emit, stop=lock.lost)
                lock.require()
                result.raise_if_incomplete()
        if made.on_hosts:
            with access(cluster, addresses(cluster, observed), emit) as way, stage("hosts", emit):
                tell_peers(cluster, observed, way, emit)
        return change


def _only(plan: Plan, vpc: str) -> Plan:
    """Of a plan, what is about peerings with that VPC. What they need is there."""
    steps = (
        replace(step, needs=())
        for step in plan.steps
        if step.kind == "peering" and vpc in step.name.split("--")
    )
    return replace(plan, steps=tuple(steps), jobs=(), held=(), stays=(), problems=())


def _refuse_unknown(cluster: Cluster, vpc: str) -> None:
    """Nothing is to be done: because all is as it should be, or because there is no such peer."""
    known = list(dict.fromkeys(peer.vpc_id for peer in cluster.topology.peers))
    if vpc not in known:
        raise UsageError(
            f"{vpc} is no peer: neither {cluster.file} nor the region has a peering with it.",
            code="network.no-peer",
            hint=f"peers in the file: {', '.join(known) or 'none'}",
        )


def _peers(written: Spec, side: str) -> tuple[PeerSpec, ...]:
    found: tuple[PeerSpec, ...] = getattr(written.network, f"{side}_peers")
    return found


def _last(written: Spec, side: str) -> PeerSpec:
    return _peers(written, side)[-1]


def _with(written: Spec, side: str, peers: tuple[PeerSpec, ...]) -> Spec:
    network = written.network.model_copy(update={f"{side}_peers": peers})
    return written.model_copy(update={"network": network})


def _same(file: Path, now: Spec, wanted: Spec) -> Spec:
    """What the edited text says, when it is just what was wanted of it."""
    if now.model_dump() != wanted.model_dump():
        raise _uneditable(file, "the edit would change more than the list of peers")
    return now


def _item(wanted: Mapping[str, object]) -> str:
    """In flow style; what might not be plain text there is quoted."""
    fields = (
        f"{name}: [{', '.join(map(_scalar, value))}]"
        if isinstance(value, list)
        else f"{name}: {_scalar(value)}"
        for name, value in wanted.items()
    )
    return "{" + ", ".join(fields) + "}"


def _scalar(value: object) -> str:
    return str(value) if _PLAIN.fullmatch(str(value)) else json.dumps(str(value))


def _edited(file: Path, edit: Callable[[], str]) -> str:
    try:
        return edit()
    except ValueError as error:
        raise _uneditable(file, str(error)) from error


def _uneditable(file: Path, why: str) -> UsageError:
    return UsageError(
        f"{file} can't be edited for that: {why}.",
        code="network.edit",
        hint=f"change network.client_peers or network.management_peers by hand, then "
        f"`{typed('steppe', 'up', file)}`",
    )


def _text(file: Path) -> str:
    """Of a file that `spec.load` will read too, and tell what is wrong with it."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _write(file: Path, before: str, after: str) -> None:
    """The whole text or none of it, with the file's own permissions."""
    if _text(file) != before:
        raise _uneditable(file, "somebody else has changed it meanwhile")
    target = file.resolve()
    try:
        number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as new:
                new.write(after)
            shutil.copymode(target, name)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _uneditable(file, (error.strerror or type(error).__name__).lower()) from error
