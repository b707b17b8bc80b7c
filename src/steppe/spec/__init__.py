"""The spec room: what the user wrote, validated, with all errors at once. Knows no cloud."""

from __future__ import annotations

from steppe.spec.load import load, parse
from steppe.spec.model import Spec
from steppe.spec.problems import Problem, SpecError
from steppe.spec.regions import ZONES
from steppe.spec.schema import json_schema, reference
from steppe.spec.template import template

__all__ = ["ZONES", "Problem", "Spec", "SpecError", "json_schema", "load", "parse", "reference", "template"]
