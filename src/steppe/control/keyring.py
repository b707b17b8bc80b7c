"""Gossip keys of a running cluster: every agent takes a new one, uses it, and forgets the others.

https://developer.hashicorp.com/consul/api-docs/operator/keyring (every agent; the rings of LAN and WAN) and
https://developer.hashicorp.com/nomad/api-docs/agent#list-keys (servers). Each call may be repeated.
Once an agent has a keyring on disk, the key in its configuration counts no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from steppe.control.conditions import NotMet
from steppe.control.consul import ConsulApi
from steppe.control.nomad import NomadApi


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """What the members of one gossip pool have: how many hold each key."""

    members: int
    keys: Mapping[str, int] = field(repr=False)
    primary: Mapping[str, int] | None = field(repr=False)
    """How many use each key; None where the API doesn't tell."""


class Keyring(Protocol):
    @property
    def title(self) -> str: ...

    def rings(self) -> Sequence[Ring]: ...
    def install(self, key: str) -> None: ...
    def use(self, key: str) -> None: ...
    def remove(self, key: str) -> None: ...


class ConsulKeyring:
    title = "Consul"
    _PATH = "/v1/operator/keyring"

    def __init__(self, consul: ConsulApi) -> None:
        self._consul = consul

    def rings(self) -> Sequence[Ring]:
        return [
            Ring(members=ring["NumNodes"], keys=ring["Keys"] or {}, primary=ring["PrimaryKeys"] or {})
            for ring in self._consul.request("GET", self._PATH)
        ]

    def install(self, key: str) -> None:
        self._consul.request("POST", self._PATH, {"Key": key})

    def use(self, key: str) -> None:
        self._consul.request("PUT", self._PATH, {"Key": key})

    def remove(self, key: str) -> None:
        self._consul.request("DELETE", self._PATH, {"Key": key})


class NomadKeyring:
    title = "Nomad"
    _PATH = "/v1/agent/keyring"

    def __init__(self, nomad: NomadApi) -> None:
        self._nomad = nomad

    def rings(self) -> Sequence[Ring]:
        ring: Mapping[str, Any] = self._nomad.request("GET", f"{self._PATH}/list")
        return [Ring(members=ring["NumNodes"], keys=ring["Keys"] or {}, primary=None)]

    def install(self, key: str) -> None:
        self._nomad.request("PUT", f"{self._PATH}/install", {"Key": key})

    def use(self, key: str) -> None:
        self._nomad.request("PUT", f"{self._PATH}/use", {"Key": key})

    def remove(self, key: str) -> None:
        self._nomad.request("PUT", f"{self._PATH}/remove", {"Key": key})


def spread(keyring: Keyring, key: str) -> None:
    """Gives that key to every member. Raises NotMet while one has not got it."""
    if any(ring.keys.get(key, 0) < ring.members for ring in keyring.rings()):
        keyring.install(key)
    for ring in keyring.rings():
        _need_all(ring, ring.keys.get(key, 0), "have the new key")


def switch(keyring: Keyring, key: str) -> None:
    """Makes every member use that key, which all have. Raises NotMet while one does not."""
    keyring.use(key)
    for ring in keyring.rings():
        if ring.primary is not None:
            _need_all(ring, ring.primary.get(key, 0), "use the new key")


def drop_others(keyring: Keyring, key: str) -> None:
    """Makes every member forget every key but that one. Raises NotMet while one has another."""
    for other in {each for ring in keyring.rings() for each in ring.keys} - {key}:
        keyring.remove(other)
    for ring in keyring.rings():
        if set(ring.keys) != {key}:
            raise NotMet(f"{len(ring.keys) - 1} older key(s) are still known")


def _need_all(ring: Ring, count: int, what: str) -> None:
    if count < ring.members:
        raise NotMet(f"{count} of {ring.members} members {what}")
