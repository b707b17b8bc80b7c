"""Every way in which the box says no, once each.

Codes come from the public error code pages of each product; the pages are in Chinese, the messages here are
in the API's own English where it was seen, and plain English elsewhere.
"""

from __future__ import annotations

from ubox.contract.model import Mark, Refusal

_D, _O, _A = Mark.DOCUMENTED, Mark.OBSERVED, Mark.ASSUMED

# The gateway
THROTTLED = Refusal("throttled", 153, "Too many requests", _D, "only by a fault rule")
MISSING_ACTION = Refusal("missing-action", 160, "Missing Action", _D)
UNKNOWN_ACTION = Refusal("unknown-action", 161, "Action [{action}] not found", _D)
MISSING_SIGNATURE = Refusal("missing-signature", 170, "Missing signature", _D)
WRONG_SIGNATURE = Refusal("wrong-signature", 171, "Signature VerfyAC Error", _D)
UNKNOWN_KEY = Refusal("unknown-key", 172, "User Not Exists", _D)
UNKNOWN_PROJECT = Refusal("unknown-project", 292, "Project [{project}] not exist", _D)
NO_BALANCE = Refusal("no-balance", 520, "Lack of balance", _O, "by the setting `balance`")

# VPC and subnet: the product publishes no codes
VPC_ABSENT = Refusal("vpc-absent", 58103, "VPC [{id}] not exist", _O)
INTERCOM_ABSENT = Refusal("intercom-absent", 58103, "VPC intercom [{a}] to [{b}] not exist", _O)
VPC_IN_USE = Refusal(
    "vpc-in-use", 5024, "VPC [{id}] still has {what}", _A, "code of 'release what is related first'"
)
NETWORK_INVALID = Refusal(
    "network-invalid", 5023, "Network [{cidr}] is not right: {why}", _A, "5023 is 'wrong format'"
)
NETWORK_OVERLAP = Refusal(
    "network-overlap", 5022, "Network [{cidr}] overlaps [{other}]", _A, "5022 is 'it exists'"
)
INTERCOM_EXISTS = Refusal("intercom-exists", 5026, "VPC [{a}] and [{b}] are connected already", _A)
NETWORK_IN_USE = Refusal("network-in-use", 5024, "Network [{cidr}] still has subnet {subnet}", _A)
QUOTA = Refusal(
    "quota", 4207, "Over quota: at most {limit} {what}", _A, "documented for EIPs; assumed elsewhere"
)
SUBNET_ABSENT = Refusal("subnet-absent", 8039, "Subnet [{id}] not exist", _A)
SUBNET_BUSY = Refusal("subnet-busy", 4411, "Subnet [{id}] has resources or has only just lost them", _O)
NO_DEFAULT_VPC = Refusal("no-default-vpc", 8123, "No default VPC in {region}: give VPCId and SubnetId", _A)

# NAT gateway
NATGW_ABSENT = Refusal("natgw-absent", 54002, "NATGW [{id}] not exist", _O)
SUBNET_HAS_NATGW = Refusal("subnet-has-natgw", 5026, "Subnet [{id}] has NATGW [{natgw}]", _A)
NATGW_NEEDS_EIP = Refusal("natgw-needs-eip", 4235, "NATGW [{id}] must keep at least one EIP", _D)
WHITELIST_ABSENT = Refusal("whitelist-absent", 54002, "[{id}] is not in the whitelist", _O)

