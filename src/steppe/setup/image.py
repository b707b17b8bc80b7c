"""The host image for ubox: a root file system made by the recipe in `images/`.

Content-addressed: `images/<hash>/rootfs` in the cache, the hash being of the recipe and of every tool in it;
so it is made again only when one of them changes. On UCloud the same recipe makes the custom image.

1. `images/packages.txt`: Debian packages, by mmdebstrap (kept apart, since they change least).
2. `images/host/`: files, copied to `/`; Consul, Nomad, RocketMQ's jars, `images/java/` and steppe's own
   `discovery.py` as `/usr/local/sbin/steppe-discover`.
3. `images/provision.sh`, inside: users, folders, units.
4. `images/class-data.sh`, inside: class-data archives, so that JVMs start quickly.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from steppe import discovery
from steppe.setup import go_tools, rocketmq
from steppe.setup.cache import cache_folder, publish, repository, sha256
from steppe.setup.command import run
from steppe.setup.progress import step

NAME = "steppe-host"
SUITE = "bookworm"
_DISCOVER = Path(discovery.__file__)
_HINT = "steppe doctor tells what this machine lacks"
_NOT_INSTALLED = ("usr/share/doc/*", "usr/share/man/*", "usr/share/locale/*")


def resolve() -> Path:
    """The image's root file system, made if it isn't there, and the catalogue that names it to ubox."""
    recipe = repository() / "images"
    folder = cache_folder() / "images" / address(recipe)
    publish(folder, lambda part: _make(recipe, part / "rootfs"))
    write_catalogue(folder)
    return folder / "rootfs"


def catalogue() -> Path:
    """The file by which ubox knows its images."""
    return cache_folder() / "images" / "catalogue.json"


def current() -> Path | None:
    """The root file system that the catalogue names, None if there is none yet."""
    if not catalogue().is_file():
        return None
    root = Path(json.loads(catalogue().read_text())[0]["root"])
    return root if root.is_dir() else None


def address(recipe: Path) -> str:
    """The image's content address: 16 hex digits."""
    jars = (recipe.parent / "tools" / "rocketmq" / "SHA256SUMS").read_text()
    parts = [*_recipe_parts(recipe), rocketmq.VERSION, jars]
    parts.append(sha256(_DISCOVER))
    parts += [f"{tool.name} {go_tools.identity(tool)}" for tool in go_tools.TOOLS]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _recipe_parts(recipe: Path) -> Iterator[str]:
    for path in sorted(recipe.rglob("*")):
        if path.is_file():
            executable = "x" if os.access(path, os.X_OK) else "-"
            yield f"{path.relative_to(recipe)} {executable} {sha256(path)}"


def _make(recipe: Path, root: Path) -> None:
    with step("host image: Debian packages"):
        base = _base(recipe)
    with step("host image: copy, install Consul, Nomad, RocketMQ"):
        run(["cp", "--archive", "--reflink=auto", base, root], hint=_HINT)
        _install(recipe, root)
        _inside(root, recipe / "provision.sh")
    with step("host image: class-data archives for the JVMs"):
        _inside(root, recipe / "class-data.sh")


def _base(recipe: Path) -> Path:
    """The root file system with nothing but Debian's packages."""
    text = (recipe / "packages.txt").read_text()
    packages = [line for line in text.splitlines() if line and not line.startswith("#")]
    key = hashlib.sha256(f"{SUITE} {packages} {_NOT_INSTALLED}".encode()).hexdigest()[:16]

    def make(part: Path) -> None:
        run(
            [
                "mmdebstrap",
                "--variant=minbase",
                "--format=directory",
                f"--include={','.join(packages)}",
                '--aptopt=Acquire::Languages "none"',
                *(f"--dpkgopt=path-exclude=/{pattern}" for pattern in _NOT_INSTALLED),
                # The JRE's installer links manual pages into this folder, which is left out above.
                '--setup-hook=mkdir -p "$1/usr/share/man/man1"',
                SUITE,
                part / "rootfs",
            ],
            hint="Debian's package mirror is needed: check the network and /etc/apt/sources.list",
        )

    return publish(cache_folder() / "packages" / key, make) / "rootfs"


def _install(recipe: Path, root: Path) -> None:
    shutil.copytree(recipe / "host", root, symlinks=True, dirs_exist_ok=True)
    for tool in go_tools.TOOLS:
        shutil.copy(go_tools.binary(tool), root / "usr/local/bin" / tool.name)
    program = root / "usr/local/sbin/steppe-discover"
    shutil.copyfile(_DISCOVER, program)
    program.chmod(0o755)
    shutil.copytree(rocketmq.jars(), root / "opt/rocketmq/lib")
    _compile(recipe / "java", root / "opt/rocketmq")


def _compile(sources: Path, home: Path) -> None:
    classes = home / "java" / "classes"
    classes.mkdir(parents=True)
    run(
        ["javac", "--release", "17", "-cp", f"{home}/lib/*", "-d", classes, *sorted(sources.glob("*.java"))],
        hint="a JDK 17 or newer is needed: apt-get install openjdk-17-jdk-headless",
    )
    archive = home / "java" / "steppe.jar"
    run(["jar", "--create", "--file", archive, "-C", classes, "."], hint="install a JDK")
    shutil.rmtree(classes)


def _inside(root: Path, script: Path) -> None:
    """Runs the script as root in the image, with a loopback network of its own and nothing else."""
    run(
        [
            "systemd-nspawn",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--private-network",
            "--console=pipe",
            f"--bind-ro={script}:/run/steppe-script",
            f"--directory={root}",
            "/bin/sh",
            "/run/steppe-script",
        ],
        hint=_HINT,
    )


def write_catalogue(folder: Path) -> None:
    """Names the image made in that folder to ubox, in place of an older one."""
    image = {
        "id": f"uimage-{folder.name[:8]}",
        "name": NAME,
        "root": str(folder / "rootfs"),
        "os": "Debian 12",
        "features": ["CloudInit", "NetEnhanced_Ultra", "RssdAttachable"],
        "size_gb": 20,
    }
    text = json.dumps([image], indent=1) + "\n"
    target = catalogue()
    if not target.exists() or target.read_text() != text:
        part = target.with_suffix(".part")
        part.write_text(text)
        part.rename(target)
