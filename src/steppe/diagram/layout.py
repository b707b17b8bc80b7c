"""Where everything goes: networks side by side, zones as columns, roles as rows.

1. Each network is a panel; its first row holds its ways in and out (bastion, NAT gateway).
2. Each role is a row: its balancer across all zones, its hosts below, one column for each zone.
3. More than three hosts of a role in one zone become one card that says how many.
4. What is outside, operators and the internet, stands above; a peering joins two panels.
5. Others' VPCs stand below the network that they are peered with; more than there are zones become one card.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from steppe.diagram.drawing import CHARACTER, Box, Drawing, Health, Label, Line
from steppe.topology import names
from steppe.topology.model import Host, Listener, Network, Peer, Role, Topology

_NAME, _SMALL, _TITLE = 13.0, 11.0, 15.0
_PAD, _GAP, _MARGIN = 14.0, 12.0, 28.0
_CARD, _BALANCER, _HEAD, _ZONES = 46.0, 46.0, 66.0, 26.0
_BETWEEN = 104.0
"""Between two networks; it has room for the word of a peering."""
_OUTSIDE = 86.0
"""From the top of what is outside to the top of the networks."""
_SHOWN = 3
_ROLES = (Role.CONSUL, Role.NOMAD, Role.NAMESERVER, Role.BROKER)
_SIGN = 22.0
_STRIP = 64.0
"""Kept free at the right of a title, for the way in or out that passes there."""

Healths = Mapping[str, Health]
"""The health of hosts, balancers, gateways and peerings by name, of peers by their VPC's id."""


def draw(topology: Topology, healths: Healths | None = None) -> Drawing:
    """The picture of that topology; with `healths`, a sign on each that is named."""
    seen = healths or {}
    column = _column(topology, seen)
    panels: list[Box] = []
    cards: list[Box] = []
    notes: list[Label] = []
    left = _MARGIN
    for network in topology.networks:
        panel, inner, zones = _panel(topology, network, left, _MARGIN + _OUTSIDE, column, seen)
        panels.append(panel)
        cards += inner
        notes += zones
        left = panel.x + panel.width + _BETWEEN
    bottom = max(panel.y + panel.height for panel in panels)
    outside, lines = _outside(cards)
    links, words = _peerings(topology, panels, seen)
    peers, ways = _peers(topology, panels, column, bottom, seen)
    return Drawing(
        title=f"{topology.cluster} in {topology.region}",
        width=left - _BETWEEN + _MARGIN,
        height=bottom + (_OUTSIDE if peers else 0.0) + _MARGIN,
        panels=tuple(panels),
        cards=(*cards, *outside, *peers),
        lines=(*lines, *links, *ways),
        notes=(*notes, *words),
    )


def _column(topology: Topology, seen: Healths) -> float:
    """A column's width: what its longest card needs, and its share of each text that spans all columns."""
    zones = len(topology.zones)
    own = [
        line for hosts in _groups(topology).values() for card in _cards(hosts) for line in _words(card, seen)
    ]
    own += [line for network in topology.networks for card in _peer_cards(topology, network) for line in card]
    widest = max(_width(own), 120.0)
    wide = [f"{network.vpc_name} · {network.cidr}" for network in topology.networks]
    wide += [network.subnet_name for network in topology.networks]
    wide += [balancer.name for balancer in topology.balancers]
    wide += [f"balancer · {_ports(balancer.listeners)}" for balancer in topology.balancers]
    wide += [line for gateway in topology.gateways for line in (gateway.name, gateway.eip)]
    wide += [line for host in topology.by_role(Role.BASTION) for line in (host.name, f"bastion · {host.eip}")]
    doors = max(1, *(len(_doors(topology, network.key)) for network in topology.networks))
    needed = doors * (max(len(text) for text in wide) * _TITLE * CHARACTER + 2 * _PAD + _STRIP + _GAP)
    return max(widest, (needed - (zones - 1) * _GAP) / zones)


def _width(lines: list[tuple[str, float]]) -> float:
    return max((len(text) * size * CHARACTER for text, size in lines), default=0.0) + 2 * _PAD + _SIGN


