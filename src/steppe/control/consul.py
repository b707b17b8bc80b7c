"""The calls on Consul's HTTP API that steppe needs: https://developer.hashicorp.com/consul/api-docs"""

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


def consul_service(topology: Topology, secrets: Secrets) -> Service:
    """The HTTPS API of the Consul servers, with the management token."""
    return Service(
        title="Consul",
        port=ports.CONSUL_HTTPS,
        tls_name=f"server.{topology.cluster}.consul",
        token_header="X-Consul-Token",
        token=secrets.consul_management.secret,
        servers=tuple(
            Server(name=host.name, address=str(host.address)) for host in topology.by_role(Role.CONSUL)
        ),
    )


class ConsulApi:
    """Every method raises ControlError when no server answers, or the answer is a refusal."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.request = client.request
        """Any other call: method, path, json, params; gives the answer's JSON."""

    def leader(self) -> str:
        """`address:port` of the leader; empty while there is none."""
        return str(self._client.call("GET", "/v1/status/leader", anonymous=True).body)

    def health(self) -> Object:
        """Autopilot's view of the servers."""
        return _object(self._client.call("GET", "/v1/operator/autopilot/health", accept={_UNHEALTHY}).body)

    def members(self) -> Sequence[Object]:
        """Every agent that gossip knows; `Status` 1 is alive."""
        return _objects(self.request("GET", "/v1/agent/members"))

    def knows_token(self) -> bool:
        """Whether the management token is known."""
        return self._client.call("GET", "/v1/acl/token/self", accept={403}).status == 200

    def bootstrap_acls(self, management_secret: str) -> bool:
        """Makes the management token; False if someone has bootstrapped the ACLs before."""
        body = {"BootstrapSecret": management_secret}
        answer = self._client.call("PUT", "/v1/acl/bootstrap", body, accept={403}, anonymous=True)
        return answer.status == 200

    def policies(self) -> Sequence[Object]:
        return _objects(self.request("GET", "/v1/acl/policies"))

    def policy(self, policy_id: str) -> Object:
        """With its `Rules`, which the list leaves out."""
        return _object(self.request("GET", f"/v1/acl/policy/{policy_id}"))

    def put_policy(self, policy: Object, found: Object | None) -> None:
        """Changes the found one, or makes it; so do the other `put` calls."""
        self._put("/v1/acl/policy", policy, found, "ID")

    def roles(self) -> Sequence[Object]:
        return _objects(self.request("GET", "/v1/acl/roles"))

    def put_role(self, role: Object, found: Object | None) -> None:
        self._put("/v1/acl/role", role, found, "ID")

    def tokens(self) -> Sequence[Object]:
        return _objects(self.request("GET", "/v1/acl/tokens"))

    def put_token(self, token: Object, found: Object | None) -> None:
        self._put("/v1/acl/token", token, found, "AccessorID")

    def create_token(self, token: Object) -> Object:
        """With the ids that Consul chose, and the secret, which only this answer has."""
        return _object(self.request("PUT", "/v1/acl/token", token))

    def delete_token(self, accessor: str) -> None:
        """Deletes it; one that is gone already is as good."""
        self._client.call("DELETE", f"/v1/acl/token/{accessor}", accept={404})

    def auth_methods(self) -> Sequence[Object]:
        return _objects(self.request("GET", "/v1/acl/auth-methods"))

    def auth_method(self, name: str) -> Object:
        """With its `Config`, which the list leaves out."""
        return _object(self.request("GET", f"/v1/acl/auth-method/{name}"))

    def put_auth_method(self, method: Object, found: Object | None) -> None:
        """Consul fetches the keys of a JWT method at once, and refuses it when it can't."""
        self._put("/v1/acl/auth-method", method, found, "Name")

    def binding_rules(self, auth_method: str) -> Sequence[Object]:
        return _objects(self.request("GET", "/v1/acl/binding-rules", params={"authmethod": auth_method}))

    def put_binding_rule(self, rule: Object, found: Object | None) -> None:
        self._put("/v1/acl/binding-rule", rule, found, "ID")

    def _put(self, collection: str, wanted: Object, found: Object | None, key: str) -> None:
        self.request("PUT", f"{collection}/{found[key]}" if found else collection, wanted)


def _objects(body: Any) -> Sequence[Object]:
    return body if isinstance(body, list) else []


def _object(body: Any) -> Object:
    return body if isinstance(body, dict) else {}
