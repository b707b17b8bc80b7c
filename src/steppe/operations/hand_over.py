"""Moves a cluster's workspace between people, in a file that a passphrase locks.

Out, without asking any cloud: the secrets, a rotation that was begun, and the audit log, as one sealed text
(`steppe.control.sealed`).
In:
1. Open it. Refuse a wrong passphrase, and a file of something else.
2. Take the lock of the cluster's folder here. Refuse to write over the secrets of another cluster (another
   owner id). Secrets of the same cluster that differ stay beside the new ones.
3. Keep what came. The audit log comes along only where there is none yet.

Both workspaces have the same owner id then, so both may manage the cluster; the lock keeps commands apart.
`adopt` is for another case: the claim names an owner whose workspace is lost.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steppe import spec
from steppe.control import secrets as kept
from steppe.control.sealed import seal, unseal
from steppe.errors import Claimed, UsageError
from steppe.operations.rotation import CERTIFICATES, GOSSIP
from steppe.operations.stages import noted
from steppe.workspace import AUDIT, ClusterFolder, workspace

_FILES = (kept.FILE, CERTIFICATES, GOSSIP, AUDIT)
_REPLACED = "secrets-replaced.json"
_SHORTEST = 12
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    cluster: str
    region: str
    exported: str
    """When, RFC 3339."""
    hosts: int
    """How many the secrets know."""
    changed: bool
    """Whether this workspace lacked something of it."""


def export(file: Path, out: Path, passphrase: str) -> HandOver:
    """Writes the cluster's workspace into `out` (0600), which must not be there yet.

    Raises UsageError for a passphrase of fewer than 12 characters, or if the workspace knows no such cluster.
    """
    if len(passphrase) < _SHORTEST:
        raise UsageError(
            f"The passphrase has fewer than {_SHORTEST} characters; whoever guesses it rules the cluster.",
            code="handover.passphrase",
            hint="choose a longer one, such as four random words",
        )
    written = spec.load(file)
    folder = workspace().cluster(written.region, written.cluster)
    if kept.load(folder) is None:
        raise UsageError(
            f"The workspace knows no cluster {written.cluster} in {written.region}: {folder.path} holds no "
            "secrets.",
            code="workspace.unknown",
            hint="set STEPPE_WORKSPACE to the folder of whoever built it",
        )
    texts = {name: folder.read(name) for name in _FILES}
    body = {
        "cluster": written.cluster,
        "region": written.region,
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {name: text for name, text in texts.items() if text is not None},
    }
    _write(out, seal(json.dumps(body), passphrase))
    noted(folder, "workspace export", {})
    return _told(body, changed=False)


def take_in(sealed: Path, passphrase: str, approve: Callable[[HandOver], None]) -> HandOver:
    """Puts the cluster of that file into this workspace. `approve` raises to stop a replacement.

    Raises UsageError for a wrong passphrase or file, Claimed when the workspace has another cluster there.
    """
    body = _opened(sealed, passphrase)
    came = kept.parse(body["files"][kept.FILE], f"{sealed}: {kept.FILE}")
    folder = workspace().cluster(body["region"], body["cluster"])
    with folder.lock("workspace import"):
        stored = folder.read(kept.FILE)
        told = _told(body, changed=stored != body["files"][kept.FILE])
        if stored is not None and told.changed:
            _refuse_other(folder, kept.parse(stored, str(folder.path / kept.FILE)).owner, came.owner, told)
            approve(told)
            folder.write(_REPLACED, stored)
        if told.changed:
            folder.write(kept.FILE, body["files"][kept.FILE])
            for name in (CERTIFICATES, GOSSIP):
                _put(folder, name, body["files"].get(name))
        if AUDIT in body["files"] and folder.read(AUDIT) is None:
            folder.write(AUDIT, body["files"][AUDIT])
        noted(folder, "workspace import", {"exported": told.exported})
    return told


def _opened(sealed: Path, passphrase: str) -> dict[str, Any]:
    try:
        text = sealed.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{sealed} can't be read: {type(error).__name__}.",
            code="handover.file",
            hint="name a file that `steppe workspace export` wrote",
        ) from None
    body: dict[str, Any] = json.loads(unseal(text, passphrase, str(sealed)))
    for name in (body["region"], body["cluster"]):
        # They become folders: whoever sealed the file may not choose others.
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{sealed} names a region or cluster that can't be one: {name!r}.",
                code="handover.file",
                hint="ask for a new export",
            )
    return body


def _put(folder: ClusterFolder, name: str, text: str | None) -> None:
    """A rotation that was not begun where the secrets come from isn't begun here either."""
    if text is None:
        folder.remove(name)
    else:
        folder.write(name, text)


def _refuse_other(folder: ClusterFolder, here: str, came: str, told: HandOver) -> None:
    if here != came:
        raise Claimed(
            f"This workspace holds the secrets of another cluster {told.cluster} in {told.region}, with the "
            f"owner id {here}; the file's is {came}. Nothing was changed in {folder.path}.",
            code="handover.other",
            hint="import it into another workspace (STEPPE_WORKSPACE), or remove the cluster here first",
        )


def _told(body: dict[str, Any], *, changed: bool) -> HandOver:
    return HandOver(
        cluster=body["cluster"],
        region=body["region"],
        exported=body["exported"],
        hosts=len(json.loads(body["files"][kept.FILE])["hosts"]),
        changed=changed,
    )


def _write(out: Path, text: str) -> None:
    try:
        opened = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(
            f"{out} can't be written: {(error.strerror or type(error).__name__).lower()}.",
            code="handover.file",
            hint="name a file that isn't there yet",
        ) from None
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)
