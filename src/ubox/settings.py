"""What a box is told: its regions, keys, network and how long things take. Kept in `<dir>/box.json`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ubox.errors import BoxError, called


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a change takes: seconds, or (`polls` > 0) that many looks at the thing that changes."""

    seconds: float = 0.0
    polls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds by default far below the real cloud's, so that nobody waits for an imitation."""

    host_install: Delay = Delay(0.2)
    """Initializing to Starting."""
    host_start: Delay = Delay(0.2)
    """Starting to Running; only without a fabric, whose machines report themselves."""
    host_stop: Delay = Delay(0.2)
    """Stopping to Stopped; only without a fabric."""
    boot_disk: Delay = Delay(0.4)
    """A local boot disk's Initializing to Normal."""
    disk: Delay = Delay(0.1)
    """A UDisk's Initializating to Available, Attaching to InUse, Detaching to Available."""
    image: Delay = Delay(0.4)
    """A custom image's Making to Available."""
    subnet_cooldown: float = 0.4
    """How long a subnet stays busy after its last resource has gone, seconds."""
    firewall_lag: float = 0.2
    """How long a deleted host still counts as a user of its firewall, seconds."""


SPEEDS: Mapping[str, Timings] = {
    "instant": Timings(
        host_install=Delay(),
        host_start=Delay(),
        host_stop=Delay(),
        boot_disk=Delay(),
        disk=Delay(),
        image=Delay(),
        subnet_cooldown=0.0,
        firewall_lag=0.0,
    ),
    "fast": Timings(),
    "real": Timings(
        host_install=Delay(20),
        host_start=Delay(15),
        host_stop=Delay(20),
        boot_disk=Delay(600),
        disk=Delay(8),
        image=Delay(180),
        subnet_cooldown=600.0,
        firewall_lag=60.0,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    regions: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "box": ("box-01", "box-02", "box-03"),
            "box-two": ("box-two-01", "box-two-02"),
        }
    )
    """Each region with its zones; the first region is the default."""
    project_id: str = "org-box"
    other_projects: tuple[str, ...] = ("org-two",)
    """Projects of the account beside the default one."""
    public_key: str = "ubox"
    private_key: str = field(default="ubox", repr=False)
    internet: str = "198.18.0.0/24"
    """The box's internet, a /24; EIPs are .10 to .250 of it."""
    timings: Timings = Timings()
    balance: float = 100_000.0
    """Yuan; at 0 the box refuses what costs money."""
    hosts: int = 200
    """The room in a region."""

    @property
    def projects(self) -> tuple[str, ...]:
        return (self.project_id, *self.other_projects)

    @property
    def region(self) -> str:
        return next(iter(self.regions))


def fresh(**given: Any) -> Settings:
    """Settings of a new box, with keys of its own."""
    return replace(
        Settings(public_key=f"ubox-{secrets.token_hex(12)}", private_key=secrets.token_hex(20)), **given
    )


def load(file: Path) -> Settings:
    """Raises BoxError where the file can't be used."""
    try:
        kept = json.loads(file.read_text())
        return Settings(
            regions={name: tuple(zones) for name, zones in kept["regions"].items()},
            project_id=kept["project_id"],
            other_projects=tuple(kept.get("other_projects", Settings().other_projects)),
            public_key=kept["public_key"],
            private_key=kept["private_key"],
            internet=kept["internet"]["cidr"],
            timings=timings(kept.get("timings", {})),
            balance=float(kept.get("balance", Settings().balance)),
            hosts=int(kept.get("hosts", Settings().hosts)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BoxError(
            f"{file}: can't be read as a box's settings ({error!r}); put it right, or begin afresh with "
            f"'{called('reset')}', which removes all that is in the box"
        ) from error


def save(file: Path, settings: Settings, **more: object) -> None:
    """Writes the file whole or not at all, readable by its owner only (it holds the private key)."""
    kept = {
        **more,
        "region": settings.region,
        "zones": list(settings.regions[settings.region]),
        "regions": {name: list(zones) for name, zones in settings.regions.items()},
        "project_id": settings.project_id,
        "other_projects": list(settings.other_projects),
        "public_key": settings.public_key,
        "private_key": settings.private_key,
        "internet": {"cidr": settings.internet},
        "timings": {each.name: _plain(getattr(settings.timings, each.name)) for each in fields(Timings)},
        "balance": settings.balance,
        "hosts": settings.hosts,
    }
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(json.dumps(kept, indent=2) + "\n")
    new.replace(file)


def timings(given: Mapping[str, object]) -> Timings:
    """From JSON: a number of seconds, or `{"polls": 3}`. Raises ValueError for what isn't a timing."""
    known = {each.name: getattr(Timings(), each.name) for each in fields(Timings)}
    if unknown := sorted(given.keys() - known.keys()):
        raise ValueError(f"unknown timing {unknown[0]}; known are {', '.join(known)}")
    return Timings(**{name: _delay(name, value, known[name]) for name, value in given.items()})


def _delay(name: str, value: object, default: Delay | float) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return Delay(float(value)) if isinstance(default, Delay) else float(value)
    if isinstance(value, dict) and isinstance(default, Delay) and isinstance(value.get("polls"), int):
        return Delay(polls=value["polls"])
    raise ValueError(f'timing {name}: expected seconds or {{"polls": n}}, not {value!r}')


def _plain(value: Delay | float) -> object:
    if isinstance(value, Delay):
        return {"polls": value.polls} if value.polls else value.seconds
    return value
