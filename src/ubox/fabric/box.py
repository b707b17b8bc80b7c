"""The fabric that uses the kernel: networks, machines, health checks and metadata of one box."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ubox.fabric.addresses import nth
from ubox.fabric.health import Health, Probe
from ubox.fabric.kernel import Kernel
from ubox.fabric.machines import Machines
from ubox.fabric.metadata import MetadataService
from ubox.fabric.names import Names
from ubox.fabric.namespaces import existing, inside
from ubox.fabric.plan import networks
from ubox.world import Host, Reports, World

_REBOOT_S = 30.0
"""A reboot that takes longer is forced."""
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
_INOTIFY_AT_LEAST = 1024
"""A machine needs about 7; Linux's default of 128 ends at the 18th."""


class KernelFabric:
    """Implements `ubox.world.Fabric`. A host has a cable exactly as long as it has power."""

    def __init__(
        self,
        folder: Path,
        images: Mapping[str, Path],
        internet: str,
        *,
        check_interval: float = 2.0,
        cpu_quota: float | None = None,
    ) -> None:
        """`images`: root file system of each image by id. `internet`: a /24 (see `choose_internet`).

        `check_interval`: seconds between health checks. `cpu_quota`: how much of a core each of a host's
        cores may use; None gives hosts shares in proportion instead, so that they boot fast.
        """
        self._names, self._internet = Names.of(folder), internet
        self._kernel = Kernel(self._names)
        self._machines = Machines(self._names, images, cpu_quota, self)
        self._health = Health(self._names.health_file, check_interval, self._health_changed)
        self._services: dict[str, MetadataService] = {}
        self._reporter = ThreadPoolExecutor(1, "ubox-reports")
        self._lock = threading.RLock()
        self._world = World()
        self._powered: frozenset[str] = frozenset()
        self._unwanted_disks: set[str] = set()
        self._compared = False

    def start(self, reports: Reports) -> None:
        """Adopts what an earlier process of this box left running. Raises BoxError."""
        self._reports = reports
        _raise_inotify()
        with self._lock:
            self._powered = self._machines.adopt()
            kept = {self._names.host_namespace(host) for host in self._powered}
            self._kernel.forget_hosts(existing(self._names.host_namespace("")) - kept)
            self._kernel.ensure(networks(self._names, World(), self._internet, plugged=(), healthy=()))
        self._health.start()

    def converge(self, world: World) -> None:
        """Makes the kernel match `world`; see `ubox.world.Fabric`. Raises BoxError."""
        with self._lock:
            self._world = world
            self._settle()
            if not self._compared:
                self._compared = True
                self._tell_what_was_found()

    def stop(self) -> None:
        """Ends this process's part. Machines and networks stay as they are."""
        self._health.stop()
        self._machines.stop()
        for service in self._services.values():
            service.stop()
        self._reporter.shutdown()

    def listen_on_internet(self, port: int) -> socket.socket:
        """A listening TCP socket on the box's internet, at its address .2. Raises OSError, BoxError."""
        with inside(self._names.internet):
            return socket.create_server((nth(self._internet, 2), port), backlog=128)

    def is_running(self, host: str) -> bool:
        """Whether the machine is starting, running or ending."""
        return host in self._machines.live

    def forget_disk(self, disk: str) -> None:
        """Deletes a data disk, as soon as no host has it."""
        with self._lock:
            self._unwanted_disks.add(disk)
            self._delete_disks()

    def machine_up(self, host: str) -> None:
        """Called by the machines."""
        self._tell(self._reports.machine_running, host, self._machines.generation(host))

    def machine_ended(self, host: str, failure: str | None) -> None:
        """Called by the machines."""
        with self._lock:
            self._powered -= {host}
            found = next((each for each in self._world.hosts if each.id == host), None)
            restarts = found is not None and self._must_start(found)
            try:
                # A host that starts again gets a network without traces of the last time.
                self._make_networks(self._powered)
                self._settle()
            finally:
                if failure is not None:
                    self._tell(self._reports.machine_failed, host, failure)
                elif found is not None and not restarts:
                    self._tell(self._reports.machine_stopped, host, _why(found))

    def _settle(self) -> None:
        """Compares the world with what runs: networks at once, machines in their own time.

        A host that is cut loses its cable before its processes, so that it dies without a word.
        """
        hosts = {host.id: host for host in self._world.hosts}
        cut = {each for each in self._powered if each not in hosts or hosts[each].power == "cut"}
        start = [host for host in self._world.hosts if self._must_start(host)]
        powered = self._powered - cut | {host.id for host in start}
        self._make_networks(powered)
        self._powered = powered
        self._health.watch(list(_probes(self._names, self._world)))
        for host_id in cut:
            self._machines.cut(host_id)
        for host in start:
            self._machines.start(host)
        for host in (hosts[host_id] for host_id in powered):
            if host.power == "off":
                self._machines.ask_off(host.id)
            elif host.generation > self._machines.generation(host.id):
                self._machines.ask_off(host.id, _REBOOT_S)
        for host_id in self._machines.known - hosts.keys() - self._machines.live:
            self._machines.destroy(host_id)
        self._delete_disks()

    def _must_start(self, host: Host) -> bool:
        return (
            host.power == "on"
            and host.generation > self._machines.generation(host.id)
            and host.id not in self._machines.live
        )

    def _make_networks(self, powered: frozenset[str]) -> None:
        vpcs = {self._names.vpc(vpc.id): vpc.id for vpc in self._world.vpcs}
        # A namespace stays as long as a socket is open in it.
        for namespace in self._services.keys() - vpcs.keys():
            self._services.pop(namespace).stop()
        healthy = self._health.healthy
        plan = networks(self._names, self._world, self._internet, plugged=powered, healthy=healthy)
        self._kernel.apply(plan)
        for namespace in vpcs.keys() - self._services.keys():
            self._services[namespace] = MetadataService(namespace, self._finder(vpcs[namespace]))

    def _finder(self, vpc: str) -> Callable[[str], Host | None]:
        def find(address: str) -> Host | None:
            hosts = self._world.hosts
            return next((host for host in hosts if (host.vpc, host.address) == (vpc, address)), None)

        return find

    def _health_changed(self, changes: Mapping[str, bool]) -> None:
        with self._lock:
            self._make_networks(self._powered)
        for backend, healthy in changes.items():
            self._tell(self._reports.backend_health, backend, healthy)

    def _delete_disks(self) -> None:
        held = {disk.id for host in self._world.hosts for disk in host.disks}
        for disk in self._unwanted_disks - held:
            shutil.rmtree(self._names.disk_folder(disk), ignore_errors=True)
        self._unwanted_disks &= held

    def _tell_what_was_found(self) -> None:
        """The API side may have missed the last reports of our predecessor."""
        for host in self._world.hosts:
            if host.id in self._machines.up:
                self._tell(self._reports.machine_running, host.id, self._machines.generation(host.id))
            elif self._machines.generation(host.id) and host.id not in self._machines.live:
                self._tell(self._reports.machine_stopped, host.id, _why(host))
        for backend in self._health.healthy:
            self._tell(self._reports.backend_health, backend, True)

    def _tell(self, report: Callable[..., None], *what: object) -> None:
        # From one thread, so in order, and never from one in which the API side waits for us.
        self._reporter.submit(report, *what)


def _why(host: Host) -> str:
    reasons = {"off": "it was asked to shut down", "cut": "its power was cut"}
    return reasons.get(host.power, "it went off by itself")


def _probes(names: Names, world: World) -> Iterator[Probe]:
    for balancer in world.balancers:
        for listener in balancer.listeners:
            for backend in listener.backends:
                yield Probe(
                    backend=backend.id, namespace=names.vpc(balancer.vpc), protocol=listener.protocol,
                    address=backend.address, port=backend.port,
                )  # fmt: skip


def _raise_inotify() -> None:
    if int(_INOTIFY.read_text()) < _INOTIFY_AT_LEAST:
        _INOTIFY.write_text(str(_INOTIFY_AT_LEAST))
