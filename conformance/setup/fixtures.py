"""Finds fixtures that a profile leaves out, by reads alone; each is checked, as a wrong one is worse than none."""

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


def discover_fixtures(context: RunContext, within: float = inf) -> SetupResult:
    """Find fixtures that the target lacks by reads alone, each chain run once; begin nothing after `within` seconds."""
    evidence, until = Evidence(context.redactor), monotonic() + within
    bodies: dict[str, tuple[Any, str]] = {}
    found: dict[str, Any] = {}
    missed: dict[str, str] = {}
    time_is_up = Message("the {seconds:g} s of looking for fixtures were over", seconds=within)
    lacking = fixtures_to_find(context.contract, lambda: context.target)  # lazy: includes fixtures found meanwhile
    for name, rule in lacking:
        if f"fixtures.{name}" in context.shared.wrong:
            continue
        if rule.chain not in bodies and monotonic() < until:
            bodies[rule.chain] = _read_list(context, evidence, rule.chain)
        body, why = bodies.get(rule.chain, (None, time_is_up))
        missed[name] = why or Message("the target shows none")
        for value in islice(_find_candidates(context, body, rule), _MOST_CANDIDATES):
            if monotonic() >= until:
                missed[name] = time_is_up
                break
            extended = with_fixtures(context, {name: value})
            sequence = check_fixture(extended, evidence, name)
            if not context.contract.file.fixtures[name].check or (sequence is not None and is_usable(sequence)):
                context, found[name] = extended, value
                del missed[name]
                break
            missed[name] = Message("what was found is not as it should be")
    context.shared.count_outside_rows(evidence)
    return SetupResult(context, found, missed, evidence.requests)


def _read_list(context: RunContext, evidence: Evidence, name: str) -> tuple[Any, str]:
    """Run a chain; return the JSON body of its last response, or None and the reason."""
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


def _find_candidates(context: RunContext, body: Any, rule: Discover) -> Iterator[Any]:
    exists, items = resolve_pointer(body, rule.in_)
    seen: set[str] = set()
    for item in items if exists and isinstance(items, list) else ():
        has_value, taken = resolve_pointer(item, rule.take)
        places = ((*resolve_pointer(item, pointer), value) for pointer, value in rule.where.items())
        fits = all(found_there and json_equal(actual, value) for found_there, actual, value in places)
        if not has_value or not fits or not isinstance(taken, str | int) or taken == "":
            continue
        value = context.builder.fill_known(rule.value, PlaceholderScope({"taken": taken}))
        if value is not None and str(value) not in seen:
            seen.add(str(value))
            yield value


def drop_dangerous(context: RunContext, evidence: Evidence) -> RunContext:
    """Check the fixtures that could make a row destroy something; return the context without those that are wrong."""
    for name in fixtures_to_check(context.contract, context.target):
        sequence = check_fixture(context, evidence, name)
        calls = () if sequence is None or sequence.broken else sequence.calls
        context.shared.first_reads |= {call.step.key: one for call in calls if (one := call.exchange.response)}
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
    """Send the reads that check a fixture; return None if there are none, or one is not a read or lacks something."""
    check = setup_steps(context.contract, context.target, "fixture", name)
    if not check.steps or not check.can_read:
        return None
    label = Message("fixture {name}", name=name)
    return run_steps(context, evidence, check.steps, {}, label=label, role="step", salt=check.salt)


def is_usable(sequence: StepSequence) -> bool:
    """Return whether the reads had the expected status and body. Other findings are left to the run."""
    broken = sequence.broken
    return _was_answered(sequence) and not (broken and _DECISIVE_CHECKS & {item.check for item in broken.found})


def _was_answered(sequence: StepSequence) -> bool:
    broken = sequence.broken
    return not sequence.lacking and (broken is None or (broken.exchange.response is not None and not broken.refused))


def with_fixtures(context: RunContext, found: Mapping[str, Any], without: Collection[str] = ()) -> RunContext:
    """Return the context with more fixtures, and without some."""
    every = {**context.target.fixtures, **found}
    fixtures = {name: value for name, value in every.items() if name not in without}
    described = {**context.target.described, "fixtures": context.redactor.json(fixtures)}
    target = replace(context.target, fixtures=fixtures, described=described)
    return replace(context, target=target, builder=replace(context.builder, target=target))