def _groups(topology: Topology) -> dict[tuple[Role, int], tuple[Host, ...]]:
    """The hosts of each role and zone, where there are some."""
    found: dict[tuple[Role, int], tuple[Host, ...]] = {}
    for host in topology.hosts:
        if host.role in _ROLES:
            key = (host.role, host.zone.index)
            found[key] = (*found.get(key, ()), host)
    return found


def _cards(hosts: tuple[Host, ...]) -> list[tuple[Host, ...]]:
    return [(host,) for host in hosts] if len(hosts) <= _SHOWN else [hosts]


def _words(card: tuple[Host, ...], seen: Healths) -> list[tuple[str, float]]:
    first, last = card[0], card[-1]
    if len(card) == 1:
        return [(first.name, _NAME), (str(first.address), _SMALL)]
    good = sum(seen.get(host.name) is Health.GOOD for host in card)
    count = f"{good} of {len(card)} well" if any(host.name in seen for host in card) else f"{len(card)} hosts"
    return [(f"{first.name} … {last.ordinal}", _NAME), (f"{count}, {first.address} …", _SMALL)]


def _together(names: list[str], seen: Healths) -> Health | None:
    found = {seen[name] for name in names if name in seen}
    return next((health for health in (Health.BAD, Health.UNKNOWN, Health.GOOD) if health in found), None)


def _panel(
    topology: Topology, network: Network, left: float, top: float, column: float, seen: Healths
) -> tuple[Box, list[Box], list[Label]]:
    zones = len(topology.zones)
    across = zones * column + (zones - 1) * _GAP
    x0 = left + _PAD
    cards: list[Box] = []
    y = top + _HEAD
    doors = _doors(topology, network.key)
    share = (across + _GAP) / max(1, len(doors))
    for place, (name, words, style) in enumerate(doors):
        cards.append(_card(x0 + place * share, y, share - _GAP, _CARD, style, words, seen.get(name)))
    # Without a door the row stays free, so that both networks are level.
    y += _CARD + _GAP
    notes = [
        Label(x=x0 + zone.index * (column + _GAP), y=y + 14, text=text, size=_SMALL, style="zone")
        for zone in topology.zones
        for text in (f"zone {zone.letter} · {zone.name}",)
    ]
    y += _ZONES
    groups = _groups(topology)
    for role in _ROLES:
        rows = [
            _cards(tuple(host for host in groups.get((role, zone.index), ()) if host.network == network.key))
            for zone in topology.zones
        ]
        if not any(rows):
            continue
        for balancer in topology.balancers:
            if balancer.role is role and balancer.network == network.key:
                words = [(balancer.name, _NAME), (f"balancer · {_ports(balancer.listeners)}", _SMALL)]
                cards.append(_card(x0, y, across, _BALANCER, "balancer", words, seen.get(balancer.name)))
                y += _BALANCER + _GAP
        for index, row in enumerate(rows):
            for place, card in enumerate(row):
                health = _together([host.name for host in card], seen)
                x = x0 + index * (column + _GAP)
                at = y + place * (_CARD + _GAP)
                cards.append(_card(x, at, column, _CARD, str(role), _words(card, seen), health))
        y += max(len(row) for row in rows) * (_CARD + _GAP) + _GAP
    labels = (
        _label(x0, top + 27, f"{network.vpc_name} · {network.cidr}", _TITLE, "title"),
        _label(x0, top + 46, network.subnet_name, _SMALL, "detail"),
    )
    panel = Box(x=left, y=top, width=across + 2 * _PAD, height=y - top, style="panel", labels=labels)
    return panel, cards, notes


def _doors(topology: Topology, key: str) -> list[tuple[str, list[tuple[str, float]], str]]:
    """The ways in and out of a network: name, text and kind."""
    found = [
        (host.name, [(host.name, _NAME), (f"bastion · {host.eip}", _SMALL)], "bastion")
        for host in topology.by_role(Role.BASTION)
        if host.network == key
    ]
    found += [
        (gateway.name, [(gateway.name, _NAME), (f"NAT · {gateway.eip}", _SMALL)], "gateway")
        for gateway in topology.gateways
        if gateway.network == key
    ]
    return found


