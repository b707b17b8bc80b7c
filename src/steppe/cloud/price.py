"""What the hosts and public addresses that a plan makes would cost, as the API estimates it.

A call for each set of equal settings, not for each host. The price of a host has its disks in it
(GetUHostInstancePrice takes them); NAT gateways, internal balancers and networks cost nothing themselves.
What hosts with traffic-paid addresses send is charged apart, and nobody can know it before.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from steppe.cloud.api import Api
from steppe.cloud.credentials import BOX_REGION
from steppe.cloud.eip import EipWant, operator
from steppe.cloud.given import image_name
from steppe.cloud.host import HostWant, disks
from steppe.cloud.resource import charge
from steppe.engine import Action, Desired, Observed, Plan
from steppe.errors import SteppeError

_MONTHS = {"Month": 1, "Year": 12}
"""Other ways to be charged count by the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    what: str
    """For example `host O, 2 CPUs, 4 GiB, CLOUD_RSSD 40 GB`."""
    count: int
    charge_type: str
    yuan: float
    """For all of them, for one month, year or hour as `charge_type` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    items: tuple[Item, ...] = ()
    missing: str = ""
    """Why there is no estimate; empty when there is one."""
    invented: bool = False
    """Whether the region is the box, which has nothing to sell."""

    @property
    def month(self) -> float:
        """Yuan a month of what is paid by the month or year."""
        paid = (item.yuan / _MONTHS[item.charge_type] for item in self.items if item.charge_type in _MONTHS)
        return round(sum(paid), 2)

    @property
    def hour(self) -> float:
        """Yuan an hour of what is paid by the hour."""
        return round(sum(item.yuan for item in self.items if item.charge_type not in _MONTHS), 2)


class _Question(NamedTuple):
    action: str
    what: str
    charge_type: str
    params: tuple[tuple[str, Any], ...]
    """What tells one question from another."""


def estimate(api: Api, plan: Plan, desired: Desired, observed: Observed) -> Estimate:
    """The price of what the plan makes. A price that the API doesn't give never raises: it is `missing`."""
    made = [desired.want(step.key) for step in plan.steps if step.action is Action.CREATE]
    hosts = [want for want in made if isinstance(want, HostWant)]
    eips = [want for want in made if isinstance(want, EipWant)]
    examples = {_of_host(host): host for host in reversed(hosts)}
    counts = Counter([*map(_of_host, hosts), *(_of_eip(eip, plan.region) for eip in eips)])

    def ask(question: _Question) -> Item:
        place = _place(examples[question], observed) if question in examples else {}
        return _ask(api, question, counts[question], place)

    try:
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="price") as pool:
            return Estimate(items=tuple(pool.map(ask, counts)), invented=api.region == BOX_REGION)
    except SteppeError as error:
        return Estimate(missing=error.message)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return Estimate(missing=f"the API's answer has no price ({type(error).__name__})")


def _of_host(want: HostWant) -> _Question:
    sizes = [want.boot_disk, *([want.data_disk] if want.data_disk else [])]
    shown = ", ".join(f"{type_} {size} GB" for type_, size in sizes)
    return _Question(
        "GetUHostInstancePrice",
        f"host {want.machine_type}, {_many(want.cpu, 'CPU')}, {want.memory_mib // 1024} GiB, {shown}",
        want.charge_type,
        (
            ("CPU", want.cpu),
            ("Memory", want.memory_mib),
            ("MachineType", want.machine_type),
            ("Disks", tuple(sizes)),
            ("Count", 1),
        ),
    )


def _of_eip(want: EipWant, region: str) -> _Question:
    return _Question(
        "GetEIPPrice",
        f"eip {want.bandwidth_mbps} Mbit/s, paid by {want.pay_mode.lower()}",
        want.charge_type,
        (
            ("OperatorName", operator(region)),
            ("Bandwidth", want.bandwidth_mbps),
            ("PayMode", want.pay_mode),
        ),
    )


def _place(want: HostWant, observed: Observed) -> dict[str, Any]:
    """Zone, image and disks of one host that stands for all of its kind."""
    image = observed.find("image", image_name(want.zone, want.image))
    return {"Zone": want.zone, "Disks": disks(want), **({"ImageId": image.id} if image else {})}


def _ask(api: Api, question: _Question, count: int, place: dict[str, Any]) -> Item:
    params = {**dict(question.params), **place, **charge(question.charge_type, 1)}
    rows = api.call(question.action, **params)["PriceSet"]
    price = next(float(row["Price"]) for row in rows if row["ChargeType"] == question.charge_type)
    return Item(
        what=question.what, count=count, charge_type=question.charge_type, yuan=round(price * count, 2)
    )


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
