"""Firewalls and the resources that they are given to."""

from __future__ import annotations

from itertools import product

from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.behaviour.rules import check, parts
from ubox.contract import refusals as no
from ubox.settings import Settings
from ubox.store.rows import Balancer, Firewall, Host, Lingering, NatGateway
from ubox.store.sqlite import Rows

USER, WEB, NON_WEB = "user defined", "recommend web", "recommend non web"
_LOGIN = ("TCP|22|0.0.0.0/0|ACCEPT|LOW|", "TCP|3389|0.0.0.0/0|ACCEPT|LOW|", "ICMP||0.0.0.0/0|ACCEPT|LOW|")
_RECOMMENDED = {
    WEB: ("TCP|80|0.0.0.0/0|ACCEPT|LOW|", "TCP|443|0.0.0.0/0|ACCEPT|LOW|", *_LOGIN),
    NON_WEB: _LOGIN,
}
_HOLDERS = {"uhost": Host, "natgw": NatGateway, "unatgw": NatGateway, "ulb": Balancer}


def found_recommended(rows: Rows, settings: Settings, now: float) -> None:
    """Makes the two firewalls that each project has in each region, if they aren't there yet."""
    for region, project, kind in product(settings.regions, settings.projects, _RECOMMENDED):
        if not rows.count(Firewall, region=region, project=project, kind=kind):
            rows.add(
                Firewall(
                    id=new_id("firewall"),
                    region=region,
                    project=project,
                    name=kind,
                    tag="Default",
                    remark="",
                    kind=kind,
                    rules=_RECOMMENDED[kind],
                    created=int(now),
                )
            )


@answers("CreateFirewall")
def create_firewall(call: Call) -> Answer:
    _name_is_free(call, call.text("Name"))
    check(call.texts("Rule"))
    firewall = Firewall(
        id=new_id("firewall"),
        region=call.region,
        project=call.project,
        name=call.text("Name"),
        tag=call.text("Tag"),
        remark=call.text("Remark"),
        kind=USER,
        rules=call.texts("Rule"),
        created=int(call.now),
    )
    call.rows.add(firewall)
    return {"FWId": firewall.id}


@answers("DescribeFirewall")
def describe_firewall(call: Call) -> Answer:
    if call.text("FWId"):
        found = [firewall_of(call, call.text("FWId"))]
    elif call.text("ResourceId"):
        found = [firewall for id in (_granted(call),) if (firewall := call.mine(Firewall, id))]
    else:
        found = call.all_mine(Firewall)
    return {"DataSet": [_shown(call, firewall) for firewall in call.page(found)], "TotalCount": len(found)}


@answers("UpdateFirewall")
def update_firewall(call: Call) -> Answer:
    firewall = _own(call, "changed")
    check(call.texts("Rule"))
    call.rows.change(firewall, rules=call.texts("Rule"))
    return {"FWId": firewall.id}


@answers("UpdateFirewallAttribute")
def update_firewall_attribute(call: Call) -> Answer:
    firewall = _own(call, "changed")
    new = call.at_least_one(name="Name", tag="Tag", remark="Remark")
    if call.text("Name") not in ("", firewall.name):
        _name_is_free(call, call.text("Name"))
    call.rows.change(firewall, **new)
    return {}


@answers("GrantFirewall")
def grant_firewall(call: Call) -> Answer:
    firewall = firewall_of(call, call.text("FWId"))
    call.rows.change(_holder(call), firewall=firewall.id)
    return {}


@answers("DescribeFirewallResource")
def describe_firewall_resource(call: Call) -> Answer:
    firewall = firewall_of(call, call.text("FWId"))
    found = _holders_of(call, firewall)
    return {
        "ResourceSet": [_shown_holder(call, holder) for holder in call.page(found)],
        "TotalCount": len(found),
    }


@answers("DeleteFirewall")
def delete_firewall(call: Call) -> Answer:
    firewall = _own(call, "deleted")
    if count := _uses(call, firewall):
        raise no.FIREWALL_IN_USE(id=firewall.id, count=count)
    call.rows.remove(firewall)
    return {}


