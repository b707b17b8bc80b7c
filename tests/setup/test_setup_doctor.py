"""What a machine lacks is found, and each lack comes with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from steppe.setup import doctor, packages
from steppe.setup.doctor import Finding


def _finding(mode: str, part: str) -> Finding:
    (found,) = (finding for finding in doctor.examine(mode) if part in finding.check)
    return found


@pytest.mark.parametrize("mode", doctor.MODES)
def test_every_finding_says_what_was_found_and_what_would_mend_it(mode: str) -> None:
    findings = doctor.examine(mode)
    assert findings
    for finding in findings:
        assert finding.check and finding.detail and finding.remedy


def test_an_empty_cache_lacks_tools_and_image(cache: Path) -> None:
    cache.mkdir()
    tools, image = _finding("box", "Consul"), _finding("box", "host image")
    assert not tools.ok
    assert tools.detail == "missing: consul, nomad, RocketMQ"
    assert not image.ok
    assert tools.remedy == image.remedy == "make setup"


def test_missing_programs_are_named_by_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "path", lambda: "")
    found = _finding("box", "packages")
    assert not found.ok
    assert found.remedy.startswith("apt-get install mmdebstrap systemd-container nftables")


def test_credentials_are_looked_for_in_environment_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("UCLOUD_PUBLIC_KEY", raising=False)
    monkeypatch.delenv("UCLOUD_PRIVATE_KEY", raising=False)
    assert not _finding("cloud", "credentials").ok

    (tmp_path / ".ucloud").mkdir()
    (tmp_path / ".ucloud" / "credential.json").write_text("[]")
    assert _finding("cloud", "credentials").detail == str(tmp_path / ".ucloud" / "credential.json")

    monkeypatch.setenv("UCLOUD_PUBLIC_KEY", "public")
    monkeypatch.setenv("UCLOUD_PRIVATE_KEY", "private")
    assert _finding("cloud", "credentials").detail == "in the environment"
    assert "private" not in repr(_finding("cloud", "credentials"))