def _outside(cards: list[Box]) -> tuple[list[Box], list[Line]]:
    boxes: list[Box] = []
    lines: list[Line] = []
    texts = {
        "bastion": [("operators", _NAME), ("SSH, allow-listed", _SMALL)],
        "gateway": [("internet", _NAME), ("outward only", _SMALL)],
    }
    for card in cards:
        if words := texts.get(card.style):
            width, right = _width(words), card.x + card.width
            box = _card(right - width, _MARGIN, width, _CARD, "outside", words, None)
            boxes.append(box)
            x, above, below = right - _STRIP / 2, box.y + box.height, card.y
            inward = card.style == "bastion"
            lines.append(
                Line(x1=x, y1=above if inward else below, x2=x, y2=below if inward else above, both=False)
            )
    return boxes, lines


def _peerings(topology: Topology, panels: list[Box], seen: Healths) -> tuple[list[Line], list[Label]]:
    by_key = {network.key: panel for network, panel in zip(topology.networks, panels, strict=True)}
    pairs = {frozenset((peering.a, peering.b)) for peering in topology.peerings}
    lines, labels = [], []
    for (key, one), (other, two) in pairwise(by_key.items()):
        if frozenset((key, other)) in pairs:
            y = one.y + 88
            lines.append(Line(x1=one.x + one.width, y1=y, x2=two.x, y2=y, both=True))
            labels.append(_label(one.x + one.width + 24, y - 9, "peering", _SMALL, "zone"))
            name = names.peering(topology.network(key).vpc_name, topology.network(other).vpc_name)
            if health := seen.get(name):
                x = one.x + one.width + 42
                labels.append(_label(x, y + 19, health.sign, _NAME, f"sign {health}"))
    return lines, labels


def _peers(
    topology: Topology, panels: list[Box], column: float, bottom: float, seen: Healths
) -> tuple[list[Box], list[Line]]:
    boxes, lines = [], []
    y = bottom + _OUTSIDE - _CARD
    for network, panel in zip(topology.networks, panels, strict=True):
        for place, words in enumerate(_peer_cards(topology, network)):
            x = panel.x + _PAD + place * (column + _GAP)
            boxes.append(_card(x, y, column, _CARD, "outside", words, seen.get(words[0][0])))
            middle = x + column / 2
            lines.append(Line(x1=middle, y1=panel.y + panel.height, x2=middle, y2=y, both=True))
    return boxes, lines


def _peer_cards(topology: Topology, network: Network) -> list[list[tuple[str, float]]]:
    """The text of each card of a network's peers."""
    found = list({peer.vpc_id: peer for peer in topology.peers if peer.network == network.key}.values())
    if len(found) > len(topology.zones):
        return [[(f"{found[0].vpc_id} …", _NAME), (f"{len(found)} peers", _SMALL)]]
    return [[(peer.vpc_id, _NAME), (" · ".join(("peer", *_ranges(peer))), _SMALL)] for peer in found]


def _ranges(peer: Peer) -> tuple[str, ...]:
    """The first one; none where nobody has told them."""
    more = " …" if len(peer.ranges) > 1 else ""
    return tuple(f"{each}{more}" for each in peer.ranges[:1])


def _card(
    x: float,
    y: float,
    width: float,
    height: float,
    style: str,
    words: list[tuple[str, float]],
    health: Health | None,
) -> Box:
    labels = [
        _label(x + _PAD, y + 19 + 17 * at, text, size, "name" if at == 0 else "detail")
        for at, (text, size) in enumerate(words)
    ]
    if health:
        labels.append(_label(x + width - _SIGN, y + 19, health.sign, _NAME, f"sign {health}"))
    return Box(x=x, y=y, width=width, height=height, style=style, labels=tuple(labels), health=health)


def _label(x: float, y: float, text: str, size: float, style: str) -> Label:
    return Label(x=x, y=y, text=text, size=size, style=style)


def _ports(listeners: tuple[Listener, ...]) -> str:
    return ("port " if len(listeners) == 1 else "ports ") + ", ".join(str(each.port) for each in listeners)
