"""One host as a systemd machine: an overlay of its image, started in its own network and control groups.

The overlay is mounted where only the machine sees it, so it goes when the machine goes. What the cloud would
set up in a fresh host (name, identity, addresses of others) is written into the overlay's upper layer.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ubox.fabric.groups import Group, Limits
from ubox.fabric.names import Names
from ubox.world import Host

ACPI_OFF = signal.SIGRTMIN + 4
"""systemd's signal for 'power off' (systemd(1))."""

_OWN_MOUNTS = ("unshare", "--mount", "--propagation", "private")
_LAUNCH = """
set -e
for group in $UBOX_GROUPS; do echo 0 >"$group"; done
mount -t overlay overlay -o "$UBOX_OVERLAY" root
exec systemd-nspawn "$@"
"""
PROPAGATE = Path("/run/systemd/nspawn/propagate")
"""Where systemd-nspawn keeps a folder for each machine."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine of one host: its files and how it is started and ended."""

    names: Names
    host: str

    @property
    def folder(self) -> Path:
        return self.names.host_folder(self.host)

    @property
    def group(self) -> Group:
        return Group(self.names, self.host)

    @property
    def notify_address(self) -> str:
        """The abstract socket to which systemd-nspawn tells how far it is."""
        return f"\0{self.names.machine(self.host)}"

    def generation(self) -> int:
        """The generation that was last started; 0 before the first start."""
        try:
            return int((self.folder / "generation").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def launch(self, host: Host, image: Path, cpu_quota: float | None) -> subprocess.Popen[bytes]:
        """Starts it; the process is the machine's supervisor, and outlives this one.

        Raises OSError or BoxError.
        """
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        _furnish(self.folder / "upper", host, self.names)
        self.group.make(Limits(memory_mb=host.memory_mb, cpu=host.cpu, cpu_quota=cpu_quota))
        with self.names.console(self.host).open("ab") as console:
            process = subprocess.Popen(
                [*_OWN_MOUNTS, "sh", "-c", _LAUNCH, "sh", *self._options(host)],
                cwd=self.folder, env=self._environment(image), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
            )  # fmt: skip
        (self.folder / "generation").write_text(str(host.generation))
        return process

    def ask_off(self) -> None:
        """Presses the power button: the machine shuts down by itself, or not."""
        if leader := self.group.leader():
            with suppress(ProcessLookupError):
                os.kill(leader, ACPI_OFF)

    def clear(self) -> None:
        """Removes what a machine that has ended, however it did, leaves beside its disk."""
        self.group.remove()
        with suppress(FileNotFoundError):
            (PROPAGATE / self.names.machine(self.host)).rmdir()

    def destroy(self) -> None:
        """Removes its disk too. The machine has ended."""
        self.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self) -> str:
        """The end of what it wrote to its console, to say why it didn't start."""
        try:
            return self.names.console(self.host).read_bytes()[-400:].decode(errors="replace").strip()
        except FileNotFoundError:
            return ""

    def _options(self, host: Host) -> list[str]:
        disks = []
        for disk in host.disks:
            self.names.disk_folder(disk.id).mkdir(parents=True, exist_ok=True)
            disks.append(f"--bind={_escaped(self.names.disk_folder(disk.id))}:{disk.mount}")
        name = self.names.machine(self.host)
        return [
            "--quiet", "--boot", "--register=no", "--keep-unit", "--notify-ready=yes", "--console=read-only",
            "--directory=root", f"--machine={name}", f"--hostname={host.name}",
            f"--network-namespace-path=/run/netns/{self.names.host_namespace(self.host)}",
            "--kill-signal=SIGRTMIN+3", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
            # A host is master of its own network: its firewall, its balancers' addresses.
            "--capability=CAP_NET_ADMIN",
            # Without them Nomad's exec and java drivers fail every task.
            "--system-call-filter=@keyring bpf", *disks,
        ]  # fmt: skip

    def _environment(self, image: Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "NOTIFY_SOCKET": self.notify_address.replace("\0", "@"),
            "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1",
            "SYSTEMD_NSPAWN_LOCK": "0",
            "UBOX_GROUPS": " ".join(map(str, self.group.entrances())),
            "UBOX_OVERLAY": f"lowerdir={image},upperdir=upper,workdir=work",
        }


def _furnish(upper: Path, host: Host, names: Names) -> None:
    identity = hashlib.sha256(f"{names.folder}/{host.id}".encode()).hexdigest()[:32]
    for name, text in (
        ("hostname", f"{host.name}\n"),
        ("hosts", f"127.0.0.1 localhost\n{host.address} {host.name}\n"),
        ("machine-id", f"{identity}\n"),
        ("resolv.conf", "# The box has no name server.\n"),
    ):
        file = upper / "etc" / name
        # Only at the first boot: afterwards the files are the host's own.
        if not os.path.lexists(file):
            file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            file.write_text(text)


def _escaped(path: Path) -> str:
    """A path in systemd-nspawn's `--bind`, where a colon ends it."""
    return str(path).replace("\\", "\\\\").replace(":", "\\:")
