"""Which /24 a box's internet has."""

from __future__ import annotations

import hashlib
import json
from ipaddress import IPv4Network
from pathlib import Path

from ubox.errors import BoxError
from ubox.fabric.commands import run
from ubox.fabric.names import Names

_POOL = IPv4Network("198.18.0.0/15")
"""Set aside for tests of network devices (RFC 2544), so never an address of the real internet."""


def choose_internet(folder: Path) -> str:
    """A /24 that no route of this machine touches; the same one for the same folder where it is free.

    Raises BoxError when every one is taken.
    """
    names = Names.of(folder)
    taken = []
    for route in json.loads(run(["ip", "-4", "-j", "route", "show", "table", "all"])):
        if route["dst"] != "default" and route["dev"] != names.uplink:
            taken.append(IPv4Network(route["dst"], strict=False))
    choices = list(_POOL.subnets(new_prefix=24))
    first = int(hashlib.sha256(str(names.folder).encode()).hexdigest(), 16) % len(choices)
    for choice in choices[first:] + choices[:first]:
        if not any(choice.overlaps(each) for each in taken):
            return str(choice)
    raise BoxError(f"every /24 of {_POOL} has a route on this machine; remove some: ip route show table all")
