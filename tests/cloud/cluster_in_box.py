"""What tests do with a cluster: bring it up, look at it, take it down."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from steppe import cloud, engine
from steppe.cloud import KINDS, Api, Credentials
from steppe.control import secrets
from steppe.control.secrets import Secrets
from steppe.engine.events import Event
from steppe.engine.observed import own
from steppe.topology import Topology
from ubox.testing import Served, serve

QUICK = engine.Patience(
    poll_first_s=0.02,
    backoff_first_s=0.02,
    backoff_most_s=0.1,
    lost_answer_s=0.1,
    visible_s=1.0,
    not_yet_s=10.0,
)


@cache
def secrets_of(topology: Topology) -> Secrets:
    return secrets.make(topology)


@dataclass
class ClusterInBox:
    topology: Topology
    served: Served
    api: Api
    secrets: Secrets
    events: list[Event] = field(default_factory=list)

    @property
    def desired(self) -> engine.Desired:
        return cloud.desired(self.topology, self.secrets)

    def observe(self) -> engine.Observed:
        return engine.observe(self.api, self.desired.scope, KINDS)

    def plan(self, *, roll: bool = True) -> engine.Plan:
        return engine.plan(self.desired, self.observe(), KINDS, roll=roll)

    def up(self, **options: Any) -> engine.Result:
        observed = self.observe()
        plan = engine.plan(self.desired, observed, KINDS)
        return self._apply(plan, self.desired, observed, **options)

    def down(self) -> engine.Result:
        observed = self.observe()
        nothing = engine.Desired(scope=self.desired.scope)
        return self._apply(engine.plan_down(observed, KINDS), nothing, observed)

    def census(self) -> tuple[engine.Leftover, ...]:
        return engine.census(self.api, self.desired.scope, KINDS)

    def ids(self) -> set[str]:
        """Of everything that is there."""
        return {fact.id for fact in own(self.observe(), KINDS)}

    def names(self) -> list[str]:
        """Of everything that is there, so that what is there twice shows twice."""
        return sorted(str(fact.key) for fact in own(self.observe(), KINDS))

    def id(self, kind: str, name: str) -> str:
        return next(str(fact.id) for fact in self.observe().of(kind) if fact.name == name)

    def with_(self, **changes: Any) -> ClusterInBox:
        return dataclasses.replace(self, **changes)

    def _apply(
        self, plan: engine.Plan, desired: engine.Desired, observed: engine.Observed, **options: Any
    ) -> engine.Result:
        told = {"patience": QUICK, **options}
        return engine.apply(plan, desired, observed, self.api, KINDS, self.events.append, **told)


@contextmanager
def cluster_in_box(topology: Topology, **settings: Any) -> Iterator[ClusterInBox]:
    """The cluster in a region of its own, where nothing is there yet."""
    with serve(**settings) as served:
        api = Api(credentials(served))
        yield ClusterInBox(topology=topology, served=served, api=api, secrets=secrets_of(topology))
        api.close()


def credentials(served: Served) -> Credentials:
    return Credentials(
        region=served.region,
        public_key=served.public_key,
        private_key=served.private_key,
        project_id=served.project_id,
        endpoint=served.endpoint,
    )


def raises_nothing(result: engine.Result) -> engine.Result:
    """The result of a run that must have been complete."""
    result.raise_if_incomplete()
    assert not result.not_begun
    return result
