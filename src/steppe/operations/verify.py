"""Sends messages through a cluster with a real client and receives them again, each checked.

1. Go in by the access path.
2. For each NameServer group that has Broker groups: a topic in each of them, then the check as a job.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steppe.engine.events import Emit
from steppe.errors import UsageError
from steppe.operations.cluster import addresses, owned
from steppe.operations.stages import recorded, stage
from steppe.operations.way import access
from steppe.rocketmq.verify import VerifyResult
from steppe.rocketmq.verify import verify as check


def verify(file: Path, emit: Emit, *, messages: int, deadline_s: float) -> Mapping[str, VerifyResult]:
    """The result for each NameServer group, by its name.

    Raises UsageError when the file has no Broker group, Unhealthy when a check ends without a result.
    """
    cluster = owned(file)
    groups = sorted({group.nameserver for group in cluster.topology.broker_groups})
    if not groups:
        raise UsageError(
            f"{file}: rocketmq.brokers: there is no Broker group, so nothing can carry messages.",
            code="verify.no-brokers",
            hint="add one, and run `steppe up`",
        )
    where = addresses(cluster, cluster.observe())
    with (
        recorded(emit, cluster.folder, "verify") as record,
        access(cluster, where, record.emit) as way,
        stage("messages", record.emit),
    ):
        return {
            group: check(
                cluster.topology,
                where.balancers,
                group,
                user=cluster.secrets.users.check,
                nomad=way.nomad,
                access=way,
                emit=record.emit,
                messages=messages,
                deadline_s=deadline_s,
            )
            for group in groups
        }
