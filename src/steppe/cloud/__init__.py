"""The cloud room: the connection to UCloud, and one file per kind of resource.

The only room that talks to the UCloud SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from steppe.cloud.api import Api
from steppe.cloud.claim import refuse_strangers, require_claim
from steppe.cloud.credentials import Credentials
from steppe.cloud.credentials import find as find_credentials
from steppe.cloud.desired import desired, scope
from steppe.cloud.kinds import KINDS
from steppe.cloud.lock import Lock, locked, require_owner
from steppe.cloud.peer_networks import peer_networks
from steppe.cloud.preset import preset_network

__all__ = [
    "KINDS",
    "Api",
    "Credentials",
    "Lock",
    "connect",
    "desired",
    "find_credentials",
    "locked",
    "peer_networks",
    "preset_network",
    "refuse_strangers",
    "require_claim",
    "require_owner",
    "scope",
]


def connect(
    region: str, environ: Mapping[str, str], home: Path, *, project: str | None = None, parallel: int = 16
) -> Api:
    """The API of that region, with the credentials of the environment, a profile or the box.

    `project` stands for that of the credentials. `parallel`: calls at once at most.
    Nothing is sent yet. Raises UsageError when there are no credentials.
    """
    found = find_credentials(region, environ, home)
    return Api(replace(found, project_id=project or found.project_id), parallel=parallel)
