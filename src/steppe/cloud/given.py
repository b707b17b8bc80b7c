"""What the region brings along: its zones, the images in each, and key pairs. Never made nor deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from steppe.cloud.api import Look
from steppe.cloud.resource import Resource
from steppe.engine.kind import Fact, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFact(Fact):
    kind: ClassVar[str] = "zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFact(Fact):
    kind: ClassVar[str] = "image"
    zone: str
    label: str
    """The image's own name; several in a zone may have it, the fact's name tells the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPairFact(Fact):
    kind: ClassVar[str] = "key-pair"


class Zone(Resource):
    name = "zone"
    given = True

    def find(self, look: Look, scope: Scope) -> list[ZoneFact]:
        return [ZoneFact(id=zone, name=zone) for zone in _zones(look, scope)] if scope.zones else []


class Image(Resource):
    name = "image"
    given = True

    def find(self, look: Look, scope: Scope) -> list[ImageFact]:
        """The newest available image of each name, in each zone: ids of base images differ per zone.

        A wanted zone that the region doesn't have isn't asked, since that would be an error.
        """
        found: dict[str, ImageFact] = {}
        there = _zones(look, scope) if scope.zones else ()
        for zone in (zone for zone in scope.zones if zone in there):
            rows = look.rows("DescribeImage", "ImageSet", Zone=zone, OsType="Linux")
            for row in sorted(rows, key=lambda row: (row["CreateTime"], row["ImageId"])):
                if row["State"] == "Available":
                    name = image_name(zone, row["ImageName"])
                    found[name] = ImageFact(id=row["ImageId"], name=name, zone=zone, label=row["ImageName"])
        return list(found.values())


class KeyPair(Resource):
    name = "key-pair"
    given = True

    def find(self, look: Look, scope: Scope) -> list[KeyPairFact]:
        if not scope.key_pairs:
            return []
        rows = look.rows("DescribeUHostKeyPairs", "KeyPairs")
        return [
            KeyPairFact(id=row["KeyPairId"], name=row["KeyPairName"])
            for row in rows
            if row["KeyPairName"] in scope.key_pairs
        ]


def _zones(look: Look, scope: Scope) -> tuple[str, ...]:
    """The region's zones, as GetRegion lists them: a row each."""
    rows = look.once("GetRegion", "Regions")
    return tuple(row["Zone"] for row in rows if row["Region"] == scope.region)


def image_name(zone: str, label: str) -> str:
    return f"{zone}/{label}"
