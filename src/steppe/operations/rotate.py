"""Renews certificates or gossip keys on the hosts as they run. No agent or task is restarted.

Certificates:
1. Note that a rotation was begun. Make a new certificate and key for each agent whose own is older; keep them
   in the workspace, so that a host made from now on gets its new ones in its user-data.
2. Be sure that every condition of Consul and Nomad is met, unless a certificate has expired already.
3. Zone by zone: put the new files in place on every host by SSH, each in one move, and have the agents read
   them again (SIGHUP). Go on when each API shows its new certificate and every condition is met again.
4. Note that it is finished.

Gossip keys:
1. Be sure that every condition is met: an agent that is away would not learn a key, and could not come back.
   Note the new keys, for Consul and for Nomad.
2. Give the new keys to every agent; have every agent use them.
3. Keep them in the workspace in place of the old ones, and write them on each host, zone by zone.
4. Make every agent forget the old ones. Note that it is finished.

Old and new are valid side by side until the last step, so a run that was stopped anywhere leaves a cluster
that works, and the next run goes on. The CA itself is not renewed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from steppe import machine
from steppe.cloud import Lock
from steppe.control import keyring, pki
from steppe.control import secrets as kept
from steppe.control.access import Access
from steppe.control.conditions import Condition, wait
from steppe.control.expiry import first_expiry
from steppe.control.health import cluster_conditions
from steppe.control.keyring import ConsulKeyring, Keyring, NomadKeyring
from steppe.control.secrets import Secrets
from steppe.control.served import need_served
from steppe.control.ssh import Hosts
from steppe.engine.events import Emit, StepEvent, StepState
from steppe.machine import File
from steppe.operations.cluster import Addresses, Cluster, addresses, changing
from steppe.operations.on_host import put
from steppe.operations.rotation import CERTIFICATES, GOSSIP, begin, begun
from steppe.operations.stages import recorded, stage
from steppe.operations.way import access
from steppe.topology import ports
from steppe.topology.model import Host, Role

_HEALTH_DEADLINE_S = 120.0
_AT_ONCE = 4
"""Hosts of one zone."""


class What(StrEnum):
    CERTIFICATES = "certs"
    GOSSIP = "gossip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    what: What
    hosts: tuple[str, ...]
    resumed: bool
    """Whether it went on with a rotation that was begun before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    cluster: Cluster
    where: Addresses
    way: Access
    lock: Lock
    emit: Emit

    def hosts(self) -> list[Host]:
        """Those with agents."""
        return [host for host in self.cluster.topology.hosts if host.role is not Role.BASTION]

    def healthy(self) -> None:
        cluster = self.cluster
        self.met(cluster_conditions(cluster.topology, self.way, cluster.secrets, self.where.balancers))

    def met(self, conditions: Sequence[Condition]) -> None:
        self.lock.require()
        wait(conditions, _HEALTH_DEADLINE_S, self.emit)

    def with_secrets(self, secrets: Secrets) -> _Run:
        return replace(self, cluster=replace(self.cluster, secrets=secrets))


def rotate(file: Path, what: What, emit: Emit, approve: Callable[[str], None]) -> Rotated:
    """Does all of the above. `approve` is shown what will be done, in a sentence, and raises to stop.

    Raises SteppeError with the next step; what was begun is kept, and the next run goes on.
    """
    certificates = what is What.CERTIFICATES
    note = CERTIFICATES if certificates else GOSSIP
    command = f"rotate {what}"
    with changing(file, command) as (cluster, lock), recorded(emit, cluster.folder, command) as record:
        emit = record.emit
        resumed = begun(cluster.folder, note) is not None
        where = addresses(cluster, cluster.observe())
        with access(cluster, where, emit) as way:
            run = _Run(cluster=cluster, where=where, way=way, lock=lock, emit=emit)
            approve(_sentence(run, what, resumed=resumed))
            lock.confirm()
            _certificates(run) if certificates else _gossip(run)
        cluster.folder.remove(note)
        return Rotated(what=what, hosts=tuple(host.name for host in run.hosts()), resumed=resumed)


def _sentence(run: _Run, what: What, *, resumed: bool) -> str:
    goes_on = ", going on with the rotation that was begun" if resumed else ""
    things = "certificates of the agents" if what is What.CERTIFICATES else "gossip keys"
    return f"Renew the {things} on {len(run.hosts())} hosts{goes_on}?"


