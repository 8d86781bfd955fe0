"""A plan as a list of requests: what goes out, in which order, and what each is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract.placeholders import Missing
from conformance.exchange.binding import Scope
from conformance.plan.attempts import PlannedStep, Probe, RowPlan
from conformance.plan.merging import shown
from conformance.run.ground import Ground

__all__ = ["Sending", "sendings"]


@dataclass(frozen=True, slots=True)
class Sending:
    """One request of a plan. `url` has no base; what only an answer can tell stands in it as a placeholder."""

    role: str
    """`example`, `boundary`, `drawn`, `open`, `control`, `step`, `guard` or `clean-up`."""
    label: str
    method: str
    url: str
    tier: str
    times: int = 1


def sendings(ground: Ground, plan: RowPlan) -> Iterator[Sending]:
    """Every request of a row at most, in the order of sending; none has been sent."""
    row, once = plan.row.id, Scope(salt=plan.row.id)
    yield from _chain(ground, plan.before, "step", "set-up", once)
    opening = [look.step for look in plan.opening if not look.made]
    yield from _chain(ground, opening, "guard", "before all rows that write", once)
    yield from _probes(ground, plan, once)
    yield from _chain(ground, [look.step for look in plan.closing], "guard", "after all rows that write", once)
    for control in (control for control in plan.controls if not control.shared):
        captures = {} if control.drawn is None else {"drawn": control.drawn}
        scope = Scope(captures, salt=f"{row}/control {control.label}")
        yield from _chain(ground, control.steps, "control", control.label, scope)
    yield from _chain(ground, plan.after, "clean-up", "afterwards", once)


def _probes(ground: Ground, plan: RowPlan, once: Scope) -> Iterator[Sending]:
    """Firm probes between the reads of what they must not change; open ones with what takes them back."""
    row, watched = plan.row, set[int]()
    for number, probe in enumerate(plan.probes):
        guards = [index for index in probe.guards if index < len(plan.guards)]
        for index in (index for index in guards if index not in watched):
            yield from _chain(ground, [plan.guards[index]], "guard", "before what must change nothing", once)
        watched |= set(guards)
        yield _probe(ground, row.id, probe, plan.repeat.at_most if plan.repeat and number == 0 else 1)
        for index in (index for index in guards if row.case.unchanged[index].each):
            yield from _chain(ground, [plan.guards[index]], "guard", "after it", once)
        if probe.role == "open" and probe.tier != "read":
            yield from _chain(ground, plan.undo, "clean-up", "should it be accepted", once)
    for index in sorted(index for index in watched if not row.case.unchanged[index].each):
        yield from _chain(ground, [plan.guards[index]], "guard", "after all of them", once)


def _probe(ground: Ground, row: str, probe: Probe, times: int) -> Sending:
    scope = Scope({}, probe.language, probe.other_language, f"{row}/{probe.label}")
    method, url = _bound(ground, probe.operation, probe.request, probe.tier, scope)
    return Sending(probe.role, probe.label, method, url, probe.tier, times)


def _chain(
    ground: Ground,
    steps: Iterable[PlannedStep],
    role: str,
    label: str,
    scope: Scope,
) -> Iterator[Sending]:
    for step in steps:
        yield Sending(role, label, *_bound(ground, step.operation, step.request, step.tier, scope), step.tier)
        if step.undo:
            yield from _chain(ground, [step.undo], "clean-up", f"undoes {step.step.call}", scope)


def _bound(ground: Ground, operation: str, request: Mapping[str, Any], tier: str, scope: Scope) -> tuple[str, str]:
    """Method and URL; a secret in it is replaced by its name."""
    try:
        bound = ground.binder.bind(operation, request, tier, scope).request
    except (Missing, KeyError):
        return _unfilled(ground, operation, request)
    return bound.method, ground.redactor.text(bound.url.removeprefix(ground.target.base_url))


def _unfilled(ground: Ground, operation: str, request: Mapping[str, Any]) -> tuple[str, str]:
    said = ground.contract.operations[operation]
    url = str(request.get("url") or said.spec.url or said.path)
    for name, value in (request.get("path") or {}).items():
        url = url.replace(f"{{{name}}}", str(value))
    query = "&".join(f"{name}={shown(value)}" for name, value in (request.get("query") or {}).items())
    return str(request.get("method") or said.method), url + (f"?{query}" if query else "")
