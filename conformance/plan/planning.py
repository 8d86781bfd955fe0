"""contract and target → everything that will be tried, row by row, before a byte is sent.

Order is chosen so that the most is learnt from the fewest requests: the written example on each operation, then edges
dealt over operations, valid neighbours and languages, then drawn values, then what is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

from conformance.contract import placeholders
from conformance.contract.contract import Contract, Row
from conformance.contract.model import Control, Depth, Input, OperationRef, Step
from conformance.plan.attempts import ControlPlan, DrawSlot, PlannedStep, Probe, RowPlan, Template
from conformance.plan.merging import base, called, merged, pieces, replaced, shown, spec
from conformance.plan.needs import lacks_of, lacks_of_steps
from conformance.plan.values import drawable, ruled_out
from conformance.target.target import Target

__all__ = ["DEPTHS", "Depth", "plan_row", "planned_steps"]

DEPTHS: tuple[Depth, ...] = ("smoke", "standard", "thorough")
DRAWN: dict[Depth, int] = {"smoke": 0, "standard": 2, "thorough": 100}
DRAWN_CONTROLS: dict[Depth, int] = {"smoke": 0, "standard": 2, "thorough": 10}
Neighbours = Mapping[str, Iterator[tuple[str, Any] | None]]
"""Of each operation, the valid values of other parameters that are tried beside, in turn."""
SMOKE_REQUESTS = 3
MANY_EDGES = 5
"""A row with so many edges draws one value only at `standard`."""
FIRM = 4
"""Firm probes that each row has at least."""


def plan_row(contract: Contract, target: Target, row: Row, depth: Depth) -> RowPlan:
    """Plan one row at a depth; what the target lacks is named in the plan, never guessed."""
    return _Planner(contract, target, row, depth).plan()


def planned_steps(contract: Contract, steps: Iterable[Step], depth: Depth) -> Iterator[PlannedStep]:
    """The calls of a chain that this depth makes, chains named in it written out."""
    for step in steps:
        if DEPTHS.index(step.depth) > DEPTHS.index(depth):
            continue
        if step.call in contract.file.chains:
            yield from planned_steps(contract, contract.file.chains[step.call], depth)
            continue
        request = merged(base(contract, step.call), spec(step.request))
        undo = next(planned_steps(contract, [step.undo], depth)) if step.undo else None
        yield PlannedStep(step, step.call, request, step.tier or contract.operations[step.call].tier, undo)


def _least(lacking: list[list[str]]) -> list[str]:
    """The shortest of what would have to be added."""
    shortest = min(map(len, lacking), default=0)
    return next((names for names in lacking if len(names) == shortest), [])


def _is_near(described: Input, value: Any) -> bool:
    return any(value == near for near in described.near.values())


def inputs_of(row: Row) -> list[str]:
    """The named inputs that a row varies, firm and open."""
    given = [*row.case.vary.values(), *(value for choice in row.case.open for value in choice.vary.values())]
    return [name for name in given if isinstance(name, str)]


@dataclass(frozen=True, slots=True)
class _Ground:
    """One operation that the row holds for, with its request before anything is varied."""

    label: str
    name: str
    request: Template
    tier: str
    beside: tuple[tuple[str, Any], ...]


class _Planner:
    """Plans one row; one use."""

    def __init__(self, contract: Contract, target: Target, row: Row, depth: Depth) -> None:
        self.contract, self.target, self.row, self.depth = contract, target, row, depth
        self.case = row.case
        self.grounds = [self._ground(ref) for ref in row.operations]
        self.skipped: list[str] = []
        self.lacking: dict[str, list[list[str]]] = {"example": [], "control": []}
        self.voices = self._voices()
        self.uncaptured: dict[str, list[str]] = {}
        """What no step before captures, because of what it lacks."""

    def plan(self) -> RowPlan:
        before = tuple(self._set_up())
        after = self._steps(self.case.after)
        guards = tuple(self._steps([guard.read])[0] for guard in self.case.unchanged)
        controls = tuple(self._possible_controls())
        shared = list(dict.fromkeys(lacks_of_steps(self.contract, self.target, before)))
        if self.depth == "smoke":
            guards = ()
        probes = tuple(self._possible(self._probes(self._room(controls, before, after)), after, guards))
        if all(probe.tier == "read" for probe in probes):
            after = ()
        lacks = [*shared]
        if not any(probe.role == "example" for probe in probes):
            lacks += _least(self.lacking["example"])
        if not controls and self._controls():
            lacks += _least(self.lacking["control"])
        if self.case.needs:
            lacks += [need for need in self.case.needs if not self._given(need)]
        return RowPlan(
            self.row,
            before,
            () if lacks else probes,
            () if lacks else controls,
            self._steps(self.case.undo.steps if self.case.undo else []),
            after,
            guards,
            self.case.repeat,
            tuple(dict.fromkeys(lacks)),
            tuple(self.skipped),
        )

    def _set_up(self) -> Iterator[PlannedStep]:
        """The steps before, without the optional ones that lack something."""
        every = planned_steps(self.contract, self.case.before, "thorough")
        self.uncaptured = {name: [f"depth: {step.step.depth}"] for step in every for name in step.step.capture or {}}
        for step in self._steps(self.case.before):
            needed = [*lacks_of_steps(self.contract, self.target, (step,)), *self._uncaptured(step.request)]
            if step.step.optional and needed:
                self.uncaptured |= dict.fromkeys(step.step.capture or {}, needed)
                continue
            self.uncaptured = {k: v for k, v in self.uncaptured.items() if k not in (step.step.capture or {})}
            yield step

    def _uncaptured(self, request: Template) -> Iterator[str]:
        for head, members, _ in placeholders.names(request):
            yield from self.uncaptured.get(".".join(members), ()) if head == "capture" else ()

    def _steps(self, steps: Iterable[Step]) -> tuple[PlannedStep, ...]:
        return tuple(planned_steps(self.contract, steps, self.depth))

    def _given(self, need: str) -> bool:
        kind, _, name = need.partition(".")
        return name in getattr(self.target, kind, ())

    # --- grounds

    def _ground(self, ref: OperationRef) -> _Ground:
        request = merged(base(self.contract, ref.call), spec(self.case.request), spec(ref.request))
        tier = ref.tier or self.case.tier or self._tier(ref.call, request)
        beside = [(part, value) for part, values in {**self.case.beside, **ref.beside}.items() for value in values]
        return _Ground(ref.label or ref.call, ref.call, request, tier, tuple(beside))

    def _tier(self, operation: str, request: Template) -> str:
        """A method of its own makes it a write that is meant to be rejected."""
        method = request.get("method")
        own = self.contract.operations[operation].tier
        return own if method is None or method in ("GET", "HEAD", "OPTIONS") else max(own, "write")

    def _voices(self) -> list[tuple[str, Template, str | None, str | None]]:
        """Each way of asking for each language that the target lists; one silent voice where language plays no part."""
        wordings = self.case.expect.message
        localised = isinstance(wordings, list) and any(wording.language for wording in wordings)
        listed = self.target.fixtures.get(self.contract.file.language_fixture or "")
        if not localised or not self.contract.file.languages or not isinstance(listed, list) or not listed:
            return [("", {}, None, None)]
        languages = [str(language) for language in listed]
        return [
            (
                way.label.replace("{language}", language),
                {"query": dict(way.query), "headers": dict(way.headers)},
                language,
                next((other for other in languages if other != language), language),
            )
            for way in self.contract.file.languages
            for language in languages
        ]

    # --- probes

    def _room(self, controls: Sequence[ControlPlan], *chains: tuple[PlannedStep, ...]) -> int:
        """At smoke: how many requests are left for probes beside controls and set-up."""
        steps = [*(step for control in controls for step in control.steps), *(s for chain in chains for s in chain)]
        return SMOKE_REQUESTS - sum(2 if step.undo else 1 for step in steps)

    def _probes(self, room: int) -> Iterator[Probe]:
        if self.depth == "smoke":
            yield from self._smoke(room)
            return
        examples = list(self._examples())
        yield from examples
        if self.case.once or self.case.repeat:
            return
        neighbours = self._neighbours()
        edges, drawn = list(self._edges(neighbours)), list(self._drawn(neighbours))
        # Where a look for effects comes at the end, the edges come right before it: they slip through the easiest.
        yield from [*drawn, *edges] if self.case.unchanged else [*edges, *drawn]
        for count in range(FIRM - len(examples) - len(edges) - len(drawn)):
            # What is right only the first time, or wrong now and then, shows in what is sent again.
            yield self._probe(self.grounds[count % len(self.grounds)], self.voices[0], "again", "example")
        yield from self._open()

    def _smoke(self, room: int) -> Iterator[Probe]:
        """The example, and where requests are left the edge that differs from it in the most ways."""
        yield self._probe(self.grounds[0], self.voices[0], "example", "example")
        if room < 2 or self.case.once or self.case.repeat:
            return
        edges = [
            probe
            for probe in self._edges(self._neighbours())
            if probe.repeatable and not any(self._uncaptured(probe.request))
        ]
        other = [probe for probe in edges if probe.operation != self.grounds[0].name] or edges
        if other:
            yield other[-1]
        elif len(self.grounds) > 1:
            yield self._probe(self.grounds[-1], self.voices[-1], "example", "example")
        else:
            yield self._probe(self.grounds[0], self.voices[-1], "again", "example")

    def _neighbours(self) -> Neighbours:
        return {ground.label: cycle([*ground.beside, None]) for ground in self.grounds}

    def _examples(self) -> Iterator[Probe]:
        for index, ground in enumerate(self.grounds):
            for voice in self._voices_of(index):
                yield self._probe(ground, voice, "example", "example")
                if self.case.once or self.case.repeat:
                    return

    def _voices_of(self, index: int) -> list[tuple[str, Template, str | None, str | None]]:
        """Each language for each operation; where there are several, the ways of asking are dealt out over them."""
        ways = len(self.contract.file.languages)
        if len(self.voices) == 1 or len(self.grounds) == 1 or self.depth == "thorough":
            return self.voices
        languages = len(self.voices) // ways
        return [self.voices[(index + spoken) % ways * languages + spoken] for spoken in range(languages)]

    def _edges(self, neighbours: Neighbours) -> Iterator[Probe]:
        voices = {ground.label: cycle(self._turned(index)) for index, ground in enumerate(self.grounds)}
        for part, given in self.case.vary.items():
            described = self._input(given)
            allowed = self._allowed(described)
            for index, (name, value) in enumerate(self._dealt(given)):
                for ground in [allowed[index % len(allowed)]] if described.spread or described.once else allowed:
                    label = f"{called(part)}={name}"
                    probe = self._probe(ground, next(voices[ground.label]), label, "boundary", (part, value), described)
                    yield self._beside(probe, next(neighbours[ground.label]))

    def _allowed(self, described: Input) -> list[_Ground]:
        return [ground for ground in self.grounds if described.for_ is None or ground.label in described.for_]

    def _turned(self, by: int) -> list[tuple[str, Template, str | None, str | None]]:
        return [*self.voices[by % len(self.voices) :], *self.voices[: by % len(self.voices)]]

    def _open(self) -> Iterator[Probe]:
        voices, dealt = cycle(self.voices), cycle(range(len(self.grounds)))
        for choice in self.case.open:
            if DEPTHS.index(choice.depth) > DEPTHS.index(self.depth):
                continue
            for part, given in choice.vary.items():
                described = self._input(given)
                for name, value in self._dealt(given):
                    allowed = [g for g in self.grounds if choice.for_ is None or g.label in choice.for_]
                    ground = allowed[next(dealt) % len(allowed)]
                    label = f"{called(part)}={name}"
                    probe = self._probe(ground, next(voices), label, "open", (part, value), described)
                    yield replace(probe, accept=tuple(choice.accept), guards=())

    def _drawn(self, neighbours: Neighbours) -> Iterator[Probe]:
        voices = cycle(self._turned(1))
        given = [(part, self._input(given)) for part, given in self.case.vary.items()]
        settled = [(part, item, drawable(self.target, item.draw)) for part, item in given if item.draw]
        drawn = [(part, item, draw) for part, item, draw in settled if draw is not None]
        edges = sum(len(item.edges) + len(item.near) for _, item in given)
        count = DRAWN[self.depth] if self.depth == "thorough" or edges < MANY_EDGES else 1
        for index in range(count):
            for part, described, draw in drawn if self.depth == "thorough" else drawn[index % max(len(drawn), 1) :][:1]:
                allowed = self._allowed(described)
                label = f"{called(part)}=drawn-{index + 1}"
                ground = allowed[index % len(allowed)]
                probe = self._probe(ground, next(voices), label, "drawn", None, described)
                probe = self._beside(probe, next(neighbours[ground.label]))
                yield replace(probe, slot=DrawSlot(part, draw, index))

    def _dealt(self, given: Input | str) -> list[tuple[str, Any]]:
        """The edges that this row tries: all, or its share of what the rows that name the input have in common."""
        described = self._input(given)
        edges = [*described.near.items(), *described.edges.items()]
        if described.except_ is not None:
            edges = [edge for edge in edges if not ruled_out(self.target, described.except_, edge[1])]
        if described.always is None or not isinstance(given, str) or self.depth == "thorough":
            return edges
        sharing = [row.id for row in self.contract.rows if given in inputs_of(row)]
        share = edges[described.always + sharing.index(self.row.id) :: len(sharing)]
        return [*edges[: described.always], *share]

    def _input(self, given: Input | str) -> Input:
        return self.contract.file.inputs[given] if isinstance(given, str) else given

    def _probe(
        self,
        ground: _Ground,
        voice: tuple[str, Template, str | None, str | None],
        label: str,
        role: str,
        varied: tuple[str, Any] | None = None,
        described: Input | None = None,
    ) -> Probe:
        request = replaced(ground.request, *varied) if varied else ground.request
        said, extra, language, other = voice
        suffix = f" ({ground.label})" if len(self.grounds) > 1 else ""
        return Probe(
            label=label + (f" [{said}]" if said else "") + suffix,
            role=role,
            operation=ground.name,
            request=merged(request, extra),
            tier=self._probe_tier(ground, request),
            value=shown(varied[1]) if varied else self._example_value(ground),
            language=language,
            other_language=other,
            unless=described.unless if described and varied and _is_near(described, varied[1]) else None,
            guards=tuple(self._guards(ground)),
            repeatable=not self.case.once and not (described and described.once),
        )

    def _probe_tier(self, ground: _Ground, request: Template) -> str:
        if self.case.tier is not None or request.get("method") is None:
            return ground.tier
        return max(ground.tier, self._tier(ground.name, request), key=["read", "write", "delete", "exhaust"].index)

    def _guards(self, ground: _Ground) -> Iterator[int]:
        for index, guard in enumerate(self.case.unchanged):
            if self.depth != "smoke" and (guard.for_ is None or ground.label in guard.for_):
                yield index

    def _example_value(self, ground: _Ground) -> str:
        """The varied part of the written example."""
        for part in self.case.vary:
            head, *rest = pieces(part)
            value: Any = ground.request.get(head)
            for member in rest:
                value = value.get(member) if isinstance(value, dict) else None
            if value is not None:
                return shown(value)
        return ""

    @staticmethod
    def _beside(probe: Probe, neighbour: tuple[str, Any] | None) -> Probe:
        if neighbour is None:
            return probe
        part, value = neighbour
        label = f"{probe.label} beside {called(part)}={shown(value)}"
        return replace(probe, label=label, request=replaced(probe.request, part, value))

    # --- what is possible

    def _possible(
        self, probes: Iterable[Probe], after: tuple[PlannedStep, ...], guards: tuple[PlannedStep, ...]
    ) -> Iterator[Probe]:
        """The probes that the target has all for: what takes a write back, and what watches it, must be there too."""
        for probe in probes:
            beside = (*(after if probe.tier != "read" else ()), *(guards[index] for index in probe.guards if guards))
            needed = [
                *lacks_of(self.contract, self.target, probe.operation, probe.request, probe.tier),
                *self._uncaptured(probe.request),
                *lacks_of_steps(self.contract, self.target, beside),
            ]
            lacks = list(dict.fromkeys(needed))
            if not lacks:
                yield probe
                continue
            self.lacking.setdefault(probe.role, []).append(lacks)
            self.skipped.append(f"{probe.label}: {', '.join(lacks)}")

    def _controls(self) -> list[tuple[Control, _Ground | None]]:
        """Each control, once, or once for each operation where it is the row's own call."""
        chosen = [control for control in self.case.control if DEPTHS.index(control.depth) <= DEPTHS.index(self.depth)]
        if self.depth == "smoke":
            chosen = [*chosen[:1], *(control for control in chosen[1:] if control.fallback)]
        result: list[tuple[Control, _Ground | None]] = []
        for control in chosen:
            grounds = [ground for ground in self.grounds if control.for_ is None or ground.label in control.for_]
            own = any(step.call == "this" for step in control.steps)
            result += [(control, ground) for ground in grounds] if own else [(control, None)]
        return result

    def _possible_controls(self) -> Iterator[ControlPlan]:
        possible = 0
        for control, ground in self._controls():
            if possible and (control.fallback or self.depth == "smoke"):
                continue
            steps = tuple(self._control_steps(control, ground))
            label = control.label + (f" ({ground.label})" if ground and len(self.grounds) > 1 else "")
            lacks = list(dict.fromkeys(lacks_of_steps(self.contract, self.target, steps)))
            if not lacks:
                possible += 1
                yield from self._drawn_controls(control, ControlPlan(label, steps, doubtful=control.doubtful))
                continue
            self.lacking["control"].append(lacks)
            self.skipped.append(f"control {label}: {', '.join(lacks)}")

    def _drawn_controls(self, control: Control, plan: ControlPlan) -> Iterator[ControlPlan]:
        """The control once, or as often as something is drawn for it."""
        if control.draw is None:
            yield plan
        elif draw := drawable(self.target, control.draw):
            for count in range(DRAWN_CONTROLS[self.depth]):
                yield replace(plan, label=f"{plan.label}, drawn-{count + 1}", draw=draw)

    def _control_steps(self, control: Control, ground: _Ground | None) -> Iterator[PlannedStep]:
        """A step that calls `this` is the row's own request with something else in it."""
        for step in control.steps:
            if step.call != "this" or ground is None:
                yield from self._steps([step])
                continue
            request = merged(ground.request, spec(step.request))
            undo = self._steps([step.undo])[0] if step.undo else None
            yield PlannedStep(step, ground.name, request, step.tier or self._tier(ground.name, request), undo)
