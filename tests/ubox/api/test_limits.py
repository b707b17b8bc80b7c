"""Quotas, paging, filters, and the order in which addresses are given."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ubox.behaviour.addresses import next_free, usable
from ubox.contract import refusals as no
from ubox.testing import Served, serve

if TYPE_CHECKING:
    from tests.ubox.api.conftest import Api


def test_at_most_100_vpcs(api: Api) -> None:
    for number in range(100):
        api.vpc.create_vpc({"Name": f"v{number}", "Network": ["10.0.0.0/16"]})
    assert api.code("CreateVPC", Name="one-more", Network=["10.0.0.0/16"]) == no.QUOTA.code


def test_at_most_5_proxies(api: Api) -> None:
    vpc, subnet = api.network()
    proxy = {"InnerMode": "Yes", "ListenType": "RequestProxy", "VPCId": vpc, "SubnetId": subnet}
    for _ in range(5):
        api.ulb.create_ulb(proxy)
    assert api.code("CreateULB", **proxy) == no.QUOTA.code
    assert api.code("CreateULB", **{**proxy, "ListenType": "PacketsTransmit"}) == 0


def test_without_money_nothing_that_costs_is_made(connect: Callable[[Served], Api]) -> None:
    with serve(balance=0.0) as served:
        api = connect(served)
        assert api.code("AllocateEIP", OperatorName="BGP", Bandwidth=1) == no.NO_BALANCE.code
        assert api.code("CreateUDisk", Zone="box-01", Size=20, Name="d") == no.NO_BALANCE.code
        assert api.code("CreateVPC", Name="free", Network=["10.0.0.0/16"]) == 0


def test_pages_hold_20_and_follow_each_other(api: Api) -> None:
    made = [api.vpc.create_vpc({"Name": f"v{n}", "Network": ["10.0.0.0/16"]})["VPCId"] for n in range(25)]
    first = api.vpc.describe_vpc({})
    second = api.vpc.describe_vpc({"Offset": 20})
    assert (len(first["DataSet"]), len(second["DataSet"]), first["TotalCount"]) == (20, 5, 25)
    assert [vpc["VPCId"] for vpc in first["DataSet"] + second["DataSet"]] == made
    assert api.vpc.describe_vpc({"Offset": 3, "Limit": 2})["DataSet"] == first["DataSet"][3:5]


def test_tags_filter_exactly(api: Api) -> None:
    api.vpc.create_vpc({"Name": "a", "Network": ["10.0.0.0/16"], "Tag": "orders"})
    api.vpc.create_vpc({"Name": "b", "Network": ["10.0.0.0/16"], "Tag": "orders-2"})
    assert [vpc["Name"] for vpc in api.vpc.describe_vpc({"Tag": "orders"})["DataSet"]] == ["a"]
    assert api.vpc.describe_vpc({"Tag": "none"})["DataSet"] == []


def test_regions_know_nothing_of_each_other(api: Api) -> None:
    vpc, _ = api.network()
    assert api.vpc.describe_vpc({"Region": "box-two"})["TotalCount"] == 0
    assert api.code("DeleteVPC", VPCId=vpc, Region="box-two") == no.VPC_ABSENT.code


def test_unknown_ids_give_empty_lists_where_the_real_api_does(api: Api) -> None:
    assert api.uhost.describe_uhost_instance({"UHostIds": ["uhost-none"]})["UHostSet"] == []
    assert api.vpc.describe_vpc({"VPCIds": ["uvnet-none"]})["DataSet"] == []
    assert api.vpc.describe_subnet({"SubnetId": "subnet-none"})["DataSet"] == []
    assert api.unet.describe_eip({"EIPIds": ["eip-none"]})["EIPSet"] == []
    assert api.udisk.describe_udisk({"UDiskId": "bs-none"})["DataSet"] == []
    assert api.ulb.describe_ulb_simple({"ULBId": "ulb-none"})["DataSet"] == []
    assert api.uhost.describe_image({"ImageId": "uimage-none"})["ImageSet"] == []


def test_addresses_come_from_the_top_of_the_subnet(api: Api) -> None:
    vpc, subnet = api.network(cidr="10.80.0.0/24")
    api.host(vpc, subnet, PrivateIp=["10.80.0.253"])
    ulb = api.ulb.create_ulb(
        {"InnerMode": "Yes", "ListenType": "RequestProxy", "VPCId": vpc, "SubnetId": subnet}
    )["ULBId"]
    shown = api.ulb.describe_ulb({"ULBId": ulb})["DataSet"][0]
    assert (shown["PrivateIP"], shown["SnatIps"]) == ("10.80.0.254", ["10.80.0.252"])
    made = api.uhost.create_uhost_instance(api.host_request(vpc, subnet))
    assert made["IPs"] == ["10.80.0.251"]
    assert api.vpc.describe_subnet({"SubnetId": subnet})["DataSet"][0]["AvailableIPs"] == 253 - 4


@pytest.mark.parametrize("mask", [29, 28, 24])
def test_a_subnet_gives_every_usable_address_once(mask: int) -> None:
    cidr, used = f"10.80.0.0/{mask}", set[str]()
    while (address := next_free(cidr, used)) is not None:
        assert address not in used
        used.add(address)
    assert len(used) == usable(cidr) == 2 ** (32 - mask) - 3


def test_many_at_once_never_get_the_same_address(api: Api) -> None:
    vpc, subnet = api.network()
    request = api.host_request(vpc, subnet)
    with ThreadPoolExecutor(12) as pool:
        made = list(pool.map(lambda _: api.uhost.create_uhost_instance(request)["IPs"][0], range(48)))
    assert len(set(made)) == 48


def test_a_host_keeps_its_disk_and_eip_unless_told_otherwise(api: Api) -> None:
    vpc, subnet = api.network()
    more = {
        "Tag": "orders",
        "Disks": [
            {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20},
            {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 30},
        ],
        "NetworkInterface": [{"EIP": {"Bandwidth": 1, "OperatorName": "BGP"}}],
    }
    for release, left in ((False, 1), (True, 0)):
        host = api.stopped_host(vpc, subnet, **more)
        disk = api.shown(host)["DiskSet"][1]["DiskId"]
        eip = api.shown(host)["IPSet"][1]["IPId"]
        api.uhost.terminate_uhost_instance({"UHostId": host, "ReleaseEIP": release, "ReleaseUDisk": release})
        disks = api.udisk.describe_udisk({"UDiskId": disk})["DataSet"]
        eips = api.unet.describe_eip({"EIPIds": [eip]})["EIPSet"]
        assert [(each["Status"], each["Tag"]) for each in disks] == [("Available", "orders")] * left
        assert [(each["Status"], each["Tag"]) for each in eips] == [("free", "orders")] * left