# EIP
EIP_ABSENT = Refusal("eip-absent", 4210, "eip resource not exist", _D)
EIP_RELEASED = Refusal("eip-released", 8039, "Resource [{id}] not exist", _O, "releasing an EIP twice")
EIP_NOT_BOUND = Refusal("eip-not-bound", 4211, "eip resource not bind to any object", _D)
EIP_IN_USE = Refusal("eip-in-use", 4212, "eip in used", _D)
EIP_QUOTA = Refusal("eip-quota", 4207, "create eip resource over quota: {why}", _D)
EIP_TARGET = Refusal("eip-target", 4218, "eip can't be bound to {kind} [{id}]", _D)
BANDWIDTH_ZERO = Refusal("bandwidth-zero", 4011, "non share bandwidth must not specify bandwidth to 0", _D)
TRAFFIC_BANDWIDTH = Refusal("traffic-bandwidth", 4228, "at most 300 Mbps when paid by traffic", _D)
PAY_MODE_SAME = Refusal("pay-mode-same", 4014, "EIP is paid by {mode} already", _D)

# Firewall
FIREWALL_ABSENT = Refusal("firewall-absent", 54002, "Firewall [{id}] not exist", _O)
FIREWALL_NAME = Refusal("firewall-name", 4364, "Firewall name [{name}] exists", _D)
FIREWALL_IN_USE = Refusal("firewall-in-use", 4361, "Firewall [{id}] is used by {count} resources", _D)
FIREWALL_BUILT_IN = Refusal("firewall-built-in", 4358, "A recommended firewall can't be {done}", _D)
FIREWALL_TARGET = Refusal("firewall-target", 4356, "Firewall can't be given to {kind} [{id}]", _D)
RULE_PRIORITY = Refusal("rule-priority", 4359, "Rule [{rule}]: priority is HIGH, MEDIUM or LOW", _D)
RULE_COUNT = Refusal("rule-count", 4360, "At most 1000 rules", _D)
RULE_INVALID = Refusal("rule-invalid", 230, "Params [Rule] not available: [{rule}] {why}", _A)

# UHost
HOST_ABSENT = Refusal(
    "host-absent", 8039, "Resource [{id}] not exist", _A, "8039 is 'deleted, can't be recovered'"
)
HOST_NOT_STOPPED = Refusal("host-not-stopped", 8010, "Make sure your UHost is SHUTOFF", _D)
HOST_RUNNING = Refusal("host-running", 8856, "Stop the UHost [{id}] before deleting it", _D)
HOST_POWER = Refusal("host-power", 8905, "UHost [{id}] is {state}", _D)
HOST_QUOTA = Refusal("host-quota", 8095, "You have reached the resource quota: {limit} UHosts", _D)
HOST_CPU = Refusal("host-cpu", 8105, "CPU should be in [1,64]", _D)
HOST_MEMORY = Refusal("host-memory", 8106, "Memory should be in [1024, 262144], a multiple of 1024", _D)
HOST_DISK = Refusal("host-disk", 8906, "Disks are not right: {why}", _A, "8906 is 'wrong disk information'")
HOST_DISK_SIZE = Refusal("host-disk-size", 8107, "{type} {use} disk should be in [{low}, {high}] GB", _A)
BOOT_TYPE = Refusal(
    "boot-type", 94003, "{machine} machines don't boot from {type}", _O, "seen for O machines"
)
BOOT_SMALL = Refusal("boot-small", 8315, "Boot disk is smaller than the image ({size} GB)", _D)
BOOT_LOCAL_SIZE = Refusal("boot-local-size", 8316, "A local boot disk has the image's size ({size} GB)", _D)
BOOT_NOT_READY = Refusal("boot-not-ready", 8905, "The boot disk of UHost [{id}] is Initializing", _A)
LOGIN_MODE = Refusal("login-mode", 8061, "LoginMode [{mode}] not support: {why}", _A)
SUBNET_FULL = Refusal("subnet-full", 8847, "Subnet [{id}] has no free IP", _D)
ADDRESS_TAKEN = Refusal("address-taken", 230, "Params [PrivateIp] not available: {address} is taken", _A)
ADDRESS_OUTSIDE = Refusal(
    "address-outside", 230, "Params [PrivateIp] not available: {address} is not free for hosts in {cidr}", _A
)
NO_CLOUD_INIT = Refusal(
    "no-cloud-init", 230, "Params [{name}] not available: image [{image}] has no CloudInit", _A
)
USER_DATA = Refusal(
    "user-data", 230, "Params [UserData] not available: {why}", _A, "16 KB counted before base64"
)
RESIZE_SMALLER = Refusal("resize-smaller", 8067, "A disk can't shrink", _D)

