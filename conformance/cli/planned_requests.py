"""A plan as a list of requests: what goes out, in which order, and what each is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.plan.model import PlannedStep, Probe, RowPlan
from conformance.plan.overlay import format_value

__all__ = ["PlannedSending", "list_sendings"]


@dataclass(frozen=True, slots=True)
class PlannedSending:
    """One request of a plan. `url` has no base; what only an answer can tell stands in it as a placeholder."""

    role: str
    """`example`, `boundary`, `drawn`, `open`, `control`, `step`, `guard` or `clean-up`."""
    label: str
    method: str
    url: str
    permission: str
    times: int = 1


def list_sendings(context: RunContext, plan: RowPlan) -> Iterator[PlannedSending]:
    """Every request of a row at most, in the order of sending; none has been sent."""
    row, once = plan.row.id, PlaceholderScope(salt=plan.row.id)
    yield from _chain(context, plan.before, "step", "set-up", once)
    opening = [look.step for look in plan.opening if not look.made]
    yield from _chain(context, opening, "guard", "before all rows that write", once)
    yield from _probes(context, plan, once)
    yield from _chain(context, [look.step for look in plan.closing], "guard", "after all rows that write", once)
    for control in (control for control in plan.controls if not control.shared):
        captures = {} if control.drawn is None else {"drawn": control.drawn}
        scope = PlaceholderScope(captures, salt=f"{row}/control {control.label}")
        yield from _chain(context, control.steps, "control", control.label, scope)
    yield from _chain(context, plan.after, "clean-up", "afterwards", once)


def _probes(context: RunContext, plan: RowPlan, once: PlaceholderScope) -> Iterator[PlannedSending]:
    """Firm probes between the reads of what they must not change; open ones with what takes them back."""
    row, watched = plan.row, set[int]()
    for number, probe in enumerate(plan.probes):
        guards = [index for index in probe.guards if index < len(plan.guards)]
        for index in (index for index in guards if index not in watched):
            yield from _chain(context, [plan.guards[index]], "guard", "before what must change nothing", once)
        watched |= set(guards)
        yield _probe(context, row.id, probe, plan.repeat.at_most if plan.repeat and number == 0 else 1)
        for index in (index for index in guards if row.case.unchanged[index].each):
            yield from _chain(context, [plan.guards[index]], "guard", "after it", once)
        if probe.role == "open" and probe.permission != "read":
            yield from _chain(context, plan.undo, "clean-up", "should it be accepted", once)
    for index in sorted(index for index in watched if not row.case.unchanged[index].each):
        yield from _chain(context, [plan.guards[index]], "guard", "after all of them", once)


def _probe(context: RunContext, row: str, probe: Probe, times: int) -> PlannedSending:
    scope = PlaceholderScope({}, probe.language, probe.other_language, f"{row}/{probe.label}")
    method, url = _bound(context, probe.operation, probe.request, probe.permission, scope)
    return PlannedSending(probe.role, probe.label, method, url, probe.permission, times)


def _chain(
    context: RunContext,
    steps: Iterable[PlannedStep],
    role: str,
    label: str,
    scope: PlaceholderScope,
) -> Iterator[PlannedSending]:
    for step in steps:
        yield PlannedSending(
            role, label, *_bound(context, step.operation, step.request, step.permission, scope), step.permission
        )
        if step.undo:
            yield from _chain(context, [step.undo], "clean-up", f"undoes {step.step.call}", scope)


def _bound(
    context: RunContext, operation: str, request: Mapping[str, Any], permission: str, scope: PlaceholderScope
) -> tuple[str, str]:
    """Method and URL; a secret in it is replaced by its name."""
    try:
        bound = context.binder.bind(operation, request, permission, scope).request
    except (MissingValue, KeyError):
        return _unfilled(context, operation, request)
    return bound.method, context.redactor.text(bound.url.removeprefix(context.target.base_url))


def _unfilled(context: RunContext, operation: str, request: Mapping[str, Any]) -> tuple[str, str]:
    said = context.contract.operations[operation]
    url = str(request.get("url") or said.spec.url or said.path)
    for name, value in (request.get("path") or {}).items():
        url = url.replace(f"{{{name}}}", str(value))
    query = "&".join(f"{name}={format_value(value)}" for name, value in (request.get("query") or {}).items())
    return str(request.get("method") or said.method), url + (f"?{query}" if query else "")
