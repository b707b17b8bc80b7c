"""Making UHosts: everything is checked before anything is written."""

from __future__ import annotations

import base64
import binascii
import string

from ubox.behaviour import addresses
from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.behaviour.eip import allocate, hold
from ubox.behaviour.firewall import default_firewall, firewall_of
from ubox.behaviour.image import Usable, usable
from ubox.behaviour.isolation import check_room, group_of
from ubox.behaviour.machines import DISK_KINDS, WantedDisk, check_disks, cluster_of
from ubox.behaviour.price import charge
from ubox.behaviour.vpc import place_of
from ubox.contract import refusals as no
from ubox.contract.model import BAD_PARAM, MISSING_PARAM
from ubox.store.rows import Disk, Host, KeyPair, Subnet
from ubox.transitions import schedule

_MOST_USER_DATA = 16 * 1024
_PASSWORD_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


@answers("CreateUHostInstance")
def create_uhost_instance(call: Call) -> Answer:
    charge(call)
    count = _count(call)
    image = usable(call, call.text("ImageId"))
    disks = _disks(call)
    check_disks(disks, call.text("MachineType"), image.size_gb)
    _check_login(call, image)
    user_data = _user_data(call, image)
    _, subnet = place_of(call)
    chosen = _addresses(call, subnet, count)
    asked = call.text("SecurityGroupId")
    firewall = firewall_of(call, asked) if asked else default_firewall(call)
    if call.text("IsolationGroup"):
        check_room(call, group_of(call, call.text("IsolationGroup")), call.zone, count)
    hosts = [_make(call, image, disks, address, firewall.id, user_data) for address in chosen]
    return {"UHostIds": [host.id for host in hosts], "IPs": chosen if count == 1 else []}


def check_password(encoded: str) -> None:
    """Raises Refused for one that isn't base64 or breaks the rules of passwords."""
    try:
        password = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise no.LOGIN_MODE(mode="Password", why="Password isn't base64") from None
    classes = sum(any(letter in each for letter in password) for each in _PASSWORD_CLASSES)
    classes += any(letter not in "".join(_PASSWORD_CLASSES) for letter in password)
    if not 8 <= len(password) <= 30 or classes < 2:
        raise no.LOGIN_MODE(mode="Password", why="8 to 30 characters of at least two classes")


def _count(call: Call) -> int:
    count = call.number("MaxCount")
    if call.number("MinCount") > count:
        raise BAD_PARAM(name="MinCount", why="it is above MaxCount")
    if len(call.all_mine(Host)) + count > (most := call.box.settings.hosts):
        raise no.HOST_QUOTA(limit=most)
    return count


def _disks(call: Call) -> tuple[WantedDisk, ...]:
    return tuple(
        WantedDisk(
            type=str(disk["Type"]), boot=str(disk["IsBoot"]).lower() == "true", size=int(str(disk["Size"]))
        )
        for disk in call.groups("Disks")
    )


def _check_login(call: Call, image: Usable) -> None:
    match call.text("LoginMode"):
        case "Password":
            check_password(call.text("Password"))
        case "KeyPair":
            if not call.text("KeyPairId"):
                raise MISSING_PARAM(name="KeyPairId")
            if call.mine(KeyPair, call.text("KeyPairId")) is None:
                raise no.KEY_PAIR_ABSENT(id=call.text("KeyPairId"))
            if "CloudInit" not in image.features:
                raise no.NO_CLOUD_INIT(name="KeyPairId", image=image.id)
        case mode:
            if not image.custom:
                raise no.LOGIN_MODE(mode=mode, why=f"{image.id} isn't a custom image")


def _user_data(call: Call, image: Usable) -> bytes:
    if not call.text("UserData"):
        return b""
    if "CloudInit" not in image.features:
        raise no.NO_CLOUD_INIT(name="UserData", image=image.id)
    try:
        decoded = base64.b64decode(call.text("UserData"), validate=True)
    except binascii.Error:
        raise no.USER_DATA(why="it isn't base64") from None
    if len(decoded) > _MOST_USER_DATA:
        raise no.USER_DATA(why=f"{len(decoded)} bytes are more than 16 KB ({_MOST_USER_DATA})")
    return decoded


def _addresses(call: Call, subnet: Subnet, count: int) -> list[str]:
    used = addresses.taken(call.rows, subnet.id)
    if asked := call.texts("PrivateIp"):
        if len(asked) > 1 or count > 1:
            raise BAD_PARAM(name="PrivateIp", why="one address, for one host")
        return [addresses.take_chosen(subnet, asked[0], used)]
    return [addresses.take_next(subnet, used) for _ in range(count)]


def _make(
    call: Call, image: Usable, disks: tuple[WantedDisk, ...], address: str, firewall: str, user_data: bytes
) -> Host:
    timings = call.box.settings.timings
    boots_locally = any(disk.boot and DISK_KINDS[disk.type].local for disk in disks)
    host = Host(
        id=new_id("uhost"),
        region=call.region,
        project=call.project,
        zone=call.zone,
        name=call.text("Name"),
        tag=call.text("Tag"),
        remark="",
        state="Initializing",
        power="on",
        generation=1,
        cpu=call.number("CPU"),
        memory_mb=call.number("Memory"),
        machine_type=call.text("MachineType"),
        platform=call.text("MinimalCpuPlatform"),
        net_capability=call.text("NetCapability"),
        hotplug=call.flag("HotplugFeature"),
        vpc=call.text("VPCId"),
        subnet=call.text("SubnetId"),
        address=address,
        mac=addresses.new_mac(),
        image=image.id,
        firewall=firewall,
        isolation_group=call.text("IsolationGroup"),
        charge_type=call.text("ChargeType"),
        key_pair=call.text("KeyPairId"),
        boot_state="Initializing" if boots_locally else "Normal",
        created=int(call.now),
        user_data=user_data,
    )
    call.rows.add(host)
    running = () if call.box.has_fabric else (("Starting", "Running", timings.host_start),)
    schedule(
        call.rows, host, "state", (("Initializing", "Starting", timings.host_install), *running), call.now
    )
    if boots_locally:
        schedule(call.rows, host, "boot_state", (("Initializing", "Normal", timings.boot_disk),), call.now)
    for slot, disk in enumerate(sorted(disks, key=lambda disk: not disk.boot)):
        _make_disk(call, host, disk, slot)
    _make_eips(call, host)
    return host


def _make_disk(call: Call, host: Host, disk: WantedDisk, slot: int) -> None:
    call.rows.add(
        Disk(
            id=new_id(DISK_KINDS[disk.type].prefix),
            region=host.region,
            project=host.project,
            zone=host.zone,
            name=f"{'系统盘' if disk.boot else '数据盘'}_{host.name}",
            tag=host.tag,
            type=disk.type,
            boot=disk.boot,
            size=disk.size,
            state="InUse",
            host=host.id,
            slot=slot,
            charge_type=host.charge_type,
            cluster=cluster_of(host.zone) if disk.type == "CLOUD_RSSD" else "",
            created=int(call.now),
        )
    )


def _make_eips(call: Call, host: Host) -> None:
    for interface in call.groups("NetworkInterface"):
        wanted = interface["EIP"]
        if not isinstance(wanted, dict) or wanted["Bandwidth"] is None:
            continue
        eip = allocate(
            call,
            operator=wanted["OperatorName"] or "BGP",
            bandwidth=wanted["Bandwidth"],
            pay_mode=wanted["PayMode"],
            charge_type=host.charge_type,
            name="EIP",
            tag=host.tag,
            born_with=host.id,
        )
        hold(call, eip, "uhost", host.id)
