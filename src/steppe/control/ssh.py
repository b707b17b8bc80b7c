"""Commands on a cluster's hosts, over SSH through the one way in.

1. The access path gives a local end of the host's SSH port; with the bastion it lies in the tunnel, so the
   bastion is passed in the connection that is there already.
2. The host shows the key that steppe made before it existed. Any other is refused, and nothing is sent.

For people's own sessions see `steppe.control.ssh_config`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import asyncssh

from steppe.control.access import Access
from steppe.control.client import ControlError
from steppe.control.secrets import Secrets
from steppe.control.tunnel import CONNECTING, FAULTS, reason
from steppe.topology import ports
from steppe.topology.model import Host

_NO_STATUS = 255
"""What stands for the exit code of a command that a signal ended; `ssh` says the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    exit_code: int
    """The remote command's own; 255 when a signal ended it."""
    output: str = field(repr=False)
    errors: str = field(repr=False)


class Hosts:
    """The hosts of one cluster, as root, by the operator's key. May be used by several threads."""

    def __init__(self, access: Access, secrets: Secrets, *, port: int = ports.SSH) -> None:
        self._access, self._secrets, self._port = access, secrets, port

    def run(self, host: Host, command: str, *, given: bytes = b"", timeout_s: float = 60.0) -> Result:
        """Runs a shell's command line on that host and waits for its end; `given` is its standard input.

        Raises ControlError when the host can't be reached, shows another key than its own, or the command
        does not end within `timeout_s` seconds.
        """
        try:
            return asyncio.run(asyncio.wait_for(self._run(host, command, given), timeout_s))
        except asyncssh.HostKeyNotVerifiable:
            raise ControlError(
                f"{host.name} ({host.address}) shows another SSH host key than the one made for it; nothing "
                "was sent.",
                code="ssh.host-key",
                hint="A host that is just being made takes its key during its first boot: try again. If it "
                "stays, the host is not the one that this workspace made.",
            ) from None
        except FAULTS as error:
            raise ControlError(
                f"{host.name} ({host.address}) can't be used by SSH: {reason(error)}",
                code="ssh.unreachable",
                hint="`steppe status` shows whether the host runs.",
            ) from error

    async def _run(self, host: Host, command: str, given: bytes) -> Result:
        local, port = await asyncio.to_thread(self._access.endpoint, str(host.address), self._port)
        host_key = asyncssh.import_public_key(self._secrets.hosts[host.name].ssh_host_public)
        async with asyncssh.connect(
            local,
            port,
            client_keys=[asyncssh.import_private_key(self._secrets.ssh_private_key)],
            known_hosts=([host_key], [], []),
            **CONNECTING,
        ) as connection:
            done = await connection.run(command, input=given, encoding=None)
            status = done.exit_status
            return Result(
                exit_code=_NO_STATUS if status is None or status < 0 else status,
                output=_text(done.stdout),
                errors=_text(done.stderr),
            )


def _text(output: object) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else ""