def _certificates(run: _Run) -> None:
    unfinished = begun(run.cluster.folder, CERTIFICATES)
    expired = first_expiry(run.cluster.topology, run.cluster.secrets).at <= datetime.now(UTC)
    if not (unfinished.expired if unfinished else expired):
        with stage("before", run.emit):
            run.healthy()
    rotation = begin(run.cluster.folder, CERTIFICATES, expired=expired)
    new = kept.with_new_certificates(run.cluster.secrets, run.cluster.topology, rotation.begun)
    kept.save(run.cluster.folder, new)
    run = run.with_secrets(new)
    for zone in run.cluster.topology.zones:
        hosts = [host for host in run.hosts() if host.zone == zone]
        with stage(f"zone {zone.letter}", run.emit):
            _on_each(run, hosts, _put_certificates)
            run.met([condition for host in hosts for condition in _shown(run, host)])
            if not rotation.expired:
                run.healthy()
    with stage("after", run.emit):
        run.healthy()


def _gossip(run: _Run) -> None:
    with stage("before", run.emit):
        run.healthy()
    rotation = begin(run.cluster.folder, GOSSIP)
    consul, nomad = rotation.consul_key, rotation.nomad_key
    rings = ((ConsulKeyring(run.way.consul), consul), (NomadKeyring(run.way.nomad), nomad))

    def done_by_all(what: str, act: Callable[[Keyring, str], None]) -> None:
        named = [(f"every {ring.title} agent {what}", partial(act, ring, key)) for ring, key in rings]
        run.met([Condition(name, poll) for name, poll in named])

    with stage("new keys", run.emit):
        done_by_all("has the new gossip key", keyring.spread)
        done_by_all("uses the new gossip key", keyring.switch)
    new = replace(run.cluster.secrets, consul_gossip=consul, nomad_gossip=nomad)
    kept.save(run.cluster.folder, new)
    run = run.with_secrets(new)
    for zone in run.cluster.topology.zones:
        with stage(f"zone {zone.letter}", run.emit):
            _on_each(run, [host for host in run.hosts() if host.zone == zone], _put_gossip)
    with stage("old keys", run.emit):
        run.healthy()
        done_by_all("has forgotten its old gossip keys", keyring.drop_others)
        run.healthy()


def _on_each(run: _Run, hosts: Sequence[Host], renew: Callable[[_Run, Host], None]) -> None:
    def one(host: Host) -> None:
        began = time.monotonic()
        renew(run, host)
        seconds = round(time.monotonic() - began, 3)
        run.emit(StepEvent(step=f"renew {host.name}", state=StepState.DONE, seconds=seconds))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(one, hosts))


def _put_certificates(run: _Run, host: Host) -> None:
    files = machine.certificate_files(run.cluster.topology, host, run.cluster.secrets)
    own = run.cluster.secrets.hosts[host.name]
    units = [unit for unit, pair in (("consul", own.consul_tls), ("nomad", own.nomad_tls)) if pair]
    then = f"systemctl reload {' '.join(units)}\n"
    # Consul's way to Nomad's keys reads its certificate when it starts.
    _put(run, host, files, then + ("systemctl restart nomad-keys\n" if host.role is Role.CONSUL else ""))


def _put_gossip(run: _Run, host: Host) -> None:
    _put(run, host, machine.gossip_files(run.cluster.topology, host, run.cluster.secrets), "")


def _put(run: _Run, host: Host, files: tuple[File, ...], then: str) -> None:
    put(Hosts(run.way, run.cluster.secrets), host, files, then)


def _shown(run: _Run, host: Host) -> list[Condition]:
    """That the agents of that host show their new certificates, where they listen to others."""
    own, name = run.cluster.secrets.hosts[host.name], run.cluster.topology.cluster
    end = "client" if host.role.is_nomad_client else "server"
    listening = []
    if host.role is Role.CONSUL and own.consul_tls:
        listening.append((own.consul_tls, ports.CONSUL_HTTPS, f"server.{name}.consul"))
    if own.nomad_tls:
        listening.append((own.nomad_tls, ports.NOMAD_HTTP, f"{end}.{name}.nomad"))

    def condition(pair: pki.KeyPair, port: int, tls_name: str) -> Condition:
        return Condition(
            f"{host.name} shows its new certificate on port {port}",
            lambda: need_served(
                run.way,
                run.cluster.secrets.ca,
                pair,
                address=str(host.address),
                port=port,
                tls_name=tls_name,
            ),
        )

    return [condition(*each) for each in listening]
