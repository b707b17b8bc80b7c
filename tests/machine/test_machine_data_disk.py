"""What the first boot does with disks: real wipefs, blkid and mkfs on files that stand for disks.

Only what lists, mounts and asks for the kind of machine is stood in for, since disks can't be made here.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from steppe import machine
from steppe.control.secrets import Secrets
from steppe.topology import Topology

_STAND_INS = """
set -euo pipefail
lsblk() {{
  case "$1" in
    -dnpo) printf '%s disk\\n' {root}/system {disks} ;;
    -no) [ "$3" = {root}/system ] && printf 'system\\nsystem1\\n' || echo disk ;;
    -dno) : ;;
  esac
}}
mountpoint() {{ false; }}
systemd-detect-virt() {{ {container}; }}
mount() {{ echo "mounted $1"; }}
"""


@dataclass(frozen=True)
class FirstBoot:
    root: Path
    block: str

    def disk(self, name: str) -> Path:
        disk = self.root / name
        with disk.open("wb") as out:
            out.truncate(8 * 1024 * 1024)
        return disk

    def run(self, *disks: Path, container: bool = False) -> subprocess.CompletedProcess[str]:
        stand_ins = _STAND_INS.format(
            root=self.root,
            disks=" ".join(map(str, disks)),
            container="true" if container else "false",
        )
        return subprocess.run(
            ["bash", "-c", stand_ins + self.block], capture_output=True, text=True, check=False
        )

    @property
    def fstab(self) -> str:
        return (self.root / "fstab").read_text()


@pytest.fixture
def boot(
    cluster: Topology, secrets: Secrets, balancer_addresses: dict[str, str], tmp_path: Path
) -> FirstBoot:
    host = cluster.host("orders-broker-a")
    script = machine.user_data(cluster, host, secrets, balancer_addresses).decode()
    block = script.partition("set -euo pipefail\n")[2].partition("base64 -d <<")[0]
    assert "mkfs.ext4" in block
    block = block.replace("/etc/fstab", f"{tmp_path}/fstab").replace("mkdir -p /data", ":")
    (tmp_path / "fstab").write_text("# none yet\n")
    made = FirstBoot(root=tmp_path, block=block)
    made.disk("system")
    return made


def identity(disk: Path) -> str:
    return subprocess.run(
        ["blkid", "-p", "-s", "UUID", "-o", "value", disk], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_blank_disk_is_formatted_and_mounted_once(boot: FirstBoot) -> None:
    disk = boot.disk("blank")
    done = boot.run(disk)
    assert (done.returncode, done.stdout) == (0, "mounted /data\n"), done.stderr
    made = identity(disk)
    assert boot.fstab == f"# none yet\nUUID={made} /data ext4 defaults,noatime 0 2\n"
    again = boot.run(disk)
    assert again.returncode == 0
    assert identity(disk) == made
    assert boot.fstab.count("/data") == 1


def test_a_disk_with_someone_elses_data_is_left_alone(boot: FirstBoot) -> None:
    disk = boot.disk("foreign")
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)
    before = identity(disk)
    done = boot.run(disk)
    assert done.returncode == 1
    assert "expected one disk for /data" in done.stderr
    assert identity(disk) == before


def test_of_two_blank_disks_none_is_taken(boot: FirstBoot) -> None:
    one, two = boot.disk("one"), boot.disk("two")
    done = boot.run(one, two)
    assert done.returncode == 1
    assert str(one) in done.stderr
    assert str(two) in done.stderr
    assert not one.read_bytes().strip(b"\0")


def test_a_container_has_no_disks_of_its_own(boot: FirstBoot) -> None:
    disk = boot.disk("blank")
    assert boot.run(disk, container=True).returncode == 0
    assert not disk.read_bytes().strip(b"\0")
