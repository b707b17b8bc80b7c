"""Calls of the UCloud API, through the official SDK's own client.

The SDK signs, encodes and decodes; its generic `invoke` is used for every action, since the typed calls drop
parameters that they don't know. Its retry stays off (it repeats creates), and its logger is left out (it
prints secrets).
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import requests
from ucloud.core.client import Client
from ucloud.core.exc import HTTPStatusException, RetCodeException, UCloudException
from ucloud.core.utils.middleware import Middleware
from urllib3.exceptions import NewConnectionError

from steppe.cloud import errors
from steppe.cloud.credentials import Credentials
from steppe.cloud.transport import Pooled
from steppe.engine.fault import Fault, FaultClass

Row: TypeAlias = Mapping[str, Any]
"""One resource as the API shows it."""

_PAGE = 100
"""The most that each list gives at once (UHost, isolation groups: documented; others: as Terraform asks)."""
_READING = ("Describe", "Get")
_READ_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)


class Api:
    """One region and project of an account. Threads may share it."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        parallel: int = 16,
        timeout_s: int = 60,
        transport: Any = None,
    ) -> None:
        """`parallel`: calls at once at most. `transport` stands for the network in tests."""
        self.credentials = credentials
        self.region = credentials.region
        self._turns = threading.BoundedSemaphore(parallel)
        self._counted = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._transport = transport or Pooled(parallel, credentials.ca_file)
        self._client = Client(
            {
                "region": credentials.region,
                "project_id": credentials.project_id or None,
                "public_key": credentials.public_key,
                "private_key": credentials.private_key,
                "base_url": credentials.endpoint,
                "timeout": timeout_s,
                "max_retries": 0,
                "user_agent": "steppe",
            },
            transport=self._transport,
            middleware=Middleware(),
        )

    @property
    def calls(self) -> Mapping[str, int]:
        """How often each action was called so far."""
        with self._counted:
            return dict(self._calls)

    def call(self, action: str, **params: Any) -> Row:
        """The answer. What only reads is repeated when it fails for the moment. Raises Fault."""
        if not action.startswith(_READING):
            return self._once(action, params)
        for pause in _READ_PAUSES_S:
            try:
                return self._once(action, params)
            except Fault as fault:
                if fault.fault_class not in (FaultClass.RETRYABLE, FaultClass.UNKNOWN):
                    raise
                time.sleep(pause * random.uniform(0.5, 1.0))
        return self._once(action, params)

    def rows(self, action: str, field: str, **params: Any) -> list[Row]:
        """All rows of a list, page by page. Raises Fault."""
        found: list[Row] = []
        while True:
            answer = self.call(action, Offset=len(found), Limit=_PAGE, **params)
            page = answer.get(field) or []
            found += page
            if not page or len(found) >= answer.get("TotalCount", 0):
                return found

    def look(self) -> Look:
        return Look(self)

    def close(self) -> None:
        self._transport.close()

    def _once(self, action: str, params: Mapping[str, Any]) -> Row:
        with self._turns:
            with self._counted:
                self._calls[action] += 1
            try:
                answer: Row = self._client.invoke(action, dict(params))
                return answer
            except RetCodeException as error:
                raise errors.by_retcode(action, error.code, error.message) from None
            except HTTPStatusException as error:
                raise errors.by_status(action, error.status_code) from None
            except requests.exceptions.SSLError as error:
                raise self._distrusted(action, error) from None
            except (requests.ConnectTimeout, requests.ConnectionError) as error:
                raise self._broken(action, error) from None
            except (requests.RequestException, UCloudException, AttributeError, ValueError) as error:
                raise errors.lost_answer(action, type(error).__name__) from None

    def _broken(self, action: str, error: Exception) -> Fault:
        """A connection that was never made sent nothing; one that broke may have."""
        endpoint = self.credentials.endpoint
        if isinstance(error, requests.ConnectTimeout):
            return errors.no_connection(action, endpoint, "timed out")
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, NewConnectionError):
            return errors.no_connection(action, endpoint, "refused or not found")
        return errors.lost_answer(action, "the connection broke")

    def _distrusted(self, action: str, error: Exception) -> Fault:
        """Nothing was sent where the certificate wasn't trusted; a connection that broke later may have."""
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        cause = getattr(reason, "args", (None,))[0] if reason else None
        if isinstance(cause, ssl.SSLCertVerificationError):
            return errors.distrusted(action, self.credentials.endpoint, cause.verify_message)
        return errors.lost_answer(action, "the encrypted connection broke")


class Look:
    """One look at the region: each list is asked at most once, however many kinds read it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._lists: dict[tuple[Any, ...], _List] = {}
        self._lock = threading.Lock()

    def rows(self, action: str, field: str, **params: Any) -> list[Row]:
        key = (action, field, *sorted(params.items()))
        return self._kept(key, lambda: self.api.rows(action, field, **params))

    def once(self, action: str, field: str) -> list[Row]:
        """Of an action that gives its whole list at once."""
        return self._kept((action, field), lambda: list(self.api.call(action)[field]))

    def _kept(self, key: tuple[Any, ...], fetch: Callable[[], list[Row]]) -> list[Row]:
        with self._lock:
            kept = self._lists.setdefault(key, _List())
        with kept.lock:
            if kept.rows is None:
                kept.rows = fetch()
            return kept.rows


class _List:
    __slots__ = ("lock", "rows")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rows: list[Row] | None = None
