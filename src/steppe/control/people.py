"""Tokens for people, by role and with an expiry, in Consul's and Nomad's ACLs.

    reader    sees everything but secrets, ACLs and files of tasks
    operator  restarts, scales and drains what runs, and tends the servers; no new jobs, ACLs or keys
    manager   everything

1. Write the role's policies where they are missing or different: the files `policies/people-*.hcl`.
2. Make a token in each, which ends by itself; its description says whose it is.
3. To revoke is to delete those tokens; both answer 403 to them from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any

from steppe.control.consul import ConsulApi
from steppe.control.nomad import NomadApi

_MARK = "steppe access:"
_MANAGEMENT = "global-management"
"""Consul's built-in policy that allows everything."""


class PersonRole(StrEnum):
    READER = "reader"
    OPERATOR = "operator"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A person's two tokens, by accessor and secret."""

    role: PersonRole
    who: str
    expires: str
    """As Consul says it: RFC 3339, UTC."""
    consul_accessor: str
    consul_secret: str = field(repr=False)
    nomad_accessor: str
    nomad_secret: str = field(repr=False)


def grant(consul: ConsulApi, nomad: NomadApi, role: PersonRole, who: str, seconds: int) -> Grant:
    """Makes both tokens, for one minute to 24 hours. Raises ControlError when one can't be made.

    A Consul token whose Nomad one can't be made is taken back.
    """
    made = consul.create_token(
        {
            "Description": _description(role, who),
            "Policies": [{"Name": _policy(consul, role)}],
            "ExpirationTTL": f"{seconds}s",
        }
    )
    try:
        kind = {"Type": "management"} if role is PersonRole.MANAGER else _nomad_kind(nomad, role)
        other = nomad.create_token({"Name": _description(role, who), **kind, "ExpirationTTL": f"{seconds}s"})
    except BaseException:
        consul.delete_token(made["AccessorID"])
        raise
    return Grant(
        role=role,
        who=who,
        expires=str(made["ExpirationTime"]),
        consul_accessor=made["AccessorID"],
        consul_secret=made["SecretID"],
        nomad_accessor=other["AccessorID"],
        nomad_secret=other["SecretID"],
    )


def take_back(consul: ConsulApi, nomad: NomadApi, given: Grant) -> None:
    """Deletes both tokens of one grant."""
    consul.delete_token(given.consul_accessor)
    nomad.delete_token(given.nomad_accessor)


def revoke(consul: ConsulApi, nomad: NomadApi, who: str | None) -> tuple[str, ...]:
    """Deletes every token that was granted, or only that person's; says of which each was."""
    return (
        *_deleted("Consul", consul.tokens(), "Description", who, consul.delete_token),
        *_deleted("Nomad", nomad.tokens(), "Name", who, nomad.delete_token),
    )


def _deleted(
    title: str,
    tokens: Sequence[Mapping[str, Any]],
    named: str,
    who: str | None,
    delete: Callable[[str], None],
) -> list[str]:
    deleted = []
    for token in tokens:
        description = str(token.get(named) or "")
        if not description.startswith(_MARK) or (who is not None and not description.endswith(f" for {who}")):
            continue
        delete(token["AccessorID"])
        deleted.append(f"{title}: {description.removeprefix(_MARK).strip()}")
    return deleted


def _description(role: PersonRole, who: str) -> str:
    return f"{_MARK} {role} for {who}"


def _policy(consul: ConsulApi, role: PersonRole) -> str:
    """The name of the role's policy in Consul, which is there and as it should be."""
    if role is PersonRole.MANAGER:
        return _MANAGEMENT
    wanted = {"Name": f"steppe-{role}", "Rules": _rules("consul", role)}
    found = next((each for each in consul.policies() if each["Name"] == wanted["Name"]), None)
    if found is None or consul.policy(found["ID"])["Rules"] != wanted["Rules"]:
        consul.put_policy(wanted, found)
    return wanted["Name"]


def _nomad_kind(nomad: NomadApi, role: PersonRole) -> Mapping[str, Any]:
    name, rules = f"steppe-{role}", _rules("nomad", role)
    if nomad.policy_rules(name) != rules:
        nomad.put_policy(name, rules)
    return {"Type": "client", "Policies": [name]}


def _rules(program: str, role: PersonRole) -> str:
    folder = files("steppe.control") / "policies"
    return (folder / f"people-{program}-{role}.hcl").read_text(encoding="utf-8")
