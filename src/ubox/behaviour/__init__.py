"""What each action does to the region's rows: one file for each family of the contract."""

from __future__ import annotations

from ubox.behaviour import (
    account,
    capacity,
    eip,
    firewall,
    image,
    isolation,
    keypair,
    natgw,
    price,
    udisk,
    uhost,
    uhost_create,
    ulb,
    vpc,
)
from ubox.behaviour.call import BEHAVIOURS

__all__ = [
    "BEHAVIOURS",
    "account",
    "capacity",
    "eip",
    "firewall",
    "image",
    "isolation",
    "keypair",
    "natgw",
    "price",
    "udisk",
    "uhost",
    "uhost_create",
    "ulb",
    "vpc",
]
