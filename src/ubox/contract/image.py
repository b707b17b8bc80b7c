"""Images: the box's catalogue, and custom ones."""

from __future__ import annotations

from ubox.contract import refusals as no
from ubox.contract.checks import LIMIT, LOOSE_NAME, OFFSET, REMARK, TAG, one_of
from ubox.contract.model import INT, TEXT, Action, Family, assumed, documented, may, need, observed, some

FAMILY = Family(
    "Image",
    (
        Action(
            name="DescribeImage",
            zone=False,
            params=(
                may("ImageType", TEXT, one_of("Base", "Business", "Custom")),
                may("OsType", TEXT, one_of("Linux", "Windows")),
                may("ImageId"),
                some("ImageIds"),
                may("Tag"),
                OFFSET,
                LIMIT,
            ),
            answer={
                "ImageSet": [
                    {
                        "ImageId": TEXT,
                        "ImageName": TEXT,
                        "ImageType": TEXT,
                        "State": TEXT,
                        "Features": [TEXT],
                        "ImageSize": INT,
                        "OsName": TEXT,
                        "OsType": TEXT,
                        "CreateTime": INT,
                        "ImageDescription": TEXT,
                        "Tag": TEXT,
                        "Zone": TEXT,
                        "MinimalCPU": TEXT,
                        "Vendor": TEXT,
                        "IntegratedSoftware": TEXT,
                        "Links": TEXT,
                    }
                ],
                "TotalCount": INT,
            },
            promises=(
                observed("Unknown ids give an empty list."),
                assumed("An image has one id in all zones of the box."),
                assumed("The catalogue's images are Base images."),
            ),
        ),
        Action(
            name="CreateCustomImage",
            zone=False,
            params=(
                need("UHostId"),
                need("ImageName", TEXT, LOOSE_NAME),
                may("ImageDescription", TEXT, REMARK, default=""),
                TAG,
                some("DataUDiskIds"),
            ),
            answer={"ImageId": TEXT},
            refusals=(no.HOST_ABSENT, no.BOOT_NOT_READY, no.HOST_POWER, no.QUOTA),
            promises=(
                documented("Making, then Available."),
                assumed("A running host may be imaged."),
                assumed("A host of a custom image boots from its model's image, without changed files."),
                documented("At most 10 custom images."),
            ),
        ),
        Action(
            name="TerminateCustomImage",
            zone=False,
            params=(need("ImageId"),),
            answer={"ImageId": TEXT},
            refusals=(no.IMAGE_UNKNOWN, no.IMAGE_STATE),
        ),
    ),
)
