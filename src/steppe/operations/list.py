"""Shows the clusters of regions.

1. Which regions: the one that is named; all that the account has (and the box, if it runs); else those in
   which the workspace keeps clusters.
2. Ask all of them at the same time. One that can't be asked doesn't keep the others from being shown.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from steppe.cloud import Api, connect
from steppe.cloud.clusters import FoundCluster, clusters, regions
from steppe.cloud.credentials import BOX_REGION
from steppe.cloud.errors import BOX_STOPPED
from steppe.control import secrets as kept
from steppe.engine import Fault
from steppe.errors import SteppeError, UsageError
from steppe.workspace import Workspace, workspace

_ANY_REGION = "cn-bj2"
"""Where the account's regions are asked for; each knows all."""
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A cluster as this workspace sees it."""

    cluster: str
    region: str
    own: bool
    """Whether this workspace owns it."""
    hosts: int
    running: int
    created: str
    """UTC, ISO 8601."""
    peers: tuple[str, ...]
    """Ids of others' VPCs that its networks are joined to."""
    lock: str
    """Who changes it now, for people; empty where nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    regions: tuple[str, ...]
    """That were asked."""
    clusters: tuple[Listed, ...]
    failures: tuple[tuple[str, SteppeError], ...]
    """Regions that could not be asked, and why."""


def list_clusters(region: str | None, *, all_regions: bool) -> Listing:
    """Raises UsageError when there is no region to ask, or no credentials for it."""
    space = workspace()
    apis = _everywhere() if all_regions else [_connect(name) for name in _asked(region, space)]
    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="list") as pool:
        answers = list(pool.map(_ask, apis))
    found = [cluster for answer in answers if not isinstance(answer, SteppeError) for cluster in answer]
    return Listing(
        regions=tuple(api.region for api in apis),
        clusters=tuple(_listed(each, space, time.time()) for each in found),
        failures=tuple(
            (api.region, answer)
            for api, answer in zip(apis, answers, strict=True)
            if isinstance(answer, SteppeError)
        ),
    )


def _ask(api: Api) -> Sequence[FoundCluster] | SteppeError:
    try:
        return clusters(api)
    except SteppeError as error:
        return error
    finally:
        api.close()


def _asked(region: str | None, space: Workspace) -> list[str]:
    named = [region] if region else space.regions()
    if not named:
        raise UsageError(
            f"No region is named, and the workspace {space.root} keeps no cluster yet.",
            code="list.region",
            hint="steppe list --region REGION, or steppe list --all-regions",
        )
    return named


def _everywhere() -> list[Api]:
    """Every region of the account, and of the box where it runs. Raises UsageError when there is neither."""
    found: list[Api] = []
    missing: list[SteppeError] = []
    for start in (_ANY_REGION, BOX_REGION):
        try:
            found += _regions_of(_connect(start))
        except UsageError as error:
            missing.append(error)
        except Fault as fault:
            if fault.code != BOX_STOPPED:
                raise
            missing.append(fault)
    if not found:
        raise missing[0]
    return found


def _regions_of(first: Api) -> list[Api]:
    try:
        return [Api(replace(first.credentials, region=name)) for name in regions(first)]
    finally:
        first.close()


def _connect(region: str) -> Api:
    return connect(region, os.environ, Path.home())


def _listed(found: FoundCluster, space: Workspace, now: float) -> Listed:
    stored = kept.load(space.cluster(found.region, found.cluster))
    return Listed(
        cluster=found.cluster,
        region=found.region,
        own=stored is not None and stored.owner == found.owner,
        hosts=sum(found.hosts.values()),
        running=found.hosts.get("Running", 0),
        created=datetime.fromtimestamp(found.created, UTC).isoformat(),
        peers=found.peers,
        lock=found.lock.holder if found.lock and found.lock.until > now else "",
    )
