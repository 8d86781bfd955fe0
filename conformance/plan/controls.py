"""The controls of one row: chains whose every step must succeed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.contract.contract import Contract, Row
from conformance.contract.request_template import apply_patch
from conformance.contract.schema import Control, Depth
from conformance.contract.templates import fill
from conformance.messages import Message
from conformance.plan.model import ControlPlan, PlannedStep
from conformance.plan.steps import DRAWN_CONTROLS, patch_of, permission_of, plan_steps, reaches
from conformance.plan.values import resolve_draw
from conformance.plan.variants import NO_LANGUAGE, LanguageVariant, OperationVariant
from conformance.target.loader import Target

Chosen = tuple[Control, OperationVariant | None]


def choose_controls(row: Row, variants: list[OperationVariant], depth: Depth) -> list[Chosen]:
    """Each control that this depth tries, once, or once for each operation where it is the row's own call."""
    controls = [control for control in row.case.control if reaches(depth, control.depth)]
    if depth == "smoke":
        # Where the target lacks what these need, a deeper one will do.
        controls += [control for control in row.case.control if control not in controls and control.draw is None]
    result: list[Chosen] = []
    for control in controls:
        allowed = [variant for variant in variants if control.for_ is None or variant.label in control.for_]
        own = any(step.call == "this" for step in control.steps)
        result += [(control, variant) for variant in allowed] if own else [(control, None)]
    return result


def plan_control(
    contract: Contract,
    control: Control,
    variant: OperationVariant | None,
    depth: Depth,
    languages: Sequence[LanguageVariant],
    *,
    several: bool,
) -> ControlPlan:
    """A control with its calls written out; `several`: whether the operation has to be named.

    Beyond smoke each control of the contract asks in another language: the same one in every row that names it.
    """
    label = control.label
    if variant and several:
        label = Message("{label} ({operation})", label=label, operation=variant.label)
    labels = [other.label or name for name, other in contract.file.controls.items()]
    turn = labels.index(control.label) if control.label in labels else 0
    asked = NO_LANGUAGE if depth == "smoke" else languages[turn % len(languages)]
    steps = (_ask_in_language(step, asked) for step in _steps(contract, control, variant, depth))
    return ControlPlan(label, tuple(steps), doubtful=control.doubtful)


def draw_control_values(target: Target, control: Control, plan: ControlPlan, depth: Depth) -> Iterator[ControlPlan]:
    """The control once, or as often as something is drawn for it."""
    if control.draw is None:
        yield plan
    elif draw := resolve_draw(target, control.draw):
        for count in range(DRAWN_CONTROLS[depth]):
            yield replace(plan, label=Message("{label}, drawn-{n}", label=plan.label, n=count + 1), draw=draw)


def _ask_in_language(step: PlannedStep, asked: LanguageVariant) -> PlannedStep:
    names = {"language": asked.language, "other": asked.other}
    return replace(step, request=apply_patch(step.request, fill(asked.request, lambda head, _: names[head])))


def _steps(
    contract: Contract, control: Control, variant: OperationVariant | None, depth: Depth
) -> Iterator[PlannedStep]:
    """A step that calls `this` is the row's own request with something else in it."""
    for step in control.steps:
        if step.call != "this" or variant is None:
            yield from plan_steps(contract, [step], depth)
            continue
        request = apply_patch(variant.request, patch_of(step.request))
        undo = next(plan_steps(contract, [step.undo], depth)) if step.undo else None
        permission = step.permission or permission_of(contract, variant.operation, request)
        yield PlannedStep(step, variant.operation, request, permission, undo)
