"""The class of each RetCode and of each network fault.

Sources: [doc] the public error code pages of the API gateway, UNet, UHost, UDisk and ULB; [seen] what
official tools handle (Terraform provider, Packer plugin, Go SDK's recorded scenarios); [own] our reading,
where nobody says. A code that isn't here is permanent: what isn't understood isn't repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steppe.engine.fault import Fault, FaultClass

_PERMANENT, _RETRYABLE, _NOT_YET = FaultClass.PERMANENT, FaultClass.RETRYABLE, FaultClass.NOT_YET
_ABSENT, _UNKNOWN = FaultClass.ABSENT, FaultClass.UNKNOWN


@dataclass(frozen=True, slots=True)
class Code:
    fault_class: FaultClass
    says: str
    source: str
    hint: str = ""


_KEYS = (
    "Check the keys: UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY, or the profile in ~/.ucloud/credential.json."
)
_RIGHTS = "Ask the account's administrator for the right, or name another project or zone."
_MONEY = "Recharge the account in the console."
_QUOTA = "Ask UCloud for a higher quota, or remove what isn't needed; then run the command again."
_STOCK = "Choose another disk type or zone in the cluster file, or try later: what is there already stays."

CODES: Mapping[int, Code] = {
    # The gateway
    110: Code(_UNKNOWN, "the gateway gave up waiting (60 s)", "doc"),
    130: Code(_RETRYABLE, "gateway or authentication fault", "doc"),
    150: Code(_UNKNOWN, "service unavailable", "doc"),
    153: Code(_RETRYABLE, "throttled", "doc"),
    160: Code(_PERMANENT, "missing Action", "doc"),
    161: Code(_PERMANENT, "unknown Action", "doc"),
    170: Code(_PERMANENT, "missing signature", "doc", _KEYS),
    171: Code(_PERMANENT, "wrong signature", "doc", _KEYS),
    172: Code(_PERMANENT, "unknown public key", "doc", _KEYS),
    174: Code(_PERMANENT, "token missing or expired", "doc", "Get a new token."),
    220: Code(_PERMANENT, "missing parameter", "seen"),
    230: Code(_PERMANENT, "parameter error", "seen"),
    240: Code(_PERMANENT, "no permission in this zone", "seen", _RIGHTS),
    292: Code(
        _PERMANENT, "no such project", "doc", "Set UCLOUD_PROJECT_ID to one of the account's projects."
    ),
    293: Code(_PERMANENT, "no right in this zone", "doc", _RIGHTS),
    294: Code(
        _PERMANENT, "source address refused", "doc", "Add this machine's address to the API whitelist."
    ),
    295: Code(_PERMANENT, "refused by the gateway", "doc", _RIGHTS),
    299: Code(_PERMANENT, "access denied", "doc", _RIGHTS),
    520: Code(_PERMANENT, "insufficient balance", "seen", _MONEY),
    # VPC and subnet publish no codes
    4411: Code(_NOT_YET, "the subnet has resources, or has only just lost them", "seen"),
    5024: Code(_NOT_YET, "related resources exist", "doc"),
    5026: Code(_NOT_YET, "connected already", "own"),
    8039: Code(_ABSENT, "resource absent", "doc"),
    58103: Code(_ABSENT, "VPC or intercom absent", "seen"),
    58119: Code(_NOT_YET, "the route table is bound", "seen"),
    # UNet: EIP, NAT gateway, firewall
    4018: Code(_PERMANENT, "insufficient balance", "doc", _MONEY),
    4057: Code(_PERMANENT, "insufficient balance", "doc", _MONEY),
    4202: Code(_RETRYABLE, "binding the EIP failed", "doc"),
    4203: Code(_RETRYABLE, "unbinding the EIP failed", "doc"),
    4205: Code(_RETRYABLE, "releasing the EIP failed", "doc"),
    4207: Code(_PERMANENT, "over quota", "doc", _QUOTA),
    4210: Code(_ABSENT, "EIP absent", "doc"),
    4211: Code(_NOT_YET, "the EIP isn't bound", "doc"),
    4212: Code(_NOT_YET, "the EIP is in use", "doc"),
    4235: Code(_PERMANENT, "a NAT gateway keeps at least one EIP", "doc"),
    4358: Code(_PERMANENT, "a built-in firewall can't be deleted", "doc"),
    4359: Code(_PERMANENT, "wrong priority", "doc"),
    4360: Code(_PERMANENT, "too many rules", "doc"),
    4361: Code(_NOT_YET, "the firewall is in use; its count lags up to 60 s", "doc"),
    4364: Code(
        _PERMANENT,
        "a firewall of this name exists",
        "doc",
        "It doesn't carry the cluster's Tag, so it is somebody else's: choose another Cluster ID.",
    ),
    4600: Code(_ABSENT, "firewall absent", "doc"),
    54002: Code(_ABSENT, "firewall, NAT gateway or whitelist entry absent", "seen"),
    # UHost
    8010: Code(_NOT_YET, "the host must be stopped", "doc"),
    8037: Code(_ABSENT, "isolation group absent", "seen"),
    8095: Code(_PERMANENT, "over quota of hosts", "doc", _QUOTA),
    8104: Code(_PERMANENT, "unpaid orders", "doc", _MONEY),
    8116: Code(
        _PERMANENT,
        "hourly billing isn't enabled",
        "doc",
        "Use charge_type Month, or ask UCloud to enable it.",
    ),
    8320: Code(_PERMANENT, "no such cloud disk in stock", "doc", _STOCK),
    8847: Code(_PERMANENT, "the subnet has no free address", "doc", "Choose a larger network."),
    8854: Code(_UNKNOWN, "deleting timed out", "doc"),
    8855: Code(_UNKNOWN, "deleting timed out", "doc"),
    8856: Code(_NOT_YET, "the host must be stopped first", "doc"),
    8905: Code(_NOT_YET, "the host's power state doesn't allow it", "doc"),
    8908: Code(_UNKNOWN, "deleting timed out", "doc"),
    8909: Code(_UNKNOWN, "deleting timed out", "doc"),
    8956: Code(_PERMANENT, "unknown image", "doc"),
    8961: Code(_PERMANENT, "the image can't be used in its state", "doc"),
    # UDisk
    17005: Code(_PERMANENT, "no such disk in stock", "doc", _STOCK),
    17041: Code(_ABSENT, "disk absent", "doc"),
    17056: Code(_NOT_YET, "an operation on the disk is in progress", "doc"),
    17057: Code(_NOT_YET, "the disk is attached", "doc"),
    17060: Code(_RETRYABLE, "detaching the disk failed", "doc"),
    17061: Code(_NOT_YET, "an operation on the disk is in progress", "doc"),
    17063: Code(_PERMANENT, "insufficient balance", "doc", _MONEY),
    17067: Code(_PERMANENT, "over quota of disks", "doc", _QUOTA),
    17101: Code(_NOT_YET, "wait 30 s", "doc"),
    17218: Code(_PERMANENT, "disk and host are in different RDMA clusters", "seen"),
    # ULB
    4086: Code(_ABSENT, "ULB or VServer absent", "seen"),
    4088: Code(_ABSENT, "VServer absent", "doc"),
    4093: Code(_ABSENT, "backend absent", "doc"),
    4103: Code(_ABSENT, "ULB absent", "seen"),
    4107: Code(_RETRYABLE, "the port is used already: look who made it", "doc"),
    4109: Code(_RETRYABLE, "the host is a backend already: look who made it", "doc"),
    4114: Code(_PERMANENT, "a name of more than 50 characters", "doc"),
    4118: Code(_PERMANENT, "front and back port differ in packet mode", "doc"),
    4120: Code(_ABSENT, "the backend's host is absent", "own"),
    4143: Code(_ABSENT, "VServer absent", "doc"),
    4148: Code(_ABSENT, "backend absent", "doc"),
}

BOX_STOPPED = "box.stopped"

_BUSY = (429, 503)
"""The request was turned away; other HTTP errors may come after it was done."""


def by_retcode(action: str, code: int, message: str) -> Fault:
    """The fault of an answer with a RetCode other than 0."""
    known = CODES.get(code, Code(_PERMANENT, "", ""))
    return Fault(
        known.fault_class,
        f"{action}: {message or known.says or 'no message'} (RetCode {code})",
        code=f"ucloud.{code}",
        hint=known.hint,
    )


def by_status(action: str, status: int) -> Fault:
    """The fault of an HTTP error."""
    by_range = _UNKNOWN if status >= 500 else _PERMANENT
    fault_class = _RETRYABLE if status in _BUSY else by_range
    return Fault(
        fault_class,
        f"{action}: the API answered with HTTP status {status}",
        code=f"ucloud.http-{status}",
        hint="If it stays so, look at UCloud's status page.",
    )


def no_connection(action: str, endpoint: str, why: str) -> Fault:
    """Nothing was sent."""
    return Fault(
        _RETRYABLE,
        f"{action}: no connection to {endpoint}: {why}",
        code="ucloud.connection",
        hint="Check the network and the endpoint (UCLOUD_API_BASE_URL); for the box: steppe box status.",
    )


def distrusted(action: str, endpoint: str, why: str) -> Fault:
    """Nothing was sent."""
    return Fault(
        FaultClass.PERMANENT,
        f"{action}: the certificate of {endpoint} is not trusted: {why}",
        code="ucloud.certificate",
        hint="A private region's API may have an authority of its own: UCLOUD_CA_FILE names its PEM file.",
    )


def box_stopped(endpoint: str) -> Fault:
    """Nobody listens where the box's own file says: its server has ended; what it made is still there."""
    return Fault(
        FaultClass.PERMANENT,
        f"The local region is stopped: nothing answers at {endpoint}.",
        code=BOX_STOPPED,
        hint="start it with `steppe box start`; its machines and networks are still there",
    )


def lost_answer(action: str, why: str) -> Fault:
    """It was sent, and no answer, or none that can be read, came back."""
    return Fault(
        _UNKNOWN,
        f"{action}: the answer was lost: {why}",
        code="ucloud.lost-answer",
        hint="Run the command again: it looks first at what was done.",
    )


def list_moved(action: str, times: int) -> Fault:
    """A list in which rows went or came between its pages, each time it was read."""
    return Fault(
        _RETRYABLE,
        f"{action}: the list changed each of the {times} times that it was read",
        code="ucloud.list-moved",
        hint="Others are changing much in this project now. Run the command again.",
    )
