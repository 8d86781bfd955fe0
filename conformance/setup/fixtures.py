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

    `within` so many seconds the last look begins.
    """
    finder = _FixtureFinder(context, within)
    for name, how in fixtures_to_find(context.contract, lambda: finder.context.target):
        if f"fixtures.{name}" not in context.shared.wrong:
            finder.find(name, how)
    context.shared.count_outside_rows(finder.evidence)
    return SetupResult(finder.context, finder.found, finder.missed, finder.evidence.requests)


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


class _FixtureFinder:
    """Finds one fixture after the other; a chain that several of them name is run once."""

    def __init__(self, context: RunContext, within: float) -> None:
        self._within, self._until = within, monotonic() + within
        self.context, self.evidence = context, Evidence(context.redactor)
        self.found: dict[str, Any] = {}
        self.missed: dict[str, str] = {}
        self._bodies: dict[str, tuple[Any, str]] = {}

    def find(self, name: str, how: Discover) -> None:
        """Take the first candidate that passes the checks of the fixture."""
        if self._is_over(name):
            return
        if how.chain not in self._bodies:
            self._bodies[how.chain] = self._read(how.chain)
        body, why = self._bodies[how.chain]
        tried = False
        for value in islice(self._candidates(body, how), _MOST_CANDIDATES):
            if self._is_over(name):
                return
            tried = True
            context = with_fixtures(self.context, {name: value})
            sequence = check_fixture(context, self.evidence, name)
            unchecked = not context.contract.file.fixtures[name].check
            if unchecked or (sequence is not None and is_usable(sequence)):
                self.context, self.found[name] = context, value
                return
        self.missed[name] = why or (
            Message("what was found is not as it should be") if tried else Message("the target shows none")
        )

    def _is_over(self, name: str) -> bool:
        """Whether no look begins any more; the fixture is missed then."""
        if monotonic() < self._until:
            return False
        self.missed[name] = Message("the {seconds:g} s of looking for fixtures were over", seconds=self._within)
        return True

    def _read(self, name: str) -> tuple[Any, str]:
        """The JSON body of the last response of a chain, or why there is none."""
        looking = setup_steps(self.context.contract, self.context.target, "discover", name)
        if not looking.can_read:
            return None, Message("looking for it needs {names}", names=", ".join(looking.missing) or "more than reads")
        label = Message("looking at {name}", name=name)
        sequence = run_steps(
            self.context, self.evidence, looking.steps, {}, label=label, role="step", salt=looking.salt
        )
        response = sequence.response
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
            value = self.context.builder.fill_known(how.value, PlaceholderScope({"taken": taken}))
            if value is not None and str(value) not in seen:
                seen.add(str(value))
                yield value


def _holds(item: Any, pointer: str, value: Any) -> bool:
    there, shown = resolve_pointer(item, pointer)
    return there and json_equal(shown, value)
