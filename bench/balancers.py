"""How long balancers need to take a dead backend out and a live one back, and what is lost meanwhile.

1. A box and a cluster of FILE, in the mode that is asked for. Decides no test.
2. From the bastion's network: a TCP connection to each listener, again and again.
3. A zone is cut off, so that one backend of each listener falls silent; until the API calls it bad.
4. The zone is healed; until the API calls it good.
5. Everything is removed, whatever happens.

Run, as root: .venv/bin/python -m bench.balancers [FILE] [--mode PacketsTransmit|RequestProxy] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ucloud.client import Client
from urllib3 import request

from bench.clock import orderly_end, undisturbed
from bench.cluster import CommandFailed, environment, timed
from ubox.fabric import reset
from ubox.fabric.names import Names
from ubox.fabric.namespaces import inside

_EXAMPLE = Path(__file__).parents[1] / "examples" / "orders.yaml"
_EVERY_S = 0.04
_PATIENCE_S = 1.0
_AFTER_S = 3.0
"""How long connections are still counted after the API has said it."""
_LONGEST_S = 60.0
_LOOK_S = 0.05
_BAD = 1
"""A backend's Status in DescribeULB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Of one change of one listener; seconds are counted from the cut, or the healing."""

    listener: str
    until_api_says_so: float
    connections: int
    """Begun since then, until some seconds after the API has said it."""
    lost: int
    """Of them, those that weren't taken in time."""
    last_lost: float
    """When the last of them was begun; 0 where none was lost."""
    lost_afterwards: int
    """Of them, those begun after the API had said it."""


@dataclass(frozen=True, slots=True)
class _Connection:
    listener: str
    begun: float
    taken: bool


class _Caller:
    """Opens connections in a network namespace, in a thread of its own, until it is told to end."""

    def __init__(self, namespace: str, listeners: Mapping[str, tuple[str, int]], patience_s: float) -> None:
        self.made: list[_Connection] = []
        self._patience_s = patience_s
        self._namespace, self._listeners = namespace, listeners
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._main, name="caller", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _main(self) -> None:
        with inside(self._namespace):
            asyncio.run(self._call())

    async def _call(self) -> None:
        async with asyncio.TaskGroup() as calls:
            while not self._end.is_set():
                for name, (address, port) in self._listeners.items():
                    calls.create_task(self._one(name, address, port))
                await asyncio.sleep(_EVERY_S)

    async def _one(self, name: str, address: str, port: int) -> None:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._patience_s):
                _, writer = await asyncio.open_connection(address, port)
            writer.transport.abort()
            self.made.append(_Connection(name, begun, True))
        except OSError:
            self.made.append(_Connection(name, begun, False))


def measure(file: Path, mode: str) -> dict[str, list[Told]]:
    """What came of the cut, and of the healing, for each listener. Raises CommandFailed."""
    folder = Path(tempfile.mkdtemp(prefix="steppe-bench-", dir="/var/tmp"))
    around = environment(folder)
    text = file.read_text()
    assert "\nnetwork:" not in text, f"{file} says something of network; the mode would take its place"
    own = folder / file.name
    own.write_text(f"{text}\nnetwork: {{balancer_mode: {mode}}}\n")
    try:
        timed(["box", "start"], around)
        timed(["up", str(own), "--yes"], around)
        return measured(folder / "box", patience_s=_PATIENCE_S)
    finally:
        with undisturbed():
            subprocess.run(
                [Path(sys.executable).with_name("steppe"), "box", "reset", "--yes"],
                env=around,
                capture_output=True,
            )
            reset(folder / "box")
            shutil.rmtree(folder)


