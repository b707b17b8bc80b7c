"""Calls of the UCloud API, through the official SDK's own client.

The SDK signs, encodes and decodes; its generic `invoke` is used for every action, since the typed calls drop
parameters that they don't know. Its retry stays off (it repeats creates), and its logger is left out (it
prints secrets).
"""

from __future__ import annotations

import logging
import random
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import requests
from ucloud.core.client import Client
from ucloud.core.exc import HTTPStatusException, RetCodeException, UCloudException
from ucloud.core.utils.middleware import Middleware
from urllib3.exceptions import NewConnectionError

from steppe.cloud import errors
from steppe.cloud.credentials import BOX_REGION, Credentials
from steppe.cloud.paging import Page, Row, all_rows
from steppe.cloud.transport import Pooled
from steppe.engine.fault import Fault, FaultClass

_PAGE = 100
"""The most that each list gives at once (UHost, isolation groups: documented; others: as Terraform asks)."""
_READING = ("Describe", "Get")
_READ_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
_MOVED_PAUSES_S = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
"""After each reading of a list that moved meanwhile."""
_TOLD_AFTER_S, _TOLD_EVERY_S = 3.0, 5.0
"""When a person is told that an answer is still waited for, and how often."""
_log = logging.getLogger(__name__)


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
        self._parallel = parallel
        self._turns = threading.BoundedSemaphore(parallel)
        self._counted = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._has_answered = False
        self._told_at = float("-inf")
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
        """The answer. What only reads is repeated when it fails for the moment. Raises Fault.

        A repetition that takes seconds is told as a warning in the log, of all calls together.
        """
        if not action.startswith(_READING):
            return self._once(action, params)
        began = time.monotonic()
        for pause in _READ_PAUSES_S:
            try:
                return self._once(action, params)
            except Fault as fault:
                if fault.fault_class not in (FaultClass.RETRYABLE, FaultClass.UNKNOWN):
                    raise
                self._tell(fault, time.monotonic() - began)
                time.sleep(pause * random.uniform(0.5, 1.0))
        return self._once(action, params)

    def rows(self, action: str, field: str, **params: Any) -> list[Row]:
        """All rows of a list: the first page, then the others at the same time (`steppe.cloud.paging`).

        Raises Fault.
        """

        def page(offset: int) -> Page:
            answer = self.call(action, Offset=offset, Limit=_PAGE, **params)
            return Page(rows=answer.get(field) or [], total=answer.get("TotalCount", 0))

        for pause in _MOVED_PAUSES_S:
            found = all_rows(page, at_once=self._parallel)
            if found is not None:
                return found
            time.sleep(pause * random.uniform(0.5, 1.0))
        raise errors.list_moved(action, len(_MOVED_PAUSES_S))

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
                self._has_answered = True
                return answer
            except RetCodeException as error:
                self._has_answered = True
                raise errors.by_retcode(action, error.code, error.message) from None
            except HTTPStatusException as error:
                raise errors.by_status(action, error.status_code) from None
            except requests.exceptions.SSLError as error:
                raise self._distrusted(action, error) from None
            except (requests.ConnectTimeout, requests.ConnectionError) as error:
                raise self._broken(action, error) from None
            except (requests.RequestException, UCloudException, AttributeError, ValueError) as error:
                raise errors.lost_answer(action, type(error).__name__) from None

    def _tell(self, fault: Fault, waited_s: float) -> None:
        now = time.monotonic()
        with self._counted:
            if waited_s < _TOLD_AFTER_S or now - self._told_at < _TOLD_EVERY_S:
                return
            self._told_at = now
        _log.warning("%s; trying again, for %.0f s so far", fault.message, waited_s)

    def _broken(self, action: str, error: Exception) -> Fault:
        """A connection that was never made sent nothing; one that broke may have."""
        endpoint = self.credentials.endpoint
        if isinstance(error, requests.ConnectTimeout):
            return errors.no_connection(action, endpoint, "timed out")
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, NewConnectionError):
            if self.region == BOX_REGION and not self._has_answered:
                # A box that answered before may be starting again; one that never did isn't there.
                return errors.box_stopped(endpoint)
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
    """One look at the region: each list is asked at most once, however many kinds read it.

    One that can't be had fails for all of them at once.
    """

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
            if kept.fault is not None:
                raise kept.fault
            if kept.rows is None:
                try:
                    kept.rows = fetch()
                except Fault as fault:
                    kept.fault = fault
                    raise
            return kept.rows


class _List:
    __slots__ = ("fault", "lock", "rows")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rows: list[Row] | None = None
        self.fault: Fault | None = None
