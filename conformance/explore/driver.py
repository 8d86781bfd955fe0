"""Exploration of one operation from beginning to end, with exactly as many requests as were planned.

Where nothing is found, `count_requests` says how many requests are sent: what a target's answers leave over (a link
that is not offered, a write that has not to be set back) is spent on further inputs and on looking again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from conformance.checks.model import Finding, Level, Verdict
from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.engine.cleanup import describe_left, strike
from conformance.engine.context import RunContext
from conformance.engine.culprit import NOT_AGAIN
from conformance.engine.journal import LedgerEntry
from conformance.explore.checks import Observation
from conformance.explore.context import ExploreContext, build_explore_context
from conformance.explore.effects import EffectGuard
from conformance.explore.explorer import Explorer, ProbeAnswer
from conformance.explore.findings import FindingCollector, describe_exploration
from conformance.explore.inputs import choose_probes
from conformance.explore.links import count_link_requests, find_creation, follow_links, request_of_link
from conformance.explore.openapi import DocumentedOperation, with_known_body, with_known_path
from conformance.explore.own_record import is_set_back, record_change
from conformance.explore.probes import ExploreProbe, label_probe, plain_probe
from conformance.explore.sender import BudgetedSender, BudgetExhausted, TargetStopped
from conformance.explore.validity import Validity, classify_probe
from conformance.messages import Message
from conformance.results.model import Exploration, Undocumented

__all__ = ["count_requests", "explore_operation"]

_LEAST = 3
"""Up to this budget no operation is explored: it could not be cleaned up after."""
_SMALL = 60
"""Up to this budget two thirds of it are kept for following up findings, beyond it a fifth."""
_MOST_CREATED = 2
"""So many valid inputs at most where each creates something that has to be deleted again."""
_ORDER = (Validity.INVALID, Validity.VALID, Validity.OPEN, Validity.ODD)
"""What may change something comes after what must be refused."""
_ALL = frozenset(Validity)
_REFUSED = frozenset([Validity.INVALID])


@dataclass(frozen=True, slots=True)
class _Plan:
    """How many requests come before the inputs, how many are for them, and how many come after them."""

    before: int = 0
    for_inputs: int = 0
    after: int = 0
    inputs: Sequence[ExploreProbe] = field(default=(), repr=False)
    """The inputs, and some more for what is left over of the requests before them."""

    @property
    def requests(self) -> int:
        return self.before + self.for_inputs + self.after


def explore_operation(run: RunContext, operation: str) -> tuple[Exploration, tuple[Undocumented, ...]]:
    """Explore one operation within its budget: what was found, and what no row documents.

    KeyError where the document has no such operation.
    """
    try:
        context = build_explore_context(run, operation)
    except MissingValue as missing:
        return _describe_missing(run, operation, missing), ()
    lacks, reason = _find_obstacles(context)
    if lacks or reason:
        return describe_exploration(context, reason=reason, lacks=lacks), ()
    plan = _plan(context)
    explorer = Explorer(context, BudgetedSender(context, plan.requests, plan.after), FindingCollector())
    try:
        reason = _explore(explorer, plan)
    except BudgetExhausted:
        reason = None
    except TargetStopped as stopped:
        reason = stopped.args[0]
    finally:
        explorer.sender.delete_created()
        run.shared.warn(map(run.redactor.text, explorer.sender.warnings))
    return explorer.findings.build_result(context, explorer.sender.requests, plan.requests, reason)


def count_requests(run: RunContext, operation: str) -> int:
    """How many requests exploring an operation sends where it finds nothing; nothing is sent."""
    try:
        context = build_explore_context(run, operation)
    except MissingValue:
        return 0
    return 0 if any(_find_obstacles(context)) else _plan(context).requests


def _describe_missing(run: RunContext, operation: str, missing: MissingValue) -> Exploration:
    known = run.contract.operations[operation]
    name = str(missing).replace("fixture.", "fixtures.").replace("credential.", "credentials.")
    reason = Message("lacks {names}", names=name)
    return Exploration(operation, known.method, known.path, Verdict.NOT_EXERCISED, reason=reason, lacks=(name,))


def _find_obstacles(context: ExploreContext) -> tuple[tuple[str, ...], str | None]:
    """What the profile lacks for exploring the operation, or another reason why it is not explored."""
    operation = context.operation
    source = context.document.operation(operation.within) if operation.within else context.own_source(operation)
    needed = {operation.permission}
    if source is not None and operation.kind != "read":
        needed |= {source.permission, *(["delete"] if context.creates(source) else [])}
    missing = tuple(f"allow: {permission}" for permission in sorted(needed - context.permissions))
    has_place = operation.within or (source is not None and operation.kind != "read")
    lacks = (*missing, *(source.lacks if source is not None and has_place else operation.lacks))
    if lacks:
        return lacks, None
    if context.budget <= _LEAST:
        return (), Message("not explored at this depth")
    if operation.changes_something_existing and not (operation.own or operation.within):
        return (), Message("it would change what is there, as it has no record of its own (x-own)")
    return (), None


def _plan(context: ExploreContext) -> _Plan:
    operation = context.operation
    if operation.within:
        return _Plan(1 + count_link_requests(context, context.document.operation(operation.within), to=operation.id))
    return _plan_reading(context) if operation.kind == "read" else _plan_writing(context)


def _explore(explorer: Explorer, plan: _Plan) -> str | None:
    """Explore; why the result is in doubt, or None."""
    operation = explorer.context.operation
    if operation.within:
        _follow_from_creation(explorer, explorer.operation(operation.within), to=operation.id)
        return None
    if operation.kind == "read":
        _explore_reading(explorer, plan)
        return None
    return _explore_writing(explorer, plan)


def _count_tries(context: ExploreContext) -> int:
    """Requests for inputs; in a small budget fewer where each of them may create something."""
    operation = context.operation
    small = context.budget // (4 if context.creates(operation) else 3)
    most = small if context.budget <= _SMALL else context.budget * 4 // 5
    return most if operation.most is None else min(most, operation.most)


# Reading


def _plan_reading(context: ExploreContext) -> _Plan:
    operation = context.operation
    first = 0 if not _has_first(context) else 2 if operation.own else 1
    links = count_link_requests(context, operation) if first else 0
    head = int(first > 0 and _sends_head(context))
    after = (1 if context.budget <= _SMALL else 2) if first and operation.body is None else 0
    most = max(1, _count_tries(context) - min(first, 1) - after + bool(links))
    most = max(0, min(most, context.budget - first - links - head - after))
    inputs = choose_probes(operation, plain_probe(operation), _ALL, most + links, context.run.seed, base={})
    return _Plan(first + links + head, min(most, len(inputs)), after, inputs)


def _explore_reading(explorer: Explorer, plan: _Plan) -> None:
    """The plain request, what its links lead to, the chosen inputs, and the plain request once more."""
    context, operation, sender = explorer.context, explorer.context.operation, explorer.sender
    first = _send_first(explorer)
    if first is not None and first.accepted and _sends_head(context):
        explorer.compare_head(first)
    answers = []
    for probe in plan.inputs:
        if sender.left <= 0:
            break
        answers.append(explorer.attempt(operation, probe))
    sender.reserve = 0
    while first is not None and operation.body is None and sender.left > 0 and not sender.found:
        explorer.repeat(operation, first)
    explorer.find_smaller(operation, answers)


def _has_first(context: ExploreContext) -> bool:
    """Whether a valid request of the operation is known beforehand, or what leads to one."""
    operation, source = context.operation, context.own_source(context.operation)
    if not operation.own:
        return find_creation(context, operation) is not None
    return source is not None and _can_create(context, source)


def _can_create(context: ExploreContext, source: DocumentedOperation) -> bool:
    return (
        bool(source.template)
        and not source.lacks
        and context.allowed(source)
        and find_creation(context, source) is not None
    )


def _send_first(explorer: Explorer) -> ProbeAnswer | None:
    """The plain request, and what its links lead to; None where no valid one is known."""
    context, operation = explorer.context, explorer.context.operation
    if not _has_first(context):
        return None
    probe = _find_own_request(explorer, operation) if operation.own else find_creation(context, operation)
    if probe is None:
        return None
    promised = None if operation.has_success else Validity.INVALID
    answer = explorer.attempt(operation, probe, validity=promised or Validity.OPEN)
    if answer.refused and promised is None:
        raise TargetStopped(explorer.refusal(answer))
    if answer.accepted:
        follow_links(explorer, operation, answer)
    return answer


def _sends_head(context: ExploreContext) -> bool:
    """Whether the HEAD of what it gets is asked for: of each GET, in a small budget of the document's first one.

    Who permits only reading is promised that nothing but GET is sent.
    """
    if context.operation.method != "GET" or "write" not in context.permissions:
        return False
    return context.budget > _SMALL or context.document.first_read == context.operation.id


# Writing


def _plan_writing(context: ExploreContext) -> _Plan:
    operation, source = context.operation, context.own_source(context.operation)
    guard = bool(operation.read)
    before, after = int(guard), int(guard)
    if _creates_freely(context):
        before += 1 + count_link_requests(context, operation)
    if source is not None:
        before, after = before + 1, after + 1
    chosen = _choose_writes(context, operation, plain_probe(operation), _count_tries(context) + 1)
    most = min(_count_tries(context) + int(guard), context.budget - before - after)
    return _Plan(before, max(0, min(most, len(chosen))), after)


def _explore_writing(explorer: Explorer, plan: _Plan) -> str | None:
    """Refused writes with a look at what they left, and others where they can be set back or deleted again."""
    context, operation, sender = explorer.context, explorer.context.operation, explorer.sender
    place, own = plain_probe(operation), None
    if context.own_source(operation) is not None:
        own = _find_own_request(explorer, operation)
        if own is None:
            raise TargetStopped(Message("nothing could be created for {operation} alone", operation=operation.id))
        if operation.kind != "delete":
            place, operation = replace(place, path=own.path, query=own.query), with_known_path(operation, own.path)
    if _creates_freely(context):
        _follow_from_creation(explorer, operation)
        sender.delete_created()
    guard = None
    if operation.read:
        reading = explorer.operation(operation.read)
        is_own = own is not None and operation.kind != "delete" and bool(reading.among("path"))
        guard = EffectGuard(explorer, operation, reading, place, is_own)
        operation = with_known_body(operation, guard.look(), context.base_body(operation))
        guard.operation = operation
    else:
        operation = with_known_body(operation, None, context.base_body(operation))
    writer = _Writer(explorer, operation, guard)
    changed = writer.record_change()
    for probe in writer.in_order(_choose_writes(context, operation, place, plan.for_inputs), plan.for_inputs):
        writer.write(probe)
    writer.finish()
    if guard is not None and changed is not None:
        if is_set_back(context, changed, guard.shown):
            strike(context.run, changed)
        else:
            why = Message("{operation} still reads otherwise than before", operation=operation.read)
            sender.warnings.append(describe_left(operation.id, why))
    if own is not None and operation.kind == "delete" and not explorer.findings.has_violation:
        explorer.attempt(context.operation, own, validity=Validity.VALID)
    sender.delete_created()
    explorer.find_smaller(operation, [one for one in writer.answers if one.refused])
    return guard.doubt if guard else None


@dataclass(slots=True)
class _Writer:
    """Sends writes, one at a time, each only if what it may need afterwards is still in the budget."""

    explorer: Explorer
    operation: DocumentedOperation
    guard: EffectGuard | None
    answers: list[ProbeAnswer] = field(default_factory=list)

    def in_order(self, probes: Sequence[ExploreProbe], room: int) -> list[ExploreProbe]:
        """Those that fit into so many requests first; of each lot those that must be refused come first."""
        room -= int(self.guard is not None)
        fitting: list[ExploreProbe] = []
        for probe in probes:
            requests = self._count_requests(classify_probe(self.operation, probe))
            if requests <= room:
                room -= requests
                fitting.append(probe)
        rest = [probe for probe in probes if probe not in fitting]
        return [probe for lot in (fitting, rest) for probe in sorted(lot, key=self._place)]

    def record_change(self) -> LedgerEntry | None:
        """The ledger entry of the record that is going to be changed; None where none is that would be set back."""
        back = self.guard.restoration(self.guard.shown) if self.guard is not None and self._sets_back else None
        return None if back is None else record_change(self.explorer.context, back.body)

    def write(self, probe: ExploreProbe) -> None:
        """Send a write, unless the budget is short of it; what it changed or created is taken back."""
        validity, guard = classify_probe(self.operation, probe), self.guard
        if self.explorer.sender.left < self._most_requests(validity):
            return
        if guard is not None and (validity is Validity.INVALID or self._sets_back):
            guard.look_first()
        if guard is not None and validity is not Validity.INVALID and guard.has_refused:
            guard.check()
        before = guard.shown if guard else None
        answer = self.explorer.attempt(self.operation, probe)
        self.answers.append(answer)
        if answer.accepted:
            self._take_back(answer, before)
        elif guard is not None and answer.refused:
            guard.add_refused(answer)
        elif guard is not None:
            guard.forget()  # whether it was done is anybody's guess, so what is there now counts

    def finish(self) -> None:
        """The last look, and what is left over of the plan."""
        sender, guard = self.explorer.sender, self.guard
        refused = next((one for one in self.answers if one.validity is Validity.INVALID and one.refused), None)
        while sender.left > 0 and not sender.found:
            if guard is not None:
                guard.check()
                if sender.left > 0:
                    guard.look()
            elif refused is not None:
                self.explorer.attempt(self.operation, refused.probe)
            else:
                break
        if guard is not None:
            guard.finish()

    @property
    def _sets_back(self) -> bool:
        """Whether what is accepted is set back: on a record that the target's owner gave, not on one created here."""
        context = self.explorer.context
        return not context.creates(self.operation) and context.own_source(self.operation) is None

    def _place(self, probe: ExploreProbe) -> tuple[bool, int]:
        validity = classify_probe(self.operation, probe)
        return not (self._sets_back and validity is Validity.VALID), _ORDER.index(validity)

    def _count_requests(self, validity: Validity) -> int:
        """How many requests a write takes with taking it back, without looks for the effect of others."""
        if validity is Validity.INVALID:
            return 1
        if self.explorer.context.creates(self.operation):
            return 2
        if self.guard is None:
            return 1
        return 4 if self._sets_back else 1 + int(validity is Validity.VALID)

    def _most_requests(self, validity: Validity) -> int:
        """How many requests a write takes at most, looks around it included."""
        guard, requests = self.guard, self._count_requests(validity)
        if guard is None:
            return requests
        look_first = guard.shown is None and (validity is Validity.INVALID or self._sets_back)
        check = guard.is_look_due or (validity is not Validity.INVALID and guard.has_refused)
        return requests + int(look_first) + int(check)

    def _take_back(self, answer: ProbeAnswer, before: object) -> None:
        if self.explorer.context.creates(self.operation):
            self.explorer.sender.delete_created()
            if self.guard is not None:
                self.guard.forget()
        elif self.guard is not None:
            self.guard.forget()
            if answer.validity is Validity.VALID or self._sets_back:
                shown = self.guard.look()
                self._read_back(self.guard, answer, shown)
                if self._sets_back:
                    self.guard.restore(before)

    def _read_back(self, guard: EffectGuard, answer: ProbeAnswer, shown: object) -> None:
        """What was valid and written is there now."""
        if answer.validity is not Validity.VALID:
            return
        lost = guard.lost_members(answer, shown)
        if lost and not guard.loses_every_time(answer, shown):
            guard.doubt = NOT_AGAIN
            return
        for name, now in lost.items():
            found = Finding(
                "effect",
                Level.MUST,
                Message("{name} reads as it was written", name=name),
                now,
                label_probe(answer.probe),
                detail=Message("a write was accepted and had no effect"),
            )
            self.explorer.report(Observation(found, f"lost {name}"), answer.labelled)