def measured(box: Path, *, patience_s: float, caller: str = "-bastion") -> dict[str, list[Told]]:
    """As `measure`, of the cluster in that box. What isn't taken within `patience_s` seconds is lost.

    `caller`: the end of the name of the host that calls; it stands in another zone than the last.
    """
    told = json.loads((box / "box.json").read_text())
    keys = {name: told[name] for name in ("region", "project_id", "public_key", "private_key")}
    cloud = Client({**keys, "base_url": told["endpoint"]})
    hosts = cloud.invoke("DescribeUHostInstance", {"Limit": 100})["UHostSet"]
    (host,) = [row["UHostId"] for row in hosts if row["Name"].endswith(caller)]
    zone = told["zones"][-1]
    listeners = {
        f"{ulb['Name']}:{each['FrontendPort']}": (ulb["PrivateIP"], int(each["FrontendPort"]))
        for ulb, each in _vservers(cloud)
    }
    phases: dict[str, tuple[float, Mapping[str, float]]] = {}
    with _calling(Names.of(box).host_namespace(host), listeners, patience_s) as calls:
        for what, bad in (("cut", 1), ("heal", 0)):
            since = time.monotonic()
            request("POST", f"{told['endpoint']}_box/zones/{zone}", body=what)
            said = _seen(cloud, listeners, bad, since)
            # For as long as connections are still counted: there is nothing to wait for.
            time.sleep(_AFTER_S)
            phases[what] = since, said
    return {
        what: [_told(name, said[name], _begun(calls.made, since, phases), since) for name in listeners]
        for what, (since, said) in phases.items()
    }


def _begun(
    made: Sequence[_Connection], since: float, phases: Mapping[str, tuple[float, Mapping[str, float]]]
) -> list[_Connection]:
    """Those of one phase: begun at `since` or later, and before the next phase."""
    end = min((later for later, _ in phases.values() if later > since), default=float("inf"))
    return [each for each in made if since <= each.begun < end]


@contextmanager
def _calling(
    namespace: str, listeners: Mapping[str, tuple[str, int]], patience_s: float
) -> Iterator[_Caller]:
    caller = _Caller(namespace, listeners, patience_s)
    try:
        yield caller
    finally:
        caller.stop()


def _vservers(cloud: Client) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for ulb in cloud.invoke("DescribeULB", {"Limit": 100})["DataSet"]:
        for vserver in ulb["VServerSet"]:
            yield ulb, vserver


def _seen(cloud: Client, listeners: Mapping[str, object], wanted: int, since: float) -> dict[str, float]:
    """For each listener the seconds until its number of bad backends is as it should be."""
    seen: dict[str, float] = {}
    while len(seen) < len(listeners):
        if time.monotonic() - since > _LONGEST_S:
            raise CommandFailed(f"the API doesn't say it of {', '.join(set(listeners) - set(seen))}")
        for ulb, each in _vservers(cloud):
            if sum(backend["Status"] == _BAD for backend in each["BackendSet"]) == wanted:
                seen.setdefault(f"{ulb['Name']}:{each['FrontendPort']}", round(time.monotonic() - since, 2))
        time.sleep(_LOOK_S)
    return seen


def _told(name: str, said: float, made: Sequence[_Connection], since: float) -> Told:
    own = [each for each in made if each.listener == name]
    lost = [each.begun - since for each in own if not each.taken]
    return Told(
        listener=name,
        until_api_says_so=said,
        connections=len(own),
        lost=len(lost),
        last_lost=round(max(lost, default=0.0), 2),
        lost_afterwards=sum(each > said for each in lost),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.balancers", description="Measures a zone's loss at balancers."
    )
    parser.add_argument("file", nargs="?", type=Path, default=_EXAMPLE, help="the cluster's file")
    parser.add_argument("--mode", choices=["PacketsTransmit", "RequestProxy"], default="PacketsTransmit")
    parser.add_argument("--json", action="store_true", help="everything as one JSON object")
    given = parser.parse_args()
    logging.disable(logging.INFO)
    try:
        with orderly_end():
            found = measure(given.file, given.mode)
    except KeyboardInterrupt:
        print("interrupted; everything is removed", file=sys.stderr)
        sys.exit(130)
    except CommandFailed as error:
        print(f"nothing could be measured: {error}", file=sys.stderr)
        sys.exit(1)
    if given.json:
        rows = {what: [asdict(each) for each in told] for what, told in found.items()}
        print(json.dumps({"version": 1, "mode": given.mode, **rows}, indent=1))
        return
    for what, told in found.items():
        print(f"{what:<28} said after   lost of connections   last lost at   lost after that")
        for each in told:
            print(
                f"  {each.listener:<26} {each.until_api_says_so:>8.2f} s"
                f"   {each.lost:>4} of {each.connections:<11}"
                f"   {each.last_lost:>10.2f} s   {each.lost_afterwards:>4}"
            )


if __name__ == "__main__":
    main()
