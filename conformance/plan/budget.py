"""`--budget`: how many requests a run may plan, as a number or as a time at the target's pace."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import get_args

from conformance.contract.contract import Contract
from conformance.contract.power import ProbeKey
from conformance.contract.schema import Depth
from conformance.errors import ConfigError, Problem
from conformance.plan.model import RowPlan
from conformance.quantities import parse_duration, read_pace
from conformance.target.loader import Target


@dataclass(frozen=True, slots=True)
class Budget:
    """So many requests, or so many seconds at the target's pace."""

    requests: int | None = None
    seconds: float = 0.0
    last_tried: Callable[[str, str], Mapping[ProbeKey, str]] = lambda _contract, _target: {}
    """For the names of a contract and a target, when each probe was tried last; empty where nobody has kept it."""

    def count(self, contract: Contract, target: Target) -> int:
        """The requests; raises ConfigError for a time where neither the target nor the contract has a pace."""
        if self.requests is not None:
            return self.requests
        pace = target.pace or read_pace(contract.file.pace)
        if pace is None:
            what = f"a time says how many requests only where {contract.name} or its target has a pace"
            raise ConfigError([Problem("--budget", what, "give `pace` in the profile, or a number of requests")])
        return max(1, int(self.seconds * pace[0] / pace[1]))


def parse_budget(text: str) -> Budget:
    """`120` requests, or a time such as `2m`; raises ConfigError."""
    if text.isascii() and text.isdecimal() and int(text):
        return Budget(int(text))
    try:
        return Budget(seconds=parse_duration(text))
    except ValueError:
        what = f"{text!r} is neither a number of requests nor a time"
        hint = "say 120, 2m, or the name of a depth: smoke, standard, thorough"
        raise ConfigError([Problem("--budget", what, hint)]) from None


def read_budget(text: str | None, depth: Depth) -> tuple[Depth, Budget | None]:
    """The depth, which a budget may name, and the budget where it is none; raises ConfigError."""
    for name in get_args(Depth):
        if text == name:
            return name, None
    return depth, parse_budget(text) if text is not None else None


def note_untried(plans: Mapping[str, RowPlan], whole: Mapping[str, RowPlan]) -> dict[str, RowPlan]:
    """The plans, each with the labels of what the whole plan of its row tries beyond it."""
    return {name: replace(plan, untried=tuple(_untried(plan, whole[name]))) for name, plan in plans.items()}


def _untried(plan: RowPlan, whole: RowPlan) -> Iterator[str]:
    planned = Counter(str(probe.label) for probe in plan.probes)
    for probe in whole.probes:
        planned[str(probe.label)] -= 1
        if planned[str(probe.label)] < 0:
            yield probe.label
    kept = {control.label for control in plan.controls}
    for control in whole.controls:
        if control.label not in kept and not control.shared:
            yield control.where
