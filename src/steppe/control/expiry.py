"""Until when a cluster's certificates are valid, as the workspace knows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from steppe.control import pki
from steppe.control.secrets import Secrets
from steppe.topology.model import Topology

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    at: datetime
    what: str
    """For example `the certificate of consul on orders-consul-a`."""
    renewable: bool
    """Whether `steppe rotate` renews it; the CA's it does not."""


def first_expiry(topology: Topology, secrets: Secrets) -> Expiry:
    """The certificate that ends first: of an agent, or the CA's."""
    ends = [Expiry(at=pki.expires(secrets.ca_certificate), what="the CA's certificate", renewable=False)]
    for host in topology.hosts:
        own = secrets.hosts[host.name]
        for program, pair in (("consul", own.consul_tls), ("nomad", own.nomad_tls)):
            if pair:
                what = f"the certificate of {program} on {host.name}"
                ends.append(Expiry(at=pki.expires(pair.certificate), what=what, renewable=True))
    return min(ends, key=lambda each: each.at)


def warning(first: Expiry, now: datetime) -> str:
    """What a person should know of it at that time: empty until 30 days before."""
    if now < first.at - SOON:
        return ""
    when = f"{first.at:%Y-%m-%d %H:%M} UTC"
    return f"{first.what} has expired, on {when}" if first.at <= now else f"{first.what} expires on {when}"


def remedy(first: Expiry, file: str) -> str:
    """What renews it."""
    if first.renewable:
        return f"steppe rotate {file} certs"
    return "build the cluster anew from its file: no command renews a CA"
