"""UHosts: show, power, change and delete them. Making one has a file of its own."""

from __future__ import annotations

from collections import Counter

from ubox.behaviour.addresses import release
from ubox.behaviour.call import Answer, Call, answers
from ubox.behaviour.eip import drop, held_by
from ubox.behaviour.firewall import linger
from ubox.behaviour.machines import check_size
from ubox.behaviour.udisk import scrap
from ubox.behaviour.uhost_create import check_password
from ubox.behaviour.uhost_show import shown
from ubox.contract import refusals as no
from ubox.store.rows import Backend, Disk, Eip, Host
from ubox.transitions import Step, schedule

_GONE = ("Stopped", "Install Fail", "ResizeFail")
"""States in which a host may be deleted."""


@answers("DescribeUHostInstance")
def describe_uhost_instance(call: Call) -> Answer:
    ids = call.texts("UHostIds")
    wanted = {
        "tag": call.text("Tag"),
        "vpc": call.text("VPCId"),
        "subnet": call.text("SubnetId"),
        "isolation_group": call.text("IsolationGroup"),
        "zone": call.zone,
    }
    equal = {column: value for column, value in wanted.items() if value}
    found = [
        host
        for host in call.rows.find(Host, region=call.region, project=call.project, **equal)
        if not ids or host.id in ids
    ]
    return {
        "UHostSet": [shown(call, host) for host in call.look_at(call.page(found))],
        "TotalCount": len(found),
    }


@answers("StartUHostInstance")
def start_uhost_instance(call: Call) -> Answer:
    host = _in_state(call, "Stopped")
    after = (("Starting", "Running", call.box.settings.timings.host_start),)
    return _powered(call, host, "Starting", "on", after, again=True)


@answers("StopUHostInstance")
def stop_uhost_instance(call: Call) -> Answer:
    host = _in_state(call, "Running")
    after = (("Stopping", "Stopped", call.box.settings.timings.host_stop),)
    return _powered(call, host, "Stopping", "off", after)


@answers("PoweroffUHostInstance")
def poweroff_uhost_instance(call: Call) -> Answer:
    host = _in_state(call, "Running", "Starting", "Stopping", "Rebooting")
    after = (("Stopping", "Stopped", call.box.settings.timings.host_stop),)
    return _powered(call, host, "Stopping", "cut", after)


@answers("RebootUHostInstance")
def reboot_uhost_instance(call: Call) -> Answer:
    host = _in_state(call, "Running")
    after = (("Rebooting", "Running", call.box.settings.timings.host_start),)
    return _powered(call, host, "Rebooting", "on", after, again=True)


@answers("TerminateUHostInstance")
def terminate_uhost_instance(call: Call) -> Answer:
    host = host_of(call)
    if host.state == "Running":
        raise no.HOST_RUNNING(id=host.id)
    if host.state not in _GONE:
        raise no.HOST_POWER(id=host.id, state=host.state)
    for disk in call.rows.find(Disk, host=host.id):
        if disk.boot or disk.type.startswith("LOCAL_") or call.flag("ReleaseUDisk"):
            scrap(call, disk)
        else:
            call.rows.change(disk, host="", slot=0, state="Available")
    for eip in held_by(call, host.id):
        drop(call, eip, release=call.flag("ReleaseEIP"))
    for backend in call.rows.find(Backend, host=host.id):
        call.rows.remove(backend)
    linger(call, host.firewall)
    release(call, host.subnet)
    call.rows.remove(host)
    return {"UHostId": host.id, "InRecycle": "No"}


@answers("ModifyUHostInstanceName")
def modify_uhost_instance_name(call: Call) -> Answer:
    return {"UHostId": call.rows.change(host_of(call), name=call.text("Name")).id}


@answers("ModifyUHostInstanceTag")
def modify_uhost_instance_tag(call: Call) -> Answer:
    host, tag = host_of(call), call.text("Tag")
    for disk in call.rows.find(Disk, host=host.id):
        call.rows.change(disk, tag=tag)
    for eip in call.rows.find(Eip, born_with=host.id):
        call.rows.change(eip, tag=tag)
    return {"UHostId": call.rows.change(host, tag=tag).id}


@answers("ModifyUHostInstanceRemark")
def modify_uhost_instance_remark(call: Call) -> Answer:
    return {"UHostId": call.rows.change(host_of(call), remark=call.text("Remark")).id}


@answers("ResizeUHostInstance")
def resize_uhost_instance(call: Call) -> Answer:
    host = _idle(call)
    new = call.at_least_one(cpu="CPU", memory_mb="Memory")
    return {"UHostId": call.rows.change(host, **new).id}


@answers("ResetUHostInstancePassword")
def reset_uhost_instance_password(call: Call) -> Answer:
    host = _idle(call)
    check_password(call.text("Password"))
    return {"UHostId": host.id}


@answers("ResizeAttachedDisk")
def resize_attached_disk(call: Call) -> Answer:
    host = _idle(call)
    disk = call.mine(Disk, call.text("DiskId"))
    if disk is None or disk.host != host.id:
        raise no.DISK_ABSENT(id=call.text("DiskId"))
    if call.number("DiskSpace") < disk.size:
        raise no.RESIZE_SMALLER()
    check_size(disk.type, call.number("DiskSpace"), boot=disk.boot)
    if not call.flag("DryRun"):
        call.rows.change(disk, size=call.number("DiskSpace"))
    return {"DiskId": disk.id, "NeedRestart": False}


@answers("DescribeUHostTags")
def describe_uhost_tags(call: Call) -> Answer:
    counted = Counter((host.tag, host.zone) for host in call.all_mine(Host) if call.zone in ("", host.zone))
    return {
        "TagSet": [
            {"Tag": tag, "Zone": zone, "TotalCount": count} for (tag, zone), count in sorted(counted.items())
        ],
        "TotalCount": len(counted),
    }


def host_of(call: Call) -> Host:
    """The host that the call names, in the call's zone if it names one. Raises Refused."""
    host = call.mine(Host, call.text("UHostId"))
    if host is None or call.zone not in ("", host.zone):
        raise no.HOST_ABSENT(id=call.text("UHostId"))
    return host


def _in_state(call: Call, *states: str) -> Host:
    host = host_of(call)
    if host.state not in states:
        raise no.HOST_POWER(id=host.id, state=host.state)
    return host


def _idle(call: Call) -> Host:
    """The host, stopped and with its boot disk filled. Raises Refused."""
    host = host_of(call)
    if host.state != "Stopped":
        raise no.HOST_NOT_STOPPED()
    if host.boot_state != "Normal":
        raise no.BOOT_NOT_READY(id=host.id)
    return host


def _powered(
    call: Call, host: Host, state: str, power: str, after: tuple[Step, ...], *, again: bool = False
) -> Answer:
    """Asks for power; what follows is the fabric's to report, or the clock's where there is no fabric."""
    host = call.rows.change(host, state=state, power=power, generation=host.generation + again)
    schedule(call.rows, host, "state", () if call.box.has_fabric else after, call.now)
    return {"UHostId": host.id}
