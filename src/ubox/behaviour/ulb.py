"""Load balancers, their VServers (listeners) and the hosts behind them."""

from __future__ import annotations

from ubox.behaviour import addresses
from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.behaviour.eip import drop, held_by
from ubox.behaviour.firewall import firewall_of
from ubox.behaviour.ulb_show import ulb_shown, vserver_shown
from ubox.behaviour.vpc import place_of, vpc_of
from ubox.contract import refusals as no
from ubox.contract.model import BAD_PARAM
from ubox.store.rows import Backend, Balancer, Host, Subnet, VServer

PACKETS, PROXY = "PacketsTransmit", "RequestProxy"
MOST_PROXIES, MOST_VSERVERS, MOST_BACKENDS = 5, 50, 50
_PROTOCOLS = {PACKETS: ("TCP", "UDP"), PROXY: ("TCP", "HTTP", "HTTPS")}
_MONITORS = {
    "TCP": ("Port",),
    "UDP": ("Ping", "Port", "Customize"),
    "HTTP": ("Port", "Path"),
    "HTTPS": ("Port", "Path"),
}
_MODE_OF_METHOD = {
    "ConsistentHash": PACKETS,
    "SourcePort": PACKETS,
    "ConsistentHashPort": PACKETS,
    "Leastconn": PROXY,
}
_DEFAULT_TIMEOUT = {PACKETS: 0, PROXY: 60}


@answers("CreateULB")
def create_ulb(call: Call) -> Answer:
    inner = call.text("OuterMode") != "Yes" and call.text("InnerMode") == "Yes"
    mode = call.text("ListenType") or (PACKETS if inner else PROXY)
    if inner and call.text("FirewallId"):
        raise no.ULB_FIREWALL()
    firewall = firewall_of(call, call.text("FirewallId")).id if call.text("FirewallId") else ""
    if mode == PROXY and sum(each.mode == PROXY for each in call.all_mine(Balancer)) >= MOST_PROXIES:
        raise no.QUOTA(limit=MOST_PROXIES, what="RequestProxy ULBs")
    subnet = place_of(call)[1] if inner else _outer_place(call)
    used = addresses.taken(call.rows, subnet.id)
    balancer = Balancer(
        id=new_id("ulb"),
        region=call.region,
        project=call.project,
        name=call.text("ULBName"),
        tag=call.text("Tag"),
        remark=call.text("Remark"),
        inner=inner,
        mode=mode,
        vpc=subnet.vpc,
        subnet=subnet.id,
        address=addresses.take_next(subnet, used),
        proxy_address=addresses.take_next(subnet, used) if mode == PROXY else "",
        firewall=firewall,
        created=int(call.now),
    )
    call.rows.add(balancer)
    return {"ULBId": balancer.id}


@answers("DescribeULB")
def describe_ulb(call: Call) -> Answer:
    if call.text("ULBId"):
        ulb_of(call)
    found = _found(call)
    return {
        "DataSet": [
            {
                **ulb_shown(call, ulb),
                "ULBName": ulb.name,
                "Resource": [],
                "ExpireTime": 0,
                "VServerSet": [
                    vserver_shown(call, each) for each in call.rows.find(VServer, balancer=ulb.id)
                ],
            }
            for ulb in call.page(found)
        ],
        "TotalCount": len(found),
    }


@answers("DescribeULBSimple")
def describe_ulb_simple(call: Call) -> Answer:
    found = _found(call)
    return {
        "DataSet": [
            {**ulb_shown(call, ulb), "VServerCount": call.rows.count(VServer, balancer=ulb.id)}
            for ulb in call.page(found)
        ],
        "TotalCount": len(found),
    }


@answers("UpdateULBAttribute")
def update_ulb_attribute(call: Call) -> Answer:
    call.rows.change(ulb_of(call), **call.at_least_one(name="Name", tag="Tag", remark="Remark"))
    return {}


@answers("DeleteULB")
def delete_ulb(call: Call) -> Answer:
    ulb = ulb_of(call)
    for eip in held_by(call, ulb.id):
        drop(call, eip, release=call.flag("ReleaseEip"))
    for vserver in call.rows.find(VServer, balancer=ulb.id):
        _remove(call, vserver)
    addresses.release(call, ulb.subnet)
    call.rows.remove(ulb)
    return {}