def _choose_writes(
    context: ExploreContext, operation: DocumentedOperation, place: ExploreProbe, count: int
) -> list[ExploreProbe]:
    """Inputs of a writing operation; a valid one first where it is set back, as there is room for one at least."""
    own = bool(operation.own) and operation.kind != "delete"
    allowed = _ALL if own or _creates_freely(context) else _REFUSED
    base, seed = context.base_body(operation), context.run.seed
    first: list[ExploreProbe] = []
    if own and context.own_source(operation) is None:
        first = choose_probes(operation, place, frozenset([Validity.VALID]), 1, seed, base=base)
    most_valid = _MOST_CREATED if context.creates(operation) else None
    probes = choose_probes(operation, place, allowed, count, seed, base=base, most_valid=most_valid)
    return [*first, *(_with_name(context, operation, probe) for probe in probes if probe not in first)]


def _with_name(context: ExploreContext, operation: DocumentedOperation, probe: ExploreProbe) -> ExploreProbe:
    """The probe with a name of this suite in it, by which a killed run's creations are found again."""
    resource = context.run.contract.file.created_resources.get(operation.id)
    member = resource.name.rpartition("/")[2] if resource else ""
    text = probe.body.get(member) if isinstance(probe.body, dict) and not probe.form else None
    if not isinstance(text, str) or not text or "conformance-" in text:
        return probe
    name = context.run.builder.fill("{unique.exploration}", PlaceholderScope(salt=f"explore {operation.id}"))
    named = replace(probe, body={**probe.body, member: f"{text} {name}"})
    return named if classify_probe(operation, named) is classify_probe(operation, probe) else probe


