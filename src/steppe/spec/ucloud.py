"""What UCloud allows, as far as it can be known without asking it.

Sources: the API documents of CreateVPC (networks), CreateUHostInstance and its disk tables (machines).
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network

PRIVATE_NETWORKS = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
)
"""A VPC's network is one of these or a part of one, /29 or wider."""

SERVICE_NETWORK = IPv4Network("100.64.0.0/10")
"""UCloud's own services in every region; health checks come from here."""

_REGION_SERVICE_NETWORKS: Mapping[str, tuple[IPv4Network, ...]] = {
    "cn-bj2": (
        IPv4Network("10.9.192.0/18"),
        IPv4Network("10.10.192.0/18"),
        IPv4Network("10.19.192.0/18"),
        IPv4Network("10.42.192.0/18"),
    )
}


def service_networks(region: str) -> tuple[IPv4Network, ...]:
    """Networks that UCloud keeps for itself in the region."""
    return (SERVICE_NETWORK, *_REGION_SERVICE_NETWORKS.get(region, ()))


_CLOUD_SSDS = {"CLOUD_RSSD": frozenset({"CLOUD_RSSD", "CLOUD_NORMAL", "CLOUD_SSD", "CLOUD_ESSD"})}
_LOCAL_SSD = {"LOCAL_SSD": frozenset({"LOCAL_SSD"})}

DISKS_OF_MACHINES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "N": {
        "LOCAL_NORMAL": frozenset({"LOCAL_NORMAL"}),
        **_LOCAL_SSD,
        "CLOUD_SSD": frozenset({"CLOUD_NORMAL", "CLOUD_SSD", "CLOUD_ESSD"}),
    },
    "C": {**_LOCAL_SSD, "CLOUD_SSD": frozenset({"CLOUD_SSD", "CLOUD_ESSD"})},
    "G": {**_LOCAL_SSD, "CLOUD_SSD": frozenset({"CLOUD_SSD"})},
    **dict.fromkeys(("O", "OM", "OMEM", "OPRO", "OPROG"), _CLOUD_SSDS),
}
"""Machine type → boot disk type → data disk types that may go with it."""

BOOT_DISK_GB: Mapping[str, tuple[int, int]] = {
    "LOCAL_NORMAL": (20, 500),
    "LOCAL_SSD": (20, 500),
    "CLOUD_SSD": (20, 500),
    "CLOUD_RSSD": (20, 500),
}
"""Smallest and largest boot disk of a type (a local one must also equal the image's size)."""

DATA_DISK_GB: Mapping[str, tuple[int, int]] = {
    "LOCAL_NORMAL": (20, 2000),
    "LOCAL_SSD": (20, 1000),
    "CLOUD_NORMAL": (20, 8000),
    "CLOUD_SSD": (20, 8000),
    "CLOUD_ESSD": (20, 8000),
    "CLOUD_RSSD": (20, 32000),
}
"""Smallest and largest data disk of a type."""
