"""Nomad's variables: encrypted where they are kept, read by the job whose path they have and by no other.

API: https://developer.hashicorp.com/nomad/api-docs/variables. A job may read `nomad/jobs/<its id>`:
https://developer.hashicorp.com/nomad/docs/concepts/workload-identity
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from steppe.control.client import ControlError
from steppe.rocketmq.interfaces import HttpApi

_NOT_FOUND = 404
_MOVED = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    items: Mapping[str, str] = field(repr=False)
    index: int
    """Of its last change; 0 for one that isn't there yet."""


class Moved(Exception):
    """Somebody else has changed the variable since it was read."""


def job_path(job: str) -> str:
    return f"nomad/jobs/{job}"


def read(nomad: HttpApi, path: str) -> Variable:
    """Without items if there is none. Raises SteppeError when Nomad doesn't answer."""
    try:
        found = nomad.request("GET", f"/v1/var/{path}")
    except ControlError as error:
        if error.status == _NOT_FOUND:
            return Variable(items={}, index=0)
        raise
    return Variable(items=found["Items"], index=found["ModifyIndex"])


def write(nomad: HttpApi, path: str, items: Mapping[str, str], *, index: int) -> None:
    """Puts the items there. Raises Moved unless `index` is that of the last change."""
    body = {"Path": path, "Items": dict(items)}
    try:
        nomad.request("PUT", f"/v1/var/{path}", json=body, params={"cas": str(index)})
    except ControlError as error:
        if error.status == _MOVED:
            raise Moved(path) from error
        raise


def put(nomad: HttpApi, path: str, items: Mapping[str, str]) -> bool:
    """Puts the items there if they differ from what is there, and tells whether they did."""
    found = read(nomad, path)
    if found.items == items:
        return False
    nomad.request("PUT", f"/v1/var/{path}", json={"Path": path, "Items": dict(items)})
    return True


def delete(nomad: HttpApi, path: str) -> None:
    """Removes it, if it is there."""
    nomad.request("DELETE", f"/v1/var/{path}")
