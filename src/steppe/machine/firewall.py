"""A host's own firewall, from the table of flows: the cloud's firewall sees only public traffic.

Rules name the addresses that a role can ever have, so they stay as they are when hosts are added.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from steppe.spec.ucloud import service_networks
from steppe.topology.addresses import addresses
from steppe.topology.model import Flow, Host, Role, Topology

METADATA = IPv4Address("100.80.80.80")
"""UCloud's metadata service, which hands out user-data, and so this host's secrets."""

_HEAD = f"""\
#!/usr/sbin/nft -f
table inet steppe
delete table inet steppe
table inet steppe {{
\tchain output {{
\t\ttype filter hook output priority filter; policy accept;
\t\tip daddr {METADATA} meta skuid != 0 drop comment "only root reads the host's secrets"
\t}}
\tchain input {{
\t\ttype filter hook input priority filter; policy drop;
\t\tct state established,related accept
\t\tct state invalid drop
\t\tiif lo accept
\t\tudp sport 67 udp dport 68 accept comment "DHCP"
"""
_TAIL = "\t}\n}\n"


def nftables(topology: Topology, host: Host) -> str:
    """`/etc/nftables.conf` of that host: what the flows don't name is dropped."""
    rules = (_rule(topology, flow) for flow in topology.flows if flow.destination is host.role)
    return _HEAD + "".join(f"\t\t{rule}\n" for rule in rules) + _TAIL


def _rule(topology: Topology, flow: Flow) -> str:
    source = _source(topology, flow)
    if flow.protocol == "icmp":
        what = "icmp type echo-request"
    else:
        what = f"{flow.protocol} dport {_set([_span(*span) for span in flow.ports])}"
    return f'{source} {what} accept comment "{flow.why}"'


def _source(topology: Topology, flow: Flow) -> str:
    cidrs = [cidr for network in topology.networks for cidr in network.ranges]
    if flow.source == "operators":
        if flow.destination is Role.BASTION:
            # The cloud firewall lets in access.from alone, and can be changed without a new bastion.
            return f"ip saddr != {_set([str(cidr) for cidr in cidrs])}"
        return f"ip saddr {_networks(topology.operators)}"
    if flow.source == "health-checks":
        return f"ip saddr {_networks(service_networks(topology.region))}"
    kind, _, key = flow.source.partition(":")
    if kind == "network":
        return f"ip saddr {_networks(topology.network(key).ranges)}"
    role = Role(flow.source)
    first, last = addresses(topology.home(role), role)
    return f"ip saddr {_span(first, last)}"


def _networks(networks: tuple[IPv4Network, ...]) -> str:
    return _set([str(network) for network in networks])


def _span(first: object, last: object) -> str:
    return f"{first}" if first == last else f"{first}-{last}"


def _set(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{{ {', '.join(items)} }}"
