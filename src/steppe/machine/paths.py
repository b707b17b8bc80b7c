"""Where things are on a host: what the image's units and these files agree on."""

from __future__ import annotations

CONSUL_DIR = "/etc/consul.d"
NOMAD_DIR = "/etc/nomad.d"
CONSUL_TLS, NOMAD_TLS = f"{CONSUL_DIR}/tls/", f"{NOMAD_DIR}/tls/"
CONSUL_GOSSIP, NOMAD_GOSSIP = f"{CONSUL_DIR}/gossip.json", f"{NOMAD_DIR}/gossip.json"
DATA = "/data"
"""Mount point of the data disk; a plain folder on hosts without one."""
CONSUL_DATA = f"{DATA}/consul"
NOMAD_DATA = f"{DATA}/nomad"
ROCKETMQ_DATA = f"{DATA}/rocketmq"
BALANCER_ADDRESSES = "/etc/steppe/addresses"
"""One address per line; `steppe-addresses.service` holds each on `lo`."""
NOMAD_KEYS = "/etc/stunnel/nomad-keys.conf"
"""How a Consul server reaches Nomad's public keys."""
NOMAD_SERVERS = "/etc/steppe/nomad-servers"
"""One address per line; Nomad clients wait for one of them to answer before they start."""
