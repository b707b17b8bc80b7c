"""Prices and money; the figures are the box's own (see `docs/fidelity.md`)."""

from __future__ import annotations

from ubox.behaviour.call import Answer, Call, answers
from ubox.contract import refusals as no

_MONTHS = {"Year": 12.0, "Month": 1.0, "Dynamic": 1 / 720, "Postpay": 1 / 720, "Spot": 1 / 2400, "Trial": 0.0}
_CORE, _GIB, _DISK_GB, _MBPS = 40.0, 20.0, 0.5, 30.0
"""Yuan a month."""


@answers("GetUHostInstancePrice")
def get_uhost_instance_price(call: Call) -> Answer:
    disks = sum(int(str(disk["Size"])) for disk in call.groups("Disks"))
    month = _CORE * call.number("CPU") + _GIB * call.number("Memory") / 1024 + _DISK_GB * disks
    return {
        "PriceSet": [
            {"ChargeType": kind, "Price": price, "OriginalPrice": price, "ListPrice": price}
            for kind in _charge_types(call)
            for price in [_price(month * call.number("Count"), kind, call.number("Quantity"))]
        ]
    }


@answers("GetEIPPrice")
def get_eip_price(call: Call) -> Answer:
    return {
        "PriceSet": [
            {
                "ChargeType": kind,
                "Price": price,
                "OriginalPrice": price,
                "PurchaseValue": int(call.now + _MONTHS[kind] * call.number("Quantity") * 30 * 86400),
            }
            for kind in _charge_types(call)
            for price in [_price(_MBPS * call.number("Bandwidth"), kind, call.number("Quantity"))]
        ]
    }


@answers("DescribeUDiskPrice")
def describe_udisk_price(call: Call) -> Answer:
    return {
        "DataSet": [
            {"ChargeType": kind, "ChargeName": "UDisk", "Price": fen, "OriginalPrice": fen, "ListPrice": fen}
            for kind in _charge_types(call)
            for fen in [round(100 * _price(_DISK_GB * call.number("Size"), kind, call.number("Quantity")))]
        ]
    }


@answers("GetBalance")
def get_balance(call: Call) -> Answer:
    amount = f"{call.box.settings.balance:.2f}"
    return {
        "AccountInfo": {
            "Amount": amount,
            "AmountAvailable": amount,
            "AmountCredit": "0.00",
            "AmountFree": "0.00",
            "AmountFreeze": "0.00",
        }
    }


def charge(call: Call) -> None:
    """Raises Refused when the account has no money."""
    if call.box.settings.balance <= 0:
        raise no.NO_BALANCE()


def _charge_types(call: Call) -> tuple[str, ...]:
    return (call.text("ChargeType"),) if call.text("ChargeType") else ("Year", "Month", "Dynamic")


def _price(month: float, kind: str, quantity: int) -> float:
    return round(month * _MONTHS[kind] * max(quantity, 1), 2)
