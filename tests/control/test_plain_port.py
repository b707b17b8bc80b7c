"""The plain port for a browser: it checks the TLS end for it, and adds nothing of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest

from steppe.control import pki
from steppe.control.pki import KeyPair
from steppe.control.plain_port import PlainPort
from steppe.control.tls import operator_context

NAME = "server.orders.consul"


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = (self.headers.get("X-Consul-Token") or "no token").encode() * 20_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture(scope="module")
def ca() -> KeyPair:
    return pki.authority("steppe orders")


@pytest.fixture(scope="module")
def server(ca: KeyPair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    pair = pki.leaf(ca, "a", [NAME], IPv4Address("127.0.0.1"))
    file: Path = tmp_path_factory.mktemp("tls") / "pair.pem"
    file.write_text(pair.certificate + pair.key)
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    serving.socket = context.wrap_socket(serving.socket, server_side=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield ("127.0.0.1", serving.server_port)
    serving.shutdown()
    thread.join()
    serving.server_close()


def test_a_browser_sees_the_page_and_only_its_own_token_goes_along(
    ca: KeyPair, server: tuple[str, int]
) -> None:
    with (
        closing(PlainPort(server, trust=operator_context(ca), tls_name=NAME)) as plain,
        httpx.Client(trust_env=False) as browser,
    ):
        assert plain.address.startswith("http://127.0.0.1:")
        assert browser.get(plain.address).text == "no token" * 20_000
        given = browser.get(plain.address, headers={"X-Consul-Token": "mine"})
        assert given.text == "mine" * 20_000


@pytest.mark.parametrize("other", ["name", "authority"])
def test_a_server_that_is_not_the_clusters_gets_nothing(
    ca: KeyPair, server: tuple[str, int], other: str
) -> None:
    trusted = ca if other == "name" else pki.authority("someone else")
    name = NAME if other == "authority" else "server.other.consul"
    with (
        closing(PlainPort(server, trust=operator_context(trusted), tls_name=name)) as plain,
        httpx.Client(trust_env=False) as browser,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        browser.get(plain.address)
