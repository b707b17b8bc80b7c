"""From what is wanted and what is found to a plan. Pure: the same values give the same plan.

1. Each want is put beside its fact (`match`). What is absent is created; what differs is updated in place,
   replaced, or a problem, as its kind says.
2. A step needs the steps of what its resource needs.
3. What stands on a replaced resource (a host's backends) is deleted before and made again after it.
   Replacements happen turn by turn: nothing of zone b begins before all of zone a is back.
4. What carries the Cluster ID and isn't wanted is deleted last, each thing after those that use it.
   What may hold data stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from steppe.engine.kind import Desired, Difference, Fact, Force, Key, Kind, Want
from steppe.engine.observed import Matched, Observed, match, own
from steppe.engine.plan import Action, Change, Plan, Problem, Step, in_order


def plan(desired: Desired, observed: Observed, kinds: Sequence[Kind], *, roll: bool = True) -> Plan:
    """What makes the region as desired.

    Without `roll`, hosts that work but differ are left as they are, and their steps are in `held`.
    Raises SteppeError where a kind refuses altogether (Claimed, by the claim).
    """
    matched = match(desired, observed, kinds)
    by_name = {kind.name: kind for kind in kinds}
    drafts = [_draft(by_name[want.kind], want, matched, roll) for want in desired.wants]
    steps = [draft.step for draft in drafts if draft.step]
    steps = _with_needs(_with_dependents(steps, matched, desired), desired)
    going, staying = _unwanted(matched, by_name)
    steps += _deletions(going, kinds, before=[step.id for step in steps])
    return Plan(
        cluster=desired.scope.cluster,
        region=desired.scope.region,
        facts=observed.fingerprint,
        steps=in_order(steps),
        held=tuple(draft.held for draft in drafts if draft.held),
        stays=tuple(str(fact.key) for fact in staying),
        problems=tuple(problem for draft in drafts for problem in draft.problems),
    )


def plan_down(observed: Observed, kinds: Sequence[Kind]) -> Plan:
    """What removes everything that carries the Cluster ID, also what no topology knows."""
    return Plan(
        cluster=observed.scope.cluster,
        region=observed.scope.region,
        facts=observed.fingerprint,
        steps=in_order(_deletions([(fact, "down") for fact in own(observed, kinds)], kinds)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What one want comes to; what its step needs, and what needs it, comes later."""

    step: Step | None = None
    held: Step | None = None
    problems: tuple[Problem, ...] = ()


def _draft(kind: Kind, want: Want, matched: Matched, roll: bool) -> _Draft:
    have = matched.pairs.get(want.key)
    differences = list(kind.check(want, have, matched.observed))
    problems = tuple(_problem(want, each) for each in differences if each.force is Force.NOTHING)
    if problems:
        return _Draft(problems=problems)
    if have is None:
        return _Draft(step=_creation(want))
    in_place = [each for each in differences if each.force is Force.UPDATE]
    forcing = [each for each in differences if each.force is not Force.UPDATE]
    update = _change(Action.UPDATE, want, have, in_place) if in_place else None
    if not forcing:
        return _Draft(step=update)
    replacement = _change(Action.REPLACE, want, have, forcing + in_place)
    if roll or any(each.force is Force.REMAKE for each in forcing):
        return _Draft(step=replacement)
    return _Draft(step=update, held=replacement)


def _creation(want: Want) -> Step:
    return Step(
        action=Action.CREATE,
        kind=want.kind,
        name=want.name,
        reason="absent",
        sentence="it isn't there",
        changes=tuple(Change(field=field, old=None, new=value) for field, value in want.shown()),
    )


def _change(action: Action, want: Want, have: Fact, differences: Sequence[Difference]) -> Step:
    first = differences[0]
    return Step(
        action=action,
        kind=want.kind,
        name=want.name,
        reason=first.reason,
        sentence=first.sentence,
        cloud_id=have.id,
        maybe=first.maybe,
        changes=tuple(_shown(each) for each in differences),
    )


def _shown(difference: Difference) -> Change:
    return Change(
        field=difference.field,
        old=difference.old,
        new=difference.new,
        why=difference.sentence,
        force=str(difference.force),
    )


def _problem(want: Want, difference: Difference) -> Problem:
    return Problem(
        kind=want.kind,
        name=want.name,
        field=difference.field,
        old=difference.old,
        new=difference.new,
        reason=difference.reason,
        sentence=difference.sentence,
    )


