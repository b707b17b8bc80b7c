"""Gives a person the way to Consul and Nomad, with tokens of a role that end by themselves.

1. Go in by the access path.
2. Make a token for the role in Consul and in Nomad, with an expiry; the cluster's log says who got which.
3. Lead local ports to both APIs: TLS ones for the programs `consul` and `nomad`, plain ones for a browser.
4. While the block runs, all this is open. At its end the tokens are deleted, unless they are to last.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from steppe.control import people, pki
from steppe.control.access import Access
from steppe.control.client import Service
from steppe.control.consul import consul_service
from steppe.control.nomad import nomad_service
from steppe.control.people import Grant, PersonRole
from steppe.control.plain_port import PlainPort
from steppe.control.tls import operator_context
from steppe.engine.events import Emit
from steppe.operations.cluster import Addresses, Cluster, addresses, owned
from steppe.operations.stages import noted
from steppe.operations.way import access
from steppe.setup import go_tools
from steppe.topology.model import Role
from steppe.workspace import ClusterFolder

CA_FILE = "ca.pem"
"""In the cluster's folder: the CA's certificate, which the environment names. It is no secret."""
_OWN = "access-"
"""Begins the name of a person's certificate and key, in one file of the cluster's folder."""
_ROLES = {"Consul": Role.CONSUL, "Nomad": Role.NOMAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    grant: Grant
    held: bool
    """Whether the addresses lead through a tunnel that is held while the block runs."""
    environment: Mapping[str, str] = field(repr=False)
    """For the programs `consul` and `nomad`."""
    pages: Mapping[str, str]
    """Where a browser finds each UI, by `Consul` and `Nomad`."""


@contextmanager
def opened(
    file: Path, role: PersonRole, seconds: int, who: str, emit: Emit, *, lasting: bool
) -> Iterator[Opened]:
    """Does all of the above; `seconds` from 60 to 86400. `lasting`: the tokens outlive the block.

    Raises UsageError if the workspace doesn't know the cluster, SteppeError when it can't be reached.
    """
    cluster = owned(file)
    where = addresses(cluster, cluster.observe())
    with ExitStack() as stack:
        way = stack.enter_context(access(cluster, where, emit))
        given = people.grant(way.consul, way.nomad, role, who, seconds)
        if not lasting:
            stack.callback(people.take_back, way.consul, way.nomad, given)
        noted(cluster.folder, "access", _told(given))
        own = _own_file(given)
        certificate = pki.operator(cluster.secrets.ca, timedelta(seconds=seconds))
        cluster.folder.write(own, certificate.certificate + certificate.key)
        if not lasting:
            stack.callback(cluster.folder.remove, own)
        ends, pages, trust = {}, {}, operator_context(cluster.secrets.ca)
        for make in (consul_service, nomad_service):
            service = make(cluster.topology, cluster.secrets)
            end = _end(cluster, where, way, service)
            plain = stack.enter_context(closing(PlainPort(end, trust=trust, tls_name=service.tls_name)))
            ends[service.title], pages[service.title] = end, f"{plain.address}/ui/"
        yield Opened(
            grant=given,
            held=cluster.topology.access == "bastion",
            environment=_environment(cluster, given, own, ends["Consul"], ends["Nomad"]),
            pages=pages,
        )


def revoke(file: Path, who: str | None, emit: Emit) -> tuple[str, ...]:
    """Deletes the tokens that `access` gave, of that person or of all; says which they were."""
    cluster = owned(file)
    with access(cluster, addresses(cluster, cluster.observe()), emit) as way:
        revoked = people.revoke(way.consul, way.nomad, who)
    if who is None:
        forget(cluster.folder)
    noted(cluster.folder, "access --revoke", {"revoked": list(revoked)})
    return revoked


def forget(folder: ClusterFolder) -> None:
    """Removes what `opened` put into the cluster's folder, also for those who still have tokens."""
    for name in (CA_FILE, *(path.name for path in folder.path.glob(f"{_OWN}*"))):
        folder.remove(name)


def with_tools(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The user's own environment and those variables; finds `consul` and `nomad`, if only in the cache."""
    tools = [str(go_tools.binary(tool).parent) for tool in go_tools.TOOLS]
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *tools])
    return {**os.environ, **environment, "PATH": path}


def _own_file(given: Grant) -> str:
    return f"{_OWN}{given.consul_accessor[:8]}.pem"


def _told(given: Grant) -> dict[str, str]:
    return {
        "role": str(given.role),
        "for": given.who,
        "expires": given.expires,
        "consul_accessor": given.consul_accessor,
        "nomad_accessor": given.nomad_accessor,
    }


def _end(cluster: Cluster, where: Addresses, way: Access, service: Service) -> tuple[str, int]:
    """Where that service can be reached from here: its balancer, which passes over servers that are down."""
    role = _ROLES[service.title]
    balancers = [each.name for each in cluster.topology.balancers if each.role is role]
    found = [where.balancers[name] for name in balancers if name in where.balancers]
    return way.endpoint(found[0] if found else service.servers[0].address, service.port)


def _environment(
    cluster: Cluster, given: Grant, own: str, consul: tuple[str, int], nomad: tuple[str, int]
) -> Mapping[str, str]:
    """https://developer.hashicorp.com/consul/commands and /nomad/commands, environment variables."""
    cluster.folder.write(CA_FILE, cluster.secrets.ca_certificate)
    ca, both = str(cluster.folder.path / CA_FILE), str(cluster.folder.path / own)
    name = cluster.topology.cluster
    return {
        "CONSUL_HTTP_ADDR": "https://{}:{}".format(*consul),
        "CONSUL_HTTP_TOKEN": given.consul_secret,
        "CONSUL_CACERT": ca,
        "CONSUL_CLIENT_CERT": both,
        "CONSUL_CLIENT_KEY": both,
        "CONSUL_TLS_SERVER_NAME": f"server.{name}.consul",
        "NOMAD_ADDR": "https://{}:{}".format(*nomad),
        "NOMAD_REGION": name,
        "NOMAD_TOKEN": given.nomad_secret,
        "NOMAD_CACERT": ca,
        "NOMAD_CLIENT_CERT": both,
        "NOMAD_CLIENT_KEY": both,
        "NOMAD_TLS_SERVER_NAME": f"server.{name}.nomad",
        # The addresses that it hints at are not for browsers.
        "NOMAD_CLI_SHOW_HINTS": "false",
    }
