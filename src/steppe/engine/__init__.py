"""The engine: a plan out of what is wanted and what is found, and its application. Knows no cloud."""

from __future__ import annotations

from steppe.engine.apply import Failure, Result, apply
from steppe.engine.fault import Fault, FaultClass
from steppe.engine.kind import Desired, Force, Key, Kind, Scope
from steppe.engine.observed import Leftover, Observed, census, observe
from steppe.engine.plan import Action, Change, Plan, Problem, Step, refuse_moved, refuse_problems
from steppe.engine.planning import plan, plan_down
from steppe.engine.run import Patience

__all__ = [
    "Action",
    "Change",
    "Desired",
    "Failure",
    "Fault",
    "FaultClass",
    "Force",
    "Key",
    "Kind",
    "Leftover",
    "Observed",
    "Patience",
    "Plan",
    "Problem",
    "Result",
    "Scope",
    "Step",
    "apply",
    "census",
    "observe",
    "plan",
    "plan_down",
    "refuse_moved",
    "refuse_problems",
]
