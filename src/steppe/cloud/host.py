"""A host (UHost), made from an image and user-data, and never edited afterwards.

What it was made from is told by the fingerprint in its Remark, which can only be set after the create call.
Behind it stands which peers its firewall was given, which `steppe.operations.peers` changes on running hosts;
the user's own text may stand after both. A host without a fingerprint is what an interrupted run left: nobody
knows which user-data it has, so it is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from steppe.cloud.api import Api, Look
from steppe.cloud.given import ImageFact, image_name
from steppe.cloud.host_facts import HostFact, host_facts
from steppe.cloud.host_power import delete_host, until_running
from steppe.cloud.passwords import one_time_password
from steppe.cloud.resource import Resource, charge, differs, lacking, place
from steppe.engine.kind import Difference, Force, Run, Scope, Want
from steppe.engine.observed import Observed

_REMARK = "steppe fp="


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWant(Want):
    kind: ClassVar[str] = "host"
    zone: str
    address: str
    image: str
    machine_type: str
    cpu: int
    memory_mib: int
    boot_disk: tuple[str, int]
    """Type and size in GB."""
    data_disk: tuple[str, int] | None
    vpc: str
    subnet: str
    isolation_group: str | None
    firewall: str | None
    balancers: tuple[str, ...]
    """All by name."""
    charge_type: str
    charge_quantity: int
    key_pair: str | None
    remark: str
    """The user's own text, which stands after the fingerprint."""
    peers: str = field(repr=False)
    """Mark of the peers that its firewall knows when it is made; it stands behind the fingerprint."""
    user_data: Callable[[Mapping[str, str]], str] = field(repr=False)
    """From the addresses of its balancers to the base64 text for the API. Holds secrets."""
    fingerprint: Callable[[Mapping[str, str]], str] = field(repr=False)
    """From the same to 16 hex digits over everything the host is made from."""

    @property
    def place(self) -> str:
        return self.zone


class Host(Resource):
    name = "host"

    def find(self, look: Look, scope: Scope) -> list[HostFact]:
        return host_facts(look, scope)

    def same(self, want: HostWant, have: HostFact, observed: Observed) -> bool:
        return (want.subnet, want.address) == (observed.called("subnet", have.subnet), have.address)

    def check(self, want: HostWant, have: HostFact | None, observed: Observed) -> list[Difference]:
        if have is None:
            return _in_the_way(want, observed)
        remade = _unusable(have)
        if remade:
            return remade
        return [*_replaced_for(want, have, observed), *_mended(want, have, observed)]

    def create(self, run: Run, want: HostWant, begun: HostFact | None) -> HostFact:
        addresses = {name: run.fact("balancer", name).address for name in want.balancers}
        if begun is not None:
            id = begun.id
        else:
            id = run.cloud.call("CreateUHostInstance", **_wanted(run, want, addresses))["UHostIds"][0]
        run.cloud.call(
            "ModifyUHostInstanceRemark",
            Zone=want.zone,
            UHostId=id,
            Remark=_remark(want.fingerprint(addresses), want.peers, want.remark),
        )
        return until_running(run, id)

    def update(self, run: Run, want: HostWant, have: HostFact, differences: Sequence[Difference]) -> HostFact:
        changed = {each.field for each in differences}
        if "name" in changed:
            run.cloud.call("ModifyUHostInstanceName", Zone=have.zone, UHostId=have.id, Name=want.name)
        if "remark" in changed:
            remark = _remark(_fingerprint(have), peers_known(have), want.remark)
            run.cloud.call("ModifyUHostInstanceRemark", Zone=have.zone, UHostId=have.id, Remark=remark)
        if "firewall" in changed:
            firewall = run.id("firewall", want.firewall or "")
            run.cloud.call("GrantFirewall", FWId=firewall, ResourceType="uhost", ResourceId=have.id)
        if "state" in changed:
            if have.state == "Stopped":
                run.cloud.call("StartUHostInstance", Zone=have.zone, UHostId=have.id)
            return until_running(run, have.id)
        return have

    def delete(self, run: Run, have: HostFact) -> None:
        delete_host(run, have)


def disks(want: HostWant) -> list[dict[str, object]]:
    """As the API takes them."""
    each = [(want.boot_disk, "true"), *([(want.data_disk, "false")] if want.data_disk else [])]
    return [{"IsBoot": boots, "Type": type_, "Size": size} for (type_, size), boots in each]


def _wanted(run: Run, want: HostWant, addresses: Mapping[str, str]) -> dict[str, object]:
    """The parameters of CreateUHostInstance. The password is made up here and kept by nobody: keys log in."""
    image: ImageFact = run.fact("image", image_name(want.zone, want.image))
    wanted: dict[str, object] = {
        "Zone": want.zone,
        "ImageId": image.id,
        "Name": want.name,
        "Tag": run.scope.cluster,
        **_login(run, want),
        "CPU": want.cpu,
        "Memory": want.memory_mib,
        "MachineType": want.machine_type,
        "MinimalCpuPlatform": "Intel/Auto",
        **charge(want.charge_type, want.charge_quantity),
        "Disks": disks(want),
        "AutoDataDiskInit": "Off",
        "VPCId": place(run, "vpc", want.vpc),
        "SubnetId": place(run, "subnet", want.subnet),
        "PrivateIp": [want.address],
        "UserData": want.user_data(addresses),
    }
    if want.firewall:
        wanted["SecurityGroupId"] = run.id("firewall", want.firewall)
    if want.isolation_group:
        wanted["IsolationGroup"] = run.id("isolation-group", want.isolation_group)
    return wanted


