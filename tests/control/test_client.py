"""An API of several servers: the certificate's name is checked, and a dead server is passed over."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from steppe.control import pki
from steppe.control.client import Client, ControlError, Server, Service
from steppe.control.tls import operator_context

CA = pki.authority("test")
TOKEN = "2b5e-secret-token"
NAME = "server.orders.consul"


class Api(ThreadingHTTPServer):
    """Answers what it was asked, refuses `/forbidden` and hangs up on `/lost`."""

    daemon_threads = True
    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def _answer(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/lost":
            self.close_connection = True
            return
        status = 403 if self.path == "/forbidden" else 200
        token = self.headers.get("X-Consul-Token")
        body = json.dumps({"token": token}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output is not the place for it."""


@contextmanager
def serving(folder: Path, name: str = NAME, ca: pki.KeyPair = CA) -> Iterator[Api]:
    pair = pki.leaf(ca, "orders-consul-a", [name], IPv4Address("10.80.0.16"))
    for kind, text in (("cert", pair.certificate), ("key", pair.key)):
        (folder / f"{kind}.pem").write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=CA.certificate)
    server = Api(("127.0.0.1", 0), Handler)
    server.asked = []
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client(*apis: Api | None) -> Client:
    """Over those servers; None stands for a dead one."""
    local = {f"10.80.0.{place}": api.server_address[1] if api else 1 for place, api in enumerate(apis)}
    service = Service(
        title="Consul",
        port=8501,
        tls_name=NAME,
        token_header="X-Consul-Token",
        token=TOKEN,
        servers=tuple(
            Server(name=f"orders-consul-{place}", address=address) for place, address in enumerate(local)
        ),
    )
    return Client(service, operator_context(CA), lambda address, _: ("127.0.0.1", local[address]))


def test_the_token_goes_along_unless_the_call_is_anonymous(tmp_path: Path) -> None:
    with serving(tmp_path) as api:
        calls = client(api)
        assert calls.request("GET", "/x") == {"token": TOKEN}
        assert calls.call("GET", "/x", anonymous=True).body == {"token": None}


@pytest.mark.parametrize("name", ["client.orders.consul", "server.other.consul"])
def test_another_name_of_the_same_ca_is_refused(tmp_path: Path, name: str) -> None:
    with serving(tmp_path, name) as api, pytest.raises(ControlError, match="certificate verify failed"):
        client(api).request("GET", "/x")
    assert api.asked == []


def test_the_same_name_of_another_ca_is_refused(tmp_path: Path) -> None:
    with (
        serving(tmp_path, ca=pki.authority("other")) as api,
        pytest.raises(ControlError, match="certificate verify failed"),
    ):
        client(api).request("GET", "/x")
    assert api.asked == []


def test_a_dead_server_is_passed_over_and_the_good_one_is_asked_first_from_then_on(tmp_path: Path) -> None:
    with serving(tmp_path) as api:
        calls = client(None, api)
        calls.request("POST", "/x")
        calls.request("POST", "/x")
        assert len(api.asked) == 2


def test_with_every_server_dead_each_is_named_with_its_reason() -> None:
    with pytest.raises(ControlError) as caught:
        client(None, None).request("GET", "/v1/nodes")
    assert "orders-consul-0 (10.80.0.0): [Errno 111] Connection refused" in caught.value.message
    assert "orders-consul-1" in caught.value.message
    assert caught.value.hint


def test_a_lost_answer_is_asked_for_again_only_if_that_is_harmless(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with serving(tmp_path) as one, serving(tmp_path / "other") as other:
        for method in ("PUT", "POST"):
            with pytest.raises(ControlError):
                client(one, other).request(method, "/lost")
        assert one.asked == ["PUT /lost", "POST /lost"]
        assert other.asked == ["PUT /lost"]


def test_a_refusal_names_place_and_status_and_never_the_token(tmp_path: Path) -> None:
    with serving(tmp_path) as api, pytest.raises(ControlError) as caught:
        client(api).request("GET", "/forbidden")
    assert caught.value.status == 403
    assert "orders-consul-0 (10.80.0.0) answers GET /forbidden with 403" in caught.value.message
    assert TOKEN not in str(caught.value) + caught.value.hint
    with serving(tmp_path) as api:
        assert client(api).call("GET", "/forbidden", accept={403}).status == 403
        assert TOKEN not in repr(client(api)._service)
