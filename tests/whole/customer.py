"""A customer's own RocketMQ client, on a machine of the customer's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from ubox.fabric.groups import Group
from ubox.fabric.names import Names

_LONGEST_S = 120
_CREDENTIALS = "/root/user.conf"
_SCRIPT = f"""
umask 077; cat >{_CREDENTIALS}
export JAVA_OPTS="-Xmx128m -Drocketmq.namesrv.domain=$1 -Drocketmq.namesrv.domain.subgroup=$2"
exec /opt/rocketmq/bin/verify --topic "$3" --group "$3" --messages "$4" \\
  --timeout-seconds 60 --credentials {_CREDENTIALS}
"""


def sent_and_received(
    names: Names, host: str, *, credentials: Path, endpoint: str, nameserver: str, topic: str, messages: int
) -> dict[str, Any]:
    """What the Java client says of its messages. It runs inside that machine and knows the endpoint alone.

    `credentials`: a file that `steppe mq user create --out` has written.
    """
    leader = Group(names, host).leader()
    assert leader is not None, f"{host} doesn't run"
    inside = ("nsenter", f"--target={leader}", "--mount", "--net", "--pid", "--ipc", "--uts")
    done = subprocess.run(
        [*inside, "/bin/sh", "-c", _SCRIPT, "sh", endpoint, nameserver, topic, str(messages)],
        input=credentials.read_text(),
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    assert done.stdout.strip(), done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result
