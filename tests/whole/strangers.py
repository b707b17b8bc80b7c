"""Machines that are not the cluster's, in its networks and in VPCs of others that are its peers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ucloud.client import Client

from tests.whole.conftest import Shell, until

OTHER_PROJECT = "org-two"
_TAG = "strangers"
_NETMASK = 24
_GB = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A network in which a stranger stands."""

    cloud: Client
    """The API, as who owns that network calls it."""
    vpc: str
    subnet: str


@contextmanager
def others(shell: Shell) -> Iterator[Mapping[str, Place]]:
    """VPCs of a customer and, in another project, of KUN; nothing is joined to them yet."""
    clouds = {"customer": shell.cloud(), "kun": shell.cloud(OTHER_PROJECT)}
    with ExitStack() as undo:
        made = {}
        for name, network in (("customer", "10.99.0.0"), ("kun", "10.98.0.0")):
            invoke = _invoking(clouds[name])
            vpc = invoke("CreateVPC", Name=name, Tag=_TAG, Network=[f"{network}/{_NETMASK}"])["VPCId"]
            undo.callback(invoke, "DeleteVPC", VPCId=vpc)
            wanted = {"VPCId": vpc, "Subnet": network, "Netmask": _NETMASK, "Tag": _TAG}
            subnet = invoke("CreateSubnet", **wanted)["SubnetId"]
            undo.callback(invoke, "DeleteSubnet", SubnetId=subnet)
            made[name] = Place(clouds[name], vpc, subnet)
            undo.callback(_part, made[name])
        yield made


def homes(shell: Shell) -> Mapping[str, Place]:
    """The cluster's networks."""
    cloud = shell.cloud()
    rows = {row["SubnetName"]: row for row in cloud.invoke("DescribeSubnet", {"Limit": 100})["DataSet"]}
    found = {key: rows[f"orders-subnet-{key}"] for key in ("management", "client")}
    return {key: Place(cloud, row["VPCId"], row["SubnetId"]) for key, row in found.items()}


@contextmanager
def strangers(places: Mapping[str, Place], zone: str) -> Iterator[Mapping[str, str]]:
    """The id of one in each of these places."""
    with ExitStack() as undo:
        made = {}
        for name, place in places.items():
            made[name] = _make(name, zone, place)
            undo.callback(_remove, place.cloud, made[name], zone)
        for name, host in made.items():
            _await(places[name].cloud, host, "Running")
        yield made


def _part(place: Place) -> None:
    """Ends what a test that failed left joined."""
    for peer in place.cloud.invoke("DescribeVPCIntercom", {"VPCId": place.vpc})["DataSet"]:
        ends = {"VPCId": place.vpc, "DstVPCId": peer["VPCId"]}
        elsewhere = {"DstProjectId": peer["ProjectId"], "DstRegion": peer["DstRegion"]}
        place.cloud.invoke("DeleteVPCIntercom", {**ends, **elsewhere})


def _invoking(cloud: Client) -> Callable[..., Any]:
    return lambda action, **parameters: cloud.invoke(action, parameters)


def _make(name: str, zone: str, place: Place) -> str:
    image = place.cloud.invoke("DescribeImage", {"Zone": zone, "Limit": 1})["ImageSet"][0]
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
        "VPCId": place.vpc,
        "SubnetId": place.subnet,
    }
    host: str = place.cloud.invoke("CreateUHostInstance", wanted)["UHostIds"][0]
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
