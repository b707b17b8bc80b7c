"""What `ubox status` tells: whether the box is served, where, and what is in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from ubox.daemon import answers
from ubox.home import Home
from ubox.store.rows import Backend, Balancer, Disk, Eip, Firewall, Host, NatGateway, Subnet, Vpc

_COUNTED = (Vpc, Subnet, NatGateway, Eip, Firewall, Host, Disk, Balancer, Backend)


def status(home: Home) -> dict[str, Any]:
    """Without the private key; `counts` and `hosts` are read from the database, served or not."""
    told = home.told()
    process = home.server()
    return {
        "folder": str(home.folder),
        "exists": bool(told),
        "running": process is not None and answers(home),
        "pid": process.pid if process else None,
        "fabric": told.get("fabric"),
        "endpoint": told.get("endpoint"),
        "region": told.get("region"),
        "zones": told.get("zones", []),
        "project_id": told.get("project_id"),
        "public_key": told.get("public_key"),
        "internet": told.get("internet"),
        **_contents(home),
    }


def _contents(home: Home) -> dict[str, Any]:
    if not home.database.exists():
        return {"counts": {}, "hosts": []}
    with closing(sqlite3.connect(f"file:{home.database}?mode=ro", uri=True)) as sql:
        counts = {
            table.__name__: sql.execute(f'SELECT count(*) FROM "{table.__name__}"').fetchone()[0]
            for table in _COUNTED
        }
        hosts = sql.execute('SELECT id, name, zone, address, state FROM "Host" ORDER BY name').fetchall()
    names = ("id", "name", "zone", "address", "state")
    return {"counts": counts, "hosts": [dict(zip(names, host, strict=True)) for host in hosts]}
