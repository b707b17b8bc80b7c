"""Gives Consul and Nomad their ACLs and workload identity, in calls that can be repeated at any time.

1. Wait until Consul has a leader.
2. Make Consul's management token out of the secret that the workspace holds. If the ACLs were bootstrapped
   before and do not know that secret, the cluster is someone else's: stop.
3. Write the policies, and the role of tasks, that are missing or different. An equal one is left alone:
   writing it again would reset the subscriptions of every token that has it.
4. Make each agent's token, with the ids that the agent was given before its first boot.
5. Beside 1 to 4: wait until Nomad has a leader, and make its management token in the same way.
6. Make the node pools that jobs name.
7. After 2 and Nomad's leader: make the auth method by which Consul trusts Nomad's workload identities
   (Consul fetches Nomad's public keys at once), and the rules of what a workload may do.

Each step reads, compares, and writes only what differs; killed anywhere, the next run goes on from there.
Steps that do not need each other run at the same time, each as a named condition of one wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from steppe.control import grants
from steppe.control.access import Access
from steppe.control.conditions import Condition, Hopeless, NotMet, wait
from steppe.control.consul import ConsulApi
from steppe.control.grants import Object, covers
from steppe.control.nomad import NomadApi
from steppe.control.secrets import Secrets
from steppe.engine.events import Emit
from steppe.errors import Claimed
from steppe.topology.model import Topology

_FOREIGN_AFTER_S = 15.0
"""A server that has just started may refuse a good token for some seconds."""
_WRITERS = 4


class Foreign(Hopeless, Claimed):
    """The ACLs were bootstrapped by another workspace."""


def bootstrap(
    topology: Topology, secrets: Secrets, access: Access, emit: Emit, *, deadline_s: float = 180.0
) -> tuple[str, ...]:
    """Does all of the above and tells what it changed: nothing on a second run.

    Raises Unhealthy when `deadline_s` seconds are not enough, Foreign when the ACLs are someone else's.
    """
    run = _Run(topology, secrets, access.consul, access.nomad)
    wait(run.conditions(), deadline_s, emit)
    return tuple(run.changes)


class _Run:
    def __init__(self, topology: Topology, secrets: Secrets, consul: ConsulApi, nomad: NomadApi) -> None:
        self._topology, self._secrets = topology, secrets
        self._consul, self._nomad = consul, nomad
        self._done: set[str] = set()
        self.changes: list[str] = []

    def conditions(self) -> list[Condition]:
        consul_acls = _Acls("Consul", self._consul, self._secrets.consul_management.secret)
        nomad_acls = _Acls("Nomad", self._nomad, self._secrets.nomad_management)
        leads, ours, policies = "Consul has a leader", "Consul's ACLs are ours", "Consul has its policies"
        nomad_leads, nomad_ours = "Nomad has a leader", "Nomad's ACLs are ours"
        return [
            self._step(leads, consul_acls.need_leader),
            self._step(ours, lambda: self._changed(consul_acls.take()), after=(leads,)),
            self._step(policies, self._write_policies, after=(ours,)),
            self._step("Consul knows every agent", self._write_tokens, after=(policies,)),
            self._step(nomad_leads, nomad_acls.need_leader),
            self._step(nomad_ours, lambda: self._changed(nomad_acls.take()), after=(nomad_leads,)),
            self._step("Nomad has its node pools", self._write_pools, after=(nomad_ours,)),
            self._step("Consul trusts Nomad's workloads", self._write_trust, after=(ours, nomad_leads)),
        ]

    def _step(self, name: str, act: Callable[[], None], after: Sequence[str] = ()) -> Condition:
        def poll() -> None:
            missing = [other for other in after if other not in self._done]
            if missing:
                raise NotMet(f"waits for: {', '.join(missing)}")
            act()
            self._done.add(name)

        return Condition(name, poll)

    def _changed(self, what: str | None) -> None:
        if what:
            self.changes.append(what)

    def _write_policies(self) -> None:
        consul = self._consul
        policies = _by(consul.policies(), "Name")
        for policy in grants.policies():
            found = policies.get(policy["Name"])
            # The list leaves the rules out.
            self._write("Consul: policy", policy, found and consul.policy(found["ID"]), consul.put_policy)
        roles = _by(consul.roles(), "Name")
        self._write("Consul: role", grants.TASKS_ROLE, roles.get(grants.TASKS_ROLE["Name"]), consul.put_role)

    def _write_tokens(self) -> None:
        existing = _by(self._consul.tokens(), "AccessorID")

        def write(token: Object) -> None:
            found = existing.get(token["AccessorID"])
            self._write("Consul: token", token, found, self._consul.put_token)

        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(write, grants.agent_tokens(self._topology, self._secrets)))

    def _write_pools(self) -> None:
        existing = _by(self._nomad.pools(), "Name")
        for pool in grants.pools(self._topology):
            self._write("Nomad: node pool", pool, existing.get(pool["Name"]), self._nomad.put_pool)

    def _write_trust(self) -> None:
        consul = self._consul
        known = _by(consul.auth_methods(), "Name").get(grants.AUTH_METHOD)
        # The list leaves the configuration out.
        found = known and consul.auth_method(grants.AUTH_METHOD)
        self._write("Consul: auth method", grants.TRUST, found, consul.put_auth_method)
        rules = _by(consul.binding_rules(grants.AUTH_METHOD), "BindName")
        for rule in grants.BINDING_RULES:
            self._write("Consul: binding rule", rule, rules.get(rule["BindName"]), consul.put_binding_rule)

    def _write(
        self, kind: str, wanted: Object, found: Object | None, put: Callable[[Object, Object | None], None]
    ) -> None:
        """Writes what is wanted if it is not there, or different."""
        if found is None or not covers(found, wanted):
            put(wanted, found)
            named = next(wanted[key] for key in ("Name", "BindName", "Description") if key in wanted)
            self.changes.append(f"{kind} {named}")


class _AclApi(Protocol):
    def leader(self) -> str: ...
    def knows_token(self) -> bool: ...
    def bootstrap_acls(self, management_secret: str) -> bool: ...


class _Acls:
    """The ACLs of one API: not there yet, ours, or someone else's."""

    def __init__(self, title: str, api: _AclApi, secret: str) -> None:
        self._title, self._api, self._secret = title, api, secret
        self._refused_since: float | None = None

    def need_leader(self) -> None:
        if not self._api.leader():
            raise NotMet(f"the {self._title} servers have not elected a leader")

    def take(self) -> str | None:
        """What it changed, if it did. Raises NotMet, then Foreign, when the ACLs are not ours."""
        if self._api.knows_token():
            return None
        if self._api.bootstrap_acls(self._secret):
            return f"{self._title}: ACLs bootstrapped"
        now = time.monotonic()
        self._refused_since = self._refused_since or now
        if now - self._refused_since < _FOREIGN_AFTER_S:
            raise NotMet(f"{self._title}'s ACLs don't know this workspace's management token")
        raise Foreign(
            f"{self._title}'s ACLs were bootstrapped by someone else: they don't know the management token "
            "of this workspace.",
            code="bootstrap.foreign",
            hint="Use the workspace that made the cluster (STEPPE_WORKSPACE).",
        )


def _by(objects: Sequence[Object], key: str) -> Mapping[str, Mapping[str, Any]]:
    return {found[key]: found for found in objects}
