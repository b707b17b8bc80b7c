"""Machines that are not the cluster's, in its networks and in a customer's."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from ucloud.client import Client

from tests.whole.conftest import until

_TAG = "strangers"
_CUSTOMER, _NETMASK = "10.99.0.0", 24
_GB = 20


@contextmanager
def strangers(cloud: Client, zone: str) -> Iterator[Mapping[str, str]]:
    """The id of one in each network of the cluster, and in a VPC that is peered to its client network."""
    subnets = {row["SubnetName"]: row for row in cloud.invoke("DescribeSubnet", {"Limit": 100})["DataSet"]}
    client = subnets["orders-subnet-client"]
    with ExitStack() as undo:

        def invoke(action: str, **parameters: Any) -> Any:
            return cloud.invoke(action, parameters)

        network = [f"{_CUSTOMER}/{_NETMASK}"]
        vpc = invoke("CreateVPC", Name="customer", Tag=_TAG, Network=network)["VPCId"]
        undo.callback(invoke, "DeleteVPC", VPCId=vpc)
        subnet = invoke("CreateSubnet", VPCId=vpc, Subnet=_CUSTOMER, Netmask=_NETMASK, Tag=_TAG)["SubnetId"]
        undo.callback(invoke, "DeleteSubnet", SubnetId=subnet)
        peers = {"VPCId": vpc, "DstVPCId": client["VPCId"]}
        invoke("CreateVPCIntercom", **peers)
        undo.callback(invoke, "DeleteVPCIntercom", **peers)
        places = {
            "management": subnets["orders-subnet-management"],
            "client": client,
            "customer": {"VPCId": vpc, "SubnetId": subnet},
        }
        made = {}
        for name, place in places.items():
            made[name] = _make(cloud, name, zone, place)
            undo.callback(_remove, cloud, made[name], zone)
        for host in made.values():
            _await(cloud, host, "Running")
        yield made


def _make(cloud: Client, name: str, zone: str, place: Mapping[str, str]) -> str:
    image = cloud.invoke("DescribeImage", {"Zone": zone, "Limit": 1})["ImageSet"][0]
    wanted = {
        "Zone": zone,
        "ImageId": image["ImageId"],
        "Name": f"stranger-{name}",
        "Tag": _TAG,
        "LoginMode": "Password",
        "Password": base64.b64encode(b"Not-kept-by-1-body").decode(),
        "CPU": 1,
        "Memory": 1024,
        "MachineType": "O",
        "MinimalCpuPlatform": "Intel/Auto",
        "ChargeType": "Month",
        "Disks": [{"IsBoot": "true", "Type": "CLOUD_RSSD", "Size": max(_GB, image["ImageSize"])}],
        "VPCId": place["VPCId"],
        "SubnetId": place["SubnetId"],
    }
    host: str = cloud.invoke("CreateUHostInstance", wanted)["UHostIds"][0]
    return host


def _remove(cloud: Client, host: str, zone: str) -> None:
    cloud.invoke("PoweroffUHostInstance", {"UHostId": host, "Zone": zone})
    _await(cloud, host, "Stopped")
    cloud.invoke("TerminateUHostInstance", {"UHostId": host, "Zone": zone, "ReleaseUDisk": True})


def _await(cloud: Client, host: str, state: str) -> None:
    def is_there() -> bool:
        (row,) = cloud.invoke("DescribeUHostInstance", {"UHostIds": [host]})["UHostSet"]
        return bool(row["State"] == state)

    until(f"{host} is {state}", is_there)
