"""Faults of whole zones: cut off from the rest, or without power."""

from __future__ import annotations

from ubox.store.rows import Host, ZoneFault
from ubox.store.sqlite import Rows


def cut(rows: Rows, zone: str) -> None:
    """The zone's hosts run on and reach nothing outside it."""
    rows.change(_fault(rows, zone), cut=True)


def kill(rows: Rows, zone: str) -> None:
    """All hosts of the zone lose their power at once."""
    fault = _fault(rows, zone)
    running = [host for host in rows.find(Host, zone=zone) if host.power == "on"]
    for host in running:
        rows.change(host, power="cut", state="Stopped")
    rows.change(fault, killed=(*fault.killed, *(host.id for host in running)))


def heal(rows: Rows, zone: str, *, has_fabric: bool) -> None:
    """Ends the cut; hosts that were killed start again. Without a fabric they run at once."""
    fault = _fault(rows, zone)
    for host in rows.find(Host, zone=zone):
        if host.id in fault.killed and host.power == "cut":
            state = "Starting" if has_fabric else "Running"
            rows.change(host, power="on", state=state, generation=host.generation + 1)
    rows.remove(fault)


def _fault(rows: Rows, zone: str) -> ZoneFault:
    if fault := rows.get(ZoneFault, zone):
        return fault
    fault = ZoneFault(id=zone, cut=False, killed=())
    rows.add(fault)
    return fault
