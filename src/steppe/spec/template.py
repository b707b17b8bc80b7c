"""The commented cluster file that `steppe init` writes."""

from __future__ import annotations

from steppe.spec.model import BOX_REGION

_ZONES = {
    "cn-bj2": ("cn-bj2-02", "cn-bj2-03", "cn-bj2-05"),
    "cn-sh2": ("cn-sh2-01", "cn-sh2-02", "cn-sh2-03"),
}
"""Zones of regions known to have three; of another region the template writes a guess to correct."""

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
# Three zones; their order gives the letters a, b, c in hosts' names.
zones: [{zones}]

network:
  # Two private networks apart from each other and from any network they will be peered with.
  management: 10.80.0.0/20
  client: 10.81.0.0/20

access:
  # Where you come from: only these networks reach the bastion. Write your own.
  from: [203.0.113.0/24]

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


def template(cluster: str, region: str) -> str:
    """A cluster file to start from; valid as it stands if `cluster` is a Cluster ID."""
    if region == BOX_REGION:
        place = _BOX
    else:
        zones = _ZONES.get(region, tuple(f"{region}-0{number}" for number in (1, 2, 3)))
        place = _CLOUD.format(region=region, zones=", ".join(zones))
    return _HEAD.format(cluster=cluster) + place + _ROCKETMQ.format(cluster=cluster)
