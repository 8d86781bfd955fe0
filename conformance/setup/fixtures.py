"""Fixtures that a profile leaves out, found on the target by reads alone, as the contract says.

Each is checked before it is used: a fixture that is not as it should be is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.checks.context import NOT_JSON, parse_json
from conformance.client.builder import PlaceholderScope
from conformance.contract.schema import Discover, NamedInput, Step
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.steps import StepSequence, run_steps
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message
from conformance.plan.requirements import is_known_name, missing_for_steps
from conformance.plan.steps import plan_steps

__all__ = ["DiscoveryResult", "check_fixture", "discover_fixtures", "is_usable", "with_fixtures"]

_DECISIVE_CHECKS = frozenset(["status", "body", "envelope"])
_MOST_CANDIDATES = 3
"""Candidates of one fixture that are checked."""


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """The context with the fixtures that were found; `missed` says why of the others."""

    context: RunContext
    found: Mapping[str, Any]
    missed: Mapping[str, str]
    requests: int


def discover_fixtures(context: RunContext) -> DiscoveryResult:
    """Look for each fixture that the target lacks and the contract can find. Sends reads only."""
    finder = _FixtureFinder(context)
    for name, named in context.contract.file.fixtures.items():
        if named.discover is not None and not is_known_name(context.contract, context.target, (name,)):
            finder.find(name, named, named.discover)
    context.shared.count_outside_rows(finder.evidence)
    return DiscoveryResult(finder.context, finder.found, finder.missed, finder.evidence.requests)


def check_fixture(context: RunContext, evidence: Evidence, name: str, steps: Iterable[Step]) -> StepSequence | None:
    """Send the reads that show whether a fixture is as it should be; None where one is no read, or lacks something."""
    planned = tuple(plan_steps(context.contract, steps, "standard"))
    missing = list(missing_for_steps(context.contract, context.target, planned))
    if not planned or missing or any(step.permission != "read" for step in planned):
        return None
    return run_steps(
        context, evidence, planned, {}, label=Message("fixture {name}", name=name), role="step", salt=f"fixture/{name}"
    )


def is_usable(sequence: StepSequence) -> bool:
    """Whether the reads showed what they should; what else is wrong with a response is for a run to say."""
    broken = sequence.broken
    return _was_answered(sequence) and not (broken and _DECISIVE_CHECKS & {item.check for item in broken.found})


def _was_answered(sequence: StepSequence) -> bool:
    broken = sequence.broken
    return not sequence.lacking and (broken is None or (broken.exchange.response is not None and not broken.refused))


def with_fixtures(context: RunContext, found: Mapping[str, Any]) -> RunContext:
    """The same context with more fixtures."""
    fixtures = {**context.target.fixtures, **found}
    described = {**context.target.described, "fixtures": context.redactor.json(fixtures)}
    target = replace(context.target, fixtures=fixtures, described=described)
    return replace(context, target=target, builder=context.builder.with_target(target))


class _FixtureFinder:
    """Finds one fixture after the other; a chain that several of them name is run once."""

    def __init__(self, context: RunContext) -> None:
        self.context, self.evidence = context, Evidence(context.redactor)
        self.found: dict[str, Any] = {}
        self.missed: dict[str, str] = {}
        self._bodies: dict[str, tuple[Any, str]] = {}

    def find(self, name: str, named: NamedInput, how: Discover) -> None:
        """Take the first candidate that passes the checks of the fixture."""
        body, why = self._body(how.chain)
        tried = 0
        for value in self._candidates(body, how):
            tried += 1
            context = with_fixtures(self.context, {name: value})
            sequence = check_fixture(context, self.evidence, name, named.check)
            if not named.check or (sequence is not None and is_usable(sequence)):
                self.context, self.found[name] = context, value
                return
            if tried == _MOST_CANDIDATES:
                break
        self.missed[name] = why or (
            Message("what was found is not as it should be") if tried else Message("the target shows none")
        )

    def _body(self, chain: str) -> tuple[Any, str]:
        """The JSON body of the last response of a chain, or why there is none."""
        if chain not in self._bodies:
            self._bodies[chain] = self._read(chain)
        return self._bodies[chain]

    def _read(self, name: str) -> tuple[Any, str]:
        contract = self.context.contract
        steps = tuple(plan_steps(contract, contract.file.chains[name], "standard"))
        missing = list(dict.fromkeys(missing_for_steps(contract, self.context.target, steps)))
        if missing or any(step.permission != "read" for step in steps):
            return None, Message("looking for it needs {names}", names=", ".join(missing) or "more than reads")
        sequence = run_steps(
            self.context,
            self.evidence,
            steps,
            {},
            label=Message("looking at {name}", name=name),
            role="step",
            salt=f"discover/{name}",
        )
        response = sequence.calls[-1].exchange.response if sequence.calls else None
        if response is None or not _was_answered(sequence):
            return None, Message("it could not be looked for: {reason}", reason=sequence.why)
        body = parse_json(response)
        if body is NOT_JSON:
            return None, Message("it could not be looked for: the answer is no JSON")
        return body, ""

    def _candidates(self, body: Any, how: Discover) -> Iterator[Any]:
        there, items = resolve_pointer(body, how.in_)
        seen: set[str] = set()
        for item in items if there and isinstance(items, list) else ():
            shown, taken = resolve_pointer(item, how.take)
            fits = all(_holds(item, pointer, value) for pointer, value in how.where.items())
            if not shown or not fits or not isinstance(taken, str | int) or taken == "":
                continue
            try:
                value = self.context.builder.fill(how.value, PlaceholderScope({"taken": taken}))
            except MissingValue:
                continue
            if str(value) not in seen:
                seen.add(str(value))
                yield value


def _holds(item: Any, pointer: str, value: Any) -> bool:
    there, shown = resolve_pointer(item, pointer)
    return there and json_equal(shown, value)
