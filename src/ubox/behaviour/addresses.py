"""Addresses of subnets: which exist, which are taken, which comes next."""

from __future__ import annotations

import ipaddress
import secrets

from ubox.behaviour.call import Call
from ubox.contract import refusals as no
from ubox.store.rows import Balancer, Host, Subnet
from ubox.store.sqlite import Rows


def gateway(cidr: str) -> str:
    return str(ipaddress.IPv4Network(cidr)[1])


def usable(cidr: str) -> int:
    """The first, second and last address are kept back."""
    return ipaddress.IPv4Network(cidr).num_addresses - 3


def taken(rows: Rows, subnet: str) -> set[str]:
    used = {host.address for host in rows.find(Host, subnet=subnet)}
    for balancer in rows.find(Balancer, subnet=subnet):
        used |= {balancer.address, balancer.proxy_address}
    return used - {""}


def next_free(cidr: str, used: set[str]) -> str | None:
    """The highest free address, or None."""
    network = ipaddress.IPv4Network(cidr)
    for place in range(network.num_addresses - 2, 1, -1):
        if (address := str(network[place])) not in used:
            return address
    return None


def take_next(subnet: Subnet, used: set[str]) -> str:
    """The highest free address, added to `used`. Raises Refused when the subnet is full."""
    if (address := next_free(subnet.cidr, used)) is None:
        raise no.SUBNET_FULL(id=subnet.id)
    used.add(address)
    return address


def take_chosen(subnet: Subnet, address: str, used: set[str]) -> str:
    """The address that was asked for, added to `used`. Raises Refused."""
    network = ipaddress.IPv4Network(subnet.cidr)
    asked = ipaddress.IPv4Address(address)
    if asked not in network or asked in (network[0], network[1], network[-1]):
        raise no.ADDRESS_OUTSIDE(address=address, cidr=subnet.cidr)
    if str(asked) in used:
        raise no.ADDRESS_TAKEN(address=address)
    used.add(str(asked))
    return str(asked)


def release(call: Call, *subnets: str) -> None:
    """Keeps these subnets busy for a while, since a resource of theirs has just gone."""
    until = call.now + call.box.settings.timings.subnet_cooldown
    for id in subnets:
        if subnet := call.rows.get(Subnet, id):
            call.rows.change(subnet, busy_until=until)


def new_mac() -> str:
    """A locally administered address, in the style of the real cloud's `52:54:00:…`."""
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(3))
