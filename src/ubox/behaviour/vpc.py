"""VPCs, subnets and intercoms."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from ubox.behaviour.addresses import gateway, taken, usable
from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.contract import refusals as no
from ubox.contract.model import BAD_PARAM
from ubox.store.rows import Balancer, Host, NatGateway, Peering, Subnet, Vpc

VPC_QUOTA = 100
SUBNET_QUOTA = 200
_PRIVATE = (("10.0.0.0/8", 8), ("172.16.0.0/12", 12), ("192.168.0.0/16", 16))
"""The private networks, each with the shortest mask of a VPC's network in it; the longest is 29."""


@answers("CreateVPC")
def create_vpc(call: Call) -> Answer:
    if len(call.all_mine(Vpc)) >= VPC_QUOTA:
        raise no.QUOTA(limit=VPC_QUOTA, what="VPCs")
    vpc = Vpc(
        id=new_id("uvnet"),
        region=call.region,
        project=call.project,
        name=call.text("Name"),
        tag=call.text("Tag"),
        remark=call.text("Remark"),
        networks=_networks(call.texts("Network"), ()),
        created=int(call.now),
        updated=int(call.now),
    )
    call.rows.add(vpc)
    return {"VPCId": vpc.id}


@answers("DescribeVPC")
def describe_vpc(call: Call) -> Answer:
    ids, tag = call.texts("VPCIds"), call.text("Tag")
    found = [vpc for vpc in call.all_mine(Vpc) if (not ids or vpc.id in ids) and tag in ("", vpc.tag)]
    return {"DataSet": [_shown_vpc(call, vpc) for vpc in call.page(found)], "TotalCount": len(found)}


@answers("AddVPCNetwork")
def add_vpc_network(call: Call) -> Answer:
    vpc = vpc_of(call, call.text("VPCId"))
    call.rows.change(vpc, networks=_networks(call.texts("Network"), vpc.networks), updated=int(call.now))
    return {}


@answers("UpdateVPCNetwork")
def update_vpc_network(call: Call) -> Answer:
    vpc = vpc_of(call, call.text("VPCId"))
    kept = call.texts("Network")
    for network in kept:
        if network not in vpc.networks:
            raise no.NETWORK_INVALID(cidr=network, why=f"it isn't one of the VPC's {', '.join(vpc.networks)}")
    for subnet in call.rows.find(Subnet, vpc=vpc.id):
        if not _inside(subnet.cidr, kept):
            raise no.NETWORK_IN_USE(cidr=subnet.cidr, subnet=subnet.id)
    call.rows.change(vpc, networks=kept, updated=int(call.now))
    return {}


@answers("DeleteVPC")
def delete_vpc(call: Call) -> Answer:
    vpc = vpc_of(call, call.text("VPCId"))
    for what, there in (
        ("subnets", call.rows.count(Subnet, vpc=vpc.id)),
        ("intercoms", len(list(peers(call, vpc.id)))),
        ("NAT gateways", call.rows.count(NatGateway, vpc=vpc.id)),
        ("ULBs", call.rows.count(Balancer, vpc=vpc.id)),
    ):
        if there:
            raise no.VPC_IN_USE(id=vpc.id, what=what)
    call.rows.remove(vpc)
    return {}


@answers("CreateSubnet")
def create_subnet(call: Call) -> Answer:
    vpc = vpc_of(call, call.text("VPCId"))
    cidr = f"{call.text('Subnet')}/{call.number('Netmask')}"
    network = _parsed(cidr)
    if not _inside(cidr, vpc.networks):
        raise no.NETWORK_INVALID(cidr=cidr, why=f"it isn't inside the VPC's {', '.join(vpc.networks)}")
    there = call.rows.find(Subnet, vpc=vpc.id)
    for other in there:
        if network.overlaps(ipaddress.IPv4Network(other.cidr)):
            raise no.NETWORK_OVERLAP(cidr=cidr, other=f"{other.id} {other.cidr}")
    if len(there) >= SUBNET_QUOTA:
        raise no.QUOTA(limit=SUBNET_QUOTA, what="subnets in a VPC")
    subnet = Subnet(
        id=new_id("subnet"),
        region=call.region,
        project=call.project,
        vpc=vpc.id,
        name=call.text("SubnetName"),
        tag=call.text("Tag"),
        remark=call.text("Remark"),
        cidr=cidr,
        created=int(call.now),
    )
    call.rows.add(subnet)
    return {"SubnetId": subnet.id}


