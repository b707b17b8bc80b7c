"""A Service without selector and its EndpointSlice for each balancer, so that pods find it by name.

https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from steppe.kubernetes.manifest import TOOL, Manifest, labels, manifest
from steppe.topology import ports
from steppe.topology.model import Balancer, Listener, Role, Topology

_APPLICATIONS = {
    Role.CONSUL: ("consul", "server"),
    Role.NOMAD: ("nomad", "server"),
    Role.NAMESERVER: ("rocketmq", "nameserver"),
}
"""The application behind a balancer, and the part of it."""
_PROTOCOLS = {ports.CONSUL_HTTPS: "https", ports.NOMAD_HTTP: "https", ports.NAMESERVER_LIST: "http"}
"""By IANA's names; RocketMQ's own protocol has none."""


def balancers(topology: Topology, addresses: Mapping[str, str], namespace: str) -> Iterator[Manifest]:
    """Both for each balancer, named as it is. `addresses`: the cloud's, by the balancer's name.

    Raises KeyError for a balancer without address.
    """
    for balancer in topology.balancers:
        own = labels(topology.cluster, *_APPLICATIONS[balancer.role])
        yield manifest("Service", "v1", balancer.name, namespace, own, spec=_service(balancer))
        yield manifest(
            "EndpointSlice",
            "discovery.k8s.io/v1",
            f"{balancer.name}-1",
            namespace,
            {
                **own,
                "kubernetes.io/service-name": balancer.name,
                "endpointslice.kubernetes.io/managed-by": TOOL,
            },
            addressType="IPv4",
            ports=[_port(balancer, listener) for listener in balancer.listeners],
            endpoints=[{"addresses": [addresses[balancer.name]], "conditions": {"ready": True}}],
        )


def _service(balancer: Balancer) -> dict[str, Any]:
    wanted = [{**_port(balancer, listener), "targetPort": listener.port} for listener in balancer.listeners]
    return {"type": "ClusterIP", "ports": wanted}


def _port(balancer: Balancer, listener: Listener) -> dict[str, Any]:
    """The same in both, since kube-proxy joins them by the port's name."""
    known = _PROTOCOLS.get(listener.port)
    return {
        "name": listener.name.removeprefix(f"{balancer.name}-"),
        "protocol": "TCP",
        **({"appProtocol": known} if known else {}),
        "port": listener.port,
    }