# Image
IMAGE_UNKNOWN = Refusal("image-unknown", 8956, "Image [{id}] not exist or not a custom image", _D)
IMAGE_STATE = Refusal("image-state", 8961, "Image [{id}] is {state}", _D)

# UDisk
DISK_ABSENT = Refusal("disk-absent", 17041, "UDisk [{id}] not exist", _D)
DISK_BUSY = Refusal("disk-busy", 17056, "UDisk [{id}] is {state}, wait for the last operation", _D)
DISK_ATTACHED = Refusal("disk-attached", 17057, "UDisk [{id}] is attached", _D)
DISK_ATTACH = Refusal("disk-attach", 17055, "UDisk [{id}] can't be attached: {why}", _D)
DISK_CLUSTER = Refusal(
    "disk-cluster", 17218, "UDisk [{id}] and UHost [{host}] are in different RDMA clusters", _O
)
DISK_DETACH = Refusal("disk-detach", 17060, "UDisk [{id}] is not attached to [{host}]", _D)
DISK_DELETE = Refusal("disk-delete", 17030, "UDisk [{id}] is {state}", _D)
DISK_RESIZE = Refusal("disk-resize", 17025, "UDisk [{id}] has {size} GB and can't shrink", _D)

# ULB
ULB_ABSENT = Refusal("ulb-absent", 4103, "ulb [{id}] describe fail", _O)
ULB_NAME = Refusal("ulb-name", 4114, "Name has at most 50 characters", _D)
ULB_FIREWALL = Refusal(
    "ulb-firewall", 230, "Params [FirewallId] not available: an inner ULB has no firewall", _O
)
VSERVER_ABSENT = Refusal("vserver-absent", 4088, "VServer [{id}] not exist", _D)
VSERVER_PORT = Refusal("vserver-port", 4107, "ulb port already in use", _D)
VSERVER_HTTP = Refusal("vserver-http", 4144, "PacketsTransmit has no HTTP or HTTPS", _D)
VSERVER_PACKET_TIMEOUT = Refusal(
    "vserver-packet-timeout", 4121, "ClientTimeout should be 0 or in [60, 900]", _D
)
VSERVER_PROXY_TIMEOUT = Refusal("vserver-proxy-timeout", 4122, "ClientTimeout should be in [1, 86400]", _D)
BACKEND_ABSENT = Refusal("backend-absent", 4093, "Backend [{id}] not exist", _D)
BACKEND_EXISTS = Refusal("backend-exists", 4109, "ulb backend already exist", _D)
BACKEND_PORT = Refusal("backend-port", 4118, "Backend port should be the VServer's port {port}", _D)
BACKEND_VPC = Refusal("backend-vpc", 63032, "UHost [{id}] is not in the VPC of the ULB", _D)
BACKEND_HOST = Refusal("backend-host", 4120, "UHost [{id}] not exist", _D)

# Isolation group and key pair
GROUP_ABSENT = Refusal("group-absent", 8037, "Isolation group [{id}] not exist", _O)
GROUP_FULL = Refusal(
    "group-full",
    8037,
    "Isolation group [{id}] has 7 hosts in {zone}",
    _A,
    "the limit is documented, its code is not",
)
KEY_PAIR_ABSENT = Refusal("key-pair-absent", 8039, "Key pair [{id}] not exist", _A)
KEY_PAIR_NAME = Refusal("key-pair-name", 230, "Params [KeyPairName] not available: {name} exists", _A)
KEY_PAIR_BODY = Refusal("key-pair-body", 230, "Params [PublicKeyBody] not available: not an ssh-rsa key", _A)
