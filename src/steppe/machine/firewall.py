"""A host's own firewall, from the table of flows: the cloud's firewall sees only public traffic.

Rules name the addresses that a role can ever have, so they stay as they are when hosts are added. Peers
come and go while a host lives: rules name sets, which a file of its own fills (`peer_ranges`).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from steppe.machine import paths
from steppe.machine.peer_ranges import keeps_peers_out, peer_set, peer_side
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
SETS\tchain output {{
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
_PEERS_SET = "\tset {name} {{\n\t\ttype ipv4_addr; flags interval;\n\t}}\n"
# A pattern, since a file that is missing must not keep the rules from being loaded.
_TAIL = f'\t}}\n}}\ninclude "{paths.RULES_DIR}*.nft"\n'


def nftables(topology: Topology, host: Host) -> str:
    """`/etc/nftables.conf` of that host: what the flows don't name is dropped."""
    name = peer_set(peer_side(host))
    rules = [f'ip saddr @{name} drop comment "peers have no way in"'] if keeps_peers_out(host) else []
    rules += [_rule(topology, host, flow) for flow in topology.flows if flow.destination is host.role]
    head = _HEAD.replace("SETS", _PEERS_SET.format(name=name))
    return head + "".join(f"\t\t{rule}\n" for rule in rules) + _TAIL


def _rule(topology: Topology, host: Host, flow: Flow) -> str:
    source = _source(topology, flow) + (f" ip daddr != {host.address}" if flow.by_balancer else "")
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
    if kind == "peers":
        return f"ip saddr @{peer_set(key)}"
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
