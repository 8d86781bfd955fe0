"""The plan of a row: everything that will be tried on a target, known before a byte is sent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from conformance.contract.contract import Contract, Row
from conformance.contract.request_template import RequestTemplate, apply_patch
from conformance.contract.schema import Control, Depth
from conformance.messages import Message
from conformance.plan.model import ControlPlan, GuardRead, PlannedStep, Probe, RowPlan
from conformance.plan.power import order_probes
from conformance.plan.probes import ProbePlanner
from conformance.plan.requirements import missing_for_steps, missing_requirements
from conformance.plan.steps import DRAWN_CONTROLS, plan_steps, reaches
from conformance.plan.values import resolve_draw
from conformance.plan.variants import NO_LANGUAGE
from conformance.quantities import Pace, read_pace
from conformance.target.loader import Target

Steps = tuple[PlannedStep, ...]


@dataclass(frozen=True, slots=True)
class SharedCalls:
    """What earlier rows send, so that a row need not send it again, and at `smoke` which probes it sends."""

    passed: frozenset[str] = frozenset()
    """The keys of the controls of earlier rows."""
    calls: frozenset[str] = frozenset()
    """At `smoke`: the single calls of their set-ups and controls; a control made of these alone is not sent either."""
    set_up: frozenset[str] = frozenset()
    """Set-ups that earlier rows make, as `sequence_key` calls them."""
    captured: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()
    """At `smoke`: the labels of what is sent beyond the base of a row; without any, its example is."""


NOTHING_SHARED = SharedCalls()


def plan_row(
    contract: Contract, target: Target, row: Row, depth: Depth, shares: SharedCalls = NOTHING_SHARED
) -> RowPlan:
    """Plan one row at a depth; what the target lacks is named in the plan, never guessed."""
    return Planner(contract, target, row, depth).plan(shares)


class Planner:
    """Plans one row, any number of times: what it shares with others may turn out otherwise."""

    def __init__(self, contract: Contract, target: Target, row: Row, depth: Depth) -> None:
        self.contract, self.target, self.row, self.depth = contract, target, row, depth
        self.case = row.case
        self.probes = ProbePlanner(contract, target, row, depth)
        self.variants = self.probes.variants
        self._lacking: dict[int, tuple[Probe, list[str]]] = {}
        self._begin(NOTHING_SHARED)

    def _begin(self, shares: SharedCalls) -> None:
        self.shares = shares
        self.skipped: list[str] = []
        self.lacking: dict[str, list[list[str]]] = {"example": [], "control": []}
        self.uncaptured: dict[str, list[str]] = {}
        """Captures that no step of `before` makes, each with what the target lacks for it."""

    def plan(self, shares: SharedCalls) -> RowPlan:
        """The row's plan, without what earlier rows send."""
        self._begin(shares)
        if self.case.not_provokable is not None:
            return RowPlan(self.row, lacks=(f"a way to provoke it ({self.case.not_provokable.rstrip('.')})",))
        set_up = tuple(self._set_up())
        before = () if sequence_key(set_up) in self.shares.set_up else set_up
        after = self._after
        checks = tuple(replace(check, shared=self._passed(check, set_up)) for check in self._controls())
        probes = tuple(order_probes(self.contract, self.row, list(self._possible(self._chosen(), after))))
        lacks = tuple(dict.fromkeys(self._lacks(before, probes, checks)))
        return RowPlan(
            self.row,
            before=before,
            probes=() if lacks else probes,
            controls=() if lacks else checks,
            mistaken=tuple(
                (each.key, plan_steps(self.contract, each.steps, self.depth)) for each in self.case.mistaken
            ),
            undo=self._takes_back,
            after=() if all(probe.permission == "read" for probe in probes) else after,
            guards=self._guards,
            is_read_by_others=self.depth == "smoke",
            repeat=self.case.repeat,
            allowance=self._allowance(),
            repeats=self._repeats(),
            lacks=lacks,
            skipped=tuple(self.skipped),
        )

    @cached_property
    def _after(self) -> Steps:
        return plan_steps(self.contract, self.case.after, self.depth)

    @cached_property
    def _guards(self) -> tuple[GuardRead, ...]:
        reads = ((guard, plan_steps(self.contract, [guard.read], self.depth)[0]) for guard in self.case.unchanged)
        return tuple(GuardRead(step, tuple(guard.compare), guard.each, guard.confirm) for guard, step in reads)

    @cached_property
    def _before(self) -> list[tuple[PlannedStep, list[str]]]:
        """Every step before, and what the target lacks of it, or to delete what it makes."""
        steps, made = plan_steps(self.contract, self.case.before, self.depth), self.contract.file.created_resources
        away = [
            plan_steps(self.contract, made[step.operation].undo if step.operation in made else []) for step in steps
        ]
        each = [(step, (step, *undo)) for step, undo in zip(steps, away, strict=True)]
        return [(step, list(missing_for_steps(self.contract, self.target, sent))) for step, sent in each]

    @cached_property
    def _captures_before(self) -> dict[str, list[str]]:
        """What the steps before capture at any depth, each with the depth that it takes."""
        every = plan_steps(self.contract, self.case.before, "thorough")
        return {name: [f"depth: {step.step.depth}"] for step in every for name in step.step.capture or {}}

    @cached_property
    def _takes_back(self) -> Steps:
        """The steps that undo an accepted probe; with `at_once` those of the contract where the row has none."""
        resource = self.contract.file.created_resources.get(self.variants[0].operation) if self.case.at_once else None
        steps = self.case.undo.steps if self.case.undo else resource.undo if resource else []
        return plan_steps(self.contract, steps, self.depth)

    def _passed(self, check: ControlPlan, set_up: Steps) -> bool:
        """Whether a control need not be sent, as earlier rows do; at smoke set-ups that make its calls are enough."""
        if self.depth != "smoke":
            return check.key in self.shares.passed
        made = self.shares.calls | {step.key for step in set_up}
        return check.key in self.shares.passed or all(step.key in made for step in check.steps)

    def _lacks(self, before: Steps, probes: Sequence[Probe], checks: Sequence[ControlPlan]) -> Iterator[str]:
        """Yields the least that the profile would have to add for this row."""
        yield from missing_for_steps(self.contract, self.target, before)
        if self.depth == "smoke" and any(step.permission != "read" for step in before):
            # Other rows go on with what it leaves, until the run's end; that it may be taken away must be sure now.
            away = plan_steps(self.contract, self.case.after)
            yield from missing_for_steps(self.contract, self.target, away)
        if not any(probe.role == "example" or self.depth == "smoke" for probe in probes):
            yield from _least(self.lacking["example"])
        if not checks and self._possible_controls:
            yield from _least(self.lacking["control"])
        for need in self.case.needs:
            kind, _, name = need.partition(".")
            if name not in getattr(self.target, kind, ()):
                yield need

    def _set_up(self) -> Iterator[PlannedStep]:
        """The steps before, without the optional ones that lack something."""
        self.uncaptured = {name: why for name, why in self._captures_before.items() if name not in self.shares.captured}
        for step, lacks in self._before:
            needed = [*lacks, *self._uncaptured(step.request)]
            if step.step.optional and needed:
                self.uncaptured |= dict.fromkeys(step.step.capture or {}, needed)
                continue
            self.uncaptured = {k: v for k, v in self.uncaptured.items() if k not in (step.step.capture or {})}
            yield step

    def _uncaptured(self, request: RequestTemplate) -> Iterator[str]:
        for name in request.captures if self.uncaptured else ():
            yield from self.uncaptured.get(name, ())

    def _chosen(self) -> Iterator[Probe]:
        """Yields every probe; at smoke the chosen ones, or else the example."""
        if self.depth != "smoke":
            yield from self.probes.all()
            return
        every = [self._example, *self._others]
        yield from [probe for probe in every if str(probe.label) in self.shares.chosen] or [self._example]

    @cached_property
    def _example(self) -> Probe:
        return self.probes.example(self.variants[0], self.probes.language_variants[0])

    def offers(self) -> list[Probe]:
        """What smoke may try of the row that was planned last: the example, then the others, the best first."""
        return [
            probe
            for probe in (self._example, *self._others)
            if not any(self._uncaptured(probe.request)) and not self._lacks_of(probe)
        ]

    def whole_controls(self) -> list[ControlPlan]:
        """The controls that smoke may try instead, with all calls, without those that need a set-up of `standard`."""
        captured = {name for step, _ in self._before for name in step.step.capture or {}}
        missing = [f"{{capture.{name}" for name in self._captures_before.keys() - captured]
        possible = (plan for control, plan, lacks in self._whole_controls if not lacks and not control.fallback)
        return [plan for plan in possible if plan.draw is None and not any(name in plan.key for name in missing)]

    @cached_property
    def _others(self) -> list[Probe]:
        """The probes of `standard` that draw nothing; without known power, edges go first."""
        if self.case.once or self.case.at_once or self.case.not_provokable is not None:
            return []
        _, *standard = self.probes.at_depth("standard").all()
        others = list({str(probe.label): probe for probe in standard if probe.slot is None}.values())
        if self.contract.power:
            return others
        firm = (one for one in others if one.role != "open" and one.repeatable and not one.is_repetition)
        own = self._example.operation
        return sorted(firm, key=lambda probe: (probe.role == "example", probe.operation == own))

    def _allowance(self) -> Pace | None:
        """What the credential of a row with `repeat` says that it may be used, or else the documented pace."""
        if self.case.repeat is None:
            return None
        given = self.target.credentials.get(str(self.variants[0].request.credential))
        return (given.allowance if given is not None else None) or read_pace(self.contract.file.pace)

    def _repeats(self) -> int:
        """How often the example is sent again where the target allows as much as is documented."""
        if self.case.repeat is None:
            return 0
        allowance = self._allowance()
        return min(allowance.requests if allowance else self.case.repeat.at_most, self.case.repeat.at_most - 1)

    def _possible(self, probes: Iterable[Probe], after: Steps) -> Iterator[Probe]:
        """The probes that the target has all for: what takes a write back, and what watches it, must be there too."""
        uses_up = self.case.permission == "exhaust" or self.case.repeat is not None
        exhausts = uses_up and "exhaust" not in self.target.allow
        for probe in probes:
            around = (
                *(after if probe.permission != "read" else ()),
                *(self._guards[index].step for index in probe.guards if self.depth != "smoke"),
            )
            needed = [
                *self._lacks_of(probe),
                *(["allow: exhaust"] if exhausts else []),  # also where the operation names a permission of its own
                *self._uncaptured(probe.request),
                *missing_for_steps(self.contract, self.target, around),
            ]
            if not self._left_out(probe.label, probe.role, needed):
                yield probe

    def _lacks_of(self, probe: Probe) -> list[str]:
        """What the target lacks of a probe, found out once for each."""
        known = self._lacking.get(id(probe))
        if known is None:
            found = missing_requirements(self.contract, self.target, probe.operation, probe.request, probe.permission)
            known = self._lacking[id(probe)] = probe, list(found)
        return known[1]

    def _controls(self) -> Iterator[ControlPlan]:
        possible = 0
        for place, short in enumerate(self._possible_controls):
            chosen = f"control {short[1].label}" in self.shares.chosen
            control, plan, needed = self._whole_controls[place] if chosen else short
            deeper = self.depth == "smoke" and control.depth != "smoke" and not chosen
            if possible and (control.fallback or deeper):
                continue
            if not self._left_out(plan.where, "control", needed):
                possible += 1
                yield from self._draw_for_control(control, plan)

    def _draw_for_control(self, control: Control, plan: ControlPlan) -> Iterator[ControlPlan]:
        """The control once, or as often as something is drawn for it."""
        if control.draw is None:
            yield plan
        elif draw := resolve_draw(self.target, control.draw):
            for count in range(DRAWN_CONTROLS[self.depth]):
                yield replace(plan, label=Message("{label}, drawn-{n}", label=plan.label, n=count + 1), draw=draw)

    @cached_property
    def _possible_controls(self) -> list[tuple[Control, ControlPlan, list[str]]]:
        return self._plan_controls(whole=False)

    @cached_property
    def _whole_controls(self) -> list[tuple[Control, ControlPlan, list[str]]]:
        return self._plan_controls(whole=True)

    def _plan_controls(self, *, whole: bool) -> list[tuple[Control, ControlPlan, list[str]]]:
        """Every control, what is sent for it, and what the target lacks of that.

        For each operation where it is the row's own call. With `whole` each makes all of its calls of `standard`.
        Beyond smoke each control of the contract asks in another language: the same one in every row that names it.
        """
        planned = []
        listed = [control for control in self.case.control if reaches(self.depth, control.depth)]
        if self.depth == "smoke":
            # Where the target lacks what these need, a deeper one will do.
            listed += [control for control in self.case.control if control not in listed and control.draw is None]
        labels = [other.label or name for name, other in self.contract.file.controls.items()]
        languages = [NO_LANGUAGE] if self.depth == "smoke" else self.probes.language_variants
        for control in listed:
            turn = labels.index(control.label) if control.label in labels else 0
            asking = languages[turn % len(languages)].filled_request
            own = any(step.call == "this" for step in control.steps)
            for variant in self.probes.allowed_variants(control) if own else [None]:
                label = control.label
                if variant and len(self.variants) > 1:
                    label = Message("{label} ({operation})", label=label, operation=variant.label)
                this = (variant.operation, variant.request) if variant else None
                calls = plan_steps(self.contract, control.steps, "standard" if whole else self.depth, this)
                steps = tuple(replace(step, request=apply_patch(step.request, asking)) for step in calls)
                lacks = list(missing_for_steps(self.contract, self.target, steps))
                planned.append((control, ControlPlan(label, steps, doubtful=control.doubtful), lacks))
        return planned

    def _left_out(self, label: str, role: str, needed: list[str]) -> bool:
        """Whether an attempt is left out, as the target lacks something; keeps what, for the report."""
        lacks = list(dict.fromkeys(needed))
        if lacks:
            self.lacking.setdefault(role, []).append(lacks)
            self.skipped.append(Message("{label}: lacks {names}", label=label, names=", ".join(lacks)))
        return bool(lacks)


def without_drawn_values(plan: RowPlan) -> RowPlan:
    """The plan without what Hypothesis would have to draw."""
    probes = tuple(probe for probe in plan.probes if probe.slot is None)
    return replace(plan, probes=probes, controls=tuple(control for control in plan.controls if control.draw is None))


def sequence_key(steps: Steps) -> str:
    """Equal for sequences that send and expect the same; empty for none."""
    return repr([(step.key, step.step.model_dump_json(exclude_unset=True)) for step in steps]) if steps else ""


def _least(lacking: list[list[str]]) -> list[str]:
    """The shortest list of what would have to be added."""
    shortest = min(map(len, lacking), default=0)
    return next((names for names in lacking if len(names) == shortest), [])
