"""A cluster's life through the official SDK: two peered VPCs, gateway, hosts, disks, balancers; and gone."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from ubox.contract import ACTIONS
from ubox.contract import refusals as no
from ubox.testing import Served

if TYPE_CHECKING:
    from tests.ubox.api.conftest import Api


def ids(api: Api) -> dict[str, set[str]]:
    """Every id in the region."""
    return {
        "vpc": {each["VPCId"] for each in api.vpc.describe_vpc({})["DataSet"]},
        "subnet": {each["SubnetId"] for each in api.vpc.describe_subnet({})["DataSet"]},
        "natgw": {each["NATGWId"] for each in api.vpc.describe_natgw({})["DataSet"]},
        "eip": {each["EIPId"] for each in api.unet.describe_eip({})["EIPSet"]},
        "firewall": {each["FWId"] for each in api.unet.describe_firewall({"Limit": 1000})["DataSet"]},
        "uhost": {each["UHostId"] for each in api.uhost.describe_uhost_instance({"Limit": 100})["UHostSet"]},
        "udisk": {each["UDiskId"] for each in api.udisk.describe_udisk({"Limit": 100})["DataSet"]},
        "ulb": {each["ULBId"] for each in api.ulb.describe_ulb({"Limit": 100})["DataSet"]},
        "group": {
            each["GroupId"]
            for each in api.uhost.describe_isolation_group({"Limit": 100})["IsolationGroupSet"]
        },
    }


def build(api: Api) -> dict[str, Any]:
    tag = {"Tag": "orders"}
    management, inside = api.network("orders-net-management", "10.80.0.0/20")
    client, outside = api.network("orders-net-client", "10.81.0.0/20")
    api.vpc.create_vpc_intercom({"VPCId": management, "DstVPCId": client})
    bastion_wall = api.firewall("orders-firewall-bastion", "TCP|22|203.0.113.0/24|ACCEPT|HIGH|operator")
    gateway_wall = api.firewall("orders-firewall-gateway", "ICMP||0.0.0.0/0|ACCEPT|LOW|")
    gateway_eip = api.eip(Name="orders-eip-gateway-client", **tag)
    natgw = api.vpc.create_natgw(
        {
            "NATGWName": "orders-gateway-client",
            "EIPIds": [gateway_eip],
            "FirewallId": gateway_wall,
            "SubnetworkIds": [outside],
            "VPCId": client,
            **tag,
        }
    )["NATGWId"]
    group = api.uhost.create_isolation_group({"GroupName": "orders-isolation-consul"})["GroupId"]
    ulb = api.ulb.create_ulb(
        {"ULBName": "orders-consul", "InnerMode": "Yes", "VPCId": management, "SubnetId": inside, **tag}
    )["ULBId"]
    vserver = api.ulb.create_vserver(
        {
            "ULBId": ulb,
            "ListenType": "PacketsTransmit",
            "Protocol": "TCP",
            "FrontendPort": 8500,
            "MonitorType": "Port",
        }
    )["VServerId"]
    hosts = [
        api.host(
            management,
            inside,
            Zone=zone,
            Name=f"orders-consul-{letter}",
            PrivateIp=[f"10.80.0.{16 + place}"],
            IsolationGroup=group,
            UserData=base64.b64encode(b"#!/bin/sh\ntrue\n").decode(),
            SecurityGroupId=bastion_wall,
            Disks=[
                {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20},
                {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 30},
            ],
            **tag,
        )
        for place, (zone, letter) in enumerate(zip(api.served.zones, "abc", strict=True))
    ]
    for host in hosts:
        api.ulb.allocate_backend(
            {"ULBId": ulb, "VServerId": vserver, "ResourceType": "UHost", "ResourceId": host, "Port": 8500}
        )
    bastion_eip = api.eip(Name="orders-eip-bastion", **tag)
    api.unet.bind_eip({"EIPId": bastion_eip, "ResourceType": "uhost", "ResourceId": hosts[0]})
    disk = api.udisk.create_udisk({"Zone": api.served.zones[0], "Size": 20, "Name": "orders-disk", **tag})
    api.udisk.attach_udisk({"UDiskId": disk["UDiskId"][0], "HostId": hosts[0]})
    return {
        "vpcs": (management, client),
        "subnets": (inside, outside),
        "walls": (bastion_wall, gateway_wall),
        "eips": (gateway_eip, bastion_eip),
        "natgw": natgw,
        "group": group,
        "ulb": ulb,
        "vserver": vserver,
        "hosts": hosts,
        "disk": disk["UDiskId"][0],
    }


def remove(api: Api, made: dict[str, Any]) -> None:
    zone = api.served.zones[0]
    for vserver in api.ulb.describe_vserver({"ULBId": made["ulb"]})["DataSet"]:
        for backend in vserver["BackendSet"]:
            api.ulb.release_backend({"ULBId": made["ulb"], "BackendId": backend["BackendId"]})
    api.ulb.delete_vserver({"ULBId": made["ulb"], "VServerId": made["vserver"]})
    api.ulb.delete_ulb({"ULBId": made["ulb"]})
    api.udisk.detach_udisk({"UDiskId": made["disk"], "HostId": made["hosts"][0]})
    api.udisk.delete_udisk({"Zone": zone, "UDiskId": made["disk"]})
    api.unet.un_bind_eip({"EIPId": made["eips"][1], "ResourceType": "uhost", "ResourceId": made["hosts"][0]})
    api.vpc.delete_natgw({"NATGWId": made["natgw"]})
    for eip in made["eips"]:
        api.unet.release_eip({"EIPId": eip})
    for host in made["hosts"]:
        api.uhost.poweroff_uhost_instance({"UHostId": host})
    for host in made["hosts"]:
        api.uhost.terminate_uhost_instance({"UHostId": host, "ReleaseUDisk": True})
    api.uhost.delete_isolation_group({"GroupId": made["group"]})
    for wall in made["walls"]:
        api.unet.delete_firewall({"FWId": wall})
    api.vpc.delete_vpc_intercom({"VPCId": made["vpcs"][1], "DstVPCId": made["vpcs"][0]})
    for subnet in made["subnets"]:
        assert api.vpc.describe_subnet_resource({"SubnetId": subnet})["TotalCount"] == 0
        api.vpc.delete_subnet({"SubnetId": subnet})
    for vpc in made["vpcs"]:
        api.vpc.delete_vpc({"VPCId": vpc})


def test_a_cluster_comes_and_goes_and_leaves_nothing(api: Api) -> None:
    before = ids(api)
    made = build(api)
    there = ids(api)
    assert {kind: len(there[kind] - before[kind]) for kind in there} == {
        "vpc": 2,
        "subnet": 2,
        "natgw": 1,
        "eip": 2,
        "firewall": 2,
        "uhost": 3,
        "udisk": 7,
        "ulb": 1,
        "group": 1,
    }
    remove(api, made)
    assert ids(api) == before


def test_what_was_made_is_shown_as_it_was_asked_for(api: Api) -> None:
    made = build(api)
    host = api.shown(made["hosts"][0])
    assert (host["Name"], host["Tag"], host["State"], host["Zone"]) == (
        "orders-consul-a",
        "orders",
        "Running",
        "box-01",
    )
    assert [disk["IsBoot"] for disk in host["DiskSet"]] == ["True", "False", "False"]
    private, public = host["IPSet"]
    assert (private["Type"], private["IP"], public["Type"], public["IPId"]) == (
        "Private",
        "10.80.0.16",
        "Bgp",
        made["eips"][1],
    )
    ulb = api.ulb.describe_ulb({"ULBId": made["ulb"]})["DataSet"][0]
    assert (ulb["PrivateIP"], ulb["ULBType"], ulb["ListenType"]) == (
        "10.80.15.254",
        "InnerMode",
        "PacketsTransmit",
    )
    backends = ulb["VServerSet"][0]["BackendSet"]
    assert [backend["PrivateIP"] for backend in backends] == ["10.80.0.16", "10.80.0.17", "10.80.0.18"]
    natgw = api.vpc.describe_natgw({"NATGWIds": [made["natgw"]]})["DataSet"][0]
    assert natgw["IPSet"][0]["EIPId"] == made["eips"][0]
    for vpc, peer in (made["vpcs"], made["vpcs"][::-1]):
        assert [each["VPCId"] for each in api.vpc.describe_vpc_intercom({"VPCId": vpc})["DataSet"]] == [peer]
    spread = api.uhost.describe_isolation_group({"GroupId": made["group"]})["IsolationGroupSet"][0]
    assert [(each["Zone"], each["UHostCount"]) for each in spread["SpreadInfoSet"]] == [
        ("box-01", 1),
        ("box-02", 1),
        ("box-03", 1),
    ]


def test_an_eip_carries_the_id_of_its_holder_twice(api: Api) -> None:
    made = build(api)
    eips = api.call("DescribeEIP", EIPIds=[made["eips"][1]], Region="box")["EIPSet"]
    assert eips[0]["Resource"]["ResourceID"] == eips[0]["Resource"]["ResourceId"] == made["hosts"][0]


def test_every_change_is_made(api: Api) -> None:
    made = build(api)
    zone, host = api.served.zones[0], made["hosts"][0]
    vpc, subnet = made["vpcs"][0], made["subnets"][0]
    api.vpc.add_vpc_network({"VPCId": vpc, "Network": ["192.168.0.0/16"]})
    assert api.vpc.describe_vpc({"VPCIds": [vpc]})["DataSet"][0]["Network"] == [
        "10.80.0.0/20",
        "192.168.0.0/16",
    ]
    api.call("UpdateVPCNetwork", VPCId=vpc, Network=["10.80.0.0/20"], Region="box")
    assert api.vpc.describe_vpc({"VPCIds": [vpc]})["DataSet"][0]["Network"] == ["10.80.0.0/20"]
    api.vpc.update_subnet_attribute({"SubnetId": subnet, "Name": "renamed", "Tag": "other"})
    found = api.vpc.describe_subnet({"Tag": "other"})["DataSet"]
    assert [each["SubnetName"] for each in found] == ["renamed"]
    api.vpc.update_natgw({"NATGWId": made["natgw"], "NATGWName": "way-out"})
    api.vpc.update_natgw_subnet({"NATGWId": made["natgw"], "SubnetworkIds": [made["subnets"][1]]})
    api.vpc.enable_white_list({"NATGWId": made["natgw"], "IfOpen": 1})
    api.vpc.add_white_list_resource({"NATGWId": made["natgw"], "ResourceIds": [host]})
    listed = api.vpc.describe_white_list_resource({"NATGWIds": [made["natgw"]]})["DataSet"][0]
    assert (listed["IfOpen"], [each["ResourceId"] for each in listed["ObjectIPInfo"]]) == (1, [host])
    api.vpc.delete_white_list_resource({"NATGWId": made["natgw"], "ResourceIds": [host]})
    assert api.vpc.list_subnet_for_natgw({"VPCId": made["vpcs"][1]})["DataSet"][0]["HasNATGW"]

    api.unet.update_firewall({"FWId": made["walls"][0], "Rule": ["UDP|53|0.0.0.0/0|DROP|LOW|"]})
    api.unet.update_firewall_attribute({"FWId": made["walls"][0], "Remark": "changed"})
    wall = api.unet.describe_firewall({"FWId": made["walls"][0]})["DataSet"][0]
    assert (wall["Remark"], wall["Rule"][0]["ProtocolType"], wall["ResourceCount"]) == ("changed", "UDP", 3)
    api.unet.grant_firewall({"FWId": made["walls"][1], "ResourceType": "UHost", "ResourceId": host})
    granted = api.unet.describe_firewall({"ResourceType": "uhost", "ResourceId": host})["DataSet"]
    assert [each["FWId"] for each in granted] == [made["walls"][1]]
    holders = api.unet.describe_firewall_resource({"FWId": made["walls"][1]})["ResourceSet"]
    assert {each["ResourceType"] for each in holders} == {"uhost", "natgw"}
    api.unet.update_eip_attribute({"EIPId": made["eips"][0], "Remark": "way out"})
    api.unet.modify_eip_bandwidth({"EIPId": made["eips"][0], "Bandwidth": 7})
    api.unet.set_eip_pay_mode({"EIPId": made["eips"][0], "PayMode": "Traffic", "Bandwidth": 8})
    eip = api.unet.describe_eip({"EIPIds": [made["eips"][0]]})["EIPSet"][0]
    assert (eip["Remark"], eip["Bandwidth"], eip["PayMode"]) == ("way out", 8, "Traffic")

    api.uhost.modify_uhost_instance_remark({"UHostId": host, "Remark": "r"})
    api.uhost.modify_uhost_instance_name({"UHostId": host, "Name": "n"})
    api.uhost.modify_uhost_instance_tag({"UHostId": host, "Tag": "t"})
    shown = api.shown(host)
    assert (shown["Name"], shown["Remark"], shown["Tag"]) == ("n", "r", "t")
    assert {disk["Tag"] for disk in api.udisk.describe_udisk({"HostId": host})["DataSet"]} == {"t"}
    api.uhost.reboot_uhost_instance({"UHostId": host})
    assert api.shown(host)["State"] == "Running"
    api.uhost.stop_uhost_instance({"UHostId": host})
    assert api.shown(host)["State"] == "Stopped"
    api.uhost.resize_uhost_instance({"UHostId": host, "CPU": 2, "Memory": 4096})
    api.uhost.reset_uhost_instance_password({"UHostId": host, "Password": "Another-1234"})
    boot = shown["DiskSet"][0]["DiskId"]
    api.uhost.resize_attached_disk({"Zone": zone, "UHostId": host, "DiskId": boot, "DiskSpace": 40})
    api.uhost.leave_isolation_group({"GroupId": made["group"], "UHostId": host})
    api.uhost.add_uhost_to_isolation_group({"GroupId": made["group"], "UHostId": host, "Zone": zone})
    api.uhost.start_uhost_instance({"UHostId": host})
    shown = api.shown(host)
    assert (shown["State"], shown["CPU"], shown["Memory"], shown["DiskSet"][0]["Size"]) == (
        "Running",
        2,
        4096,
        40,
    )

    api.udisk.rename_udisk({"Zone": zone, "UDiskId": made["disk"], "UDiskName": "spare"})
    api.udisk.resize_udisk({"Zone": zone, "UDiskId": made["disk"], "Size": 50})
    disk = api.udisk.describe_udisk({"UDiskId": made["disk"]})["DataSet"][0]
    assert (disk["Name"], disk["Size"], disk["Status"], disk["UHostId"]) == ("spare", 50, "InUse", host)

    ulb, vserver = made["ulb"], made["vserver"]
    api.ulb.update_ulb_attribute({"ULBId": ulb, "Name": "front", "Remark": "r"})
    api.ulb.update_vserver_attribute({"ULBId": ulb, "VServerId": vserver, "VServerName": "http"})
    backend = api.ulb.describe_vserver({"ULBId": ulb})["DataSet"][0]["BackendSet"][0]
    api.ulb.update_backend_attribute(
        {"ULBId": ulb, "BackendId": backend["BackendId"], "Enabled": 0, "Weight": 5}
    )
    seen = api.ulb.describe_vserver({"ULBId": ulb, "VServerId": vserver})["DataSet"][0]
    assert seen["VServerName"] == "http"
    assert (seen["BackendSet"][0]["Enabled"], seen["BackendSet"][0]["Weight"]) == (0, 5)
    simple = api.ulb.describe_ulb_simple({"VPCId": vpc})["DataSet"][0]
    assert (simple["Name"], simple["VServerCount"]) == ("front", 1)


def test_images_prices_and_account(api: Api) -> None:
    vpc, subnet = api.network()
    host = api.host(vpc, subnet)
    api.shown(host)
    image = api.uhost.create_custom_image({"UHostId": host, "ImageName": "golden", "Tag": "t"})["ImageId"]
    found = api.uhost.describe_image({"ImageType": "Custom", "Tag": "t"})["ImageSet"]
    assert [(each["ImageId"], each["State"]) for each in found] == [(image, "Available")]
    copy = api.shown(api.host(vpc, subnet, ImageId=image, LoginMode="ImagePasswd"))
    assert (copy["ImageId"], copy["BasicImageId"]) == (image, api.image())
    api.uhost.terminate_custom_image({"ImageId": image})

    assert {"Tag": "Default", "TotalCount": 2, "Zone": "box-01"} in api.uhost.describe_uhost_tags({})[
        "TagSet"
    ]
    request = api.host_request(vpc, subnet)
    assert api.uhost.check_uhost_resource_capacity(request)["ResourceEnough"]
    types = api.uhost.describe_available_instance_types({"Zone": "box-01", "MachineTypes": ["N"]})
    assert [each["Name"] for each in types["AvailableInstanceTypes"]] == ["N"]
    price = api.uhost.get_uhost_instance_price({**request, "Count": 1, "ChargeType": "Month"})["PriceSet"][0]
    assert price["Price"] == 40 + 20 + 10
    assert (
        api.unet.get_eip_price({"OperatorName": "BGP", "Bandwidth": 2, "ChargeType": "Month"})["PriceSet"][0][
            "Price"
        ]
        == 60.0
    )
    assert (
        api.udisk.describe_udisk_price({"Zone": "box-01", "Size": 20, "ChargeType": "Month"})["DataSet"][0][
            "Price"
        ]
        == 1000
    )
    assert api.ubill.get_balance({})["AccountInfo"]["AmountAvailable"] == "100000.00"
    assert api.uaccount.get_project_list({})["ProjectSet"][0]["ProjectId"] == api.served.project_id
    zones = [each["Zone"] for each in api.uaccount.get_region({})["Regions"]]
    assert zones == ["box-01", "box-02", "box-03", "box-two-01", "box-two-02"]


def test_a_host_gets_the_key_of_its_pair(api: Api, public_key: str) -> None:
    pair = api.uhost.import_uhost_key_pairs({"KeyPairName": "operator", "PublicKeyBody": public_key})
    as_base64 = base64.b64encode(public_key.encode()).decode()
    again = api.uhost.import_uhost_key_pairs({"KeyPairName": "again", "PublicKeyBody": as_base64})
    assert again["KeyPairFingerPrint"] == pair["KeyPairFingerPrint"]
    assert (
        api.code("ImportUHostKeyPairs", KeyPairName="again", PublicKeyBody=public_key)
        == no.KEY_PAIR_NAME.code
    )
    vpc, subnet = api.network("keys")
    host = api.host(vpc, subnet, LoginMode="KeyPair", KeyPairId=pair["KeyPairId"])
    known = next(each for each in api.served.box.world().hosts if each.id == host)
    assert json.loads(known.metadata)["public-ssh-keys"] == [public_key]
    found = api.uhost.describe_uhost_key_pairs({"KeyPairName": "operator"})["KeyPairs"]
    assert [each["KeyPairId"] for each in found] == [pair["KeyPairId"]]
    api.uhost.delete_uhost_key_pairs({"KeyPairIds": [pair["KeyPairId"], again["KeyPairId"]]})
    assert api.uhost.describe_uhost_key_pairs({})["TotalCount"] == 0


def test_every_action_is_called_by_these_tests(served: Served, api: Api, public_key: str) -> None:
    """Each action of the contract has answered once, so each answer was checked and decoded."""
    made = build(api)
    ids(api)
    api.vpc.describe_vpc_intercom({"VPCId": made["vpcs"][0]})
    remove(api, made)
    test_every_change_is_made(api)
    test_images_prices_and_account(api)
    test_a_host_gets_the_key_of_its_pair(api, public_key)
    with served.box.store.transaction() as rows:
        called = {line["action"] for line in served.box.journal.read(rows) if line["retcode"] == 0}
    assert set(ACTIONS) - called == set()


@pytest.mark.parametrize("place", [{"ProjectId": "org-two"}, {"Region": "box-two"}])
def test_an_intercom_leads_to_another_project_or_region(api: Api, place: dict[str, str]) -> None:
    here, _ = api.network()
    there = api.call("CreateVPC", Name="there", Network=["10.99.0.0/24"], **place)["VPCId"]
    ends = {"VPCId": here, "DstVPCId": there, **{f"Dst{name}": value for name, value in place.items()}}
    api.call("CreateVPCIntercom", Region="box", **ends)
    for vpc, where, peer in ((here, {"Region": "box"}, there), (there, {"Region": "box", **place}, here)):
        rows = api.call("DescribeVPCIntercom", VPCId=vpc, **where)["DataSet"]
        assert [row["VPCId"] for row in rows] == [peer]
    elsewhere = {"DstProjectId": "org-box", "DstRegion": "box"}
    assert api.call("DescribeVPCIntercom", VPCId=here, Region="box", **elsewhere)["DataSet"] == []
    assert api.code("DeleteVPCIntercom", Region="box", VPCId=here, DstVPCId=there) == no.VPC_ABSENT.code
    api.call("DeleteVPCIntercom", Region="box", **ends)
    assert api.call("DescribeVPCIntercom", VPCId=here, Region="box")["DataSet"] == []


def test_projects_see_their_own_things_alone(api: Api) -> None:
    vpc, _ = api.network()
    assert [row["ProjectId"] for row in api.uaccount.get_project_list({})["ProjectSet"]] == [
        "org-box",
        "org-two",
    ]
    assert api.call("DescribeVPC", Region="box", ProjectId="org-two")["DataSet"] == []
    assert api.code("DeleteVPC", Region="box", ProjectId="org-two", VPCId=vpc) == no.VPC_ABSENT.code
    kinds = [
        row["Type"] for row in api.call("DescribeFirewall", Region="box", ProjectId="org-two")["DataSet"]
    ]
    assert sorted(kinds) == ["recommend non web", "recommend web"]
