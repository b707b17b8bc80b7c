"""What this room needs of the way into a cluster; `steppe.control` gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from steppe.control.secrets import User


class HttpApi(Protocol):
    """The API of Nomad, or of Consul."""

    @property
    def request(self) -> Request: ...


class Request(Protocol):
    def __call__(
        self,
        method: str,
        path: str,
        json: object = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON, or its text when it is none. Raises SteppeError when there is no good answer."""
        ...


class Access(Protocol):
    @property
    def administrator(self) -> User | None:
        """As whom brokers are asked; None where they ask for no signature."""
        ...

    def endpoint(self, address: str, port: int) -> tuple[str, int]:
        """Where a private address and port of the cluster can be reached from here."""
        ...
