"""The commented cluster file that `steppe init` writes."""

from __future__ import annotations

from collections.abc import Sequence

from steppe.spec.model import BOX_REGION

_HEAD = """\
# A Nomad cluster over three zones. Every field: docs/spec.md; check with: steppe validate

# The Cluster ID: in the name and Tag of every resource, unique in the region.
cluster: {cluster}
"""

_BOX = """\
# This machine plays the region (steppe box start). A UCloud region needs its three zones too.
region: box

hosts:
  # Small, so that the whole fits one machine. Left out, sizes are fit for production.
  consul: {cpu: 1, memory: 1GiB}
  nomad: {count: 3, cpu: 1, memory: 1GiB}
  nameserver: {per_zone: 1, cpu: 1, memory: 1GiB}
  broker: {per_zone: 1, cpu: 2, memory: 2GiB, data_disk: {size: 20GiB}}
  bastion: {cpu: 1, memory: 1GiB}
"""

_CLOUD = """\
region: {region}
{zones}

network:
  # Two private networks apart from each other and from any network they will be peered with.
  management: 10.80.0.0/20
  client: 10.81.0.0/20

access:
{sources}

hosts:
  # Sizes, types, images and disks may be lists of three, in zone order, to change one zone at a time.
  consul: {{cpu: 2, memory: 4GiB}}
  nomad: {{count: 3, cpu: 2, memory: 4GiB}}
  nameserver: {{per_zone: 1, cpu: 2, memory: 4GiB}}
  broker: {{per_zone: 1, cpu: 4, memory: 8GiB, data_disk: {{type: CLOUD_RSSD, size: 200GiB}}}}
"""

_ROCKETMQ = """\

rocketmq:
  # A group is three processes, one in each zone.
  nameservers:
    main: {{}}
  brokers:
    {cluster}-0: {{nameserver: main}}
"""


_THREE = "# Three zones; their order gives the letters a, b, c in hosts' names.\n"
_FEWER = """\
# Their order gives the letters a, b in hosts' names. Losing one of fewer than three may stop the cluster.
allow_fewer_zones: true
"""
_YOURS = """\
  # Where you come from: only these networks reach the bastion.
  from: [{}]"""
_MISSING = """\
  # Where you come from: only these networks reach the bastion. Put yours in, without the #.
  # from: [your public address/32]"""


def template(cluster: str, region: str, zones: Sequence[str] = (), sources: Sequence[str] = ()) -> str:
    """A cluster file to start from, of values that are right each by itself.

    `zones` and `sources` count in a cloud region; without sources the file isn't valid until they are put in.
    """
    if region == BOX_REGION:
        place = _BOX
    else:
        place = _CLOUD.format(
            region=region,
            zones=(_THREE if len(zones) == 3 else _FEWER) + f"zones: [{', '.join(zones)}]",
            sources=_YOURS.format(", ".join(sources)) if sources else _MISSING,
        )
    return _HEAD.format(cluster=cluster) + place + _ROCKETMQ.format(cluster=cluster)
