"""Elastic IPs: addresses of the box's internet, held by a host, a NAT gateway or an outer ULB."""

from __future__ import annotations

import ipaddress

from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.behaviour.price import charge
from ubox.contract import refusals as no
from ubox.store.rows import Balancer, Eip, Host, NatGateway

_FIRST, _LAST = 10, 250
"""The first and last EIP's place in the internet's /24."""
_TRAFFIC_LIMIT = 300
_HOLDERS = {"uhost": Host, "natgw": NatGateway, "ulb": Balancer}


@answers("AllocateEIP")
def allocate_eip(call: Call) -> Answer:
    made = [
        allocate(
            call,
            operator=call.text("OperatorName"),
            bandwidth=call.number("Bandwidth"),
            pay_mode=call.text("PayMode"),
            charge_type=call.text("ChargeType"),
            name=call.text("Name"),
            tag=call.text("Tag"),
            remark=call.text("Remark"),
        )
        for _ in range(call.number("Count"))
    ]
    return {"EIPSet": [{"EIPId": eip.id, "EIPAddr": _address(eip)} for eip in made]}


@answers("DescribeEIP")
def describe_eip(call: Call) -> Answer:
    ids, addresses = call.texts("EIPIds"), call.texts("IPs")
    found = [
        eip
        for eip in call.all_mine(Eip)
        if not (ids or addresses) or eip.id in ids or eip.address in addresses
    ]
    return {
        "EIPSet": [_shown(call, eip) for eip in call.page(found)],
        "TotalCount": len(found),
        "UnbindCount": sum(not eip.target for eip in found),
        "TotalBandwidth": sum(eip.bandwidth for eip in found),
    }


@answers("BindEIP")
def bind_eip(call: Call) -> Answer:
    eip, kind, target = (
        eip_of(call, call.text("EIPId")),
        call.text("ResourceType").lower(),
        call.text("ResourceId"),
    )
    if eip.target:
        raise no.EIP_IN_USE()
    holder = call.mine(_HOLDERS[kind], target) if kind in _HOLDERS else None
    if holder is None or (isinstance(holder, Balancer) and holder.inner):
        raise no.EIP_TARGET(kind=kind, id=target)
    hold(call, eip, kind, target)
    return {}


@answers("UnBindEIP")
def unbind_eip(call: Call) -> Answer:
    eip, kind, target = (
        eip_of(call, call.text("EIPId")),
        call.text("ResourceType").lower(),
        call.text("ResourceId"),
    )
    if not eip.target:
        raise no.EIP_NOT_BOUND()
    if (kind, target) != (eip.target_kind, eip.target):
        raise no.EIP_TARGET(kind=kind, id=target)
    if kind == "natgw" and len(held_by(call, target)) == 1:
        raise no.NATGW_NEEDS_EIP(id=target)
    drop(call, eip, release=False)
    return {}


@answers("ReleaseEIP")
def release_eip(call: Call) -> Answer:
    if (eip := call.mine(Eip, call.text("EIPId"))) is None:
        raise no.EIP_RELEASED(id=call.text("EIPId"))
    if eip.target:
        raise no.EIP_IN_USE()
    call.rows.remove(eip)
    return {}


@answers("UpdateEIPAttribute")
def update_eip_attribute(call: Call) -> Answer:
    new = call.at_least_one(name="Name", tag="Tag", remark="Remark")
    call.rows.change(eip_of(call, call.text("EIPId")), **new)
    return {}


@answers("ModifyEIPBandwidth")
def modify_eip_bandwidth(call: Call) -> Answer:
    eip = eip_of(call, call.text("EIPId"))
    _check_bandwidth(call.number("Bandwidth"), eip.pay_mode)
    call.rows.change(eip, bandwidth=call.number("Bandwidth"))
    return {}


@answers("SetEIPPayMode")
def set_eip_pay_mode(call: Call) -> Answer:
    eip, mode = eip_of(call, call.text("EIPId")), call.text("PayMode")
    if eip.pay_mode == mode:
        raise no.PAY_MODE_SAME(mode=mode)
    _check_bandwidth(call.number("Bandwidth"), mode)
    call.rows.change(eip, pay_mode=mode, bandwidth=call.number("Bandwidth"))
    return {}


def allocate(
    call: Call,
    *,
    operator: str,
    bandwidth: int,
    pay_mode: str,
    charge_type: str,
    name: str,
    tag: str,
    remark: str = "",
    born_with: str = "",
) -> Eip:
    """A new EIP with the lowest free address. Raises Refused."""
    _check_bandwidth(bandwidth, pay_mode)
    charge(call)
    used = {eip.address for eip in call.rows.find(Eip)}
    internet = ipaddress.IPv4Network(call.box.settings.internet)
    free = (str(internet[place]) for place in range(_FIRST, _LAST + 1))
    if (address := next((each for each in free if each not in used), None)) is None:
        raise no.EIP_QUOTA(why=f"the box's internet {internet} has {_LAST - _FIRST + 1}")
    eip = Eip(
        id=new_id("eip"),
        region=call.region,
        project=call.project,
        address=address,
        name=name,
        tag=tag,
        remark=remark,
        operator=operator,
        bandwidth=bandwidth,
        pay_mode=pay_mode,
        charge_type=charge_type,
        created=int(call.now),
        born_with=born_with,
    )
    call.rows.add(eip)
    return eip


def eip_of(call: Call, id: str) -> Eip:
    """Raises Refused where it isn't there."""
    if (eip := call.mine(Eip, id)) is None:
        raise no.EIP_ABSENT()
    return eip


def held_by(call: Call, target: str) -> list[Eip]:
    return call.rows.find(Eip, target=target)


def hold(call: Call, eip: Eip, kind: str, target: str) -> None:
    call.rows.change(eip, target_kind=kind, target=target)


def drop(call: Call, eip: Eip, *, release: bool) -> None:
    """Frees the EIP of its holder, and gives it back altogether with `release`."""
    if release:
        call.rows.remove(eip)
    else:
        call.rows.change(eip, target_kind="", target="")


def _check_bandwidth(bandwidth: int, pay_mode: str) -> None:
    if bandwidth == 0 and pay_mode != "ShareBandwidth":
        raise no.BANDWIDTH_ZERO()
    if bandwidth > _TRAFFIC_LIMIT and pay_mode == "Traffic":
        raise no.TRAFFIC_BANDWIDTH()


def _address(eip: Eip) -> list[Answer]:
    return [{"IP": eip.address, "OperatorName": eip.operator}]


def _shown(call: Call, eip: Eip) -> Answer:
    holder = call.rows.get(_HOLDERS[eip.target_kind], eip.target) if eip.target else None
    return {
        "EIPId": eip.id,
        "Name": eip.name,
        "Tag": eip.tag,
        "Remark": eip.remark,
        "Status": "used" if eip.target else "free",
        "EIPAddr": _address(eip),
        "Resource": {
            "ResourceType": eip.target_kind,
            "ResourceID": eip.target,
            "ResourceId": eip.target,
            "ResourceName": holder.name if isinstance(holder, Host | NatGateway | Balancer) else "",
            "SubResourceType": "",
            "SubResourceId": "",
            "SubResourceName": "",
            "EIPId": eip.id,
        },
        "PayMode": eip.pay_mode,
        "ChargeType": eip.charge_type,
        "Bandwidth": eip.bandwidth,
        "BandwidthType": 0,
        "Weight": 50,
        "CreateTime": eip.created,
        "ExpireTime": 0,
        "Expire": False,
        "ShareBandwidthSet": {"ShareBandwidth": 0, "ShareBandwidthName": "", "ShareBandwidthId": ""},
    }