def firewall_of(call: Call, id: str) -> Firewall:
    """Raises Refused where it isn't there."""
    if (firewall := call.mine(Firewall, id)) is None:
        raise no.FIREWALL_ABSENT(id=id)
    return firewall


def default_firewall(call: Call) -> Firewall:
    """The recommended one for web, which a new host gets unless told otherwise."""
    return next(firewall for firewall in call.all_mine(Firewall) if firewall.kind == WEB)


def linger(call: Call, firewall: str) -> None:
    """Lets a use of the firewall count for a while after its resource has gone."""
    for old in call.rows.find(Lingering, firewall=firewall):
        if old.until <= call.now:
            call.rows.remove(old)
    until = call.now + call.box.settings.timings.firewall_lag
    call.rows.add(Lingering(id=new_id("lingering"), firewall=firewall, until=until))


def _own(call: Call, done: str) -> Firewall:
    firewall = firewall_of(call, call.text("FWId"))
    if firewall.kind != USER:
        raise no.FIREWALL_BUILT_IN(done=done)
    return firewall


def _name_is_free(call: Call, name: str) -> None:
    if any(firewall.name == name for firewall in call.all_mine(Firewall)):
        raise no.FIREWALL_NAME(name=name)


def _holder(call: Call) -> Host | NatGateway | Balancer:
    kind, id = call.text("ResourceType").lower(), call.text("ResourceId")
    holder = call.mine(_HOLDERS[kind], id) if kind in _HOLDERS else None
    if not isinstance(holder, Host | NatGateway | Balancer) or (
        isinstance(holder, Balancer) and holder.inner
    ):
        raise no.FIREWALL_TARGET(kind=kind, id=id)
    return holder


def _granted(call: Call) -> str:
    """The firewall of the resource that the call names; empty where there is none."""
    kind = call.text("ResourceType").lower()
    holder = call.mine(_HOLDERS[kind], call.text("ResourceId")) if kind in _HOLDERS else None
    return holder.firewall if isinstance(holder, Host | NatGateway | Balancer) else ""


def _holders_of(call: Call, firewall: Firewall) -> list[Host | NatGateway | Balancer]:
    return [
        *call.rows.find(Host, firewall=firewall.id),
        *call.rows.find(NatGateway, firewall=firewall.id),
        *call.rows.find(Balancer, firewall=firewall.id),
    ]


def _uses(call: Call, firewall: Firewall) -> int:
    lingering = sum(each.until > call.now for each in call.rows.find(Lingering, firewall=firewall.id))
    held = sum(call.rows.count(kind, firewall=firewall.id) for kind in (Host, NatGateway, Balancer))
    return held + lingering


def _shown(call: Call, firewall: Firewall) -> Answer:
    return {
        "FWId": firewall.id,
        "GroupId": firewall.id,
        "Name": firewall.name,
        "Tag": firewall.tag,
        "Remark": firewall.remark,
        "ResourceCount": _uses(call, firewall),
        "CreateTime": firewall.created,
        "Type": firewall.kind,
        "Rule": [
            {
                "ProtocolType": rule.protocol,
                "DstPort": rule.port,
                "SrcIP": rule.source,
                "RuleAction": rule.action,
                "Priority": rule.priority,
                "Remark": rule.remark,
            }
            for rule in map(parts, firewall.rules)
        ],
    }


def _shown_holder(call: Call, holder: Host | NatGateway | Balancer) -> Answer:
    kind = "uhost" if isinstance(holder, Host) else "natgw" if isinstance(holder, NatGateway) else "ulb"
    zones = call.box.settings.regions[call.region]
    return {
        "Zone": zones.index(holder.zone) + 1 if isinstance(holder, Host) else 0,
        "Name": holder.name,
        "PrivateIP": holder.address if isinstance(holder, Host) else "",
        "Remark": holder.remark,
        "ResourceID": holder.id,
        "ResourceType": kind,
        "Status": 1,
        "SubResourceId": "",
        "SubResourceName": "",
        "SubResourceType": "",
        "Tag": holder.tag,
    }
