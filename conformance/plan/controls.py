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


def plan_controls(
    contract: Contract,
    row: Row,
    variants: Sequence[OperationVariant],
    languages: Sequence[LanguageVariant],
    depth: Depth,
    *,
    whole: bool = False,
) -> Iterator[tuple[Control, ControlPlan]]:
    """Each control that this depth tries, its calls written out: for each operation where it is the row's own call.

    With `whole` each makes all of its calls of `standard`. Beyond smoke each control of the contract asks in another
    language: the same one in every row that names it.
    """
    controls = [control for control in row.case.control if reaches(depth, control.depth)]
    if depth == "smoke":
        # Where the target lacks what these need, a deeper one will do.
        controls += [control for control in row.case.control if control not in controls and control.draw is None]
    labels = [other.label or name for name, other in contract.file.controls.items()]
    for control in controls:
        turn = labels.index(control.label) if control.label in labels else 0
        asked = NO_LANGUAGE if depth == "smoke" else languages[turn % len(languages)]
        own = any(step.call == "this" for step in control.steps)
        allowed = [variant for variant in variants if control.for_ is None or variant.label in control.for_]
        for variant in allowed if own else [None]:
            label = control.label
            if variant and len(variants) > 1:
                label = Message("{label} ({operation})", label=label, operation=variant.label)
            calls = _steps(contract, control, variant, "standard" if whole else depth)
            steps = (_ask_in_language(step, asked) for step in calls)
            yield control, ControlPlan(label, tuple(steps), doubtful=control.doubtful)


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
