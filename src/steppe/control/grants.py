"""Who may do what in Consul, as plain objects of its ACL API: least privilege for agents and tasks. Pure.

Objects: https://developer.hashicorp.com/consul/api-docs/acl. Trust in workload identities:
https://developer.hashicorp.com/nomad/docs/integrations/consul/acl
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from steppe.control.secrets import Secrets, Token
from steppe.topology import ports
from steppe.topology.model import Host, Role, Topology

Object = Mapping[str, Any]

AUTH_METHOD = "nomad-workloads"
"""What Nomad agents' `service_auth_method` and `task_auth_method` name."""
AUDIENCE = "consul.io"
"""What Nomad writes into the identities that are meant for Consul."""
_TASKS = "nomad-tasks"
_CLAIMS = ("nomad_namespace", "nomad_job_id", "nomad_task", "nomad_service")

TASKS_ROLE: Object = {"Name": f"{_TASKS}-default", "Policies": [{"Name": _TASKS}]}
"""The role of tasks in Nomad's namespace `default`; the second binding rule gives it by that name."""

BINDING_RULES: tuple[Object, ...] = (
    {
        "AuthMethod": AUTH_METHOD,
        "Description": "a service registers itself and nothing else",
        "BindType": "service",
        "BindName": "${value.nomad_service}",
        "Selector": '"nomad_service" in value',
    },
    {
        "AuthMethod": AUTH_METHOD,
        "Description": "a task has the role of its namespace",
        "BindType": "role",
        "BindName": f"{_TASKS}-${{value.nomad_namespace}}",
        "Selector": '"nomad_service" not in value',
    },
)


TRUST: Object = {
    "Name": AUTH_METHOD,
    "Type": "jwt",
    "Description": "workload identities of Nomad",
    "TokenLocality": "local",
    "Config": {
        # A port of each Consul server's own, which leads to Nomad's servers (machine.nomad_keys).
        "JWKSURL": f"http://127.0.0.1:{ports.NOMAD_HTTP}/.well-known/jwks.json",
        "JWTSupportedAlgs": ["RS256"],
        "BoundAudiences": [AUDIENCE],
        "ClaimMappings": {claim: claim for claim in _CLAIMS},
    },
}
"""How Consul checks the identities that Nomad gives its workloads."""


def pools(topology: Topology) -> list[Object]:
    """The node pools that jobs name. A pool also comes to be when its first client registers; a job that is
    planned before that is refused."""
    return [{"Name": str(role)} for role in Role if role.is_nomad_client and topology.by_role(role)]


def policies() -> tuple[Object, ...]:
    """The policies of the files in `policies/`, each named as its file."""
    folder = files("steppe.control") / "policies"
    return tuple(
        {"Name": name, "Rules": (folder / f"{name}.hcl").read_text(encoding="utf-8")}
        for name in ("nomad-server", "nomad-client", _TASKS)
    )


def agent_tokens(topology: Topology, secrets: Secrets) -> list[Object]:
    """The tokens of every agent, with their secrets: a Consul agent is its own node and nothing else, a
    Nomad agent has the policy of its part."""
    tokens = []
    for host in topology.hosts:
        own = secrets.hosts[host.name]
        if own.consul_agent:
            identity = {"NodeName": host.name, "Datacenter": topology.cluster}
            tokens.append(_token(own.consul_agent, f"consul on {host.name}", NodeIdentities=[identity]))
        if own.nomad_consul:
            policy = {"Name": _nomad_policy(host)}
            tokens.append(_token(own.nomad_consul, f"nomad on {host.name}", Policies=[policy]))
    return tokens


def covers(found: object, wanted: object) -> bool:
    """Whether what Consul has agrees with all that is wanted; it adds fields of its own, such as indexes.

    A wanted secret counts as agreeing: Consul neither shows nor changes the one a token was made with.
    """
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            key == "SecretID" or covers(found.get(key), value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        # Consul leaves an empty list out.
        has = found if isinstance(found, list) else []
        return len(has) == len(wanted) and all(map(covers, has, wanted))
    return found == wanted


def _token(token: Token, description: str, **granted: list[dict[str, str]]) -> Object:
    return {
        "AccessorID": token.accessor,
        "SecretID": token.secret,
        "Description": description,
        "Policies": [],
        "NodeIdentities": [],
        **granted,
    }


def _nomad_policy(host: Host) -> str:
    return "nomad-server" if host.role is Role.NOMAD else "nomad-client"
