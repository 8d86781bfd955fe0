"""Fixtures that a profile leaves out, found on the target by reads alone, as the contract says.

What was found is looked at once more before it is used: a fixture that is not as it should be is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.model import Discover, Named, Step
from conformance.contract.placeholders import Missing
from conformance.exchange.binding import Binder, Scope
from conformance.judge.rules import point
from conformance.plan.needs import known, lacks_of_steps
from conformance.plan.planning import planned_steps
from conformance.run.calls import Call, Chain, run_chain
from conformance.run.evidence import Evidence
from conformance.run.ground import Ground

__all__ = ["Discovery", "check", "discover", "fits", "with_fixtures"]

_TELLING = frozenset(["status", "body", "envelope"])
TRIES = 3
"""Candidates of one fixture that are looked at."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, and of what was not, why; `ground` is the one that it was looked for on, with what was found."""

    ground: Ground
    found: Mapping[str, Any]
    missed: Mapping[str, str]
    requests: int


def discover(ground: Ground) -> Discovery:
    """Look for each fixture that the target lacks and the contract can find. Sends reads only."""
    looking = _Looking(ground)
    for name, named in ground.contract.file.fixtures.items():
        if named.discover is not None and not known(ground.contract, ground.target, (name,)):
            looking.look(name, named, named.discover)
    return Discovery(looking.ground, looking.found, looking.missed, looking.evidence.requests)


def check(ground: Ground, evidence: Evidence, name: str, steps: Iterable[Step]) -> Chain | None:
    """Make the reads that show whether a fixture is as it should be; None where one of them is no read, or lacks."""
    planned = tuple(planned_steps(ground.contract, steps, "standard"))
    lacks = list(lacks_of_steps(ground.contract, ground.target, planned))
    if not planned or lacks or any(step.tier != "read" for step in planned):
        return None
    return run_chain(ground, evidence, planned, {}, label=f"fixture {name}", role="step", salt=f"fixture/{name}")


def fits(chain: Chain) -> bool:
    """Whether the reads showed what was to be seen; what else is wrong with an answer is for a run to say."""
    return not chain.lacking and _shows(chain) and not (chain.broken and _TELLING & _aspects(chain.broken))


def _shows(chain: Chain) -> bool:
    broken = chain.broken
    return not chain.lacking and (broken is None or (broken.exchange.answer is not None and not broken.refused))


def _aspects(call: Call) -> frozenset[str]:
    return frozenset(item.aspect for item in call.found)


def with_fixtures(ground: Ground, found: Mapping[str, Any]) -> Ground:
    """The same ground, session and pace with more fixtures."""
    given = {**ground.target.fixtures, **found}
    told = {**ground.target.described, "fixtures": ground.redactor.json(given)}
    target = replace(ground.target, fixtures=given, described=told)
    return replace(ground, target=target, binder=Binder(ground.contract, target, ground.seed))


class _Looking:
    """Looks for one fixture after the other; a chain that several name is made once."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.evidence = ground, Evidence(ground.redactor)
        self.found: dict[str, Any] = {}
        self.missed: dict[str, str] = {}
        self._answers: dict[str, tuple[Any, str]] = {}

    def look(self, name: str, named: Named, how: Discover) -> None:
        body, why = self._answer(how.chain)
        tried = 0
        for value in self._candidates(body, how):
            tried += 1
            richer = with_fixtures(self.ground, {name: value})
            chain = check(richer, self.evidence, name, named.check)
            if not named.check or (chain is not None and fits(chain)):
                self.ground, self.found[name] = richer, value
                return
            if tried == TRIES:
                break
        self.missed[name] = why or ("what was found is not as it should be" if tried else "the target shows none")

    def _answer(self, chain: str) -> tuple[Any, str]:
        if chain not in self._answers:
            self._answers[chain] = self._asked(chain)
        return self._answers[chain]

    def _asked(self, name: str) -> tuple[Any, str]:
        contract = self.ground.contract
        steps = tuple(planned_steps(contract, contract.file.chains[name], "standard"))
        lacks = list(dict.fromkeys(lacks_of_steps(contract, self.ground.target, steps)))
        if lacks or any(step.tier != "read" for step in steps):
            return None, f"looking for it needs {', '.join(lacks) or 'more than reads'}"
        chain = run_chain(
            self.ground, self.evidence, steps, {}, label=f"looking at {name}", role="step", salt=f"discover/{name}"
        )
        answer = chain.calls[-1].exchange.answer if chain.calls else None
        if answer is None or not _shows(chain):
            return None, f"it could not be looked for: {chain.why}"
        try:
            return answer.json(), ""
        except ValueError:
            return None, "it could not be looked for: the answer is no JSON"

    def _candidates(self, body: Any, how: Discover) -> Iterator[Any]:
        there, items = point(body, how.in_)
        seen: set[str] = set()
        for item in items if there and isinstance(items, list) else ():
            shown, taken = point(item, how.take)
            fits = all(point(item, pointer) == (True, value) for pointer, value in how.where.items())
            if not shown or not fits or not isinstance(taken, str | int) or taken == "":
                continue
            try:
                value = self.ground.binder.fill(how.value, Scope({"taken": taken}))
            except Missing:
                continue
            if str(value) not in seen:
                seen.add(str(value))
                yield value
