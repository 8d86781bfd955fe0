"""Before a real target is run: fixtures found, what a run needs made, and all of it taken away at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.client.builder import PlaceholderScope
from conformance.client.waiting import wait_until_listening
from conformance.contract.templates import MissingValue
from conformance.discover import discover_fixtures, with_fixtures
from conformance.engine.cleanup import created_resource, describe_left, take_back
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.steps import run_steps
from conformance.messages import Message
from conformance.obtain import obtain_credentials
from conformance.plan.model import PlannedStep
from conformance.plan.requirements import is_known_name, missing_for_steps
from conformance.plan.steps import plan_steps
from conformance.renewal import with_renewal

__all__ = ["PreparedTarget", "clean_up_target", "prepare_target"]


@dataclass(frozen=True, slots=True)
class PreparedTarget:
    """The ground with every fixture that could be had, and what a reader of the report should know of that."""

    context: RunContext
    notes: tuple[str, ...] = field(default=())


def prepare_target(context: RunContext) -> PreparedTarget:
    """Obtain credentials and find fixtures that the profile leaves out, then make what may be made and is lacking.

    A target that is still starting is waited for, as long as the profile says; what it answers then is for the run.
    """
    target = context.target
    wait_until_listening(target.proxy or target.base_url, target.wait_for)
    obtained = obtain_credentials(context)
    discovery = discover_fixtures(obtained.context)
    made = Evidence(context.redactor)
    context = _made(discovery.context, made)
    notes: list[str] = [
        Message("{name} was obtained by {n} requests, as the profile leaves it out", name=name, n=obtained.requests)
        for name in obtained.actual
    ]
    notes += [
        Message("{name} could not be obtained: {reason}", name=name, reason=why)
        for name, why in obtained.missed.items()
    ]
    notes += _told(context, discovery.found, discovery.requests)
    notes += made.warnings
    return PreparedTarget(with_renewal(context, frozenset(obtained.actual)), tuple(notes))


def clean_up_target(context: RunContext) -> tuple[str, ...]:
    """Take away what is still there of what the run made; a warning for each thing that may be left."""
    with context.shared.lock:
        left, context.shared.left = list(context.shared.left.values()), {}
    warnings: list[str] = []
    for entry in reversed(left):
        why = take_back(context, Evidence(context.redactor), entry)
        if why:
            warnings.append(describe_left(entry.operation, why))
    return tuple(warnings)


def _made(context: RunContext, evidence: Evidence) -> RunContext:
    """With the fixtures that a contract makes for a run where the profile allows that."""
    for name, named in context.contract.file.fixtures.items():
        if named.make is None or is_known_name(context.contract, context.target, (name,)):
            continue
        steps = tuple(plan_steps(context.contract, context.contract.file.chains[named.make], "standard"))
        if any(missing_for_steps(context.contract, context.target, (*steps, *_away(context, steps)))):
            continue
        captures: dict[str, object] = {}
        chain = run_steps(
            context,
            evidence,
            steps,
            captures,
            label=Message("fixture {name}", name=name),
            role="step",
            salt=f"make/{name}",
        )
        if chain.passed and name in captures:
            context = with_fixtures(context, {name: captures[name]})
            evidence.warnings.append(Message("{name} was made for this run, and is deleted at its end", name=name))
        else:
            evidence.warnings.append(
                Message("{name} could not be made for this run: {reason}", name=name, reason=chain.why)
            )
    return context


def _away(context: RunContext, steps: tuple[PlannedStep, ...]) -> Iterator[PlannedStep]:
    """The calls that will take away what these make."""
    for step in steps:
        resource = created_resource(context.contract, step.operation)
        if resource is not None:
            yield from plan_steps(context.contract, resource.undo, "standard")


def _told(context: RunContext, found: object, requests: int) -> Iterator[str]:
    names = list(found) if isinstance(found, dict) else []
    if names:
        values = ", ".join(f"{name}: {_value(context, name)}" for name in names)
        yield context.redactor.text(
            Message(
                "found on the target by {n} reads, as the profile leaves it out: {values}", n=requests, values=values
            )
        )


def _value(context: RunContext, name: str) -> str:
    try:
        return str(context.builder.fill(f"{{fixture.{name}}}", PlaceholderScope()))
    except MissingValue:
        return ""
