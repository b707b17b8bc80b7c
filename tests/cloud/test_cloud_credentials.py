"""Where keys come from, in which order, and what is said when there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steppe.cloud import find_credentials
from steppe.errors import UsageError

KEYS = {"UCLOUD_PUBLIC_KEY": "env-public", "UCLOUD_PRIVATE_KEY": "env-private"}


def write(home: Path, **files: Any) -> None:
    folder = home / ".ucloud"
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


def profiles(home: Path) -> None:
    """As `ucloud init` of the official CLI writes them."""
    write(
        home,
        config=[
            {"profile": "default", "active": False, "project_id": "org-a", "base_url": "https://a.example/"},
            {"profile": "work", "active": True, "project_id": "org-b", "base_url": "https://b.example/"},
        ],
        credential=[
            {"profile": "default", "public_key": "a-public", "private_key": "a-private"},
            {"profile": "work", "public_key": "b-public", "private_key": "b-private"},
        ],
    )


def test_the_active_profile_counts(tmp_path: Path) -> None:
    profiles(tmp_path)
    found = find_credentials("cn-bj2", {}, tmp_path)
    assert (found.public_key, found.private_key) == ("b-public", "b-private")
    assert (found.project_id, found.endpoint, found.region) == ("org-b", "https://b.example/", "cn-bj2")


def test_a_named_profile_comes_before_the_active_one(tmp_path: Path) -> None:
    profiles(tmp_path)
    assert find_credentials("cn-bj2", {"UCLOUD_PROFILE": "default"}, tmp_path).public_key == "a-public"


def test_the_environment_comes_before_profiles(tmp_path: Path) -> None:
    profiles(tmp_path)
    told = {**KEYS, "UCLOUD_PROJECT_ID": "org-env", "UCLOUD_API_BASE_URL": "https://env.example/"}
    found = find_credentials("cn-bj2", told, tmp_path)
    assert (found.public_key, found.private_key) == ("env-public", "env-private")
    assert (found.project_id, found.endpoint) == ("org-env", "https://env.example/")


def test_without_anything_the_endpoint_is_the_public_one(tmp_path: Path) -> None:
    found = find_credentials("cn-bj2", KEYS, tmp_path)
    assert (found.project_id, found.endpoint) == ("", "https://api.ucloud.cn/")


def test_a_private_key_is_never_shown(tmp_path: Path) -> None:
    assert "env-private" not in repr(find_credentials("cn-bj2", KEYS, tmp_path))


def test_the_box_has_its_own_keys_and_never_gets_others(tmp_path: Path) -> None:
    box = {
        "endpoint": "http://127.0.0.1:1/",
        "region": "box",
        "project_id": "org-box",
        "public_key": "box-public",
        "private_key": "box-private",
    }
    (tmp_path / "box.json").write_text(json.dumps(box))
    found = find_credentials("box", {**KEYS, "UBOX_DIR": str(tmp_path)}, tmp_path)
    assert (found.public_key, found.endpoint) == ("box-public", "http://127.0.0.1:1/")


def test_the_box_is_looked_for_in_the_state_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"state/ubox/box/box\.json") as told:
        find_credentials("box", {**KEYS, "XDG_STATE_HOME": str(tmp_path / "state")}, tmp_path)
    assert "steppe box start" in told.value.hint


@pytest.mark.parametrize(
    ("environ", "says", "code"),
    [
        ({}, "No UCloud API keys", "credentials.missing"),
        ({"UCLOUD_PUBLIC_KEY": "x"}, "UCLOUD_PRIVATE_KEY is not set", "credentials.missing"),
        ({"UCLOUD_PRIVATE_KEY": "x"}, "UCLOUD_PUBLIC_KEY is not set", "credentials.missing"),
        ({"UCLOUD_PROFILE": "nobody"}, "no profile 'nobody'", "credentials.profile"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, environ: dict[str, str], says: str, code: str) -> None:
    with pytest.raises(UsageError, match=says) as told:
        find_credentials("cn-bj2", environ, tmp_path)
    assert told.value.code == code
    assert told.value.hint


@pytest.mark.parametrize("content", ["{", '{"profile": "default"}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    write(tmp_path, config=[])
    (tmp_path / ".ucloud" / "credential.json").write_text(content)
    with pytest.raises(UsageError, match=r"credential\.json"):
        find_credentials("cn-bj2", {}, tmp_path)
