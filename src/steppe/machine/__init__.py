"""The machine room: what one host runs. Pure; the same bytes on UCloud and in the box."""

from __future__ import annotations

from steppe.machine.consul import consul_config, consul_gossip
from steppe.machine.files import File, files, peers_file
from steppe.machine.fingerprint import fingerprint
from steppe.machine.firewall import nftables
from steppe.machine.first_boot import archive, user_data
from steppe.machine.nomad import nomad_config, nomad_gossip
from steppe.machine.nomad_keys import nomad_keys_config
from steppe.machine.peer_ranges import peer_ranges_of, peers_mark
from steppe.machine.rotated import certificate_files, gossip_files, unrotated

__all__ = [
    "File",
    "archive",
    "certificate_files",
    "consul_config",
    "consul_gossip",
    "files",
    "fingerprint",
    "gossip_files",
    "nftables",
    "nomad_config",
    "nomad_gossip",
    "nomad_keys_config",
    "peer_ranges_of",
    "peers_file",
    "peers_mark",
    "unrotated",
    "user_data",
]
