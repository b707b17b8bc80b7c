"""How a Consul server reaches Nomad's public keys: stunnel, since Nomad's API asks for a client certificate.

Consul checks workload identities with keys that it fetches from a URL, and shows no certificate there
(https://developer.hashicorp.com/consul/docs/reference/acl/auth-method/jwt). Configuration:
https://www.stunnel.org/static/stunnel.html
"""

from __future__ import annotations

from steppe.machine import paths, peers
from steppe.topology import ports
from steppe.topology.model import Topology


def nomad_keys_config(topology: Topology, tls: str = f"{paths.CONSUL_DIR}/tls") -> str:
    """stunnel's configuration; `tls` is the folder of the host's own certificate, key and CA.

    The port on the host itself leads to the Nomad servers in turn, each proven by its certificate.
    """
    servers = "".join(
        f"connect = {server.address}:{ports.NOMAD_HTTP}\n" for server in peers.nomad_servers(topology)
    )
    name = f"server.{topology.cluster}.nomad"
    return (
        "foreground = yes\npid =\nsyslog = no\ndebug = warning\n\n"
        "[nomad]\nclient = yes\n"
        f"accept = 127.0.0.1:{ports.NOMAD_HTTP}\n{servers}"
        f"sni = {name}\ncheckHost = {name}\nverifyChain = yes\nsslVersionMin = TLSv1.2\n"
        f"CAfile = {tls}/ca.pem\ncert = {tls}/cert.pem\nkey = {tls}/key.pem\nTIMEOUTconnect = 2\n"
    )
