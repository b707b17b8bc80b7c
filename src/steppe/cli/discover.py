"""`steppe discover`: addresses of running hosts, in go-discover's syntax."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import click

from steppe import cloud, discovery
from steppe.cli.options import json_option
from steppe.discovery import Query
from steppe.errors import SteppeError, UsageError


@click.command(name="discover")
@click.argument("config")
@json_option
def command(config: str, as_json: bool) -> None:
    """Print the addresses of running hosts, by region, VPC, subnet and Tag, on one line.

    CONFIG has go-discover's syntax: key=value pairs apart by spaces; what holds a space, =, a backslash or a
    double quote stands in double quotes. Needed: provider=ucloud, region, tag. Also: vpc_id, subnet_id, zone,
    name_prefix, project_id, addr_type (private_v4 or public_v4), public_key, private_key, base_url.
    Without keys, those of the environment or the profile are used.

    \b
    Example:
      steppe discover 'provider=ucloud region=cn-bj2 vpc_id=uvnet-1 subnet_id=subnet-1 tag=orders'
    """
    try:
        found = discovery.addresses(_with_keys(discovery.query(discovery.parse(config))))
    except discovery.WrongConfiguration as error:
        raise UsageError(
            f"The configuration can't be used: {error}.",
            code="discover.configuration",
            hint="steppe discover --help tells the syntax and the keys",
        ) from None
    except discovery.Failed as error:
        raise SteppeError(
            f"{error}.",
            code="discover.failed",
            hint="check region, keys, project_id and base_url; then run again",
        ) from None
    click.echo(json.dumps({"addresses": found}) if as_json else " ".join(found))


def _with_keys(asked: Query) -> Query:
    """The same with the caller's keys where it has none: they go to the caller's endpoint alone."""
    if asked.public_key:
        return asked
    if asked.base_url:
        raise discovery.WrongConfiguration(
            "public_key: missing; with a base_url of its own the configuration brings its keys too"
        )
    own = cloud.find_credentials(asked.region, os.environ, Path.home())
    return replace(
        asked,
        public_key=own.public_key,
        private_key=own.private_key,
        project_id=asked.project_id or own.project_id,
        base_url=own.endpoint,
    )
