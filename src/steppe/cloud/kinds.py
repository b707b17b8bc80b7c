"""All kinds, each after those that it can be in: the engine recognises resources in this order."""

from __future__ import annotations

from steppe.cloud.backend import Backend
from steppe.cloud.balancer import Balancer
from steppe.cloud.binding import Binding
from steppe.cloud.claim import Claim
from steppe.cloud.disk import Disk
from steppe.cloud.eip import Eip
from steppe.cloud.firewall import Firewall, TakenName
from steppe.cloud.gateway import Gateway
from steppe.cloud.given import Image, KeyPair, Zone
from steppe.cloud.host import Host
from steppe.cloud.isolation import Isolation
from steppe.cloud.listener import Listener
from steppe.cloud.peering import Peering
from steppe.cloud.subnet import Subnet
from steppe.cloud.vpc import Vpc
from steppe.engine.kind import Kind

KINDS: tuple[Kind, ...] = (
    Zone(),
    Image(),
    TakenName(),
    KeyPair(),
    Claim(),
    Vpc(),
    Subnet(),
    Peering(),
    Firewall(),
    Eip(),
    Gateway(),
    Isolation(),
    Balancer(),
    Listener(),
    Host(),
    Backend(),
    Binding(),
    Disk(),
)
