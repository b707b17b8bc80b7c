"""Whether a cluster's certificates are valid, as the workspace knows them; the cluster isn't asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from steppe import spec, topology
from steppe.control import secrets as kept
from steppe.control.expiry import first_expiry, remedy, warning
from steppe.setup.doctor import Finding
from steppe.workspace import workspace


def certificates(file: Path) -> list[Finding]:
    """One finding, or none where the workspace has built no such cluster.

    Certificates that expire soon are no fault yet, and are told of. Raises UsageError for a wrong file.
    """
    built = topology.build(spec.load(file))
    secrets = kept.load(workspace().cluster(built.region, built.cluster))
    if secrets is None:
        return []
    first = first_expiry(built, kept.with_hosts(secrets, built))
    now = datetime.now(UTC)
    return [
        Finding(
            check=f"the certificates of {built.cluster} are valid",
            ok=now < first.at,
            detail=warning(first, now) or f"until {first.at:%Y-%m-%d}",
            remedy=remedy(first, str(file)),
        )
    ]