@answers("CreateVServer")
def create_vserver(call: Call) -> Answer:
    ulb = ulb_of(call)
    if call.text("ListenType") not in ("", ulb.mode):
        raise BAD_PARAM(name="ListenType", why=f"the ULB is {ulb.mode}")
    there = call.rows.find(VServer, balancer=ulb.id)
    vserver = VServer(
        id=new_id("vserver"),
        balancer=ulb.id,
        name=call.text("VServerName"),
        protocol=call.text("Protocol"),
        port=call.number("FrontendPort"),
        method=call.text("Method") or "Roundrobin",
        timeout=_DEFAULT_TIMEOUT[ulb.mode]
        if call.params["ClientTimeout"] is None
        else call.number("ClientTimeout"),
        monitor=call.text("MonitorType") or ("Ping" if call.text("Protocol") == "UDP" else "Port"),
        domain=call.text("Domain"),
        path=call.text("Path"),
        request_msg=call.text("RequestMsg"),
        response_msg=call.text("ResponseMsg"),
        persistence=call.text("PersistenceType") or "None",
        persistence_info=call.text("PersistenceInfo"),
        created=int(call.now),
    )
    _check(ulb, vserver)
    if any(_wire(each) == _wire(vserver) for each in there):
        raise no.VSERVER_PORT()
    if len(there) >= MOST_VSERVERS:
        raise no.QUOTA(limit=MOST_VSERVERS, what="VServers in a ULB")
    call.rows.add(vserver)
    return {"VServerId": vserver.id}


@answers("DescribeVServer")
def describe_vserver(call: Call) -> Answer:
    id = call.text("VServerId")
    ulbs = [ulb_of(call)] if call.text("ULBId") else call.all_mine(Balancer)
    found = [
        vserver
        for ulb in ulbs
        for vserver in call.rows.find(VServer, balancer=ulb.id)
        if id in ("", vserver.id)
    ]
    return {"DataSet": [vserver_shown(call, each) for each in call.page(found)], "TotalCount": len(found)}


@answers("UpdateVServerAttribute")
def update_vserver_attribute(call: Call) -> Answer:
    ulb, vserver = ulb_of(call), vserver_of(call)
    new = call.at_least_one(
        name="VServerName",
        protocol="Protocol",
        method="Method",
        timeout="ClientTimeout",
        monitor="MonitorType",
        domain="Domain",
        path="Path",
        request_msg="RequestMsg",
        response_msg="ResponseMsg",
        persistence="PersistenceType",
        persistence_info="PersistenceInfo",
    )
    _check(ulb, call.rows.change(vserver, **new))
    return {}


@answers("DeleteVServer")
def delete_vserver(call: Call) -> Answer:
    ulb_of(call)
    _remove(call, vserver_of(call))
    return {}


@answers("AllocateBackend")
def allocate_backend(call: Call) -> Answer:
    ulb, vserver = ulb_of(call), vserver_of(call)
    if (host := call.mine(Host, call.text("ResourceId"))) is None:
        raise no.BACKEND_HOST(id=call.text("ResourceId"))
    if host.vpc != ulb.vpc:
        raise no.BACKEND_VPC(id=host.id)
    if len(call.rows.find(Backend, vserver=vserver.id)) >= MOST_BACKENDS:
        raise no.QUOTA(limit=MOST_BACKENDS, what="backends in a VServer")
    backend = Backend(
        id=new_id("backend"),
        balancer=ulb.id,
        vserver=vserver.id,
        host=host.id,
        port=call.number("Port"),
        weight=call.number("Weight"),
        enabled=bool(call.number("Enabled")),
        backup=bool(call.number("IsBackup")),
        healthy=False,
    )
    _check_backend(call, ulb, vserver, backend)
    call.rows.add(backend)
    return {"BackendId": backend.id}


@answers("UpdateBackendAttribute")
def update_backend_attribute(call: Call) -> Answer:
    ulb, backend = ulb_of(call), backend_of(call)
    new = call.at_least_one(port="Port", weight="Weight", enabled="Enabled", backup="IsBackup")
    flags = {name: bool(value) for name, value in new.items() if name in ("enabled", "backup")}
    changed = call.rows.change(backend, **{**new, **flags})
    if vserver := call.rows.get(VServer, backend.vserver):
        _check_backend(call, ulb, vserver, changed)
    return {}


