"""Fixtures that a profile leaves out, found on the target by reads alone, as the contract says.

What was found is looked at once more before it is used: a fixture that is not as it should be is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.schema import Discover, NamedInput, Step
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.steps import StepResult, StepSequence, run_steps
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message
from conformance.plan.requirements import is_known_name, missing_for_steps
from conformance.plan.steps import plan_steps

__all__ = ["DiscoveryResult", "check_fixture", "discover_fixtures", "is_usable", "with_fixtures"]

_TELLING = frozenset(["status", "body", "envelope"])
TRIES = 3
"""Candidates of one fixture that are looked at."""


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What was found, and of what was not, why; `ground` is the one that it was looked for on, with what was found."""

    context: RunContext
    found: Mapping[str, Any]
    missed: Mapping[str, str]
    requests: int


def discover_fixtures(context: RunContext) -> DiscoveryResult:
    """Look for each fixture that the target lacks and the contract can find. Sends reads only."""
    looking = _Looking(context)
    for name, named in context.contract.file.fixtures.items():
        if named.discover is not None and not is_known_name(context.contract, context.target, (name,)):
            looking.look(name, named, named.discover)
    return DiscoveryResult(looking.context, looking.found, looking.missed, looking.evidence.requests)


def check_fixture(context: RunContext, evidence: Evidence, name: str, steps: Iterable[Step]) -> StepSequence | None:
    """Make the reads that show whether a fixture is as it should be; None where one of them is no read, or lacks."""
    planned = tuple(plan_steps(context.contract, steps, "standard"))
    lacks = list(missing_for_steps(context.contract, context.target, planned))
    if not planned or lacks or any(step.permission != "read" for step in planned):
        return None
    return run_steps(
        context, evidence, planned, {}, label=Message("fixture {name}", name=name), role="step", salt=f"fixture/{name}"
    )


def is_usable(chain: StepSequence) -> bool:
    """Whether the reads showed what was to be seen; what else is wrong with an answer is for a run to say."""
    return not chain.lacking and _shows(chain) and not (chain.broken and _TELLING & _aspects(chain.broken))


def _shows(chain: StepSequence) -> bool:
    broken = chain.broken
    return not chain.lacking and (broken is None or (broken.exchange.response is not None and not broken.refused))


def _aspects(call: StepResult) -> frozenset[str]:
    return frozenset(item.check for item in call.found)


def with_fixtures(context: RunContext, found: Mapping[str, Any]) -> RunContext:
    """The same ground, session and pace with more fixtures."""
    given = {**context.target.fixtures, **found}
    told = {**context.target.described, "fixtures": context.redactor.json(given)}
    target = replace(context.target, fixtures=given, described=told)
    return replace(context, target=target, builder=context.builder.with_target(target))


class _Looking:
    """Looks for one fixture after the other; a chain that several name is made once."""

    def __init__(self, context: RunContext) -> None:
        self.context, self.evidence = context, Evidence(context.redactor)
        self.found: dict[str, Any] = {}
        self.missed: dict[str, str] = {}
        self._answers: dict[str, tuple[Any, str]] = {}

    def look(self, name: str, named: NamedInput, how: Discover) -> None:
        body, why = self._answer(how.chain)
        tried = 0
        for value in self._candidates(body, how):
            tried += 1
            richer = with_fixtures(self.context, {name: value})
            chain = check_fixture(richer, self.evidence, name, named.check)
            if not named.check or (chain is not None and is_usable(chain)):
                self.context, self.found[name] = richer, value
                return
            if tried == TRIES:
                break
        self.missed[name] = why or (
            Message("what was found is not as it should be") if tried else Message("the target shows none")
        )

    def _answer(self, chain: str) -> tuple[Any, str]:
        if chain not in self._answers:
            self._answers[chain] = self._asked(chain)
        return self._answers[chain]

    def _asked(self, name: str) -> tuple[Any, str]:
        contract = self.context.contract
        steps = tuple(plan_steps(contract, contract.file.chains[name], "standard"))
        lacks = list(dict.fromkeys(missing_for_steps(contract, self.context.target, steps)))
        if lacks or any(step.permission != "read" for step in steps):
            return None, Message("looking for it needs {names}", names=", ".join(lacks) or "more than reads")
        chain = run_steps(
            self.context,
            self.evidence,
            steps,
            {},
            label=Message("looking at {name}", name=name),
            role="step",
            salt=f"discover/{name}",
        )
        response = chain.calls[-1].exchange.response if chain.calls else None
        if response is None or not _shows(chain):
            return None, Message("it could not be looked for: {reason}", reason=chain.why)
        try:
            return response.json(), ""
        except ValueError:
            return None, Message("it could not be looked for: the answer is no JSON")

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
