"""Isolation groups (hosts on different hardware) and SSH key pairs."""

from __future__ import annotations

from ubox.contract import refusals as no
from ubox.contract.checks import LIMIT, LOOSE_NAME, NAME, OFFSET, REMARK
from ubox.contract.model import INT, TEXT, Action, Family, assumed, documented, may, need, observed, some

ISOLATION = Family(
    "Isolation group",
    (
        Action(
            name="CreateIsolationGroup",
            params=(need("GroupName", TEXT, LOOSE_NAME), may("Remark", TEXT, REMARK, default="")),
            answer={"GroupId": TEXT},
            promises=(documented("At most 7 hosts of a group in a zone."),),
        ),
        Action(
            name="DescribeIsolationGroup",
            params=(may("GroupId"), OFFSET, LIMIT),
            answer={
                "IsolationGroupSet": [
                    {
                        "GroupId": TEXT,
                        "GroupName": TEXT,
                        "Remark": TEXT,
                        "SpreadInfoSet": [{"Zone": TEXT, "UHostCount": INT}],
                    }
                ],
                "TotalCount": INT,
            },
            refusals=(no.GROUP_ABSENT,),
            promises=(
                observed("An unknown id is refused."),
                assumed("SpreadInfoSet has the zones with hosts only."),
            ),
        ),
        Action(
            name="DeleteIsolationGroup",
            params=(need("GroupId"),),
            answer={"GroupId": TEXT},
            refusals=(no.GROUP_ABSENT,),
            promises=(documented("Its hosts stay and belong to none."),),
        ),
        Action(
            name="AddUHostToIsolationGroup",
            zone=True,
            params=(need("GroupId"), need("UHostId")),
            answer={"UHostId": TEXT},
            refusals=(no.GROUP_ABSENT, no.GROUP_FULL, no.HOST_ABSENT, no.HOST_NOT_STOPPED),
            promises=(documented("The host is Stopped."),),
        ),
        Action(
            name="LeaveIsolationGroup",
            zone=False,
            params=(need("GroupId"), need("UHostId")),
            answer={"UHostId": TEXT},
            refusals=(no.GROUP_ABSENT, no.HOST_ABSENT),
        ),
    ),
)

KEY_PAIR = Family(
    "Key pair",
    (
        Action(
            name="ImportUHostKeyPairs",
            zone=False,
            params=(need("KeyPairName", TEXT, NAME), need("PublicKeyBody")),
            answer={"KeyPairId": TEXT, "KeyPairName": TEXT, "KeyPairFingerPrint": TEXT},
            refusals=(no.KEY_PAIR_BODY, no.KEY_PAIR_NAME),
            promises=(
                documented("ssh-rsa keys only."),
                assumed("The body is the line of the .pub file, as it is or in base64."),
                assumed("Names are unique in a project."),
            ),
        ),
        Action(
            name="DescribeUHostKeyPairs",
            zone=False,
            params=(may("KeyPairName"), may("KeyPairFingerPrint"), OFFSET, LIMIT),
            answer={
                "KeyPairs": [
                    {
                        "ProjectId": TEXT,
                        "KeyPairId": TEXT,
                        "KeyPairName": TEXT,
                        "KeyPairFingerPrint": TEXT,
                        "CreateTime": INT,
                    }
                ],
                "TotalCount": INT,
            },
        ),
        Action(
            name="DeleteUHostKeyPairs",
            zone=False,
            params=(some("KeyPairIds", required=True),),
            refusals=(no.KEY_PAIR_ABSENT,),
        ),
    ),
)
