"""When certificates end: told 30 days before, and what renews them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from steppe.control import pki
from steppe.control.expiry import first_expiry, remedy, warning
from steppe.control.secrets import make
from steppe.topology import Topology


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(days=31), ""),
        (timedelta(days=29), "expires on"),
        (timedelta(0), "has expired, on"),
    ],
)
def test_it_is_told_from_30_days_before(cluster: Topology, before: timedelta, said: str) -> None:
    first = first_expiry(cluster, make(cluster))
    told = warning(first, first.at - before)
    assert said in told
    assert bool(said) is bool(told)


def test_the_first_one_is_an_agents_and_can_be_renewed(cluster: Topology) -> None:
    secrets = make(cluster)
    first = first_expiry(cluster, secrets)
    ends = [pki.expires(own.consul_tls.certificate) for own in secrets.hosts.values() if own.consul_tls]
    assert first.at == min(ends)
    assert first.what.startswith("the certificate of")
    assert remedy(first, "orders.yaml") == "steppe rotate orders.yaml certs"
