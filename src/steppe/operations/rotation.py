"""A rotation that was begun and is not finished: kept in the cluster's folder until it is.

A kill at any moment leaves it there, and the same command goes on with it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from steppe.control.secrets import gossip_key
from steppe.errors import SteppeError
from steppe.workspace import ClusterFolder

CERTIFICATES, GOSSIP = "rotation-certs.json", "rotation-gossip.json"
"""In the cluster's folder, 0600."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    begun: datetime
    """To the second, UTC: certificates from before are old."""
    consul_key: str = field(default="", repr=False)
    nomad_key: str = field(default="", repr=False)
    """The new gossip keys; empty in a rotation of certificates."""
    expired: bool = False
    """Whether a certificate had expired when it began: until it is done, conditions can't be met."""


def begun(folder: ClusterFolder, name: str) -> Rotation | None:
    """The one that is not finished. Raises SteppeError when its file can't be read."""
    text = folder.read(name)
    if text is None:
        return None
    try:
        return TypeAdapter(Rotation).validate_json(text)
    except ValidationError:
        raise SteppeError(
            f"{folder.path / name} is damaged.",
            code="rotate.damaged",
            hint="put a backup of it back, or remove it and rotate once more",
        ) from None


def begin(folder: ClusterFolder, name: str, *, expired: bool = False) -> Rotation:
    """The one that is not finished, else a new one, which is on disk before it is handed out."""
    kept = begun(folder, name)
    if kept is not None:
        return kept
    keys = (gossip_key(), gossip_key()) if name == GOSSIP else ("", "")
    now = datetime.now(UTC).replace(microsecond=0)
    fresh = Rotation(begun=now, consul_key=keys[0], nomad_key=keys[1], expired=expired)
    folder.write(name, json.dumps({**asdict(fresh), "begun": fresh.begun.isoformat()}) + "\n")
    return fresh
