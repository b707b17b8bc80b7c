"""`ubox serve`: brings a box up in this process and serves it until it is told to end."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ubox import catalogue, settings
from ubox.app import LOOPBACK
from ubox.box import Box
from ubox.catalogue import Image
from ubox.errors import BoxError, called
from ubox.home import Home
from ubox.server import listen, serve
from ubox.settings import Settings

if TYPE_CHECKING:
    from ubox.fabric import KernelFabric

KERNEL, NONE = "kernel", "none"
_log = logging.getLogger("ubox")


def run(home: Home, *, port: int | None, fabric: str | None, images: Path | None, speed: str | None) -> None:
    """What is None is as it was last time. Returns when the process is asked to end. Raises BoxError."""
    _end_in_order()
    fabric = fabric or home.told().get("fabric", KERNEL)
    home.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with home.served_here():
        told = _settings(home, fabric, speed)
        pictures = _images(fabric, images)
        listener = _listener(home, port)
        number = listener.getsockname()[1]
        endpoint = f"http://{LOOPBACK}:{number}/"
        settings.save(home.settings_file, told, endpoint=endpoint, port=number, fabric=fabric)
        ground = _kernel(home, pictures, told) if fabric == KERNEL else None
        box = Box(home.database, settings=told, images=pictures, fabric=ground)
        try:
            box.start()
            inside = [ground.listen_on_internet(number)] if ground else []
            _log.info("serving region %s at %s, fabric %s", told.region, endpoint, fabric)
            serve(box, [listener, *inside])
        finally:
            box.close()


def _end_in_order() -> None:
    """Makes SIGTERM and SIGINT unwind the stack, so that the fabric's threads and the lock are let go.

    uvicorn stops at the first signal and then raises it again, which would end the process on the spot.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))


def _settings(home: Home, fabric: str, speed: str | None) -> Settings:
    if home.settings_file.exists():
        told = settings.load(home.settings_file)
        if (was := home.told().get("fabric")) not in (None, fabric):
            raise BoxError(
                f"{home.folder}: this box has fabric {was!r}, not {fabric!r}; start it with --fabric {was}"
            )
    elif fabric == KERNEL:
        from ubox.fabric import choose_internet

        told = settings.fresh(internet=choose_internet(home.folder))
    else:
        told = settings.fresh()
    return replace(told, timings=settings.SPEEDS[speed]) if speed else told


def _images(fabric: str, images: Path | None) -> tuple[Image, ...]:
    file = images or catalogue.default_file()
    if fabric == NONE and images is None and not file.exists():
        return catalogue.PAPER
    return catalogue.read(file)


def _listener(home: Home, port: int | None) -> socket.socket:
    """On the port that is asked for, else that of the last time, else a free one. Raises BoxError."""
    number = port if port is not None else int(home.told().get("port", 0))
    try:
        return listen(LOOPBACK, number)
    except OSError as error:
        raise BoxError(
            f"{LOOPBACK}:{number}: can't listen there ({error.strerror}): another program may. "
            f"End that one, or '{called('start')} --port 0' takes a free port"
        ) from error


def _kernel(home: Home, images: tuple[Image, ...], told: Settings) -> KernelFabric:
    """Imported only here: without a fabric nothing of the kernel's is needed. Raises BoxError."""
    from ubox.fabric import KernelFabric, preflight

    if lacks := [f"{found.lack} ({found.remedy})" for found in preflight()]:
        raise BoxError("this machine can't run a box's machines: " + "; ".join(lacks))
    return KernelFabric(home.folder, {image.id: image.root for image in images if image.root}, told.internet)
