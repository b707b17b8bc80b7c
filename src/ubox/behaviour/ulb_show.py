"""How the Describe actions show balancers, VServers and backends."""

from __future__ import annotations

from ubox.behaviour.call import Answer, Call
from ubox.behaviour.eip import held_by
from ubox.store.rows import Backend, Balancer, Firewall, Host, VServer


def ulb_shown(call: Call, ulb: Balancer) -> dict[str, object]:
    firewall = call.rows.get(Firewall, ulb.firewall) if ulb.firewall else None
    eips = held_by(call, ulb.id)
    return {
        "ULBId": ulb.id,
        "Name": ulb.name,
        "Tag": ulb.tag,
        "Remark": ulb.remark,
        "VPCId": ulb.vpc,
        "SubnetId": ulb.subnet if ulb.inner else "",
        "PrivateIP": ulb.address if ulb.inner else "",
        "ULBType": "InnerMode" if ulb.inner else "OuterMode",
        "ListenType": ulb.mode,
        "IPVersion": "IPv4",
        "CreateTime": ulb.created,
        "BusinessId": ulb.tag,
        "Bandwidth": sum(eip.bandwidth for eip in eips),
        "BandwidthType": 0,
        "EnableLog": 0,
        "SnatIps": [ulb.proxy_address] if ulb.proxy_address else [],
        "IPSet": [
            {
                "EIP": eip.address,
                "EIPId": eip.id,
                "OperatorName": eip.operator,
                "Bandwidth": eip.bandwidth,
                "BandwidthType": 0,
            }
            for eip in eips
        ],
        "FirewallSet": [{"FirewallId": firewall.id, "FirewallName": firewall.name}] if firewall else [],
        "LogSet": {"BucketName": "", "TokenID": "", "TokenName": ""},
    }


def vserver_shown(call: Call, vserver: VServer) -> Answer:
    backends = [backend_shown(call, each) for each in call.rows.find(Backend, vserver=vserver.id)]
    failed = sum(backend["Status"] == 1 for backend in backends)
    ulb = call.rows.get(Balancer, vserver.balancer)
    return {
        "VServerId": vserver.id,
        "VServerName": vserver.name,
        "ULBId": vserver.balancer,
        "Protocol": vserver.protocol,
        "FrontendPort": vserver.port,
        "Method": vserver.method,
        "PersistenceType": vserver.persistence,
        "PersistenceInfo": vserver.persistence_info,
        "ClientTimeout": vserver.timeout,
        "Status": 0 if not failed else 1 if failed == len(backends) else 2,
        "ListenType": ulb.mode if ulb else "",
        "MonitorType": vserver.monitor,
        "Domain": vserver.domain,
        "Path": vserver.path,
        "RequestMsg": vserver.request_msg,
        "ResponseMsg": vserver.response_msg,
        "EnableCompression": 0,
        "EnableHTTP2": 0,
        "ForwardPort": 0,
        "BackendSet": backends,
    }


def backend_shown(call: Call, backend: Backend) -> dict[str, object]:
    host = call.rows.get(Host, backend.host)
    healthy = backend.healthy if call.box.has_fabric else bool(host and host.state == "Running")
    return {
        "BackendId": backend.id,
        "ResourceType": "UHost",
        "ResourceId": backend.host,
        "ResourceName": host.name if host else "",
        "SubResourceType": "",
        "SubResourceId": "",
        "SubResourceName": "",
        "PrivateIP": host.address if host else "",
        "Port": backend.port,
        "Enabled": int(backend.enabled),
        "Status": 0 if healthy else 1,
        "SubnetId": host.subnet if host else "",
        "VPCId": host.vpc if host else "",
        "Weight": backend.weight,
        "IsBackup": int(backend.backup),
    }
