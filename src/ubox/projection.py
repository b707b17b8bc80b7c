"""Rows as the `World` that the fabric is to make true: a pure function of what the store holds."""

from __future__ import annotations

import json

from ubox import world
from ubox.behaviour.addresses import gateway
from ubox.behaviour.call import Surroundings
from ubox.behaviour.image import known
from ubox.behaviour.rules import to_world
from ubox.behaviour.uhost_show import device
from ubox.store import rows as row
from ubox.store.sqlite import Rows

_PROTOCOLS = {"UDP": "udp"}
"""Every other protocol of a VServer is forwarded as TCP."""


def project(rows: Rows, box: Surroundings) -> world.World:
    """The whole world, in the order in which things were made."""
    return world.World(
        vpcs=tuple(world.Vpc(id=each.id, cidrs=each.networks) for each in rows.find(row.Vpc)),
        subnets=tuple(
            world.Subnet(id=each.id, vpc=each.vpc, cidr=each.cidr, gateway=gateway(each.cidr))
            for each in rows.find(row.Subnet)
        ),
        peerings=tuple(world.Peering(a=each.a, b=each.b) for each in rows.find(row.Peering)),
        firewalls=tuple(
            world.Firewall(id=each.id, rules=tuple(map(to_world, each.rules)))
            for each in rows.find(row.Firewall)
        ),
        eips=tuple(
            world.Eip(
                id=each.id,
                address=each.address,
                target_kind=each.target_kind or None,
                target=each.target or None,
            )
            for each in rows.find(row.Eip)
        ),
        gateways=tuple(_gateway(rows, each) for each in rows.find(row.NatGateway)),
        hosts=tuple(_host(rows, box, each) for each in rows.find(row.Host)),
        balancers=tuple(_balancer(rows, each) for each in rows.find(row.Balancer)),
        faults=tuple(f"zone-cut:{each.id}" for each in rows.find(row.ZoneFault) if each.cut),
    )


def metadata(rows: Rows, box: Surroundings, host: row.Host) -> str:
    """The document that a host reads at `/meta-data/v1.json`."""
    image = known(rows, box, host.image)
    pair = rows.get(row.KeyPair, host.key_pair) if host.key_pair else None
    disks = sorted(rows.find(row.Disk, host=host.id), key=lambda disk: disk.slot)
    eips = rows.find(row.Eip, target=host.id)
    addresses = [{"ip-id": "", "ip-address": host.address, "type": "Private"}] + [
        {"ip-id": eip.id, "ip-address": eip.address, "type": eip.operator} for eip in eips
    ]
    return json.dumps(
        {
            "availability-zone": host.zone,
            "cloud-name": "ucloud",
            "instance-id": host.id,
            "local-hostname": host.name,
            "platform": "ucloud",
            "public-ssh-keys": [pair.body] if pair else [],
            "region": host.region,
            "network-config": {"version": 1, "config": []},
            "uhost": {
                "project-id": host.project,
                "region": host.region,
                "zone": host.zone,
                "uhost-id": host.id,
                "name": host.name,
                "remark": host.remark,
                "tag": host.tag,
                "image-id": host.image,
                "os-name": image.os if image else "",
                "machine-type": host.machine_type,
                "cpu": host.cpu,
                "memory": host.memory_mb,
                "gpu": 0,
                "isolation-group": host.isolation_group,
                "net-capability": host.net_capability,
                "hotplug": host.hotplug,
                "disks": [
                    {
                        "disk-id": disk.id,
                        "name": disk.name,
                        "is-boot": disk.boot,
                        "disk-type": disk.type,
                        "size": disk.size,
                        "drive": f"/dev/{device(disk.slot)}",
                        "encrypted": False,
                        "backup-type": "NONE",
                    }
                    for disk in disks
                ],
                "network-interfaces": [
                    {"vpc-id": host.vpc, "subnet-id": host.subnet, "mac": host.mac, "ips": addresses}
                ],
            },
        },
        ensure_ascii=False,
    )


def _gateway(rows: Rows, natgw: row.NatGateway) -> world.Gateway:
    return world.Gateway(
        id=natgw.id,
        vpc=natgw.vpc,
        subnets=natgw.subnets,
        eips=tuple(eip.id for eip in rows.find(row.Eip, target=natgw.id)),
        firewall=natgw.firewall or None,
    )


def _host(rows: Rows, box: Surroundings, host: row.Host) -> world.Host:
    image = known(rows, box, host.image)
    return world.Host(
        id=host.id,
        name=host.name,
        zone=host.zone,
        vpc=host.vpc,
        subnet=host.subnet,
        address=host.address,
        mac=host.mac,
        image=image.base_id if image else host.image,
        cpu=host.cpu,
        memory_mb=host.memory_mb,
        power=host.power,
        generation=host.generation,
        disks=tuple(
            world.Disk(id=disk.id, mount=_mount(disk.slot), size_gb=disk.size)
            for disk in sorted(rows.find(row.Disk, host=host.id), key=lambda disk: disk.slot)
            if not disk.boot
        ),
        firewall=host.firewall or None,
        metadata=metadata(rows, box, host),
        user_data=host.user_data,
    )


def _mount(slot: int) -> str:
    return "/data" if slot == 1 else f"/data{slot}"


def _balancer(rows: Rows, balancer: row.Balancer) -> world.Balancer:
    return world.Balancer(
        id=balancer.id,
        vpc=balancer.vpc,
        subnet=balancer.subnet,
        address=balancer.address,
        mode=balancer.mode,
        proxy_address=balancer.proxy_address or None,
        listeners=tuple(_listener(rows, each) for each in rows.find(row.VServer, balancer=balancer.id)),
    )


def _listener(rows: Rows, vserver: row.VServer) -> world.Listener:
    backends = [(each, rows.get(row.Host, each.host)) for each in rows.find(row.Backend, vserver=vserver.id)]
    return world.Listener(
        id=vserver.id,
        protocol=_PROTOCOLS.get(vserver.protocol, "tcp"),
        port=vserver.port,
        method=vserver.method,
        idle_timeout_s=vserver.timeout,
        backends=tuple(
            world.Backend(
                id=each.id,
                host=host.id,
                address=host.address,
                port=each.port,
                enabled=each.enabled,
                weight=each.weight,
            )
            for each, host in backends
            if host is not None
        ),
    )
