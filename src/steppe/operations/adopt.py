"""Takes a cluster over from another workspace, knowingly: after a lost laptop, or for a colleague who left.

1. Find the claim. Refuse one that isn't steppe's, and a cluster that a command is changing now.
2. With a backup of the secrets: it must bear the claim's owner id, so that it is this cluster's. Without one,
   the workspace's own secrets are used, or new ones.
3. Look which hosts were made from those secrets: their fingerprints tell. Show it; go on only if it is
   approved.
4. Keep the secrets in the workspace, then write their owner id into the claim. From then on the old workspace
   is refused, unless it has the same owner id.

No secret is in the cloud. Where none of the hosts was made from the secrets, Consul, Nomad and SSH on them
let nobody in: the cluster can be seen in the cloud's API, and `down` removes it with its data.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from steppe.cloud import KINDS, desired
from steppe.cloud.claim import claimed
from steppe.cloud.claim_remark import ClaimRemark, parse
from steppe.cloud.lock import find_claim, refuse_locked
from steppe.control import secrets as kept
from steppe.control.secrets import Secrets
from steppe.engine import plan
from steppe.errors import Claimed, UsageError
from steppe.operations.cluster import Cluster, known
from steppe.operations.stages import recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What is there, and what it means to take it over."""

    cluster: str
    region: str
    already: bool
    """Whether the workspace owns it already, with these secrets."""
    from_backup: bool
    hosts: tuple[str, ...]
    """In the region."""
    made_from: tuple[str, ...]
    """Of these, those that were made from the secrets and are as the file asks: they can be managed."""


def adopt(file: Path, approve: Callable[[Adoption], None], *, backup: Path | None = None) -> Adoption:
    """Does all of the above. `approve` is shown what is there and raises to stop.

    Raises UsageError when there is nothing to adopt or the backup is of another cluster; Claimed when the
    claim isn't steppe's, or a command changes the cluster now.
    """
    cluster = known(file)
    with cluster.folder.lock("adopt") as place:
        row = find_claim(cluster.api, cluster.scope)
        if row is None:
            raise UsageError(
                f"There is no cluster {cluster.topology.cluster} in {cluster.topology.region}.",
                code="adopt.absent",
                hint=f"`steppe list --region {cluster.topology.region}` shows those that are there.",
            )
        there = parse(row["Remark"])
        if not there.owner:
            raise claimed(cluster.scope, "")
        refuse_locked(cluster.scope, there, place=place, now=time.time())
        secrets = _restored(backup, there.owner, cluster) if backup else cluster.secrets
        found = _adoption(cluster, secrets, there.owner, from_backup=backup is not None)
        if found.already:
            return found
        approve(found)
        with recorded(lambda event: None, cluster.folder, "adopt") as record:
            _keep(cluster, secrets)
            if secrets.owner != there.owner:
                _write(cluster, row["FWId"], secrets.owner)
            record.keep({"type": "adopted", "from": there.owner, "to": secrets.owner})
        return found


def _restored(backup: Path, owner: str, cluster: Cluster) -> Secrets:
    try:
        text = backup.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{backup} can't be read: {type(error).__name__}.",
            code="adopt.unreadable",
            hint="Name a copy of the cluster's secrets.json.",
        ) from None
    secrets = kept.parse(text, str(backup))
    if secrets.owner != owner:
        raise UsageError(
            f"{backup} holds the secrets of another cluster: its owner is {secrets.owner}, and the claim on "
            f"{cluster.topology.cluster} says {owner}.",
            code="adopt.secrets",
            hint="Look for another backup. Without one, leave --secrets out: it tells what that means.",
        )
    return kept.with_hosts(secrets, cluster.topology)


def _adoption(cluster: Cluster, secrets: Secrets, owner: str, *, from_backup: bool) -> Adoption:
    observed = cluster.observe()
    # As if the cluster were ours already: the claim is no matter here, the hosts' fingerprints are.
    wanted = desired(cluster.topology, replace(secrets, owner=owner))
    made = plan(wanted, observed, KINDS, roll=False)
    differ = {step.cloud_id for step in (*made.steps, *made.held) if step.kind == "host"}
    stored = kept.load(cluster.folder)
    return Adoption(
        cluster=cluster.topology.cluster,
        region=cluster.topology.region,
        already=stored is not None and stored.owner == owner and not from_backup,
        from_backup=from_backup,
        hosts=tuple(host.name for host in observed.of("host")),
        made_from=tuple(host.name for host in observed.of("host") if host.id not in differ),
    )


def _keep(cluster: Cluster, secrets: Secrets) -> None:
    """Keeps them; those of another owner, which the workspace may have, stay beside them."""
    with cluster.folder.turn(kept.FILE):
        stored = cluster.folder.read(kept.FILE)
        if stored is not None:
            old = kept.parse(stored, str(cluster.folder.path / kept.FILE))
            if old.owner != secrets.owner:
                cluster.folder.write(f"secrets-{old.owner}.json", stored)
        kept.save(cluster.folder, secrets)


def _write(cluster: Cluster, id: str, owner: str) -> None:
    """Raises Claimed when another workspace took it in the same moment."""
    cluster.api.call("UpdateFirewallAttribute", FWId=id, Remark=ClaimRemark(owner=owner).text())
    row = find_claim(cluster.api, cluster.scope)
    if row is None or parse(row["Remark"]).owner != owner:
        raise Claimed(
            f"Another workspace changed the claim on {cluster.topology.cluster} in the same moment.",
            code="adopt.raced",
            hint="Agree who takes the cluster over, and run `steppe adopt` again.",
        )
