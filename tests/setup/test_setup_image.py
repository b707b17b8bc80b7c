"""The image's recipe: when it is made again, how ubox hears of it, and that its parts fit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from steppe.machine import paths
from steppe.setup import go_tools, image, rocketmq
from ubox import catalogue

REPOSITORY = Path(__file__).parents[2]
RECIPE = REPOSITORY / "images"
BEFORE_NOMAD = RECIPE / "host" / "usr/local/lib/steppe/before-nomad-client"
UNITS = RECIPE / "host" / "etc" / "systemd" / "system"


@pytest.fixture
def recipe(cache: Path, tmp_path: Path) -> Path:
    """A copy of the recipe, beside the pins of the jars; the tools are noted in the cache."""
    shutil.copytree(RECIPE, tmp_path / "clone" / "images")
    (tmp_path / "clone" / "tools" / "rocketmq").mkdir(parents=True)
    (tmp_path / "clone" / "tools" / "rocketmq" / "SHA256SUMS").write_text("1  a.jar\n")
    for tool in go_tools.TOOLS:
        folder = cache / "tools" / f"{tool.name}-{tool.version}"
        folder.mkdir(parents=True)
        (folder / "SHA256SUMS").write_text(f"1  {tool.name}\n")
    return tmp_path / "clone" / "images"


def _edit(recipe: Path, _: Path) -> None:
    with (recipe / "provision.sh").open("a") as script:
        script.write("true\n")


def _add(recipe: Path, _: Path) -> None:
    (recipe / "host" / "etc" / "new").touch()


def _make_executable(recipe: Path, _: Path) -> None:
    (recipe / "host" / "etc" / "sysctl.d" / "90-steppe.conf").chmod(0o755)


def _change_a_jar(recipe: Path, _: Path) -> None:
    (recipe.parent / "tools" / "rocketmq" / "SHA256SUMS").write_text("2  a.jar\n")


def _change_a_tool(_: Path, cache: Path) -> None:
    (cache / "tools" / "nomad-1.10.5" / "SHA256SUMS").write_text("2  nomad\n")


@pytest.mark.parametrize("change", [_edit, _add, _make_executable, _change_a_jar, _change_a_tool])
def test_the_address_changes_with_what_is_in_the_image(
    recipe: Path, cache: Path, change: Callable[[Path, Path], None]
) -> None:
    before = image.address(recipe)
    change(recipe, cache)
    assert image.address(recipe) != before


def test_the_address_does_not_change_with_place_or_time(recipe: Path) -> None:
    before = image.address(recipe)
    os.utime(recipe / "provision.sh", (0, 0))
    assert (
        image.address(Path(shutil.copytree(recipe.parent, recipe.parent.parent / "other")) / "images")
        == before
    )


def test_ubox_reads_the_catalogue_where_it_looks_for_it(cache: Path) -> None:
    folder = cache / "images" / "0123456789abcdef"
    (folder / "rootfs").mkdir(parents=True)
    assert image.current() is None

    image.write_catalogue(folder)

    (known,) = catalogue.read(catalogue.default_file())
    assert known.name == "steppe-host"
    assert known.root == folder / "rootfs" == image.current()
    assert "CloudInit" in known.features


def test_the_catalogue_names_the_newest_image(cache: Path) -> None:
    for name in ("0" * 16, "1" * 16):
        (cache / "images" / name / "rootfs").mkdir(parents=True)
        image.write_catalogue(cache / "images" / name)
    assert [entry["id"] for entry in json.loads(image.catalogue().read_text())] == ["uimage-11111111"]


@pytest.mark.parametrize("script", sorted(RECIPE.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_of_the_recipe_are_well_formed(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)


def test_every_enabled_unit_is_in_the_recipe_or_of_a_package() -> None:
    text = (RECIPE / "provision.sh").read_text()
    (enabled,) = re.findall(r"^systemctl enable (.*)$", text, re.MULTILINE)
    own = {path.name for path in UNITS.iterdir()}
    assert set(enabled.split()) - own == {"ssh.service"}


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda path: path.name)
def test_every_program_that_a_unit_starts_is_in_the_recipe(unit: Path) -> None:
    for program in re.findall(r"^Exec\w+=(/usr/local/lib/\S+)", unit.read_text(), re.MULTILINE):
        assert os.access(RECIPE / "host" / program.lstrip("/"), os.X_OK)


def test_units_look_where_a_hosts_files_are() -> None:
    assert f"-config-dir={paths.CONSUL_DIR}\n" in (UNITS / "consul.service").read_text()
    assert f"-config={paths.NOMAD_DIR}\n" in (UNITS / "nomad.service").read_text()
    assert paths.BALANCER_ADDRESSES in (UNITS / "steppe-addresses.service").read_text()
    assert paths.NOMAD_SERVERS in BEFORE_NOMAD.read_text()


def test_what_holds_nomad_back_reads_region_and_token_of_its_configuration(tmp_path: Path) -> None:
    config = tmp_path / "nomad.json"
    nomad = {"region": "orders", "consul": {"address": "127.0.0.1:8500", "token": "0f1e", "last": "x"}}
    config.write_text(json.dumps(nomad, indent=1))
    (definition,) = re.findall(r"^field\(\) .*$", BEFORE_NOMAD.read_text(), re.MULTILINE)
    script = f"config={config}\n{definition}\nfield region; field token; field last"
    assert subprocess.check_output(["sh", "-c", script], text=True).split() == ["orders", "0f1e", "x"]


def test_jars_that_are_missing_changed_or_too_many_are_named(tmp_path: Path) -> None:
    for name in ("kept.jar", "changed.jar", "extra.jar"):
        (tmp_path / name).write_text(name)
    sums = "".join(
        f"{digest}  {name}\n"
        for name, digest in {
            "kept.jar": subprocess.check_output(["sha256sum", tmp_path / "kept.jar"], text=True).split()[0],
            "changed.jar": "0" * 64,
            "missing.jar": "1" * 64,
        }.items()
    )
    assert rocketmq.differing(tmp_path, sums) == ["changed.jar", "extra.jar", "missing.jar"]


def test_the_pinned_jars_are_of_the_release() -> None:
    text = (REPOSITORY / "tools" / "rocketmq" / "SHA256SUMS").read_text()
    assert all(re.fullmatch(r"[0-9a-f]{64}  \S+\.jar", row) for row in text.splitlines())
    for part in ("namesrv", "controller", "broker", "client", "tools", "proxy"):
        assert f"  rocketmq-{part}-{rocketmq.VERSION}.jar\n" in text
    pom = (REPOSITORY / "tools" / "rocketmq" / "pom.xml").read_text()
    assert f"<rocketmq.version>{rocketmq.VERSION}</rocketmq.version>" in pom
