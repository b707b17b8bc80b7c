"""What the real API would refuse is refused, with its code, and nothing is changed by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ubox.contract import ACTIONS
from ubox.contract import refusals as no
from ubox.contract.model import Refusal
from ubox.testing import Served, serve

if TYPE_CHECKING:
    from tests.ubox.api import refusal_cases
    from tests.ubox.api.conftest import Api
else:
    import refusal_cases


@pytest.fixture(scope="module")
def region_api(connect: Callable[[Served], Api]) -> Iterator[Api]:
    with serve() as served:
        yield connect(served)


@pytest.fixture(scope="module")
def region(region_api: Api) -> dict[str, str]:
    """One of each thing, by the name that the cases call it."""
    api = region_api
    vpc = api.vpc.create_vpc({"Name": "here", "Network": ["10.80.0.0/20", "10.90.0.0/20"]})["VPCId"]
    subnet = api.vpc.create_subnet({"VPCId": vpc, "Subnet": "10.80.0.0", "Netmask": 20})["SubnetId"]
    small = api.vpc.create_subnet({"VPCId": vpc, "Subnet": "10.90.0.0", "Netmask": 29})["SubnetId"]
    far_vpc, far_subnet = api.network("far", "10.81.0.0/20")
    twin_vpc, _ = api.network("twin", "10.80.0.0/20")
    api.vpc.create_vpc_intercom({"VPCId": vpc, "DstVPCId": far_vpc})
    wall = api.firewall("wall")
    natgw_eip, free_eip = api.eip(), api.eip()
    for _ in range(4):
        api.unet.allocate_eip({"OperatorName": "BGP", "Bandwidth": 1, "Count": 50})
    natgw = api.vpc.create_natgw(
        {
            "NATGWName": "gw",
            "EIPIds": [natgw_eip],
            "FirewallId": wall,
            "SubnetworkIds": [subnet],
            "VPCId": vpc,
        }
    )["NATGWId"]
    host = api.host(vpc, subnet, PrivateIp=["10.80.0.16"], SecurityGroupId=wall)
    far_host = api.host(far_vpc, far_subnet)
    api.uhost.create_uhost_instance(api.host_request(far_vpc, far_subnet, MaxCount=99))
    stopped_host = api.stopped_host(vpc, subnet)
    ulb = api.ulb.create_ulb({"InnerMode": "Yes", "VPCId": vpc, "SubnetId": subnet})["ULBId"]
    proxy = api.ulb.create_ulb(
        {"InnerMode": "Yes", "ListenType": "RequestProxy", "VPCId": vpc, "SubnetId": subnet}
    )["ULBId"]
    vserver = api.ulb.create_vserver({"ULBId": ulb, "Protocol": "TCP", "FrontendPort": 80})["VServerId"]
    backend = api.ulb.allocate_backend(
        {"ULBId": ulb, "VServerId": vserver, "ResourceType": "UHost", "ResourceId": host, "Port": 80}
    )["BackendId"]
    attached_disk = _disk(api)
    api.udisk.attach_udisk({"UDiskId": attached_disk, "HostId": host})
    firewalls = api.unet.describe_firewall({})["DataSet"]
    return {
        "vpc": vpc,
        "subnet": subnet,
        "small_subnet": small,
        "far_vpc": far_vpc,
        "far_subnet": far_subnet,
        "twin_vpc": twin_vpc,
        "wall": wall,
        "free_wall": api.firewall("free"),
        "recommended": next(each["FWId"] for each in firewalls if each["Type"] == "recommend web"),
        "natgw": natgw,
        "natgw_eip": natgw_eip,
        "free_eip": free_eip,
        "host": host,
        "other_host": api.host(vpc, subnet),
        "far_host": far_host,
        "stopped_host": stopped_host,
        "boot_disk": api.shown(stopped_host)["DiskSet"][0]["DiskId"],
        "ulb": ulb,
        "proxy": proxy,
        "vserver": vserver,
        "backend": backend,
        "disk": _disk(api),
        "far_disk": _disk(api, Zone="box-02"),
        "strange_disk": _disk(api, DiskType="RSSDDataDisk", RdmaClusterId="rdma-elsewhere"),
        "attached_disk": attached_disk,
        "group": api.uhost.create_isolation_group({"GroupName": "g"})["GroupId"],
    }


@pytest.mark.parametrize("case", refusal_cases.CASES, ids=str)
def test_refused(region_api: Api, region: dict[str, str], case: refusal_cases.Case) -> None:
    before = region_api.served.box.world()
    params = {name: _filled(value, region) for name, value in case.params.items()}
    assert region_api.code(case.action, **params) == case.refusal.code
    assert region_api.served.box.world() == before, "a refused call changed something"


def test_every_refusal_of_the_contract_is_met_by_a_test() -> None:
    met = {case.refusal for case in refusal_cases.CASES}
    assert {each for each in vars(no).values() if isinstance(each, Refusal)} - met == set(
        refusal_cases.ELSEWHERE
    )


def test_every_refusal_but_the_gates_own_belongs_to_an_action() -> None:
    named = {refusal for action in ACTIONS.values() for refusal in action.every_refusal}
    assert {each for each in vars(no).values() if isinstance(each, Refusal)} - named == {
        no.MISSING_ACTION,
        no.UNKNOWN_ACTION,
        no.MISSING_SIGNATURE,
        no.WRONG_SIGNATURE,
        no.UNKNOWN_KEY,
        no.THROTTLED,
        no.UNKNOWN_PROJECT,
    }


def _disk(api: Api, **more: Any) -> str:
    return str(api.udisk.create_udisk({"Zone": "box-01", "Size": 20, "Name": "d", **more})["UDiskId"][0])


def _filled(value: Any, region: dict[str, str]) -> Any:
    """The value with every `@name` replaced by its id."""
    if isinstance(value, str) and value.startswith("@"):
        return region[value[1:]]
    if isinstance(value, list):
        return [_filled(each, region) for each in value]
    return value
