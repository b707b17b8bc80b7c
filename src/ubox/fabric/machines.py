"""All machines of a box: started, asked off, cut, watched to their end, and found again after a crash."""

from __future__ import annotations

import logging
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from ubox.errors import BoxError
from ubox.fabric import groups
from ubox.fabric.groups import Group
from ubox.fabric.machine import Machine
from ubox.fabric.names import Names
from ubox.fabric.namespaces import existing
from ubox.fabric.power import Buttons
from ubox.fabric.watch import Watch
from ubox.world import Host

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
_AT_ONCE = 16
"""Machines worked on side by side."""


class Events(Protocol):
    """What a box is told of its machines, from their own threads."""

    def machine_up(self, host: str) -> None:
        """Its first process runs."""

    def machine_ended(self, host: str, failure: str | None) -> None:
        """It is off and cleared away; `failure` says why, if it never came up."""


class Machines:
    """Every method returns at once; what it sets off is told to `events`."""

    def __init__(
        self, names: Names, images: Mapping[str, Path], cpu_quota: float | None, events: Events
    ) -> None:
        self._names, self._images, self._cpu_quota, self._events = names, images, cpu_quota, events
        self._watch = Watch(self._came_up, self._supervisor_ended)
        self._buttons = Buttons(press=lambda host: Machine(names, host).ask_off(), pull=self.cut)
        self._workers = ThreadPoolExecutor(_AT_ONCE, "ubox-machine")
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        """One job at a time for each host."""
        self._lock = threading.Lock()
        self._generations: dict[str, int] = {}
        self._live: set[str] = set()
        self._up: set[str] = set()
        self._cut: set[str] = set()
        self._listeners: dict[str, socket.socket] = {}

    def adopt(self) -> frozenset[str]:
        """Takes over what runs, clears away what doesn't, and begins to watch; the hosts that run."""
        self._names.hosts_folder.mkdir(parents=True, exist_ok=True)
        for folder in self._names.hosts_folder.iterdir():
            self._generations[folder.name] = Machine(self._names, folder.name).generation()
        namespaces = existing(f"{self._names.prefix}-")
        for host in groups.hosts(self._names):
            # A machine that lost its network was being cut when our predecessor was killed.
            cabled = self._names.host_namespace(host) in namespaces
            supervisor = Group(self._names, host).supervisor()
            if not (cabled and supervisor and self._adopt(host, supervisor)):
                Machine(self._names, host).clear()
        self._watch.start()
        self._buttons.start()
        return frozenset(self._live)

    def stop(self) -> None:
        """Finishes what was begun and looks away; machines run on."""
        self._buttons.stop()
        self._watch.stop()
        self._workers.shutdown()

    @property
    def live(self) -> frozenset[str]:
        """Hosts whose machine is starting, running or ending."""
        with self._lock:
            return frozenset(self._live)

    @property
    def up(self) -> frozenset[str]:
        """Hosts whose first process runs."""
        with self._lock:
            return frozenset(self._up)

    @property
    def known(self) -> frozenset[str]:
        """Hosts that have files."""
        return frozenset(self._generations)

    def generation(self, host: str) -> int:
        """The one last started; 0 if none was."""
        return self._generations.get(host, 0)

    def start(self, host: Host) -> None:
        """Starts a machine that isn't live; its cable is in place."""
        with self._lock:
            self._live.add(host.id)
            self._cut.discard(host.id)
            self._generations[host.id] = host.generation
        self._do(self._launch, host)

    def ask_off(self, host: str, limit_s: float | None = None) -> None:
        """Presses its power button until it is off; after `limit_s` its power is cut."""
        with self._lock:
            if host in self._live:
                self._buttons.hold(host, limit_s)

    def cut(self, host: str) -> None:
        """Takes its power."""
        with self._lock:
            self._cut.add(host)
        self._do(self._kill, host)

    def destroy(self, host: str) -> None:
        """Deletes the files of a machine that isn't live."""
        self._generations.pop(host, None)
        self._do(self._delete, host)

    def _do(self, job: Callable[[_T], None], argument: _T) -> None:
        self._workers.submit(_logged, job, argument)

    def _adopt(self, host: str, supervisor: int) -> bool:
        try:
            self._watch.follow(host, supervisor, None)
        except ProcessLookupError:
            return False
        self._live.add(host)
        self._up.add(host)
        return True

    def _launch(self, host: Host) -> None:
        with self._turns[host.id]:
            if host.id in self._cut:
                self._clear(host.id, None)
                return
            try:
                self._begin(host)
            except (OSError, BoxError) as error:
                self._clear(host.id, str(error))

    def _begin(self, host: Host) -> None:
        machine = Machine(self._names, host.id)
        if host.image not in self._images:
            raise BoxError(f"there is no image {host.image} in the catalogue that ubox was started with")
        self._listeners[host.id] = self._watch.expect(host.id, machine.notify_address)
        process = machine.launch(host, self._images[host.image], self._cpu_quota)
        self._watch.follow(host.id, process.pid, process)

    def _kill(self, host: str) -> None:
        with self._turns[host]:
            Group(self._names, host).kill()

    def _delete(self, host: str) -> None:
        with self._turns[host]:
            Machine(self._names, host).destroy()

    def _came_up(self, host: str) -> None:
        with self._lock:
            self._up.add(host)
        self._events.machine_up(host)

    def _supervisor_ended(self, host: str, code: int | None) -> None:
        self._do(self._finish, (host, code))

    def _finish(self, ended: tuple[str, int | None]) -> None:
        host, code = ended
        with self._turns[host]:
            failure = None
            if host not in self._up and host not in self._cut:
                failure = Machine(self._names, host).last_words() or f"systemd-nspawn ended with code {code}"
            self._clear(host, failure)

    def _clear(self, host: str, failure: str | None) -> None:
        if listener := self._listeners.pop(host, None):
            self._watch.forget(listener)
        Machine(self._names, host).clear()
        with self._lock:
            self._live.discard(host)
            self._up.discard(host)
            self._buttons.release(host)
        self._events.machine_ended(host, failure)


def _logged(job: Callable[[_T], None], argument: _T) -> None:
    try:
        job(argument)
    except Exception:
        _LOG.exception("%s of %s failed", job.__name__, argument)