def _creates_freely(context: ExploreContext) -> bool:
    """Whether the operation creates things that may be deleted again."""
    operation = context.operation
    return context.creates(operation) and _can_create(context, operation)


def _follow_from_creation(explorer: Explorer, operation: DocumentedOperation, *, to: str = "") -> None:
    """Create something and follow its links to its deletion, or to one operation alone."""
    _, answer = _create(explorer, operation)
    if answer is not None:
        follow_links(explorer, operation, answer, to=to)


def _create(explorer: Explorer, operation: DocumentedOperation) -> tuple[ExploreProbe, ProbeAnswer | None]:
    """Send the plainest valid request of an operation; TargetStopped where it is refused."""
    probe = find_creation(explorer.context, operation)
    if probe is None:
        raise TargetStopped(Message("nothing is known that {operation} would accept", operation=operation.id))
    answer = explorer.attempt(operation, probe, validity=Validity.OPEN)
    if answer.refused:
        raise TargetStopped(explorer.refusal(answer))
    return probe, answer if answer.accepted else None


def _find_own_request(explorer: Explorer, operation: DocumentedOperation) -> ExploreProbe | None:
    """The request that another operation's answer leads to: on a record that it created, with a token that it gave."""
    source = explorer.context.own_source(operation)
    answer = _create(explorer, source)[1] if source is not None else None
    if source is None or answer is None:
        return None
    links = [link for link in source.links_of(answer.status) if link.operation == operation.id]
    found = (request_of_link(explorer, link, answer) for link in links)
    return next((request[1] for request in found if request is not None), None)
