"""What the box promises of the UCloud API: one table of actions, as data."""

from __future__ import annotations

from ubox.contract import account, capacity, eip, firewall, groups, image, natgw, udisk, uhost, ulb, vpc
from ubox.contract.model import Action

FAMILIES = (
    vpc.FAMILY,
    natgw.FAMILY,
    eip.FAMILY,
    firewall.FAMILY,
    uhost.FAMILY,
    capacity.FAMILY,
    image.FAMILY,
    udisk.FAMILY,
    ulb.FAMILY,
    groups.ISOLATION,
    groups.KEY_PAIR,
    account.FAMILY,
)
ACTIONS: dict[str, Action] = {action.name: action for family in FAMILIES for action in family.actions}
