"""Who calls the API, and where it is.

The first that has both keys counts:

1. for the region `box`: the box's own `box.json`, and nothing else, so that real keys never go to a box;
2. the environment: UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY;
3. a profile of `~/.ucloud/credential.json`: $UCLOUD_PROFILE, else the active one, else `default`.

Project and endpoint come from UCLOUD_PROJECT_ID and UCLOUD_API_BASE_URL, else from the same profile of
`~/.ucloud/config.json`. These are the names and files of the official CLI, Go SDK and Terraform provider.

A private region has an API of its own, often with a certificate of its own authority: UCLOUD_CA_FILE, else
`ca_file` in the profile's entry of config.json (steppe's own addition), names a PEM file that is trusted in
place of the public authorities.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from steppe.errors import UsageError

BOX_REGION = "box"
ENDPOINT = "https://api.ucloud.cn/"
_BOX_HINT = "Start it with `steppe box start`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    region: str
    public_key: str
    private_key: str = field(repr=False)
    project_id: str = ""
    """Empty for the account's default project."""
    endpoint: str = ENDPOINT
    ca_file: str = ""
    """The PEM file of the authority that signed the endpoint's certificate; empty for the public ones."""
    host_endpoint: str = ""
    """Where hosts of the region reach the API; empty where that is the endpoint."""


def find(region: str, environ: Mapping[str, str], home: Path) -> Credentials:
    """The credentials for that region. Raises UsageError, saying what to do, when there are none."""
    return _of_box(environ, home) if region == BOX_REGION else _of_account(region, environ, home)


def _of_hosts(told: Mapping[str, Any]) -> str:
    """The box's API on its internet, at .2 of it: its endpoint is on this machine's loopback."""
    internet = told.get("internet")
    return f"http://{IPv4Network(internet['cidr'])[2]}:{told['port']}/" if internet else ""


def _of_account(region: str, environ: Mapping[str, str], home: Path) -> Credentials:
    config, keys = _profile(environ, home)
    public, private = environ.get("UCLOUD_PUBLIC_KEY"), environ.get("UCLOUD_PRIVATE_KEY")
    if bool(public) != bool(private):
        missing = "UCLOUD_PRIVATE_KEY" if public else "UCLOUD_PUBLIC_KEY"
        raise UsageError(
            f"{missing} is not set.", code="credentials.missing", hint="Set both keys, or neither."
        )
    public, private = (public, private) if public else (keys.get("public_key"), keys.get("private_key"))
    if not public or not private:
        raise UsageError(
            "No UCloud API keys were found.",
            code="credentials.missing",
            hint="Set UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY (console.ucloud.cn/uapi/apikey), or run "
            "`ucloud init` of the official CLI, which writes ~/.ucloud/credential.json.",
        )
    return Credentials(
        region=region,
        public_key=public,
        private_key=private,
        project_id=environ.get("UCLOUD_PROJECT_ID") or config.get("project_id") or "",
        endpoint=_endpoint(environ.get("UCLOUD_API_BASE_URL") or config.get("base_url") or ENDPOINT),
        ca_file=_authority(environ.get("UCLOUD_CA_FILE") or config.get("ca_file") or "", home),
    )


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise UsageError(
            f"{url!r} is no address of an API.",
            code="credentials.endpoint",
            hint="UCLOUD_API_BASE_URL, or base_url of the profile, is a URL such as https://api.ucloud.cn/.",
        )
    return url


def _authority(file: str, home: Path) -> str:
    """The file's full path, once it is known to hold certificates. Raises UsageError."""
    if not file:
        return ""
    path = home / Path(file).expanduser()
    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        why = error.strerror if isinstance(error, FileNotFoundError) else "it holds no certificate in PEM"
        raise UsageError(
            f"{path}, the API's certificate authority, can't be used: {why}.",
            code="credentials.authority",
            hint="UCLOUD_CA_FILE, or ca_file of the profile in ~/.ucloud/config.json, names it.",
        ) from None
    return str(path)


def _profile(environ: Mapping[str, str], home: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The chosen profile's entries in config.json and credential.json; empty where there is none."""
    configs = _entries(home / ".ucloud" / "config.json")
    credentials = _entries(home / ".ucloud" / "credential.json")
    asked = environ.get("UCLOUD_PROFILE")
    active = next((str(each.get("profile")) for each in configs if each.get("active")), "default")
    name = asked or active
    config = next((each for each in configs if each.get("profile") == name), None)
    keys = next((each for each in credentials if each.get("profile") == name), None)
    if asked and config is None and keys is None:
        known = sorted({str(each.get("profile")) for each in (*configs, *credentials)})
        raise UsageError(
            f"There is no profile {asked!r} (UCLOUD_PROFILE) in {home / '.ucloud'}.",
            code="credentials.profile",
            hint=f"Profiles there: {', '.join(known) or 'none'}.",
        )
    return config or {}, keys or {}


def _entries(file: Path) -> list[dict[str, Any]]:
    """The profiles in one of the CLI's files. Raises UsageError where it can't be read."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{file} can't be read: {type(error).__name__}.",
            code="credentials.file",
            hint="It should be a JSON list of profiles, as `ucloud init` writes it.",
        ) from None
    if not isinstance(entries, list):
        raise UsageError(
            f"{file} is not a JSON list of profiles.",
            code="credentials.file",
            hint="`ucloud init` of the official CLI writes it anew.",
        )
    return [entry for entry in entries if isinstance(entry, dict)]


def _of_box(environ: Mapping[str, str], home: Path) -> Credentials:
    state = environ.get("XDG_STATE_HOME") or home / ".local" / "state"
    file = Path(environ.get("UBOX_DIR") or Path(state) / "ubox" / "box") / "box.json"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Credentials(
            region=told["region"],
            public_key=told["public_key"],
            private_key=told["private_key"],
            project_id=told["project_id"],
            endpoint=told["endpoint"],
            host_endpoint=_of_hosts(told),
        )
    except FileNotFoundError:
        raise UsageError(
            f"The region `box` is not there: {file} doesn't exist.", code="box.absent", hint=_BOX_HINT
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{file} can't be used: {type(error).__name__}.", code="box.unreadable", hint=_BOX_HINT
        ) from None
