"""A host's user-data: one `#!/bin/bash` script that cloud-init, or the image's first-boot unit, runs once.

1. Mount the data disk at /data, formatted if it is blank (machines only: a container has it mounted).
2. Unpack the host's files from a compressed archive in the script itself.
3. Close the host: its firewall is up before any agent.
4. Start the agents without waiting for them: they find each other.
"""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
from collections.abc import Mapping

from steppe.control.secrets import Secrets
from steppe.errors import SteppeError
from steppe.machine import paths
from steppe.machine.files import File, files
from steppe.topology.model import Host, Topology

MOST_BYTES = 16 * 1024
"""UCloud's limit for user-data, taken of its base64 form (CreateUHostInstance, `UserData`)."""

_IDS = {"root": 0, "consul": 900, "rocketmq": 902}
"""Users and groups as the image numbers them."""
_OPEN, _CLOSE = "base64 -d <<'FILES' | tar -xz -C /\n", "FILES\n"

_HEAD = """\
#!/bin/bash
# The first boot of {name}. Safe to run again.
set -euo pipefail
"""

_DATA_DISK = """
# A disk that may become /data: no part of it is in use, and it is blank or carries our own file system.
is_blank() { local found; found=$(wipefs -n "$1") && [ -z "$found" ]; }
is_ours() { [ "$(blkid -p -s LABEL -o value "$1")" = steppe-data ]; }
is_whole() { [ "$(lsblk -no NAME "$1" | wc -l)" = 1 ] && [ -z "$(lsblk -dno MOUNTPOINT "$1")" ]; }
if ! mountpoint -q /data && ! systemd-detect-virt -q --container; then
  disks=()
  while read -r disk type; do
    [ "$type" = disk ] && is_whole "$disk" && { is_blank "$disk" || is_ours "$disk"; } && disks+=("$disk")
  done < <(lsblk -dnpo NAME,TYPE)
  if [ ${#disks[@]} != 1 ]; then
    echo "expected one disk for /data, blank or labelled steppe-data; found: ${disks[*]:-none}" >&2
    exit 1
  fi
  if is_blank "${disks[0]}"; then mkfs.ext4 -q -L steppe-data "${disks[0]}"; fi
  mkdir -p /data
  grep -q ' /data ' /etc/fstab ||
    echo "UUID=$(blkid -p -s UUID -o value "${disks[0]}") /data ext4 defaults,noatime 0 2" >>/etc/fstab
  mount /data
fi
"""

_TAIL = """\
hostname -F /etc/hostname
nft -f /etc/nftables.conf
systemctl --no-reload --quiet enable nftables.service {units}
systemctl start --no-block {units}
systemctl try-restart --no-block ssh.service
"""


def user_data(
    topology: Topology, host: Host, secrets: Secrets, balancer_addresses: Mapping[str, str]
) -> bytes:
    """The whole first-boot script of that host; the same bytes for the same values.

    `balancer_addresses`: the cloud's address of each balancer by name. Raises SteppeError when the script
    is more than the cloud takes, KeyError when the host has no secrets or a balancer no address.
    """
    made = files(topology, host, secrets, balancer_addresses)
    script = (
        _HEAD.format(name=host.name)
        + (_DATA_DISK if host.data_disk else "")
        + "\n"
        + _OPEN
        + _base64(gzip.compress(archive(made), mtime=0))
        + _CLOSE
        + _TAIL.format(units=" ".join(_units(made)))
    ).encode()
    size = len(base64.b64encode(script))
    if size > MOST_BYTES:
        raise SteppeError(
            f"The user-data of {host.name} has {size} bytes as base64; UCloud takes {MOST_BYTES}.",
            code="machine.user-data",
            hint="Fewer networks in access.from make it smaller.",
        )
    return script


def archive(made: tuple[File, ...]) -> bytes:
    """Those files as a tar archive, the same bytes for the same files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file in made:
            info = tarfile.TarInfo(file.path.strip("/"))
            info.type = tarfile.DIRTYPE if file.path.endswith("/") else tarfile.REGTYPE
            info.mode, info.uname, info.gname = file.mode, file.user, file.group
            info.uid, info.gid = _IDS[file.user], _IDS[file.group]
            content = file.content.encode()
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def unpacked(script: bytes) -> bytes:
    """The script with its archive uncompressed in its place: the same for every compressor's version."""
    head, _, rest = script.partition(_OPEN.encode())
    packed, _, tail = rest.partition(_CLOSE.encode())
    return head + gzip.decompress(base64.b64decode(packed)) + tail


def _base64(content: bytes) -> str:
    return base64.encodebytes(content).decode()


def _units(made: tuple[File, ...]) -> list[str]:
    paths_made = {file.path for file in made}
    units = ["steppe-addresses.service"]
    units += ["consul.service"] if f"{paths.CONSUL_DIR}/consul.json" in paths_made else []
    units += ["nomad-keys.service"] if paths.NOMAD_KEYS in paths_made else []
    units += ["nomad.service"] if f"{paths.NOMAD_DIR}/nomad.json" in paths_made else []
    return units
