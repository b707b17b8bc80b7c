"""The one way to a cluster's private addresses: through the bastion's tunnel, or directly from inside.

with open_access(topology, secrets, bastion_address, emit) as access:
    access.consul.leader()
    access.nomad.nodes()
    host, port = access.endpoint("10.81.0.16", 9876)
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from steppe.control.client import Client, ControlError, Service
from steppe.control.conditions import Condition, wait
from steppe.control.consul import ConsulApi, consul_service
from steppe.control.nomad import NomadApi, nomad_service
from steppe.control.secrets import Secrets
from steppe.control.tls import operator_context
from steppe.control.tunnel import Tunnel
from steppe.engine.events import Emit
from steppe.topology import ports
from steppe.topology.model import Role, Topology

_CONNECT_TIMEOUT_S = 4.0


class Access:
    """May be used by several threads; closed by `open_access`."""

    def __init__(self, topology: Topology, secrets: Secrets, tunnel: Tunnel | None) -> None:
        self._tunnel = tunnel
        self._tls = operator_context(secrets.ca)
        self._clients: dict[Service, Client] = {}
        self.consul = ConsulApi(self.client(consul_service(topology, secrets)))
        """With the management token, over every Consul server."""
        self.nomad = NomadApi(self.client(nomad_service(topology, secrets)))
        """With the management token, over every Nomad server."""
        self.administrator = secrets.rocketmq.administrator if secrets.rocketmq else None
        """As whom brokers are asked."""

    def client(self, service: Service) -> Client:
        """Calls on that service; the same client for the same value."""
        client = self._clients.get(service)
        if client is None:
            client = Client(service, self._tls, self.endpoint)
            self._clients[service] = client
        return client

    def endpoint(self, address: str, port: int) -> tuple[str, int]:
        """Where that private address and port can be reached from here; the same each time."""
        return self._tunnel.endpoint(address, port) if self._tunnel else (address, port)

    def reach(self, address: str, port: int) -> None:
        """Opens a TCP connection there and closes it. Raises ControlError if nothing accepts it."""
        if self._tunnel:
            self._tunnel.reach(address, port)
            return
        try:
            socket.create_connection((address, port), _CONNECT_TIMEOUT_S).close()
        except OSError as error:
            raise ControlError(
                f"{address}:{port} can't be reached from here: {error}",
                code="access.direct",
                hint="With `access: direct`, run steppe inside the cluster's networks or a peered one.",
            ) from error

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        if self._tunnel:
            self._tunnel.close()


@contextmanager
def open_access(
    topology: Topology,
    secrets: Secrets,
    bastion_address: str | None,
    emit: Emit,
    *,
    deadline_s: float = 60.0,
    ssh_port: int = ports.SSH,
) -> Iterator[Access]:
    """The way in while the block runs.

    `bastion_address`: the bastion's public one; not needed when the topology's access is `direct`. Raises
    Unhealthy when the bastion does not answer, with its own host key, within `deadline_s` seconds.
    """
    tunnel = _tunnel(topology, secrets, bastion_address, ssh_port) if topology.access == "bastion" else None
    access = Access(topology, secrets, tunnel)
    try:
        if tunnel:
            wait([Condition("the bastion answers", tunnel.check)], deadline_s, emit)
        yield access
    finally:
        access.close()


def _tunnel(topology: Topology, secrets: Secrets, address: str | None, port: int) -> Tunnel:
    bastion = topology.by_role(Role.BASTION)[0]
    if address is None:
        raise ControlError(
            f"{bastion.name}, the way into the cluster, has no public address.",
            code="access.no-bastion",
            hint="`steppe up` makes it.",
        )
    return Tunnel(
        address,
        port=port,
        private_key=secrets.ssh_private_key,
        host_key=secrets.hosts[bastion.name].ssh_host_public,
    )
