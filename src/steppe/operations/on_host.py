"""Puts files in place on a host that runs, over SSH: each in one move, then has them taken."""

from __future__ import annotations

from steppe import machine
from steppe.control.ssh import Hosts
from steppe.errors import SteppeError
from steppe.machine import File
from steppe.topology.model import Host

_MOST_TEXT = 300
"""Characters of a host's own words that go into a message."""

_PUT = """\
set -eu
umask 077
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
tar -x -p --numeric-owner -C "$new"
cd "$new"
find . -type f | while read -r file; do
  cp -p "$file" "/$file.new"
  mv -f "/$file.new" "/$file"
done
"""


def put(hosts: Hosts, host: Host, files: tuple[File, ...], then: str) -> None:
    """`then`: lines of shell that run when all files are in place; those of a failed one are not run.

    Raises SteppeError with the host's own words when it refuses.
    """
    result = hosts.run(host, _PUT + then, given=machine.archive(files))
    if result.exit_code:
        raise SteppeError(
            f"{host.name} did not take its new files: exit {result.exit_code}, "
            f"{result.errors.strip()[-_MOST_TEXT:]}",
            code="host.files",
            hint="`steppe logs FILE HOST` tells more; run the same command again to go on",
        )
