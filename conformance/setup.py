"""Before a real target is run: fixtures found, what a run needs made, and all of it taken away at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.discover import discover_fixtures, with_fixtures
from conformance.engine.cleanup import delete_created
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.steps import run_steps
from conformance.obtain import obtain_credentials
from conformance.plan.model import PlannedStep
from conformance.plan.requirements import is_known_name, missing_for_steps
from conformance.plan.steps import plan_steps

__all__ = ["PreparedTarget", "clean_up_target", "prepare_target"]


@dataclass(frozen=True, slots=True)
class PreparedTarget:
    """The ground with every fixture that could be had, and what a reader of the report should know of that."""

    ground: RunContext
    notes: tuple[str, ...] = field(default=())


def prepare_target(ground: RunContext) -> PreparedTarget:
    """Obtain credentials and find fixtures that the profile leaves out, then make what may be made and is lacking."""
    obtained = obtain_credentials(ground)
    discovery = discover_fixtures(obtained.ground)
    made = Evidence(ground.redactor)
    ground = _made(discovery.ground, made)
    notes = [
        f"{name} was obtained by {obtained.requests} requests, as the profile leaves it out" for name in obtained.got
    ]
    notes += [f"{name} could not be obtained: {why}" for name, why in obtained.missed.items()]
    notes += _told(ground, discovery.found, discovery.requests)
    notes += made.warnings
    return PreparedTarget(ground, tuple(notes))


def clean_up_target(ground: RunContext) -> tuple[str, ...]:
    """Take away what is still there of what the run made; a warning for each thing that may be left."""
    with ground.shared.lock:
        left, ground.shared.left = list(ground.shared.left.values()), {}
    warnings = []
    for entry in reversed(left):
        why = delete_created(ground, Evidence(ground.redactor), entry)
        if why:
            warnings.append(f"what {entry.operation} made may still be there: {why}")
        else:
            ground.ledger.undone(entry.id)
    return tuple(warnings)


def _made(ground: RunContext, evidence: Evidence) -> RunContext:
    """With the fixtures that a contract makes for a run where the profile allows that."""
    for name, named in ground.contract.file.fixtures.items():
        if named.make is None or is_known_name(ground.contract, ground.target, (name,)):
            continue
        steps = tuple(plan_steps(ground.contract, ground.contract.file.chains[named.make], "standard"))
        if any(missing_for_steps(ground.contract, ground.target, (*steps, *_away(ground, steps)))):
            continue
        captures: dict[str, object] = {}
        chain = run_steps(ground, evidence, steps, captures, label=f"fixture {name}", role="step", salt=f"make/{name}")
        if chain.passed and name in captures:
            ground = with_fixtures(ground, {name: captures[name]})
            evidence.warnings.append(f"{name} was made for this run, and is deleted at its end")
        else:
            evidence.warnings.append(f"{name} could not be made for this run: {chain.why}")
    return ground


def _away(ground: RunContext, steps: tuple[PlannedStep, ...]) -> Iterator[PlannedStep]:
    """The calls that will take away what these make."""
    for step in steps:
        trace = ground.contract.file.traces.get(step.operation)
        if trace is not None:
            yield from plan_steps(ground.contract, trace.undo, "standard")


def _told(ground: RunContext, found: object, requests: int) -> Iterator[str]:
    names = list(found) if isinstance(found, dict) else []
    if names:
        values = ", ".join(f"{name}: {_value(ground, name)}" for name in names)
        yield ground.redactor.text(f"found on the target by {requests} reads, as the profile leaves it out: {values}")


def _value(ground: RunContext, name: str) -> str:
    try:
        return str(ground.binder.fill(f"{{fixture.{name}}}", PlaceholderScope()))
    except MissingValue:
        return ""
