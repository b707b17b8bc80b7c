"""The topology room: hosts, networks, balancers, flows, names and addresses of a cluster. Pure."""

from __future__ import annotations

from steppe.topology.build import build
from steppe.topology.cautions import cautions
from steppe.topology.model import Host, Role, Topology
from steppe.topology.peers import PeerNetwork, refuse_overlaps
from steppe.topology.preset import PresetNetwork

__all__ = [
    "Host",
    "PeerNetwork",
    "PresetNetwork",
    "Role",
    "Topology",
    "build",
    "cautions",
    "refuse_overlaps",
]
