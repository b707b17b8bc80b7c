"""The API of a private region: over TLS, with a certificate of its own authority."""

from __future__ import annotations

import http.server
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from steppe.cloud import Api
from steppe.cloud.credentials import Credentials, find
from steppe.control import pki
from steppe.engine.fault import Fault, FaultClass
from steppe.errors import UsageError
from tests.cloud.cluster_in_box import credentials
from ubox.testing import serve

KEYS = {"UCLOUD_PUBLIC_KEY": "public", "UCLOUD_PRIVATE_KEY": "private"}


@dataclass(frozen=True)
class Region:
    credentials: Credentials
    authority: Path


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """A box with a TLS server before it."""
    folder = tmp_path_factory.mktemp("authority")
    authority = pki.authority("a private region")
    own = pki.leaf(authority, "api", ["api.private.example"], IPv4Address("127.0.0.1"))
    (folder / "ca.pem").write_text(authority.certificate)
    (folder / "api.pem").write_text(own.certificate + own.key)
    with serve() as served:

        class Before(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kind = {"Content-Type": self.headers["Content-Type"]}
                asked = urllib.request.Request(served.endpoint, data=body, headers=kind)
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    told = answer.read()
                self.send_response(200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Before)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "api.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"https://127.0.0.1:{server.server_address[1]}/"
        yield Region(replace(credentials(served), endpoint=endpoint), folder / "ca.pem")
        server.shutdown()
        server.server_close()


def test_a_trusted_authority_is_enough(region: Region) -> None:
    api = Api(replace(region.credentials, ca_file=str(region.authority)))
    assert [row["Region"] for row in api.call("GetRegion")["Regions"]]
    api.close()


def test_another_certificate_is_refused_at_once_with_the_remedy(region: Region) -> None:
    api = Api(region.credentials)
    with pytest.raises(Fault, match=r"certificate of https://127\.0\.0\.1:.* is not trusted") as told:
        api.call("GetRegion")
    assert (told.value.code, told.value.fault_class) == ("ucloud.certificate", FaultClass.PERMANENT)
    assert "UCLOUD_CA_FILE" in told.value.hint
    assert api.calls == {"GetRegion": 1}
    api.close()


def test_environment_and_profile_name_the_authority(region: Region, tmp_path: Path) -> None:
    (tmp_path / ".ucloud").mkdir()
    profile = '[{"profile": "default", "base_url": "https://api.private.example/", "ca_file": "%s"}]'
    (tmp_path / ".ucloud" / "config.json").write_text(profile % region.authority)
    found = find("cn-private", KEYS, tmp_path)
    assert (found.endpoint, found.ca_file) == ("https://api.private.example/", str(region.authority))
    with pytest.raises(
        UsageError, match=r"nowhere\.pem, the API's certificate authority, can't be used: No such"
    ):
        find("cn-private", {**KEYS, "UCLOUD_CA_FILE": str(tmp_path / "nowhere.pem")}, tmp_path)
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(UsageError, match="it holds no certificate in PEM"):
        find("cn-private", {**KEYS, "UCLOUD_CA_FILE": str(tmp_path / "empty.pem")}, tmp_path)


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'api\.private\.example' is no address of an API") as told:
        find("cn-private", {**KEYS, "UCLOUD_API_BASE_URL": "api.private.example"}, tmp_path)
    assert told.value.code == "credentials.endpoint"
