"""Which job files a topology runs, with which variables. Pure; the files beside this one are plain HCL2.

What goes to Nomad is what `render` shows: a person with the file and the command gets the same job.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from steppe.rocketmq.hcl import Value, literal, variables
from steppe.rocketmq.sizes import sizes
from steppe.topology import ports
from steppe.topology.model import BrokerGroup, Host, NameServerGroup, Role, Topology

NAMESERVER_FILE = "nameserver.nomad.hcl"
ENDPOINT_FILE = "endpoint.nomad.hcl"
BROKER_FILE = "broker.nomad.hcl"
VERIFY_FILE = "verify.nomad.hcl"
DELETE_FILE = "delete-data.nomad.hcl"

ENDPOINT_JOB = "rocketmq-endpoint"
_NAMESERVER_JOB = "rocketmq-nameserver-"
_BROKER_JOB = "rocketmq-broker-"
_SMALL_DISK_GB = 50
_COMMITLOG_FILE_MIB = 1024
"""RocketMQ's own default."""
_SMALL_COMMITLOG_FILE_MIB = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFile:
    id: str
    """The job's id in Nomad."""
    file: str
    variables: Mapping[str, Value]

    @property
    def source(self) -> str:
        return files(__name__).joinpath(self.file).read_text()

    @property
    def variables_text(self) -> str:
        return variables(self.variables)


def nameserver_job(group: str) -> str:
    """The job's id, which is its service's name in Consul too."""
    return f"{_NAMESERVER_JOB}{group}"


def broker_job(group: str) -> str:
    """The job's id, which is its service's name in Consul too."""
    return f"{_BROKER_JOB}{group}"


def group_of(job: str) -> tuple[Role, str] | None:
    """Kind and name of the group that a job of that id is of; None if it is no group's."""
    for kind, prefix in ((Role.NAMESERVER, _NAMESERVER_JOB), (Role.BROKER, _BROKER_JOB)):
        if job.startswith(prefix):
            return kind, job.removeprefix(prefix)
    return None


def is_group_job(job: str) -> bool:
    """Whether a job of that id is, or was, of some topology's groups."""
    return job.startswith((_NAMESERVER_JOB, _BROKER_JOB)) or job == ENDPOINT_JOB


def is_broker_job(job: str) -> bool:
    """Whether a job of that id is, or was, of a Broker group."""
    return job.startswith(_BROKER_JOB)


def job_ids(topology: Topology) -> tuple[str, ...]:
    """Of all that `jobs` gives, in its order."""
    if not topology.nameserver_groups:
        return ()
    return (
        *(nameserver_job(group.name) for group in topology.nameserver_groups),
        ENDPOINT_JOB,
        *(broker_job(group.name) for group in topology.broker_groups),
    )


def jobs(
    topology: Topology, balancer_addresses: Mapping[str, str], *, further_groups: int = 0
) -> tuple[JobFile, ...]:
    """Everything of RocketMQ that the topology runs, NameServers first; nothing if it has no groups.

    `balancer_addresses`: each balancer's private address by its name. `further_groups`: Broker groups that
    share the hosts, and that the topology doesn't know.
    """
    if not topology.nameserver_groups:
        return ()
    return (
        *(_nameservers(topology, group) for group in topology.nameserver_groups),
        _endpoint(topology),
        *(_brokers(topology, group, balancer_addresses, further_groups) for group in topology.broker_groups),
    )


def render(job_files: Sequence[JobFile]) -> str:
    """The commands that run the jobs by hand, in the folder of the job files."""
    return "\n".join(command(job) for job in job_files)


def command(job: JobFile) -> str:
    """The one that runs this job by hand, in the folder of its file."""
    arguments = [f"-var {shlex.quote(f'{name}={_argument(value)}')}" for name, value in job.variables.items()]
    return " \\\n  ".join(["nomad job run", *arguments, job.file])


def members(topology: Topology, group: NameServerGroup) -> tuple[str, ...]:
    """Private addresses of the group's hosts, in zone order."""
    return tuple(str(topology.host(name).address) for name in group.hosts)


def nameserver_group(topology: Topology, name: str) -> NameServerGroup:
    """Raises KeyError when the topology has none of that name."""
    for group in topology.nameserver_groups:
        if group.name == name:
            return group
    raise KeyError(name)


def endpoint(topology: Topology, balancer_addresses: Mapping[str, str]) -> str:
    """`address:port` where brokers and clients ask for NameServers: the NameServer balancer."""
    name = next(balancer.name for balancer in topology.balancers if balancer.role is Role.NAMESERVER)
    return f"{balancer_addresses[name]}:{ports.NAMESERVER_LIST}"


def _nameservers(topology: Topology, group: NameServerGroup) -> JobFile:
    size = sizes(_smallest([topology.host(name) for name in group.hosts]))
    return JobFile(
        id=nameserver_job(group.name),
        file=NAMESERVER_FILE,
        variables={
            "group": group.name,
            "hosts": list(group.hosts),
            "members": list(members(topology, group)),
            "port": ports.NAMESERVER,
            "controller_port": ports.NAMESERVER_CONTROLLER,
            "heap_mib": size.heap,
            "memory_mib": size.memory,
            "java_opts": size.java_opts,
        },
    )


def _endpoint(topology: Topology) -> JobFile:
    groups: list[Value] = [
        {"name": group.name, "members": list(members(topology, group))}
        for group in topology.nameserver_groups
    ]
    return JobFile(
        id=ENDPOINT_JOB,
        file=ENDPOINT_FILE,
        variables={
            "groups": groups,
            "nameserver_port": ports.NAMESERVER,
            "port": ports.NAMESERVER_LIST,
        },
    )


def _brokers(
    topology: Topology, group: BrokerGroup, balancer_addresses: Mapping[str, str], further_groups: int
) -> JobFile:
    hosts = topology.by_role(Role.BROKER)
    smallest = _smallest(hosts)
    per_zone = len(hosts) // len(topology.zones)
    size = sizes(smallest, groups=-(-(len(topology.broker_groups) + further_groups) // per_zone))
    disk_gb = min((host.data_disk or host.boot_disk).size_gb for host in hosts)
    return JobFile(
        id=broker_job(group.name),
        file=BROKER_FILE,
        variables={
            "cluster": topology.cluster,
            "group": group.name,
            "nameserver": group.nameserver,
            "controllers": list(members(topology, nameserver_group(topology, group.nameserver))),
            "endpoint": endpoint(topology, balancer_addresses),
            "port": group.port,
            "controller_port": ports.NAMESERVER_CONTROLLER,
            "members": len(topology.zones),
            "heap_mib": size.heap,
            "direct_mib": size.direct,
            "memory_mib": size.memory,
            "commitlog_file_mib": _SMALL_COMMITLOG_FILE_MIB
            if disk_gb < _SMALL_DISK_GB
            else _COMMITLOG_FILE_MIB,
            "java_opts": size.java_opts,
        },
    )


def _smallest(hosts: Sequence[Host]) -> Host:
    return min(hosts, key=lambda host: host.memory_mib)


def _argument(value: Value) -> str:
    """A plain string stands for itself on the command line; anything else is an HCL2 expression."""
    return value if isinstance(value, str) else literal(value)
