"""NAT gateways: a VPC's way out for hosts without an EIP."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from ubox.behaviour.addresses import release
from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.behaviour.eip import drop, eip_of, held_by, hold
from ubox.behaviour.firewall import firewall_of
from ubox.behaviour.vpc import has_natgw, subnet_of, vpc_of
from ubox.contract import refusals as no
from ubox.contract.model import BAD_PARAM
from ubox.store.rows import Host, NatGateway, Subnet, Vpc


@answers("CreateNATGW")
def create_natgw(call: Call) -> Answer:
    if not call.text("VPCId"):
        raise no.NO_DEFAULT_VPC(region=call.region)
    vpc = vpc_of(call, call.text("VPCId"))
    eips = [eip_of(call, id) for id in call.texts("EIPIds")]
    for eip in eips:
        if eip.target:
            raise no.EIP_IN_USE()
    natgw = NatGateway(
        id=new_id("natgw"),
        region=call.region,
        project=call.project,
        vpc=vpc.id,
        name=call.text("NATGWName"),
        tag=call.text("Tag"),
        remark=call.text("Remark"),
        firewall=firewall_of(call, call.text("FirewallId")).id,
        subnets=_subnets(call, vpc.id, call.texts("SubnetworkIds"), ""),
        whitelist_open=bool(call.number("IfOpen")),
        whitelist=(),
        created=int(call.now),
    )
    call.rows.add(natgw)
    for eip in eips:
        hold(call, eip, "natgw", natgw.id)
    return {"NATGWId": natgw.id}


@answers("DescribeNATGW")
def describe_natgw(call: Call) -> Answer:
    found = _named(call)
    return {"DataSet": [_shown(call, natgw) for natgw in call.page(found)], "TotalCount": len(found)}


@answers("UpdateNATGW")
def update_natgw(call: Call) -> Answer:
    new = call.at_least_one(name="NATGWName", tag="Tag", remark="Remark")
    call.rows.change(natgw_of(call, call.text("NATGWId")), **new)
    return {}


@answers("UpdateNATGWSubnet")
def update_natgw_subnet(call: Call) -> Answer:
    natgw = natgw_of(call, call.text("NATGWId"))
    subnets = _subnets(call, natgw.vpc, call.texts("SubnetworkIds"), natgw.id)
    release(call, *(set(natgw.subnets) - set(subnets)))
    call.rows.change(natgw, subnets=subnets)
    return {}


@answers("DeleteNATGW")
def delete_natgw(call: Call) -> Answer:
    natgw = natgw_of(call, call.text("NATGWId"))
    for eip in held_by(call, natgw.id):
        drop(call, eip, release=call.flag("ReleaseEip"))
    release(call, *natgw.subnets)
    call.rows.remove(natgw)
    return {}


@answers("ListSubnetForNATGW")
def list_subnet_for_natgw(call: Call) -> Answer:
    vpc = call.text("VPCId")
    return {
        "DataSet": [
            {
                "SubnetId": subnet.id,
                "SubnetName": subnet.name,
                "Subnet": subnet.cidr.split("/")[0],
                "Netmask": subnet.cidr.split("/")[1],
                "HasNATGW": has_natgw(call, subnet),
            }
            for subnet in call.all_mine(Subnet)
            if vpc in ("", subnet.vpc)
        ]
    }


@answers("EnableWhiteList")
def enable_white_list(call: Call) -> Answer:
    natgw = natgw_of(call, call.text("NATGWId"))
    call.rows.change(natgw, whitelist_open=bool(call.number("IfOpen")))
    return {}


@answers("DescribeWhiteListResource")
def describe_white_list_resource(call: Call) -> Answer:
    found = _named(call)
    return {
        "DataSet": [
            {
                "NATGWId": natgw.id,
                "IfOpen": int(natgw.whitelist_open),
                "ObjectIPInfo": [_listed(call, id) for id in natgw.whitelist],
            }
            for natgw in call.page(found)
        ],
        "TotalCount": len(found),
    }


@answers("AddWhiteListResource")
def add_white_list_resource(call: Call) -> Answer:
    natgw = natgw_of(call, call.text("NATGWId"))
    for id in call.texts("ResourceIds"):
        if call.mine(Host, id) is None:
            raise no.HOST_ABSENT(id=id)
    call.rows.change(natgw, whitelist=tuple(dict.fromkeys((*natgw.whitelist, *call.texts("ResourceIds")))))
    return {}


@answers("DeleteWhiteListResource")
def delete_white_list_resource(call: Call) -> Answer:
    natgw = natgw_of(call, call.text("NATGWId"))
    for id in call.texts("ResourceIds"):
        if id not in natgw.whitelist:
            raise no.WHITELIST_ABSENT(id=id)
    call.rows.change(
        natgw, whitelist=tuple(id for id in natgw.whitelist if id not in call.texts("ResourceIds"))
    )
    return {}


def natgw_of(call: Call, id: str) -> NatGateway:
    """Raises Refused where it isn't there."""
    if (natgw := call.mine(NatGateway, id)) is None:
        raise no.NATGW_ABSENT(id=id)
    return natgw


def _named(call: Call) -> list[NatGateway]:
    ids = call.texts("NATGWIds")
    return [natgw_of(call, id) for id in ids] if ids else call.all_mine(NatGateway)


def _subnets(call: Call, vpc: str, ids: Sequence[str], natgw: str) -> tuple[str, ...]:
    """The subnets that a gateway is to serve, which belong to its VPC and to no other gateway."""
    for id in ids:
        if subnet_of(call, id).vpc != vpc:
            raise BAD_PARAM(name="SubnetworkIds", why=f"{id} isn't in {vpc}")
        for other in call.rows.find(NatGateway, vpc=vpc):
            if other.id != natgw and id in other.subnets:
                raise no.SUBNET_HAS_NATGW(id=id, natgw=other.id)
    return tuple(dict.fromkeys(ids))


def _shown(call: Call, natgw: NatGateway) -> Answer:
    vpc = call.rows.get(Vpc, natgw.vpc)
    subnets = [subnet for id in natgw.subnets if (subnet := call.rows.get(Subnet, id))]
    return {
        "NATGWId": natgw.id,
        "NATGWName": natgw.name,
        "Tag": natgw.tag,
        "Remark": natgw.remark,
        "VPCId": natgw.vpc,
        "VPCName": vpc.name if vpc else "",
        "FirewallId": natgw.firewall,
        "CreateTime": natgw.created,
        "IsSnatpoolEnabled": "disable",
        "PolicyId": [],
        "SubnetSet": [
            {
                "SubnetworkId": subnet.id,
                "SubnetName": subnet.name,
                "Subnet": str(ipaddress.IPv4Network(subnet.cidr).network_address),
            }
            for subnet in subnets
        ],
        "IPSet": [
            {
                "EIPId": eip.id,
                "Weight": 50,
                "Bandwidth": eip.bandwidth,
                "BandwidthType": "Private",
                "IPResInfo": [{"EIP": eip.address, "OperatorName": eip.operator}],
            }
            for eip in held_by(call, natgw.id)
        ],
    }


def _listed(call: Call, id: str) -> Answer:
    host = call.rows.get(Host, id)
    return {
        "GwType": "natgw",
        "PrivateIP": host.address if host else "",
        "ResourceId": id,
        "ResourceName": host.name if host else "",
        "ResourceType": "uhost",
        "SubResourceId": "",
        "SubResourceName": "",
        "SubResourceType": "",
        "VPCId": host.vpc if host else "",
    }
