"""Lets peers through the firewalls of hosts that run: their ranges are what changes on a host while it lives.

1. A mark in each host's Remark says which ranges it was given; where they aren't the file's, a step is due.
2. Put the file with the ranges on the host by SSH, and have its firewall take it, in one move.
3. Write the mark. A run that was stopped before that does it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from steppe import machine
from steppe.cloud.host import note_peers, peers_known
from steppe.cloud.host_facts import HostFact
from steppe.control.access import Access
from steppe.control.conditions import Condition, wait
from steppe.control.ssh import Hosts
from steppe.engine import Action, Change, Observed, Plan, Step
from steppe.engine.events import Emit
from steppe.machine import paths
from steppe.operations.cluster import Cluster
from steppe.operations.on_host import put
from steppe.topology.model import Host

_DEADLINE_S = 90.0
_TAKE = f"nft -f {paths.PEERS}\n"


def with_peers(plan: Plan, cluster: Cluster, observed: Observed) -> Plan:
    """The plan with a step for each host that stays and doesn't know the file's peers."""
    if plan.problems:
        return plan
    made = {step.name for step in plan.steps if step.kind == "host" and step.action is not Action.UPDATE}
    behind = [(host, fact) for host, fact in _behind(cluster, observed) if host.name not in made]
    return replace(plan, on_hosts=tuple(_step(cluster, host, fact) for host, fact in behind))


def tell_peers(cluster: Cluster, observed: Observed, way: Access, emit: Emit) -> tuple[str, ...]:
    """Gives the file's peers to the hosts that lack them, and tells to which.

    A host that is still starting is waited for. Raises Unhealthy when one doesn't take them in time.
    """
    hosts, behind = Hosts(way, cluster.secrets), list(_behind(cluster, observed))
    give = [
        Condition(f"{host.name} lets in the peers of the file", partial(_give, cluster, hosts, host, fact))
        for host, fact in behind
    ]
    wait(give, _DEADLINE_S, emit)
    return tuple(host.name for host, _ in behind)


def _give(cluster: Cluster, hosts: Hosts, host: Host, fact: HostFact) -> None:
    put(hosts, host, (machine.peers_file(cluster.topology, host),), _TAKE)
    note_peers(cluster.api, fact, machine.peers_mark(cluster.topology, host))


def _behind(cluster: Cluster, observed: Observed) -> Iterator[tuple[Host, HostFact]]:
    facts: dict[str, HostFact] = {fact.name: fact for fact in observed.of("host")}
    for host in cluster.topology.hosts:
        fact = facts.get(host.name)
        if fact and peers_known(fact) != machine.peers_mark(cluster.topology, host):
            yield host, fact


def _step(cluster: Cluster, host: Host, fact: HostFact) -> Step:
    ranges = ", ".join(machine.peer_ranges_of(cluster.topology, host))
    sentence = "its firewall lets in other peers than the file names"
    change = Change(
        field="ranges", old=peers_known(fact) or None, new=ranges or None, why=sentence, force="update"
    )
    return Step(
        action=Action.UPDATE,
        kind="host-peers",
        name=host.name,
        reason="host-peers.ranges",
        sentence=sentence,
        cloud_id=fact.id,
        changes=(change,),
    )
