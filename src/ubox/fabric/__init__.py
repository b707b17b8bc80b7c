"""What makes a box real on one Linux machine: machines, networks, balancers, metadata.

`KernelFabric` implements `ubox.world.Fabric`; `reset` takes everything apart again.
"""

from ubox.fabric.box import KernelFabric
from ubox.fabric.guest import run_inside
from ubox.fabric.inside import console_log, exec_command, exec_in_host
from ubox.fabric.internet import choose_internet
from ubox.fabric.preflight import Finding, preflight
from ubox.fabric.reset import leftovers, reset

__all__ = [
    "Finding",
    "KernelFabric",
    "choose_internet",
    "console_log",
    "exec_command",
    "exec_in_host",
    "leftovers",
    "preflight",
    "reset",
    "run_inside",
]
