"""A region without machines, in a process of its own, whose API takes its time to answer."""

from __future__ import annotations

import json
import multiprocessing
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from steppe.cloud import Credentials
from ubox.catalogue import PAPER
from ubox.settings import SPEEDS, Timings
from ubox.store.rows import Balancer, Eip, Firewall, IsolationGroup, NatGateway, Row, VServer
from ubox.testing import serve

ROOM = 1000
REAL = SPEEDS["real"]
"""Creation delays of the real order: a host installs for 20 s and starts for 15 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    credentials: Credentials

    def answers_after(self, seconds: float) -> None:
        """Every call from now on takes this long, besides its own work."""
        rules = [{"kind": "delay", "seconds": seconds}] if seconds else []
        address = f"{self.credentials.endpoint}_box/faults"
        asked = urllib.request.Request(address, data=json.dumps(rules).encode())
        urllib.request.urlopen(asked).close()


@contextmanager
def region(*, timings: Timings, neighbours: int = 0) -> Iterator[Region]:
    """`neighbours`: other clusters in it, each with what the API can't filter by Tag."""
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe()
    process = fresh.Process(target=_serve, args=(theirs, timings, neighbours), daemon=True)
    process.start()
    try:
        yield Region(credentials=Credentials(**ours.recv()))
    finally:
        ours.send("end")
        process.join()


def _serve(parent: Connection, timings: Timings, neighbours: int) -> None:
    images = [replace(PAPER[0], id="uimage-steppe", name="steppe-host")]
    with serve(timings=timings, images=images, hosts=ROOM) as served:
        with served.box.store.transaction() as rows:
            for number in range(neighbours):
                for row in _neighbour(f"other-{number}", served.region, served.project_id):
                    rows.add(row)
        told = {**served.sdk_config, "endpoint": served.endpoint}
        del told["base_url"]
        parent.send(told)
        parent.recv()


def _neighbour(name: str, region: str, project: str) -> Iterator[Row]:
    """What `up` makes of the kinds that are listed whole: as many of each, and no host."""
    mine: dict[str, Any] = {"region": region, "project": project}
    tagged: dict[str, Any] = {**mine, "tag": name, "remark": "", "created": 1}
    for what in ("claim", "firewall-bastion", "firewall-gateway"):
        rules = ("TCP|22|192.0.2.0/24|ACCEPT|HIGH|",)
        yield Firewall(
            id=f"fw-{name}-{what}", name=f"{name}-{what}", kind="user defined", rules=rules, **tagged
        )
    for what in ("bastion", "gateway"):
        yield Eip(
            id=f"eip-{name}-{what}",
            address="192.0.2.1",
            name=f"{name}-eip-{what}",
            operator="Bgp",
            bandwidth=10,
            pay_mode="Traffic",
            charge_type="Month",
            **tagged,
        )
    yield NatGateway(
        id=f"natgw-{name}",
        name=f"{name}-gateway",
        vpc=f"uvnet-{name}",
        firewall=f"fw-{name}-firewall-gateway",
        subnets=(),
        whitelist_open=False,
        whitelist=(),
        **tagged,
    )
    for role in ("consul", "nomad", "nameserver", "broker"):
        yield IsolationGroup(
            id=f"ig-{name}-{role}", name=f"{name}-isolation-{role}", remark=f"steppe cluster={name}", **mine
        )
    for role in ("consul", "nomad", "nameserver"):
        yield from _balancer(f"{name}-{role}", f"uvnet-{name}", tagged)


def _balancer(name: str, vpc: str, tagged: dict[str, Any]) -> Iterator[Row]:
    yield Balancer(
        id=f"ulb-{name}",
        name=name,
        inner=True,
        mode="PacketsTransmit",
        vpc=vpc,
        subnet=f"subnet-{name}",
        address="10.0.0.9",
        proxy_address="",
        firewall="",
        **tagged,
    )
    yield VServer(
        id=f"vserver-{name}",
        balancer=f"ulb-{name}",
        name=f"{name}-api",
        protocol="TCP",
        port=8501,
        method="Roundrobin",
        timeout=60,
        monitor="Port",
        domain="",
        path="",
        request_msg="",
        response_msg="",
        persistence="None",
        persistence_info="",
        created=1,
    )
