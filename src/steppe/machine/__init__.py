"""The machine room: what one host runs. Pure; the same bytes on UCloud and in the box."""

from __future__ import annotations

from steppe.machine.consul import consul_config
from steppe.machine.files import File, files
from steppe.machine.fingerprint import fingerprint
from steppe.machine.firewall import nftables
from steppe.machine.first_boot import user_data
from steppe.machine.nomad import nomad_config
from steppe.machine.nomad_keys import nomad_keys_config

__all__ = [
    "File",
    "consul_config",
    "files",
    "fingerprint",
    "nftables",
    "nomad_config",
    "nomad_keys_config",
    "user_data",
]