@answers("DescribeSubnet")
def describe_subnet(call: Call) -> Answer:
    ids = {*call.texts("SubnetIds"), call.text("SubnetId")} - {""}
    vpc, tag = call.text("VPCId"), call.text("Tag")
    found = [
        subnet
        for subnet in call.all_mine(Subnet)
        if (not ids or subnet.id in ids) and vpc in ("", subnet.vpc) and tag in ("", subnet.tag)
    ]
    return {"DataSet": [_shown_subnet(call, subnet) for subnet in call.page(found)], "TotalCount": len(found)}


@answers("UpdateSubnetAttribute")
def update_subnet_attribute(call: Call) -> Answer:
    call.rows.change(subnet_of(call, call.text("SubnetId")), **call.at_least_one(name="Name", tag="Tag"))
    return {}


@answers("DescribeSubnetResource")
def describe_subnet_resource(call: Call) -> Answer:
    subnet = subnet_of(call, call.text("SubnetId"))
    kind = call.text("ResourceType")
    found = [
        {
            "ResourceType": type_,
            "ResourceId": id,
            "Name": name,
            "IP": address,
            "SubResourceId": "",
            "SubResourceName": "",
            "SubResourceType": "",
        }
        for type_, id, name, address in _residents(call, subnet)
        if kind in ("", type_)
    ]
    return {"DataSet": list(call.page(found)), "TotalCount": len(found)}


@answers("DeleteSubnet")
def delete_subnet(call: Call) -> Answer:
    subnet = subnet_of(call, call.text("SubnetId"))
    if subnet.busy_until > call.now or any(True for _ in _residents(call, subnet)):
        raise no.SUBNET_BUSY(id=subnet.id)
    call.rows.remove(subnet)
    return {}


@answers("CreateVPCIntercom")
def create_vpc_intercom(call: Call) -> Answer:
    here, there = vpc_of(call, call.text("VPCId")), _other_vpc(call)
    if here.id == there.id:
        raise BAD_PARAM(name="DstVPCId", why="it is the VPC itself")
    a, b = sorted((here.id, there.id))
    if call.rows.get(Peering, f"{a}+{b}"):
        raise no.INTERCOM_EXISTS(a=here.id, b=there.id)
    for mine, reached in ((here, there), (there, here)):
        _apart(reached.networks, mine.networks)
        for id in peers(call, mine.id):
            if peer := call.rows.get(Vpc, id):
                _apart(reached.networks, peer.networks)
    call.rows.add(Peering(id=f"{a}+{b}", a=a, b=b))
    return {}


@answers("DescribeVPCIntercom")
def describe_vpc_intercom(call: Call) -> Answer:
    vpc = vpc_of(call, call.text("VPCId"))
    region, project = call.text("DstRegion"), call.text("DstProjectId")
    found = [call.rows.get(Vpc, id) for id in peers(call, vpc.id)]
    return {
        "DataSet": [
            {
                "VPCId": peer.id,
                "Name": peer.name,
                "Tag": peer.tag,
                "Network": list(peer.networks),
                "DstRegion": peer.region,
                "ProjectId": peer.project,
                "AccountId": 1,
                "VPCType": 1,
            }
            for peer in found
            if peer is not None and region in ("", peer.region) and project in ("", peer.project)
        ]
    }


@answers("DeleteVPCIntercom")
def delete_vpc_intercom(call: Call) -> Answer:
    here, there = vpc_of(call, call.text("VPCId")), _other_vpc(call)
    a, b = sorted((here.id, there.id))
    if (peering := call.rows.get(Peering, f"{a}+{b}")) is None:
        raise no.INTERCOM_ABSENT(a=here.id, b=there.id)
    call.rows.remove(peering)
    return {}


def vpc_of(call: Call, id: str) -> Vpc:
    """Raises Refused where it isn't there."""
    if (vpc := call.mine(Vpc, id)) is None:
        raise no.VPC_ABSENT(id=id)
    return vpc


def subnet_of(call: Call, id: str) -> Subnet:
    """Raises Refused where it isn't there."""
    if (subnet := call.mine(Subnet, id)) is None:
        raise no.SUBNET_ABSENT(id=id)
    return subnet


def place_of(call: Call) -> tuple[Vpc, Subnet]:
    """The VPC and subnet that a call names for a new resource. Raises Refused."""
    if not call.text("VPCId") or not call.text("SubnetId"):
        raise no.NO_DEFAULT_VPC(region=call.region)
    vpc, subnet = vpc_of(call, call.text("VPCId")), subnet_of(call, call.text("SubnetId"))
    if subnet.vpc != vpc.id:
        raise BAD_PARAM(name="SubnetId", why=f"{subnet.id} is in {subnet.vpc}, not in {vpc.id}")
    return vpc, subnet


