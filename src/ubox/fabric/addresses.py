"""The addresses that the fabric itself takes, and arithmetic with addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network

METADATA = "100.80.80.80"
"""Where hosts find their metadata and user-data (UCloud's documentation, 'Instance metadata')."""
PROBES = "100.64.0.0/10"
"""UCloud's service range, where health checks come from."""
PROBE = "100.64.0.1"
WAN = "169.254.1.2"
"""A VPC's end of its link to the internet; each VPC has only one, so all have the same."""


def mark(address: str) -> int:
    """The packet mark, and the routing table, that lead to the host with that address: the address itself."""
    return int(IPv4Address(address))


def nth(network: str, number: int) -> str:
    """The address that many after the network's own."""
    return str(ip_network(network).network_address + number)
