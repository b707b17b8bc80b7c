"""Regions and their zones, as far as they are known without asking.

UCloud adds regions and zones over time (`GetRegion` lists an account's), so a region that isn't here is no
mistake; its zones have to be named.
"""

from __future__ import annotations

from collections.abc import Mapping

from steppe.spec.model import BOX_REGION

ZONES: Mapping[str, tuple[str, ...]] = {
    BOX_REGION: ("box-01", "box-02", "box-03"),
    "cn-bj2": ("cn-bj2-02", "cn-bj2-03", "cn-bj2-05"),
    "cn-sh2": ("cn-sh2-01", "cn-sh2-02", "cn-sh2-03"),
    "cn-wlcb": ("cn-wlcb-01", "cn-wlcb-03"),
    "hk": ("hk-02", "hk-03"),
    "sg": ("sg-01", "sg-02"),
}
"""From the region list of UCloud's API documents; the box's are its own and fixed."""
