"""The images that hosts of the box can be made from, as a file of JSON tells them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ubox.errors import BoxError


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image of the catalogue."""

    id: str
    name: str
    root: Path | None
    """The root file system that machines are overlays of; None where there is no fabric to need it."""
    os: str
    features: tuple[str, ...]
    size_gb: int


PAPER = (
    Image(
        id="uimage-paper-host",
        name="steppe-host",
        root=None,
        os="Debian 12.0 64位",
        features=("CloudInit", "NetEnhanced_Ultra", "RssdAttachable", "HotPlug"),
        size_gb=20,
    ),
    Image(id="uimage-paper-plain", name="plain", root=None, os="Debian 10.0 64位", features=(), size_gb=20),
)
"""Images for a box without a fabric and without a catalogue: names alone."""


def default_file() -> Path:
    """`$UBOX_IMAGES`, else where the images' builder leaves its catalogue."""
    if given := os.environ.get("UBOX_IMAGES"):
        return Path(given)
    cache = os.environ.get("STEPPE_CACHE")
    folder = (
        Path(cache) if cache else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "steppe"
    )
    return folder / "images" / "catalogue.json"


def read(file: Path) -> tuple[Image, ...]:
    """Raises BoxError where the file or an image is missing or wrong."""
    try:
        entries = json.loads(file.read_text())
        images = tuple(
            Image(
                id=each["id"],
                name=each["name"],
                root=(file.parent / each["root"]).resolve(),
                os=each["os"],
                features=tuple(each["features"]),
                size_gb=int(each["size_gb"]),
            )
            for each in entries
        )
    except FileNotFoundError as error:
        raise BoxError(f"{file}: no catalogue of images; build it, or name one with --images") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BoxError(
            f"{file}: expected a JSON list of objects with id, name, root, os, features, size_gb ({error!r})"
        ) from error
    for image in images:
        if image.root is None or not image.root.is_dir():
            raise BoxError(f"{file}: image {image.id}: its root {image.root} is not a folder; build it again")
    return images
