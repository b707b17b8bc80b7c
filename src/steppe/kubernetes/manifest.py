"""What all manifests share: their head, the recommended labels, and how they are written.

Labels: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

Manifest = dict[str, Any]

TOOL = "steppe"
_OTHER_BREAKS = frozenset("\x85\u2028\u2029")
"""YAML 1.1 reads them as ends of lines, unless they are escaped."""


def labels(cluster: str, name: str, component: str) -> dict[str, str]:
    """The recommended labels of one object; `name` is the application's, `component` its part."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": cluster,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": TOOL,
        "app.kubernetes.io/managed-by": TOOL,
    }


def manifest(
    kind: str, version: str, name: str, namespace: str, labels: Mapping[str, str], **body: Any
) -> Manifest:
    """One object; `version` is its apiVersion, `body` what follows the metadata."""
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def text(manifests: Iterable[Manifest]) -> str:
    """YAML, one document each, keys in their given order; the same bytes for the same manifests."""
    documents = yaml.dump_all(
        manifests,
        Dumper=_Dumper,
        sort_keys=False,
        explicit_start=True,
        allow_unicode=True,
        default_flow_style=False,
        width=10_000,
    )
    return str(documents)


class _Dumper(yaml.SafeDumper):
    """Says again what occurs twice, and keeps the lines of a text apart, so that people can read it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    if not _OTHER_BREAKS.isdisjoint(value):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
