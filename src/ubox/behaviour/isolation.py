"""Isolation groups: hosts that the real cloud keeps on different hardware."""

from __future__ import annotations

from collections import Counter

from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.contract import refusals as no
from ubox.store.rows import Host, IsolationGroup

MOST_IN_ZONE = 7


@answers("CreateIsolationGroup")
def create_isolation_group(call: Call) -> Answer:
    group = IsolationGroup(
        id=new_id("ig"),
        region=call.region,
        project=call.project,
        name=call.text("GroupName"),
        remark=call.text("Remark"),
    )
    call.rows.add(group)
    return {"GroupId": group.id}


@answers("DescribeIsolationGroup")
def describe_isolation_group(call: Call) -> Answer:
    asked = call.text("GroupId")
    found = [group_of(call, asked)] if asked else call.all_mine(IsolationGroup)
    return {
        "IsolationGroupSet": [
            {
                "GroupId": group.id,
                "GroupName": group.name,
                "Remark": group.remark,
                "SpreadInfoSet": [
                    {"Zone": zone, "UHostCount": count}
                    for zone, count in sorted(Counter(host.zone for host in _hosts(call, group)).items())
                ],
            }
            for group in call.page(found)
        ],
        "TotalCount": len(found),
    }


@answers("DeleteIsolationGroup")
def delete_isolation_group(call: Call) -> Answer:
    group = group_of(call, call.text("GroupId"))
    for host in _hosts(call, group):
        call.rows.change(host, isolation_group="")
    call.rows.remove(group)
    return {"GroupId": group.id}


@answers("AddUHostToIsolationGroup")
def add_uhost_to_isolation_group(call: Call) -> Answer:
    group, host = group_of(call, call.text("GroupId")), _host(call)
    if host.state != "Stopped":
        raise no.HOST_NOT_STOPPED()
    if host.isolation_group != group.id:
        check_room(call, group, host.zone, 1)
    return {"UHostId": call.rows.change(host, isolation_group=group.id).id}


@answers("LeaveIsolationGroup")
def leave_isolation_group(call: Call) -> Answer:
    group, host = group_of(call, call.text("GroupId")), _host(call)
    if host.isolation_group != group.id:
        raise no.HOST_ABSENT(id=host.id)
    return {"UHostId": call.rows.change(host, isolation_group="").id}


def group_of(call: Call, id: str) -> IsolationGroup:
    """Raises Refused where it isn't there."""
    if (group := call.mine(IsolationGroup, id)) is None:
        raise no.GROUP_ABSENT(id=id)
    return group


def check_room(call: Call, group: IsolationGroup, zone: str, more: int) -> None:
    """Raises Refused where the zone would get too many hosts of the group."""
    there = sum(host.zone == zone for host in _hosts(call, group))
    if there + more > MOST_IN_ZONE:
        raise no.GROUP_FULL(id=group.id, zone=zone)


def _hosts(call: Call, group: IsolationGroup) -> list[Host]:
    return call.rows.find(Host, isolation_group=group.id)


def _host(call: Call) -> Host:
    host = call.mine(Host, call.text("UHostId"))
    if host is None or call.zone not in ("", host.zone):
        raise no.HOST_ABSENT(id=call.text("UHostId"))
    return host