@answers("ReleaseBackend")
def release_backend(call: Call) -> Answer:
    ulb_of(call)
    call.rows.remove(backend_of(call))
    return {}


def ulb_of(call: Call) -> Balancer:
    """Raises Refused where it isn't there."""
    if (ulb := call.mine(Balancer, call.text("ULBId"))) is None:
        raise no.ULB_ABSENT(id=call.text("ULBId"))
    return ulb


def vserver_of(call: Call) -> VServer:
    """The VServer that the call names, if it is the named ULB's. Raises Refused."""
    vserver = call.rows.get(VServer, call.text("VServerId"))
    if vserver is None or vserver.balancer != call.text("ULBId"):
        raise no.VSERVER_ABSENT(id=call.text("VServerId"))
    return vserver


def backend_of(call: Call) -> Backend:
    """The backend that the call names, if it is the named ULB's. Raises Refused."""
    backend = call.rows.get(Backend, call.text("BackendId"))
    if backend is None or backend.balancer != call.text("ULBId"):
        raise no.BACKEND_ABSENT(id=call.text("BackendId"))
    return backend


def _found(call: Call) -> list[Balancer]:
    return [
        ulb
        for ulb in call.all_mine(Balancer)
        if call.text("ULBId") in ("", ulb.id)
        and call.text("VPCId") in ("", ulb.vpc)
        and call.text("SubnetId") in ("", ulb.subnet)
    ]


def _outer_place(call: Call) -> Subnet:
    """Where an outer ULB stands: the subnet asked for, else the VPC's first."""
    if call.text("SubnetId"):
        return place_of(call)[1]
    if not call.text("VPCId"):
        raise no.NO_DEFAULT_VPC(region=call.region)
    vpc = vpc_of(call, call.text("VPCId"))
    subnets = call.rows.find(Subnet, vpc=vpc.id)
    if not subnets:
        raise no.SUBNET_ABSENT(id=f"any of {vpc.id}")
    return subnets[0]


def _check(ulb: Balancer, vserver: VServer) -> None:
    """Raises Refused where a VServer's settings don't suit its ULB or each other."""
    if vserver.protocol not in _PROTOCOLS[ulb.mode]:
        if ulb.mode == PACKETS:
            raise no.VSERVER_HTTP()
        raise BAD_PARAM(name="Protocol", why=f"a {PROXY} has {', '.join(_PROTOCOLS[PROXY])}")
    if ulb.mode == PACKETS and vserver.timeout != 0 and not 60 <= vserver.timeout <= 900:
        raise no.VSERVER_PACKET_TIMEOUT()
    if ulb.mode == PROXY and not 1 <= vserver.timeout <= 86400:
        raise no.VSERVER_PROXY_TIMEOUT()
    if vserver.monitor not in _MONITORS[vserver.protocol]:
        raise BAD_PARAM(
            name="MonitorType", why=f"{vserver.protocol} has {', '.join(_MONITORS[vserver.protocol])}"
        )
    if _MODE_OF_METHOD.get(vserver.method, ulb.mode) != ulb.mode:
        raise BAD_PARAM(name="Method", why=f"{vserver.method} is for {_MODE_OF_METHOD[vserver.method]}")


def _check_backend(call: Call, ulb: Balancer, vserver: VServer, backend: Backend) -> None:
    """Raises Refused where a backend's port is wrong or its place is taken."""
    if ulb.mode == PACKETS and backend.port != vserver.port:
        raise no.BACKEND_PORT(port=vserver.port)
    for other in call.rows.find(Backend, vserver=vserver.id, host=backend.host):
        if other.id != backend.id and (ulb.mode == PACKETS or other.port == backend.port):
            raise no.BACKEND_EXISTS()


def _wire(vserver: VServer) -> tuple[str, int]:
    return "udp" if vserver.protocol == "UDP" else "tcp", vserver.port


def _remove(call: Call, vserver: VServer) -> None:
    for backend in call.rows.find(Backend, vserver=vserver.id):
        call.rows.remove(backend)
    call.rows.remove(vserver)
