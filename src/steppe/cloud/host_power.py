"""Waiting for hosts, and taking them away. One list of hosts serves all steps that wait at the same time."""

from __future__ import annotations

from collections.abc import Callable

from steppe.cloud.host_facts import HostFact, host_fact, host_rows
from steppe.cloud.paging import Row
from steppe.engine.fault import Fault, FaultClass
from steppe.engine.kind import Run, Wait

_START_S, _STOP_S, _GONE_S = 1800, 300, 900
"""Bounds of the Terraform provider, seconds."""
_OFF = ("Stopped", "Install Fail", "ResizeFail")
"""States in which a host may be terminated."""


def until_running(run: Run, id: str) -> HostFact:
    """The host as soon as it runs. Raises Fault when it can't be installed."""
    row = _until(
        run, id, lambda row: row is not None and row["State"] in ("Running", "Install Fail"), _START_S
    )
    if row is None or row["State"] != "Running":
        raise Fault(
            FaultClass.PERMANENT,
            f"Host {id} could not be installed.",
            code="host.install-fail",
            hint="Run the command again: the host is made anew. If it stays so, try another image or type.",
        )
    return host_fact(run.cloud, row)


def delete_host(run: Run, have: HostFact) -> None:
    """Power off, wait, terminate, wait. Its data disks go with it; its EIP is a kind of its own."""
    row = _until(run, have.id, lambda row: row is None or row["State"] != "Initializing", _START_S)
    if row and row["State"] not in (*_OFF, "Stopping"):
        run.cloud.call("PoweroffUHostInstance", Zone=have.zone, UHostId=have.id)
    if _until(run, have.id, lambda row: row is None or row["State"] in _OFF, _STOP_S):
        run.cloud.call(
            "TerminateUHostInstance", Zone=have.zone, UHostId=have.id, ReleaseEIP=False, ReleaseUDisk=True
        )
        _until(run, have.id, lambda row: row is None, _GONE_S)


def _until(run: Run, id: str, is_reached: Callable[[Row | None], bool], within_s: float) -> Row | None:
    """The host as the API shows it (None: not at all), as soon as that is what is waited for."""

    def look() -> dict[str, Row]:
        return {row["UHostId"]: row for row in host_rows(run.cloud.look(), run.scope)}

    def check(age_s: float) -> tuple[Row | None] | Wait:
        row = run.shared("hosts", look, age_s=age_s).get(id)
        if is_reached(row):
            return (row,)
        return Wait(f"it is {row['State'] or 'in no known state'}" if row else "it isn't shown yet")

    return run.until(check, within_s=within_s)[0]
