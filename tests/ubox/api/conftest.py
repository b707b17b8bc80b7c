"""A box in the test's own process, and the official SDK to talk to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from ucloud.client import Client
from ucloud.core import exc

from ubox.testing import Served, serve

_quiet = logging.getLogger("tests.ubox.sdk")
_quiet.setLevel(logging.CRITICAL)

PASSWORD = "Correct-horse-1"


class Api:
    """The official SDK's typed clients on a served box, with the shortcuts that tests want."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.client: Any = Client(served.sdk_config, logger=_quiet)
        self.vpc, self.unet, self.uhost = self.client.vpc(), self.client.unet(), self.client.uhost()
        self.udisk, self.ulb = self.client.udisk(), self.client.ulb()
        self.uaccount, self.ubill = self.client.uaccount(), self.client.ubill()

    def call(self, action: str, **params: Any) -> dict[str, Any]:
        """An untyped call; the whole answer."""
        answer: dict[str, Any] = self.client.invoke(action, params)
        return answer

    def code(self, action: str, **params: Any) -> int:
        """The RetCode of an untyped call."""
        try:
            self.call(action, **params)
        except exc.RetCodeException as refused:
            return int(refused.code)
        return 0

    def network(self, name: str = "net", cidr: str = "10.80.0.0/20") -> tuple[str, str]:
        """A VPC with one subnet that fills it."""
        vpc = self.vpc.create_vpc({"Name": name, "Network": [cidr]})["VPCId"]
        address, mask = cidr.split("/")
        subnet = self.vpc.create_subnet({"VPCId": vpc, "Subnet": address, "Netmask": int(mask)})["SubnetId"]
        return vpc, subnet

    def image(self, name: str = "steppe-host") -> str:
        images = self.uhost.describe_image({})["ImageSet"]
        return str(next(image["ImageId"] for image in images if image["ImageName"] == name))

    def host_request(self, vpc: str, subnet: str, **more: Any) -> dict[str, Any]:
        return {
            "Zone": self.served.zones[0],
            "ImageId": self.image(),
            "LoginMode": "Password",
            "Password": PASSWORD,
            "VPCId": vpc,
            "SubnetId": subnet,
            "CPU": 1,
            "Memory": 1024,
            "Disks": [{"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}],
            **more,
        }

    def host(self, vpc: str, subnet: str, **more: Any) -> str:
        return str(self.uhost.create_uhost_instance(self.host_request(vpc, subnet, **more))["UHostIds"][0])

    def stopped_host(self, vpc: str, subnet: str, **more: Any) -> str:
        host = self.host(vpc, subnet, **more)
        self.shown(host)
        self.uhost.poweroff_uhost_instance({"UHostId": host})
        return host

    def shown(self, host: str) -> dict[str, Any]:
        hosts = self.uhost.describe_uhost_instance({"UHostIds": [host]})["UHostSet"]
        return dict(hosts[0]) if hosts else {}

    def eip(self, **more: Any) -> str:
        made = self.unet.allocate_eip({"OperatorName": "BGP", "Bandwidth": 1, **more})
        return str(made["EIPSet"][0]["EIPId"])

    def firewall(self, name: str = "wall", *rules: str) -> str:
        wanted = list(rules or ("TCP|22|0.0.0.0/0|ACCEPT|HIGH|ssh",))
        return str(self.unet.create_firewall({"Name": name, "Rule": wanted})["FWId"])


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as box:
        yield box


@pytest.fixture
def api(served: Served) -> Api:
    return Api(served)


@pytest.fixture(scope="session")
def connect() -> Callable[[Served], Api]:
    """For tests that serve a box in a way of their own."""
    return Api


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def public_key() -> str:
    """An OpenSSH line of a fresh RSA key, the only kind that the API takes."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return f"{line.decode()} operator"
