"""Images: those of the catalogue, and custom ones made from hosts."""

from __future__ import annotations

from dataclasses import dataclass

from ubox.behaviour.call import Answer, Call, Surroundings, answers, new_id
from ubox.contract import refusals as no
from ubox.store.rows import CustomImage, Host
from ubox.store.sqlite import Rows
from ubox.transitions import looked_at, schedule

MOST_CUSTOM = 10
_MOVING = ("Initializing", "Starting", "Stopping", "Rebooting", "Install Fail")
"""States of a host of which no image can be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """An image, whichever kind it is."""

    id: str
    name: str
    base_id: str
    """The catalogue's image behind it."""
    os: str
    features: tuple[str, ...]
    size_gb: int
    custom: CustomImage | None


def known(rows: Rows, box: Surroundings, id: str) -> Usable | None:
    """The image with this id, be it of the catalogue or custom."""
    custom = rows.get(CustomImage, id)
    base = box.images.get(custom.base if custom else id)
    if base is None:
        return None
    return Usable(
        id=id,
        name=custom.name if custom else base.name,
        base_id=base.id,
        os=base.os,
        features=base.features,
        size_gb=base.size_gb,
        custom=custom,
    )


def usable(call: Call, id: str) -> Usable:
    """An image that a host can be made from. Raises Refused."""
    image = known(call.rows, call.box, id)
    if image is None or (image.custom and call.mine(CustomImage, id) is None):
        raise no.IMAGE_UNKNOWN(id=id)
    if image.custom and image.custom.state != "Available":
        raise no.IMAGE_STATE(id=id, state=image.custom.state)
    return image


@answers("DescribeImage")
def describe_image(call: Call) -> Answer:
    ids = {*call.texts("ImageIds"), call.text("ImageId")} - {""}
    kind, tag = call.text("ImageType"), call.text("Tag")
    looked_at(call.rows, [each.id for each in call.all_mine(CustomImage) if not ids or each.id in ids])
    every = [*call.box.images, *(each.id for each in call.all_mine(CustomImage))]
    images = [image for id in every if (image := known(call.rows, call.box, id))]
    found = [
        image
        for image in images
        if (not ids or image.id in ids)
        and kind in ("", "Custom" if image.custom else "Base")
        and tag in ("", image.custom.tag if image.custom else "Default")
        and call.text("OsType") in ("", "Linux")
    ]
    return {"ImageSet": [_shown(call, image) for image in call.page(found)], "TotalCount": len(found)}


@answers("CreateCustomImage")
def create_custom_image(call: Call) -> Answer:
    host = call.mine(Host, call.text("UHostId"))
    if host is None or call.zone not in ("", host.zone):
        raise no.HOST_ABSENT(id=call.text("UHostId"))
    if host.state in _MOVING:
        raise no.HOST_POWER(id=host.id, state=host.state)
    if host.boot_state != "Normal":
        raise no.BOOT_NOT_READY(id=host.id)
    if len(call.all_mine(CustomImage)) >= MOST_CUSTOM:
        raise no.QUOTA(limit=MOST_CUSTOM, what="custom images")
    behind = known(call.rows, call.box, host.image)
    image = CustomImage(
        id=new_id("uimage"),
        region=call.region,
        project=call.project,
        name=call.text("ImageName"),
        description=call.text("ImageDescription"),
        tag=call.text("Tag"),
        state="Making",
        base=behind.base_id if behind else host.image,
        created=int(call.now),
    )
    call.rows.add(image)
    schedule(call.rows, image, "state", (("Making", "Available", call.box.settings.timings.image),), call.now)
    return {"ImageId": image.id}


@answers("TerminateCustomImage")
def terminate_custom_image(call: Call) -> Answer:
    if (image := call.mine(CustomImage, call.text("ImageId"))) is None:
        raise no.IMAGE_UNKNOWN(id=call.text("ImageId"))
    if image.state == "Making":
        raise no.IMAGE_STATE(id=image.id, state=image.state)
    call.rows.remove(image)
    return {"ImageId": image.id}


def _shown(call: Call, image: Usable) -> Answer:
    custom = image.custom
    return {
        "ImageId": image.id,
        "ImageName": image.name,
        "ImageType": "Custom" if custom else "Base",
        "State": custom.state if custom else "Available",
        "Features": list(image.features),
        "ImageSize": image.size_gb,
        "OsName": image.os,
        "OsType": "Linux",
        "CreateTime": custom.created if custom else 0,
        "ImageDescription": custom.description if custom else "",
        "Tag": custom.tag if custom else "Default",
        "Zone": call.zone or call.box.settings.regions[call.region][0],
        "MinimalCPU": "",
        "Vendor": "",
        "IntegratedSoftware": "",
        "Links": "",
    }
