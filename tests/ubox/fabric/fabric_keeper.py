"""A process that keeps a box, to be killed by a test: FOLDER ROOT INTERNET WORLD (pickled)."""

from __future__ import annotations

import pickle
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ubox.fabric import KernelFabric

if TYPE_CHECKING:
    from tests.ubox.fabric.fabric_region import Recorder
else:
    from fabric_region import Recorder


def main(folder: str, root: str, internet: str, world_file: str) -> None:
    world = pickle.loads(Path(world_file).read_bytes())
    reports = Recorder()
    fabric = KernelFabric(Path(folder), {"uimage-host": Path(root)}, internet, check_interval=0.1)
    fabric.start(reports)
    fabric.converge(world)
    for host in world.hosts:
        reports.wait("running", host.id)
    print("ready", flush=True)
    signal.pause()


main(*sys.argv[1:])
