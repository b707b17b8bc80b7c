"""The picture: the same as what the repository shows, well-formed, and legible for every topology.

After a wanted change: STEPPE_WRITE_GOLDEN=1 pytest tests/diagram
"""

from __future__ import annotations

import os
from dataclasses import replace
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steppe import spec, topology
from steppe.diagram import Drawing, Health, draw, mermaid, svg
from steppe.diagram.drawing import Box
from steppe.topology import Role, Topology
from steppe.topology.model import Peer

ROOT = Path(__file__).parents[2]
ORDERS = topology.build(spec.load(ROOT / "examples" / "orders.yaml"))
_PEERS = """
network:
  client_peers: [{vpc_id: uvnet-customer, ranges: [10.99.0.0/24]}]
  management_peers: [{vpc_id: uvnet-kun, project: org-kun, ranges: [10.98.0.0/24]}]
"""
JOINED = topology.build(spec.parse((ROOT / "examples" / "orders.yaml").read_text() + _PEERS, "orders.yaml"))
PRIVATE = topology.build(
    spec.parse(
        """
cluster: inner
region: cn-bj2
zones: [cn-bj2-02, cn-bj2-03, cn-bj2-05]
network: {private: true}
access: {mode: direct}
rocketmq:
  nameservers: {main: {}}
  brokers: {orders-0: {nameserver: main}}
""",
        "inner.yaml",
    )
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (svg(draw(ORDERS)), ROOT / "docs" / "pictures" / "orders.svg"),
        (mermaid(ORDERS), Path(__file__).parent / "golden" / "orders.mmd"),
        (svg(draw(JOINED)), ROOT / "docs" / "pictures" / "peers.svg"),
        (mermaid(JOINED), Path(__file__).parent / "golden" / "peers.mmd"),
        (svg(draw(PRIVATE)), ROOT / "docs" / "pictures" / "private.svg"),
    ],
    ids=["svg", "mermaid", "svg of peers", "mermaid of peers", "svg of a private cluster"],
)
def test_the_picture_is_current(text: str, kept: Path) -> None:
    if os.environ.get("STEPPE_WRITE_GOLDEN"):
        kept.write_text(text)
    assert text == kept.read_text()


@st.composite
def _topologies(pick: st.DrawFn) -> Topology:
    """Shapes of one to three zones, up to 300 hosts, with and without a bastion, long and short names."""
    zones = ORDERS.zones[: pick(st.integers(1, 3))]
    cluster = pick(st.sampled_from(["a", "orders", "a-rather-long-cluster-identity", 'o<&"']))
    hosts = []
    for role in Role:
        model = ORDERS.by_role(role)[0]
        most = {Role.BASTION: 1, Role.BROKER: 60}.get(role, 13)
        for zone in zones[:1] if role is Role.BASTION else zones:
            for ordinal in range(1, pick(st.integers(0, most)) + 1):
                name = f"{cluster}-{role}-{zone.letter}" + (f"-{ordinal}" if ordinal > 1 else "")
                hosts.append(replace(model, name=name, zone=zone, ordinal=ordinal))
    balancers = tuple(replace(each, name=f"{cluster}-{each.role}") for each in ORDERS.balancers)
    peers = tuple(
        Peer(
            side=side,
            network=side,
            vpc_id=f"uvnet-{'long' * number}{number}",
            project=None,
            region=None,
            ranges=tuple(IPv4Network(f"10.{place}.0.0/16") for place in range(pick(st.integers(0, 2)))),
        )
        for side in ("client", "management")
        for number in range(pick(st.integers(0, 5)))
    )
    return replace(ORDERS, cluster=cluster, zones=zones, hosts=tuple(hosts), balancers=balancers, peers=peers)


@settings(deadline=None, max_examples=25)
@given(_topologies(), st.booleans())
def test_boxes_lie_apart_and_every_label_within_its_box(built: Topology, live: bool) -> None:
    seen = dict.fromkeys([host.name for host in built.hosts], Health.BAD) if live else {}
    drawing = draw(built, seen)
    for one, two in combinations(drawing.cards, 2):
        assert not _overlap(one, two), (one, two)
    for one, two in combinations(drawing.panels, 2):
        assert not _overlap(one, two)
    for box in (*drawing.panels, *drawing.cards):
        assert box.x >= 0 and box.x + box.width <= drawing.width
        assert box.y >= 0 and box.y + box.height <= drawing.height
        _labels_fit(box)
    _notes_are_free(drawing)
    _lines_cross_no_text(drawing)
    ElementTree.fromstring(svg(drawing))


def _lines_cross_no_text(drawing: Drawing) -> None:
    for line in drawing.lines:
        for label in (text for box in drawing.panels for text in box.labels):
            beside = label.x + label.width <= min(line.x1, line.x2) or label.x >= max(line.x1, line.x2)
            level = min(line.y1, line.y2) > label.y or max(line.y1, line.y2) < label.y - label.size
            assert beside or level, (line, label)


def _overlap(one: Box, two: Box) -> bool:
    return (
        one.x < two.x + two.width
        and two.x < one.x + one.width
        and one.y < two.y + two.height
        and two.y < one.y + one.height
    )


def _labels_fit(box: Box) -> None:
    for label in box.labels:
        assert box.x <= label.x and label.x + label.width <= box.x + box.width, (label, box)
        assert box.y <= label.y - label.size and label.y <= box.y + box.height, (label, box)
    for one, two in combinations(box.labels, 2):
        assert one.y != two.y or one.x + one.width <= two.x, (one, two)


def _notes_are_free(drawing: Drawing) -> None:
    for note in drawing.notes:
        area = Box(x=note.x, y=note.y - note.size, width=note.width, height=note.size, style="", labels=())
        assert not any(_overlap(area, card) for card in drawing.cards), note


def test_every_host_is_drawn_or_counted() -> None:
    broker = ORDERS.by_role(Role.BROKER)[0]
    many = tuple(replace(broker, name=f"orders-broker-a-{n}", ordinal=n) for n in range(1, 101))
    texts = [label.text for card in draw(replace(ORDERS, hosts=many)).cards for label in card.labels]
    assert any(text.startswith("100 hosts") for text in texts)
    for host in ORDERS.hosts:
        assert any(host.name in label.text for card in draw(ORDERS).cards for label in card.labels)


def test_health_is_a_sign_and_not_only_a_colour() -> None:
    bad, good = ORDERS.hosts[0].name, ORDERS.hosts[1].name
    drawing = draw(ORDERS, {bad: Health.BAD, good: Health.GOOD})
    by_name = {card.labels[0].text: card for card in drawing.cards}
    assert by_name[bad].labels[-1].text == "✗"
    assert by_name[good].labels[-1].text == "✓"
    assert f"{bad} ✗" in mermaid(ORDERS, {bad: Health.BAD})


def test_without_a_bastion_nobody_is_shown_to_come_in_by_one() -> None:
    hosts = tuple(host for host in ORDERS.hosts if host.role is not Role.BASTION)
    direct = replace(ORDERS, hosts=hosts, access="direct")
    assert "operators" not in svg(draw(direct))
    assert "operators" not in mermaid(direct)
