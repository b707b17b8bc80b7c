"""The API key that hosts carry with `join: discover`, to ask which Consul servers run.

The first that is there counts: the file that `join_credentials` names; STEPPE_JOIN_PUBLIC_KEY and
STEPPE_JOIN_PRIVATE_KEY; what the cluster's secrets keep from an earlier run. The operator's own key is never
taken: it may do everything, and this one goes onto every host. But for the region `box`, which has one key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from steppe.cloud import Credentials
from steppe.cloud.credentials import BOX_REGION, ENDPOINT
from steppe.control.secrets import JoinKey
from steppe.errors import UsageError
from steppe.spec.model import Spec
from steppe.topology import Topology

_HINT = (
    "Name a JSON file with public_key and private_key of a key that may only describe hosts in "
    "join_credentials, or set STEPPE_JOIN_PUBLIC_KEY and STEPPE_JOIN_PRIVATE_KEY; see docs/auto-join.md."
)


def join_key(
    written: Spec, built: Topology, file: Path, own: Credentials, environ: Mapping[str, str]
) -> JoinKey | None:
    """The key of that cluster file; None if it needs none, or gives none this time.

    `own`: the operator's, whose project and endpoint count. Raises UsageError when it can't be used, or hosts
    have no way to the API.
    """
    if written.join != "discover":
        return None
    given = _given(written, file, environ)
    if not given.get("base_url"):
        _require_way_out(built)
    if not given and own.region == BOX_REGION:
        given = {"public_key": own.public_key, "private_key": own.private_key}
    if not given:
        return None
    elsewhere = own.host_endpoint or own.endpoint
    return JoinKey(
        public_key=given["public_key"],
        private_key=given["private_key"],
        project_id=own.project_id,
        base_url=given.get("base_url") or (elsewhere if elsewhere != ENDPOINT else ""),
    )


def _require_way_out(built: Topology) -> None:
    """Each network's hosts ask the API at its public address."""
    open_ones = {gateway.network for gateway in built.gateways}
    closed = [network.key for network in built.networks if network.key not in open_ones]
    if closed:
        raise UsageError(
            f"join: discover: hosts of the network {' and '.join(closed)} have no way to the cloud's API.",
            code="join.no-way",
            hint="name every network in network.nat, or give in join_credentials' file a base_url of the API "
            "that they reach",
        )


def require(key: JoinKey | None, join: str) -> None:
    """Raises UsageError when hosts are to discover and have no key for it."""
    if join == "discover" and key is None:
        raise UsageError("join: discover: there is no key for the hosts.", code="join.key", hint=_HINT)


def _given(written: Spec, file: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    if written.join_credentials:
        return _of_file(file.parent / written.join_credentials)
    halves = {half: environ.get(f"STEPPE_JOIN_{half.upper()}", "") for half in ("public_key", "private_key")}
    if not any(halves.values()):
        return {}
    for half, value in halves.items():
        if not value:
            raise UsageError(f"STEPPE_JOIN_{half.upper()} is not set.", code="join.key", hint=_HINT)
    return halves


def _of_file(file: Path) -> Mapping[str, str]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"join_credentials: {file} can't be read: {type(error).__name__}.", code="join.key", hint=_HINT
        ) from None
    if not isinstance(told, dict):
        raise UsageError(f"join_credentials: {file} is not a JSON object.", code="join.key", hint=_HINT)
    for name in ("public_key", "private_key"):
        if not isinstance(told.get(name), str) or not told[name]:
            raise UsageError(f"join_credentials: {file} has no {name}.", code="join.key", hint=_HINT)
    return {name: str(value) for name, value in told.items()}