def peers(call: Call, vpc: str) -> Iterator[str]:
    for peering in call.rows.find(Peering):
        if vpc in (peering.a, peering.b):
            yield peering.b if vpc == peering.a else peering.a


def _other_vpc(call: Call) -> Vpc:
    region, project = call.text("DstRegion") or call.region, call.text("DstProjectId") or call.project
    vpc = call.rows.get(Vpc, call.text("DstVPCId"))
    if vpc is None or vpc.region != region or vpc.project != project:
        raise no.VPC_ABSENT(id=call.text("DstVPCId"))
    return vpc


def _residents(call: Call, subnet: Subnet) -> Iterator[tuple[str, str, str, str]]:
    """Type, id, name and address of what uses the subnet."""
    for host in call.rows.find(Host, subnet=subnet.id):
        yield "UHOST", host.id, host.name, host.address
    for balancer in call.rows.find(Balancer, subnet=subnet.id):
        yield "ULB", balancer.id, balancer.name, balancer.address
    for natgw in call.rows.find(NatGateway, vpc=subnet.vpc):
        if subnet.id in natgw.subnets:
            yield "UNATGW", natgw.id, natgw.name, ""


def _networks(asked: tuple[str, ...], there: tuple[str, ...]) -> tuple[str, ...]:
    """`there` and the new ones, which are checked. Raises Refused."""
    networks = list(there)
    for cidr in asked:
        network = _parsed(cidr)
        if not any(
            network.subnet_of(ipaddress.IPv4Network(private)) and shortest <= network.prefixlen <= 29
            for private, shortest in _PRIVATE
        ):
            raise no.NETWORK_INVALID(
                cidr=cidr,
                why="it isn't in 10/8 (mask 8 to 29), 172.16/12 (12 to 29) or 192.168/16 (16 to 29)",
            )
        _apart((cidr,), networks)
        networks.append(cidr)
    return tuple(networks)


def _parsed(cidr: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise no.NETWORK_INVALID(cidr=cidr, why=str(error)) from None


def _inside(cidr: str, networks: Iterable[str]) -> bool:
    network = ipaddress.IPv4Network(cidr)
    return any(network.subnet_of(ipaddress.IPv4Network(each)) for each in networks)


def _apart(some: Iterable[str], others: Iterable[str]) -> None:
    """Raises Refused where two networks overlap."""
    for cidr in some:
        for other in others:
            if ipaddress.IPv4Network(cidr).overlaps(ipaddress.IPv4Network(other)):
                raise no.NETWORK_OVERLAP(cidr=cidr, other=other)


def _shown_vpc(call: Call, vpc: Vpc) -> Answer:
    subnets = call.rows.find(Subnet, vpc=vpc.id)
    return {
        "VPCId": vpc.id,
        "Name": vpc.name,
        "Tag": vpc.tag,
        "Network": list(vpc.networks),
        "NetworkInfo": [
            {"Network": network, "SubnetCount": sum(_inside(subnet.cidr, [network]) for subnet in subnets)}
            for network in vpc.networks
        ],
        "SubnetCount": len(subnets),
        "CreateTime": vpc.created,
        "UpdateTime": vpc.updated,
        "VPCType": "DefinedVPC",
    }


def _shown_subnet(call: Call, subnet: Subnet) -> Answer:
    vpc = call.rows.get(Vpc, subnet.vpc)
    address, mask = subnet.cidr.split("/")
    return {
        "SubnetId": subnet.id,
        "SubnetName": subnet.name,
        "Tag": subnet.tag,
        "Remark": subnet.remark,
        "VPCId": subnet.vpc,
        "VPCName": vpc.name if vpc else "",
        "Subnet": address,
        "Netmask": mask,
        "Gateway": gateway(subnet.cidr),
        "HasNATGW": has_natgw(call, subnet),
        "RouteTableId": "",
        "AvailableIPs": usable(subnet.cidr) - len(taken(call.rows, subnet.id)),
        "SubnetType": 2,
        "Zone": "",
        "CreateTime": subnet.created,
    }


def has_natgw(call: Call, subnet: Subnet) -> bool:
    return any(subnet.id in natgw.subnets for natgw in call.rows.find(NatGateway, vpc=subnet.vpc))