def _with_dependents(steps: list[Step], matched: Matched, desired: Desired) -> list[Step]:
    """Adds the steps of what stands on replaced resources: away before, back after, turn by turn."""
    turns: dict[int, list[Step]] = {}
    made_again: set[Key] = set()
    for step in (step for step in steps if step.action is Action.REPLACE):
        before, after = _standing_on(step, matched, desired)
        turn = desired.want(step.key).turn
        turns.setdefault(turn, []).extend((replace(step, needs=tuple(each.id for each in before)), *before))
        turns[turn] += after
        made_again |= {each.key for each in after}
    ordered: list[Step] = []
    earlier: tuple[str, ...] = ()
    for _, group in sorted(turns.items()):
        ordered += [replace(step, needs=(*step.needs, *earlier)) for step in group]
        earlier = tuple(step.id for step in group)
    others = [step for step in steps if step.action is not Action.REPLACE and step.key not in made_again]
    return ordered + others


def _standing_on(step: Step, matched: Matched, desired: Desired) -> tuple[list[Step], list[Step]]:
    before, after = [], []
    for want in desired.wants:
        if step.key not in want.needs:
            continue
        sentence = f"{step.key} is replaced"
        if (have := matched.pairs.get(want.key)) is not None and step.sure:
            before.append(_deletion(have, want.name, "replaced-below", sentence))
        again = Step(
            action=Action.CREATE,
            kind=want.kind,
            name=want.name,
            reason="replaced-below",
            sentence=sentence,
            maybe=step.maybe,
            needs=(step.id,),
        )
        after.append(again)
    return before, after


def _with_needs(steps: list[Step], desired: Desired) -> list[Step]:
    """Each step that makes or changes something after the steps of what its resource needs."""
    makers = {step.key: step.id for step in steps if step.action is not Action.DELETE}
    needs = {want.key: [makers[key] for key in want.needs if key in makers] for want in desired.wants}
    return [
        step if step.action is Action.DELETE else replace(step, needs=(*step.needs, *needs[step.key]))
        for step in steps
    ]


def _unwanted(matched: Matched, kinds: dict[str, Kind]) -> tuple[list[tuple[Fact, str]], list[Fact]]:
    """What goes, each with its reason, and what stays."""
    staying = [fact for fact in matched.unwanted if kinds[fact.kind].keeps_unwanted]
    going = [(fact, "unwanted") for fact in matched.unwanted if fact not in staying]
    return going + [(fact, "duplicate") for fact in matched.duplicates], staying


_SENTENCES = {
    "unwanted": "it carries the Cluster ID, and the spec doesn't want it",
    "duplicate": "another one of the same name is in use",
    "down": "the cluster is taken down",
}


def _deletions(
    going: Sequence[tuple[Fact, str]], kinds: Sequence[Kind], before: Iterable[str] = ()
) -> list[Step]:
    """Deletes these, each after those that use it; parts go along with what they are part of."""
    whole = {fact.id for fact, _ in going}
    alone = [(fact, reason) for fact, reason in going if fact.part_of not in whole]
    names = _distinct_names(alone)
    ids = {fact.id: f"{Action.DELETE} {fact.kind} {names[fact.id]}" for fact, _ in alone}
    users: dict[str, list[str]] = {}
    for fact, _ in alone:
        for used in fact.uses:
            users.setdefault(used, []).append(ids[fact.id])
    last = {kind.name for kind in kinds if kind.last}
    all_others = [ids[fact.id] for fact, _ in alone if fact.kind not in last]
    return [
        replace(
            _deletion(fact, names[fact.id], reason, _SENTENCES[reason]),
            needs=(*before, *(all_others if fact.kind in last else users.get(fact.id, ()))),
        )
        for fact, reason in alone
    ]


def _distinct_names(going: Sequence[tuple[Fact, str]]) -> dict[str, str]:
    """Each fact's name by id; one that isn't the only bearer of its name has the id added."""
    bearers = Counter(fact.key for fact, _ in going)
    return {
        fact.id: fact.name if bearers[fact.key] == 1 and reason != "duplicate" else f"{fact.name} ({fact.id})"
        for fact, reason in going
    }


def _deletion(fact: Fact, name: str, reason: str, sentence: str) -> Step:
    return Step(
        action=Action.DELETE,
        kind=fact.kind,
        name=name,
        reason=reason,
        sentence=sentence,
        cloud_id=fact.id,
    )
