"""The bootstrap against real, secured Consul and Nomad agents: killed after each write, and repeated."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from steppe.control import pki
from steppe.control.access import Access, open_access
from steppe.control.bootstrap import Foreign, bootstrap
from steppe.control.client import Answer, Client, ControlError
from steppe.control.conditions import Condition, NotMet, check_once, wait
from steppe.control.health import cluster_conditions, health
from steppe.control.secrets import KeyPair, Secrets, make
from steppe.control.tls import operator_context
from steppe.engine.events import Event
from steppe.topology import Host, Role, Topology

if TYPE_CHECKING:
    from tests.control.conftest import Agents


class Killed(Exception):
    """The process ended right after a write: its answer was never used."""


@dataclass(kw_only=True)
class Bootstrapped:
    agents: Agents
    access: Access
    killed: int
    """How many runs were killed before one came through."""

    @property
    def topology(self) -> Topology:
        return self.agents.topology


@pytest.fixture(scope="module")
def bootstrapped(agents: Agents) -> Iterator[Bootstrapped]:
    """The cluster after runs of which each was killed right after its first write, until nothing was left."""
    killed = 0
    while True:
        with (
            pytest.MonkeyPatch.context() as patch,
            open_access(agents.topology, agents.secrets, None, silent) as access,
        ):
            patch.setattr(Client, "call", dies_after_a_write(Client.call))
            try:
                changed = bootstrap(agents.topology, agents.secrets, access, silent, deadline_s=90)
                break
            except Killed:
                killed += 1
    assert changed == ()
    with open_access(agents.topology, agents.secrets, None, silent) as access:
        yield Bootstrapped(agents=agents, access=access, killed=killed)


def dies_after_a_write(call: Callable[..., Answer]) -> Callable[..., Answer]:
    dead = threading.Event()
    one_at_a_time = threading.Lock()

    def dying_call(self: Client, method: str, path: str, *args: Any, **kwargs: Any) -> Answer:
        with one_at_a_time:
            if dead.is_set():
                raise Killed(f"before {method} {path}")
            answer = call(self, method, path, *args, **kwargs)
            if method == "GET" or answer.status != 200:
                return answer
            dead.set()
            raise Killed(f"after {method} {path}")

    return dying_call


def silent(_: Event) -> None:
    return None


def eventually(what: str, holds: Callable[[], bool]) -> None:
    def poll() -> None:
        if not holds():
            raise NotMet("not yet")

    wait([Condition(what, poll)], 60, silent)


def test_killed_after_every_write_it_comes_to_the_same_end(bootstrapped: Bootstrapped) -> None:
    # Two ACL systems, three policies, a role, an auth method and two rules; for seven hosts a token of
    # Consul, for four one of Nomad; the brokers' node pool, unless its client registered first. A dying run
    # may still finish a write that was under way.
    assert 10 < bootstrapped.killed <= 21
    assert "broker" in {pool["Name"] for pool in bootstrapped.access.nomad.pools()}
    consul = bootstrapped.access.consul
    tokens = {token["Description"]: token for token in consul.tokens()}
    assert {f"consul on {host.name}" for host in bootstrapped.topology.hosts} <= tokens.keys()
    server, client = tokens["nomad on orders-nomad-a"], tokens["nomad on orders-broker-b"]
    assert [policy["Name"] for policy in server["Policies"]] == ["nomad-server"]
    assert [policy["Name"] for policy in client["Policies"]] == ["nomad-client"]
    rules = consul.binding_rules("nomad-workloads")
    assert sorted(rule["BindName"] for rule in rules) == [
        "${value.nomad_service}",
        "nomad-tasks-${value.nomad_namespace}",
    ]
    assert "nomad-tasks-default" in {role["Name"] for role in consul.roles()}


def test_what_someone_changed_is_written_back_and_nothing_else(bootstrapped: Bootstrapped) -> None:
    consul, agents = bootstrapped.access.consul, bootstrapped.agents
    policy = next(found for found in consul.policies() if found["Name"] == "nomad-tasks")
    consul.put_policy({"Name": "nomad-tasks", "Rules": 'key_prefix "" { policy = "write" }'}, policy)
    accessor = agents.secrets.hosts["orders-nomad-a"].nomad_consul
    assert accessor is not None
    consul.put_token({"Description": "nomad on orders-nomad-a"}, {"AccessorID": accessor.accessor})
    changed = bootstrap(agents.topology, agents.secrets, bootstrapped.access, silent)
    assert sorted(changed) == ["Consul: policy nomad-tasks", "Consul: token nomad on orders-nomad-a"]
    assert bootstrap(agents.topology, agents.secrets, bootstrapped.access, silent) == ()


def test_the_agents_take_part_with_their_tokens(bootstrapped: Bootstrapped) -> None:
    """Each Nomad server registers itself in Consul, which only its own token allows."""

    def registered() -> bool:
        services = bootstrapped.access.consul.request("GET", "/v1/catalog/service/nomad")
        return len({service["ServiceID"] for service in services if "http" in service["ServiceTags"]}) == 3

    eventually("three Nomad servers are in Consul's catalog", registered)


def test_a_well_cluster_meets_every_condition_through_its_balancers(bootstrapped: Bootstrapped) -> None:
    agents = bootstrapped.agents
    built = agents.topology
    conditions = cluster_conditions(built, bootstrapped.access, agents.secrets, stand_ins(built))
    assert [condition.name for condition in conditions] == [
        "Consul's servers vote and are healthy",
        "every Consul agent is alive",
        "Nomad's servers vote and are healthy",
        "every Nomad client is ready",
        "the balancer orders-consul answers on port 8501",
        "the balancer orders-nomad answers on port 4646",
    ]
    # Here Nomad's hosts have no Consul agent of their own.
    agents_alive = conditions[1]
    wait([each for each in conditions if each is not agents_alive], 60, silent)
    assert check_once([agents_alive])[0].why_not == (
        "not alive: orders-nomad-a, orders-nomad-b, orders-nomad-c, orders-broker-b"
    )


def test_a_missing_balancer_and_an_unknown_client_are_named(bootstrapped: Bootstrapped) -> None:
    agents = bootstrapped.agents
    known = replace(agents.topology, hosts=agents.topology.hosts[:-1])
    results = {each.condition: each for each in health(known, bootstrapped.access, agents.secrets, {})}
    clients = results["every Nomad client is ready"]
    assert clients.why_not == "no host of this cluster: orders-broker-b"
    assert "whose it is" in clients.hint
    assert "has no address" in results["the balancer orders-consul answers on port 8501"].why_not


def test_a_client_of_another_class_or_closed_to_work_is_named(bootstrapped: Bootstrapped) -> None:
    agents, nomad = bootstrapped.agents, bootstrapped.access.nomad
    host = agents.topology.host("orders-broker-b")
    other = tuple(
        replace(each, role=Role.NAMESERVER) if each is host else each for each in agents.topology.hosts
    )
    node = next(each for each in nomad.nodes() if each["Name"] == host.name)

    def why(hosts: tuple[Host, ...]) -> str:
        conditions = cluster_conditions(
            replace(agents.topology, hosts=hosts), bootstrapped.access, agents.secrets, {}
        )
        return check_once(conditions[3:4])[0].why_not

    assert why(other) == (
        "orders-broker-b has class and pool ('broker', 'broker'), not ('nameServer', 'nameserver')"
    )
    nomad.request("POST", f"/v1/node/{node['ID']}/eligibility", {"Eligibility": "ineligible"})
    assert why(agents.topology.hosts) == "closed to new work: orders-broker-b"
    nomad.request("POST", f"/v1/node/{node['ID']}/eligibility", {"Eligibility": "eligible"})
    assert why(agents.topology.hosts) == ""


def with_the_ca_of(cluster: Secrets, other: Secrets) -> Secrets:
    return replace(other, ca_certificate=cluster.ca_certificate, ca_key=cluster.ca_key)


def test_without_a_certificate_no_api_answers(bootstrapped: Bootstrapped) -> None:
    secrets = bootstrapped.agents.secrets
    stranger = pki.authority("stranger")
    for role, port, name in (
        (Role.CONSUL, 8501, "server.orders.consul"),
        (Role.NOMAD, 4646, "server.orders.nomad"),
    ):
        host = bootstrapped.topology.by_role(role)[0]
        url = f"https://{host.address}:{port}/v1/status/leader"
        own = operator_context(KeyPair(certificate=secrets.ca_certificate, key=secrets.ca_key))
        none = ssl.create_default_context(cadata=secrets.ca_certificate)
        foreign = operator_context(stranger)
        foreign.load_verify_locations(cadata=secrets.ca_certificate)
        with httpx.Client(verify=own, trust_env=False) as trusted:
            assert trusted.get(url, extensions={"sni_hostname": name}).status_code == 200
        for refused in (none, foreign):
            with httpx.Client(verify=refused, trust_env=False) as client, pytest.raises(httpx.TransportError):
                client.get(url, extensions={"sni_hostname": name})


def test_without_the_token_nothing_can_be_read_or_written(bootstrapped: Bootstrapped) -> None:
    other = with_the_ca_of(bootstrapped.agents.secrets, make(bootstrapped.topology))
    with open_access(bootstrapped.topology, other, None, silent) as stranger:
        for ask in (stranger.consul.tokens, stranger.nomad.nodes):
            with pytest.raises(ControlError) as caught:
                ask()
            assert caught.value.status == 403
            for secret in (other.consul_management.secret, other.nomad_management):
                assert secret not in caught.value.message + caught.value.hint


def test_someone_elses_cluster_is_refused(
    bootstrapped: Bootstrapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steppe.control.bootstrap._FOREIGN_AFTER_S", 0.2)
    other = with_the_ca_of(bootstrapped.agents.secrets, make(bootstrapped.topology))
    with (
        open_access(bootstrapped.topology, other, None, silent) as stranger,
        pytest.raises(Foreign, match="bootstrapped by someone else") as caught,
    ):
        bootstrap(bootstrapped.topology, other, stranger, silent)
    assert caught.value.exit_code == 5


def test_plain_http_and_a_foreign_ca_are_refused(bootstrapped: Bootstrapped) -> None:
    nomad = bootstrapped.topology.by_role(Role.NOMAD)[0].address
    assert httpx.get(f"http://{nomad}:4646/v1/status/leader", trust_env=False).status_code == 400
    with (
        open_access(bootstrapped.topology, make(bootstrapped.topology), None, silent) as stranger,
        pytest.raises(ControlError, match="certificate verify failed"),
    ):
        stranger.consul.leader()


def test_a_dead_server_is_passed_over_and_named_until_it_is_back(bootstrapped: Bootstrapped) -> None:
    agents, access = bootstrapped.agents, bootstrapped.access
    built = agents.topology
    servers = cluster_conditions(built, access, agents.secrets, stand_ins(built))[0]
    agents.kill("orders-consul-a")
    try:
        eventually("the others have a leader", lambda: bool(access.consul.leader()))
        eventually("it is named", lambda: "orders-consul-a is" in check_once([servers])[0].why_not)
    finally:
        agents.start("orders-consul-a")
    wait([servers], 60, silent)


def stand_ins(built: Topology) -> dict[str, str]:
    """A server's own address stands for the balancer's."""
    return {
        "orders-consul": str(built.by_role(Role.CONSUL)[1].address),
        "orders-nomad": str(built.by_role(Role.NOMAD)[1].address),
    }
