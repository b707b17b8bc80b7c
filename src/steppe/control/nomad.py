"""The calls on Nomad's HTTP API that steppe needs: https://developer.hashicorp.com/nomad/api-docs"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from steppe.control.client import Client, Server, Service
from steppe.control.secrets import Secrets
from steppe.topology import ports
from steppe.topology.model import Role, Topology

Object = Mapping[str, Any]

_UNHEALTHY = 429
"""What the autopilot API answers when a server is unhealthy; the body is as valid as with 200."""
_ALREADY = 400
"""What the ACL bootstrap answers when it was done before."""


def nomad_service(topology: Topology, secrets: Secrets) -> Service:
    """The HTTPS API of the Nomad servers, with the management token."""
    return Service(
        title="Nomad",
        port=ports.NOMAD_HTTP,
        tls_name=f"server.{topology.cluster}.nomad",
        token_header="X-Nomad-Token",
        token=secrets.nomad_management,
        servers=tuple(
            Server(name=host.name, address=str(host.address)) for host in topology.by_role(Role.NOMAD)
        ),
    )


class NomadApi:
    """Every method raises ControlError when no server answers, or the answer is a refusal."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.request = client.request
        """Any other call: method, path, json, params; gives the answer's JSON."""

    def leader(self) -> str:
        """`address:port` of the leader; empty while there is none."""
        answer = self._client.call("GET", "/v1/status/leader", accept={500}, anonymous=True)
        return str(answer.body) if answer.status == 200 else ""

    def health(self) -> Object:
        """Autopilot's view of the servers."""
        answer = self._client.call("GET", "/v1/operator/autopilot/health", accept={_UNHEALTHY})
        return answer.body if isinstance(answer.body, dict) else {}

    def nodes(self) -> Sequence[Object]:
        """Every Nomad client that ever registered and was not yet collected."""
        nodes = self.request("GET", "/v1/nodes")
        return nodes if isinstance(nodes, list) else []

    def pools(self) -> Sequence[Object]:
        """Every node pool, the built-in ones too."""
        pools = self.request("GET", "/v1/node/pools")
        return pools if isinstance(pools, list) else []

    def put_pool(self, pool: Object, found: Object | None) -> None:
        """Makes it, or gives the found one these fields."""
        self.request("POST", "/v1/node/pools", {**(found or {}), **pool})

    def knows_token(self) -> bool:
        """Whether the management token is known."""
        return self._client.call("GET", "/v1/acl/token/self", accept={403, 404}).status == 200

    def bootstrap_acls(self, management_secret: str) -> bool:
        """Makes the management token; False if someone has bootstrapped the ACLs before."""
        body = {"BootstrapSecret": management_secret}
        answer = self._client.call("POST", "/v1/acl/bootstrap", body, accept={_ALREADY}, anonymous=True)
        return answer.status == 200

    def policy_rules(self, name: str) -> str:
        """The rules of that ACL policy; empty when there is none."""
        answer = self._client.call("GET", f"/v1/acl/policy/{name}", accept={404})
        return str(answer.body["Rules"]) if answer.status == 200 else ""

    def put_policy(self, name: str, rules: str) -> None:
        self.request("POST", f"/v1/acl/policy/{name}", {"Name": name, "Rules": rules})

    def tokens(self) -> Sequence[Object]:
        """Every ACL token, without its secret."""
        tokens = self.request("GET", "/v1/acl/tokens")
        return tokens if isinstance(tokens, list) else []

    def create_token(self, token: Object) -> Object:
        """With the ids that Nomad chose, and the secret."""
        made = self.request("POST", "/v1/acl/token", token)
        return made if isinstance(made, dict) else {}

    def delete_token(self, accessor: str) -> None:
        """Deletes it; one that is gone already is as good."""
        self._client.call("DELETE", f"/v1/acl/token/{accessor}", accept={400, 404})