def _login(run: Run, want: HostWant) -> dict[str, object]:
    """The API wants one of the two; steppe's own key comes with the user-data."""
    if want.key_pair:
        return {"LoginMode": "KeyPair", "KeyPairId": run.id("key-pair", want.key_pair)}
    return {"LoginMode": "Password", "Password": one_time_password()}


def _remark(fingerprint: str, peers: str, text: str) -> str:
    mark = f"{fingerprint}/{peers}" if peers else fingerprint
    return f"{_REMARK}{mark} {text.strip()}".rstrip()


def _fingerprint(have: HostFact) -> str:
    return _mark(have).partition("/")[0]


def peers_known(have: HostFact) -> str:
    """The mark of the peers that the host's firewall was given last; empty for none."""
    return _mark(have).partition("/")[2]


def note_peers(api: Api, have: HostFact, peers: str) -> None:
    """Writes that mark into the host's Remark, whose other parts stay. Raises Fault."""
    text = have.remark.removeprefix(_REMARK).partition(" ")[2]
    remark = _remark(_fingerprint(have), peers, text)
    api.call("ModifyUHostInstanceRemark", Zone=have.zone, UHostId=have.id, Remark=remark)


def _mark(have: HostFact) -> str:
    return have.remark.removeprefix(_REMARK).partition(" ")[0]


def _in_the_way(want: HostWant, observed: Observed) -> list[Difference]:
    """Why a host that isn't there can't be made."""
    zones = [zone.name for zone in observed.of("zone")]
    if want.zone not in zones:
        sentence = f"there is no zone {want.zone} in {observed.scope.region}; there are {', '.join(zones)}"
        return lacking("host", "zone", want.zone, sentence)
    images: list[ImageFact] = [image for image in observed.of("image") if image.zone == want.zone]
    if not any(image.label == want.image for image in images):
        known = ", ".join(sorted({image.label for image in images})) or "none"
        sentence = f"there is no image {want.image} in {want.zone}; there are: {known}"
        return lacking("host", "image", want.image, sentence)
    if want.key_pair and not any(pair.name == want.key_pair for pair in observed.of("key-pair")):
        sentence = f"there is no key pair {want.key_pair} in {observed.scope.region}"
        return lacking("host", "key_pair", want.key_pair, sentence)
    return []


def _unusable(have: HostFact) -> list[Difference]:
    if have.state in ("Install Fail", "ResizeFail"):
        return differs("host", "state", have.state, "Running", "it could not be installed", Force.REMAKE)
    if not have.remark.startswith(_REMARK):
        return [
            Difference(
                field="fingerprint",
                old=None,
                new=None,
                reason="host.unfinished",
                sentence="a run was interrupted while it was made",
                force=Force.REMAKE,
            )
        ]
    return []


def _replaced_for(want: HostWant, have: HostFact, observed: Observed) -> list[Difference]:
    """What only another host can be: fields that can be seen, or else the fingerprint."""
    force = Force.REPLACE
    group = observed.called("isolation-group", have.isolation_group) if have.isolation_group else "none"
    seen = [
        *differs("host", "zone", have.zone, want.zone, "it is in another zone", force),
        *differs("host", "address", have.address, want.address, "it has another address", force),
        *differs("host", "image", have.image, want.image, "it was made from another image", force),
        *differs("host", "machine_type", have.machine_type, want.machine_type, "its type differs", force),
        *differs("host", "cpu", str(have.cpu), str(want.cpu), "it has another number of CPUs", force),
        *differs(
            "host", "memory_mib", str(have.memory_mib), str(want.memory_mib), "its memory differs", force
        ),
        *differs(
            "host", "isolation_group", group, want.isolation_group or "none", "it isn't kept apart", force
        ),
    ]
    balancers = {name: observed.find("balancer", name) for name in want.balancers}
    absent = [name for name, balancer in balancers.items() if balancer is None]
    if seen:
        return seen
    if absent:
        why = f"{absent[0]} will be made, and its address is part of the host's user-data"
        return [
            Difference(
                field="fingerprint",
                old=_fingerprint(have),
                new=None,
                reason="host.fingerprint",
                sentence=why,
                force=force,
                maybe=why,
            )
        ]
    new = want.fingerprint({name: balancer.address for name, balancer in balancers.items() if balancer})
    old = _fingerprint(have)
    return differs("host", "fingerprint", old, new, "its user-data or disks differ", force)


def _mended(want: HostWant, have: HostFact, observed: Observed) -> list[Difference]:
    """What can be changed while the host lives."""
    found = differs("host", "name", have.name, want.name, "it was renamed")
    text = have.remark.removeprefix(_REMARK).partition(" ")[2]
    found += differs("host", "remark", text, want.remark.strip(), "its remark differs")
    if want.firewall and have.firewall:
        now = observed.called("firewall", have.firewall)
        found += differs("host", "firewall", now, want.firewall, "another firewall guards it")
    return found + differs(
        "host", "state", have.state, "Running", f"it is {have.state or 'in no known state'}"
    )
