"""Fixtures that a profile leaves out, found on the target by reads alone, as the contract says.

Each is checked before it is used: a fixture that is not as it should be is worse than none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from math import inf
from time import monotonic
from typing import Any

from conformance.checks.context import NOT_JSON, parse_json
from conformance.client.builder import PlaceholderScope
from conformance.contract.schema import Discover
from conformance.engine.cleanup import run_steps
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.step_sequence import StepSequence
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message
from conformance.plan.setup import fixtures_to_check, fixtures_to_find, setup_steps
from conformance.setup.credentials import SetupResult

_DECISIVE_CHECKS = frozenset(["status", "body", "envelope"])
_MOST_CANDIDATES = 3
"""Candidates of one fixture that are checked."""


def discover_fixtures(context: RunContext, within: float = inf) -> SetupResult:
    """Look for each fixture that the target lacks and the contract can find. Sends reads only.

    `within` so many seconds the last look begins. A chain that several fixtures name is run once.
    """
    evidence, until = Evidence(context.redactor), monotonic() + within
    bodies: dict[str, tuple[Any, str]] = {}
    found: dict[str, Any] = {}
    missed: dict[str, str] = {}
    over = Message("the {seconds:g} s of looking for fixtures were over", seconds=within)
    lacking = fixtures_to_find(context.contract, lambda: context.target)  # as it is by then
    for name, how in lacking:
        if f"fixtures.{name}" in context.shared.wrong:
            continue
        if how.chain not in bodies and monotonic() < until:
            bodies[how.chain] = _read_list(context, evidence, how.chain)
        body, why = bodies.get(how.chain, (None, over))
        missed[name] = why or Message("the target shows none")
        for value in islice(_candidates(context, body, how), _MOST_CANDIDATES):
            if monotonic() >= until:
                missed[name] = over
                break
            with_it = with_fixtures(context, {name: value})
            sequence = check_fixture(with_it, evidence, name)
            if not context.contract.file.fixtures[name].check or (sequence is not None and is_usable(sequence)):
                context, found[name] = with_it, value
                del missed[name]
                break
            missed[name] = Message("what was found is not as it should be")
    context.shared.count_outside_rows(evidence)
    return SetupResult(context, found, missed, evidence.requests)


def _read_list(context: RunContext, evidence: Evidence, name: str) -> tuple[Any, str]:
    """The JSON body of the last response of a chain, or why there is none."""
    looking = setup_steps(context.contract, context.target, "discover", name)
    if not looking.can_read:
        return None, Message("looking for it needs {names}", names=", ".join(looking.missing) or "more than reads")
    label = Message("looking at {name}", name=name)
    sequence = run_steps(context, evidence, looking.steps, {}, label=label, role="step", salt=looking.salt)
    response = sequence.response
    if response is None or not _was_answered(sequence):
        return None, Message("it could not be looked for: {reason}", reason=sequence.why)
    body = parse_json(response)
    if body is NOT_JSON:
        return None, Message("it could not be looked for: the answer is no JSON")
    return body, ""


def _candidates(context: RunContext, body: Any, how: Discover) -> Iterator[Any]:
    there, items = resolve_pointer(body, how.in_)
    seen: set[str] = set()
    for item in items if there and isinstance(items, list) else ():
        shown, taken = resolve_pointer(item, how.take)
        places = ((*resolve_pointer(item, pointer), value) for pointer, value in how.where.items())
        fits = all(held and json_equal(one, value) for held, one, value in places)
        if not shown or not fits or not isinstance(taken, str | int) or taken == "":
            continue
        value = context.builder.fill_known(how.value, PlaceholderScope({"taken": taken}))
        if value is not None and str(value) not in seen:
            seen.add(str(value))
            yield value


def drop_dangerous(context: RunContext, evidence: Evidence) -> RunContext:
    """The context without fixtures by which a row would destroy something, as the target shows."""
    for name in fixtures_to_check(context.contract, context.target):
        sequence = check_fixture(context, evidence, name)
        if sequence is None or is_usable(sequence) or sequence.broken is None or not sequence.broken.accepted:
            continue
        named = context.contract.file.fixtures[name]
        context.shared.wrong[f"fixtures.{name}"] = Message(
            "{where}: fixtures.{name} is not as it should be, and nothing is sent with it; give {what}",
            where=context.target.where("fixtures", name),
            name=name,
            what=f"{named.about[0].lower()}{named.about[1:].rstrip('.')}",
        )
        context = with_fixtures(context, {}, without=[name])
    return context


def check_fixture(context: RunContext, evidence: Evidence, name: str) -> StepSequence | None:
    """Send the reads that show whether a fixture is as it should be; None where one is no read, or lacks something."""
    check = setup_steps(context.contract, context.target, "fixture", name)
    if not check.steps or not check.can_read:
        return None
    label = Message("fixture {name}", name=name)
    return run_steps(context, evidence, check.steps, {}, label=label, role="step", salt=check.salt)


def is_usable(sequence: StepSequence) -> bool:
    """Whether the reads showed what they should; what else is wrong with a response is for a run to say."""
    broken = sequence.broken
    return _was_answered(sequence) and not (broken and _DECISIVE_CHECKS & {item.check for item in broken.found})


def _was_answered(sequence: StepSequence) -> bool:
    broken = sequence.broken
    return not sequence.lacking and (broken is None or (broken.exchange.response is not None and not broken.refused))


def with_fixtures(context: RunContext, found: Mapping[str, Any], without: Collection[str] = ()) -> RunContext:
    """The same context with more fixtures, and without some."""
    every = {**context.target.fixtures, **found}
    fixtures = {name: value for name, value in every.items() if name not in without}
    described = {**context.target.described, "fixtures": context.redactor.json(fixtures)}
    target = replace(context.target, fixtures=fixtures, described=described)
    return replace(context, target=target, builder=replace(context.builder, target=target))
