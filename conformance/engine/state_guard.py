"""A rejected write changes nothing: read before, read after, compare, and find out which write it was."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, Final, NamedTuple

from conformance.checks.context import NOT_JSON, parse_json
from conformance.checks.model import Finding, Level
from conformance.client.builder import PlaceholderScope
from conformance.contract.request_template import RequestTemplate
from conformance.contract.templates import find_placeholders
from conformance.engine.cleanup import run_steps
from conformance.engine.culprit import NOT_AGAIN, Culprits, GuardedResource, find_culprits
from conformance.engine.evidence import Evidence
from conformance.engine.journal import has_run_name, names_another_run
from conformance.engine.row_sender import ProbeResult, RowSender
from conformance.engine.step_sequence import StepSequence
from conformance.http import Response
from conformance.jsontools import canonical_text, json_equal, resolve_pointer, walk_values
from conformance.messages import Message
from conformance.plan.model import GuardRead, Probe, reads_own

State = Mapping[str, Any]
"""What a guard compares: the value at each JSON pointer; `status` alone where the resource is not there any more."""

_GONE: Final = frozenset({404, 410})
_READ_AFTER: Final = Message("read after")
_BODY_PARTS = ("json", "raw", "multipart", "query")

SendProbe = Callable[[Evidence, Probe], ProbeResult | None]
"""Sends a probe once more and judges it; what it creates is taken back."""


class Unexplained(NamedTuple):
    """A change that no write of the row made again when it was repeated: the states, and why it is in doubt."""

    before: State
    after: State
    doubt: str


class StateGuard:
    """Watches one row's firm probes through the reads that its case names."""

    def __init__(self, sender: RowSender, evidence: Evidence, send: SendProbe, *, patience: float = 0.0) -> None:
        self._sender, self._evidence, self._send = sender, evidence, send
        self._context, self._plan = sender.context, sender.plan
        self._states: dict[int, State] = {}
        self._first: dict[int, State] = {}
        self._ahead: dict[int, tuple[Evidence, State | None]] = {}
        self._pending: list[ProbeResult] = []
        self._repeats = 0
        self._last_sent = monotonic()
        self.patience = patience
        """Seconds after a probe in which it may still be carried out, although it was refused; then one looks."""
        self.found_effect = False
        """Whether a rejected write has changed something."""
        self.taken_by: set[str] = set()
        """The operations by which rejected writes have taken something away."""
        self.made_anew: set[str] = set()
        """As JSON, the IDs of what the row has deleted and made anew to set it back, those before and those since."""
        self.lost = False
        """Whether a resource that was read before could not be read again."""
        self.newest: Mapping[str, State] = {}
        """By the key of its read, what other rows have read since the set-up of this one."""
        self.unexplained: dict[str, Unexplained] = {}
        """By the key of its read, what none of its own writes is known to have changed: perhaps another row's."""

    def read_first(self, guards: Sequence[int]) -> None:
        """Read what the next probes must not change, except what the set-up or another row has just shown."""
        for index in guards:
            shown = self._sender.shown.get(self._plan.guards[index].identity)
            if shown is not None:
                newest = self.newest.get(self._plan.guards[index].key, {})
                known = {pointer: newest.get(pointer, value) for pointer, value in shown.items()}
                self._states[index] = newest if "status" in newest else known
        unread = [index for index in guards if index not in self._states]
        for index, state in self._read_all(unread, Message("read before")):
            if state is not None:
                self._states[index] = state
        self._first = {**self._states, **self._first}

    def add(self, outcome: ProbeResult) -> None:
        """A probe was sent: the next read of each guard that watches it tells whether it had an effect."""
        self._pending.append(outcome)
        self._last_sent = monotonic()

    def wait(self) -> None:
        """Wait until what was refused can no longer be carried out late."""
        self._context.shared.stopping.wait(max(0.0, self._last_sent + self.patience - monotonic()))

    def shared_states(self, *, first: bool = False) -> dict[str, State]:
        """What was read last, or first, of what other rows may have to do with, by the key of the read."""
        shared, states = self._plan.shared_guards, self._first if first else self._states
        return {self._plan.guards[index].key: state for index, state in states.items() if index in shared}

    def read_after(self, guards: Sequence[int]) -> None:
        """Read again, and find what the probes have changed, first of what the row has made for itself."""
        read = [(index, state) for index, state in self._read_all(guards, _READ_AFTER)]
        for index, state in sorted(read, key=lambda item: not self._is_own(item[0])):
            self._compare(index, state)

    def read_ahead(self, index: int, label: Message = _READ_AFTER) -> None:
        """Read what the next `read_after` compares; several guards, of other rows too, at the same time."""
        scratch = Evidence(self._context.redactor)
        self._ahead[index] = scratch, self._read(index, label, scratch)

    def _read_all(self, guards: Sequence[int], label: Message) -> Iterator[tuple[int, State | None]]:
        def read(index: int) -> tuple[Evidence, State | None]:
            if index not in self._ahead:
                self.read_ahead(index, label)
            return self._ahead.pop(index)

        for index, (scratch, state) in zip(guards, self._sender.map_side_by_side(read, guards), strict=True):
            self._evidence.adopt(scratch)
            yield index, state

    def _compare(self, index: int, after: State | None) -> None:
        outcomes = [outcome for outcome in self._pending if index in self._plan.guards_of(outcome.probe)]
        if self._plan.guards[index].each:
            outcomes = outcomes[-1:]
        before = self._states.get(index)
        self.lost = self.lost or (before is not None and after is None)
        if before is None or after is None or not outcomes:
            return
        self._states[index] = after
        changed = changed_members(before, after)
        if not changed or any(outcome.accepted for outcome in outcomes):
            # What was accepted is a violation of its own; that it then has an effect is no second one.
            return
        with self._evidence.count_as("confirmed"):
            if not self._is_own(index):  # to set a list back, what the row has made for itself is made anew
                self.read_after([other for other in self._states if self._is_own(other)])
                if self.found_effect:
                    return
            culprits = self._find_culprits(index, outcomes, before)
        if culprits.writes:
            self.report(culprits.writes, before, after)
        else:
            self.unexplained[self._plan.guards[index].key] = Unexplained(before, after, culprits.doubt)

    def report(self, culprits: Sequence[ProbeResult], before: State, after: State) -> None:
        """Keep an effect: the rejected writes, one of which it is of, and what was shown before and since."""
        self.found_effect, changed = True, changed_members(before, after)
        if shows_less(before, after):
            self.taken_by |= {culprit.probe.operation for culprit in culprits}
        where, n = culprits[-1].probe.label, culprits[-1].n
        if len(culprits) > 1:
            where = Message("{n} rejected requests", n=len(culprits))
        was = {pointer: value for pointer, value in before.items() if pointer in changed or "status" in changed}
        detail = Message("a rejected write must change nothing")
        self._evidence.find([Finding("effect", Level.MUST, was, dict(changed), where, detail=detail)], n)

    def find_named(self, writes: Sequence[ProbeResult], before: State, after: State) -> Sequence[ProbeResult]:
        """The rejected writes whose own name is shown since: nobody else has asked for that."""
        names = {one for one in _texts_within(dict(changed_members(before, after))) if has_run_name(one)}
        sent = ((one, set(map(str, self._values_of(one.probe, _BODY_PARTS)))) for one in writes if names)
        return [one for one, values in sent if names & values][:1]

    def is_shown(self, write: ProbeResult, before: State, after: State) -> bool:
        """Whether a state contains a value of this write that the state before it did not contain."""
        new = _values_within(after) - _values_within(before)
        return not new.isdisjoint(map(canonical_text, self._values_of(write.probe, _BODY_PARTS)))

    def adds_others(self, writes: Sequence[ProbeResult], before: State, after: State) -> bool:
        """Whether there is only more of something, with texts that no write of these holds, and no name of ours."""
        new = _texts_within(dict(after)) - _texts_within(dict(before))
        sent = {str(value) for one in writes for value in self._values_of(one.probe, _BODY_PARTS)}
        return only_adds(before, after) and bool(new) and not new & sent and not any(map(has_run_name, new))

    def find_removing(
        self, read: RequestTemplate, writes: Sequence[ProbeResult], before: State, after: State
    ) -> Sequence[ProbeResult]:
        """The rejected writes in which all stands that is gone: its ID, which is in the path of the read, its URL, ….

        It cannot be taken away a second time, and nobody else takes away what a request names. None where the run can
        make it anew: its own one will show what takes it away.
        """
        gone = _lost_items(before, after)
        if "status" in after:
            scope = PlaceholderScope(self._sender.captures)
            gone = [*self._context.builder.fill_known(read.path, scope, {}).values()]
        elif not _has_less(before, after):
            return ()  # One status in place of another is nothing that is gone, nor is what others pushed off a page.
        is_lasting = bool(gone) and not self._can_be_made_anew(read, before, after)
        sent = ((one, self._values_of(one.probe, ("path", *_BODY_PARTS))) for one in writes if is_lasting)
        return [one for one, values in sent if all(any(v in values for _, v in walk_values(item)) for item in gone)]

    # --- which write it was

    def _find_culprits(self, index: int, outcomes: Sequence[ProbeResult], before: State) -> Culprits[ProbeResult]:
        """The rejected writes, one of which did it; none where it may have been somebody else's."""
        after, guard = self._states[index], self._plan.guards[index]
        run_name, shared = self._context.builder.run_name, self._context.shared
        resource = GuardedResource(
            read=partial(self._read_again, index),
            set_back=partial(self._set_back, index),
            repeat=self._repeat if self._is_own(index) else self._repeat_anew,
            differ=lambda one, other: bool(changed_members(one, other)),
            stopping=shared.stopping,
            is_own=self._is_own(index),
            shows_repetition=bool(self._plan.after) or guard.confirm,
            counts=guard.confirm,
            others_write=guard.key in shared.written_by_others or shows_another_run(before, after, run_name),
            shows_another_run=partial(shows_another_run, run_name=run_name),
            note_others=partial(shared.note_others, guard.key),
        )
        asked_for = [
            one for one in outcomes if resource.is_own and self._asked_for(one.probe, changed_members(before, after))
        ]
        if asked_for:
            # Sent side by side, any of them may have been the last: the state does not tell what the others did.
            return Culprits((*(one for one in outcomes if one is not asked_for[0]), asked_for[0]))
        if named := self.find_named(outcomes, before, after):
            return Culprits(tuple(named))
        read = guard.step.request
        if self._can_be_made_anew(read, before, after):
            return Culprits(doubt=NOT_AGAIN)
        removing = self.find_removing(read, outcomes, before, after)
        if removing and resource.stays(after):
            return Culprits(tuple(removing))
        return find_culprits(resource, outcomes, after)

    def _repeat(self, outcome: ProbeResult) -> ProbeResult | None:
        """Send a probe once more; its result if it was rejected again."""
        scratch = Evidence(self._context.redactor)
        again = self._send(scratch, outcome.probe)
        scratch.findings.clear()  # what its response is like was said of the first time
        more = self._evidence.adopt(scratch)
        self._last_sent = monotonic()
        return None if again is None or again.accepted else replace(again, n=again.n + more)

    def _repeat_anew(self, outcome: ProbeResult) -> ProbeResult | None:
        """The same with other names in it: what it does beside what can be set back reads otherwise each time."""
        self._repeats += 1
        probe = replace(outcome.probe, words_of=f"{outcome.probe.salt}/{self._repeats}")
        again = self._repeat(replace(outcome, probe=probe))
        return again and replace(again, probe=outcome.probe)

    def _set_back(self, index: int) -> State | None:
        """Set back what the row has changed, with its own steps, and read; None where it could not be read."""
        captures = dict(self._sender.captures)
        self._sender.set_back(self._evidence)
        anew = [(captures[name], value) for name, value in self._sender.captures.items() if name in captures]
        self.made_anew |= {canonical_text(one) for before, since in anew if before != since for one in (before, since)}
        self._context.shared.stopping.wait(self._context.target.settle)
        for other in self._states:
            if other != index and self._is_own(other):
                self._read_again(other)
        return self._read_again(index) if self._plan.before or self._plan.after else self._states[index]

    def _is_own(self, index: int) -> bool:
        """Whether the guard reads what the row has made for itself."""
        return reads_own(self._plan.guards[index].step.request, self._plan.before)

    def _read_again(self, index: int) -> State | None:
        state = self._read(index, Message("read again"))
        if state is not None:
            self._states[index] = state
        return state

    def _asked_for(self, probe: Probe, changed: State) -> bool:
        """Whether all that has changed reads as this request asked for, or some of it bears a name of its attempt."""
        values = self._values_of(probe, _BODY_PARTS)
        new = [value for value in changed.values() if value is not None]
        asked = [value for value in new if any(json_equal(value, one) for one in values)]
        return bool(new) and (asked == new or any(isinstance(one, str) and has_run_name(one) for one in asked))

    def _can_be_made_anew(self, read: RequestTemplate, before: State, after: State) -> bool:
        """Whether a fixture of the profile is gone that this run can make: its own one will show what takes it away."""
        used = find_placeholders(read.list_members())
        known, target = self._context.contract.file.fixtures, self._context.target
        names = {members[0] for head, members, _ in used if head == "fixture" and known[members[0]].make}
        values = {str(target.fixtures.get(name)) for name in names}
        gone = [_texts_within(shown) & values for shown in _lost_items(before, after)]
        return target.allow >= {"write", "delete"} and any(gone) and not values & self._context.shared.made.keys()

    def _values_of(self, probe: Probe, parts: Iterable[str]) -> list[Any]:
        """Every value in these parts of a probe's request."""
        scope, members = self._sender.scope(probe), probe.request.list_members()
        filled = (self._context.builder.fill_known(members.get(part), scope) for part in parts)
        return [one for value in filled for _, one in walk_values(value)]

    def _read(self, index: int, when: str, evidence: Evidence | None = None) -> State | None:
        look, evidence = self._plan.guards[index], evidence or self._evidence
        known, own = index in self._states, self._is_own(index)
        if known and look.key not in self._context.shared.written_by_others:
            self.wait()
        salt = f"{self._sender.row}/guard/{index}"
        state = read_state(self._sender, evidence, look, when, salt, may_be_gone=known or own)
        if known or state is None or "status" not in state:
            return state
        written = Message("what was just written")
        actual = Message("{operation} was answered {status}", operation=look.step.operation, status=state["status"])
        evidence.find([Finding("effect", Level.MUST, written, actual, when)], len(evidence.exchanges))
        return None


def only_adds(before: State, after: State) -> bool:
    """Whether all that reads otherwise counts or lists something, of which there is more and of nothing less."""
    pairs = [(before.get(name), value) for name, value in changed_members(before, after).items()]
    listed = all(isinstance(value, int | list) and isinstance(shown, type(value)) for shown, value in pairs)
    more = [_size(value) - _size(shown) for shown, value in pairs]
    return "status" not in after and listed and min(more) >= 0 < max(more)


def shows_less(before: State, after: State) -> bool:
    """Whether there is less of something, or it cannot be read any more."""
    return "status" in after or _has_less(before, after)


def changed_members(before: State, after: State) -> State:
    """What reads otherwise than before, with its new values."""
    return {
        pointer: value
        for pointer, value in after.items()
        if pointer not in before or not json_equal(value, before[pointer])
    }


def shows_another_run(before: Mapping[str, Any], after: Mapping[str, Any], run_name: str) -> bool:
    """Whether something is new, or gone, that bears the name of another run of this suite.

    Where there is less of anything, nothing is new: what moves up on a page, as another item is gone, was there before.
    """
    old, new = _texts_within(dict(before)), _texts_within(dict(after))
    changed = old - new if _has_less(before, after) else new - old
    return any(names_another_run(text, run_name) for text in changed)


def read_state(
    sender: RowSender, evidence: Evidence, look: GuardRead, label: str, salt: str, *, may_be_gone: bool = False
) -> State | None:
    """What a guarded resource shows now; None where it could not be read, which makes the row inconclusive.

    `label` is what the report calls the read, and `salt` what its random words are drawn from. With `may_be_gone` a
    resource that was there before may be answered 404 or 410, which is a state of its own.
    """
    sequence = run_steps(sender.context, evidence, [look.step], sender.captures, label=label, role="guard", salt=salt)
    call = sequence.calls[-1] if sequence.calls else None
    response = call.exchange.response if call else None
    if response is not None and call is not None and call.refused and may_be_gone and response.status in _GONE:
        return {"status": response.status}
    if response is None or call is None or call.stale or call.refused:
        if call is not None and call.status == 304:
            evidence.find(call.found, call.n)
        evidence.doubts.append(Message("what must not change could not be read: {reason}", reason=sequence.why))
        return None
    return _state_of_response(sender, response, look)


def list_states_shown(sender: RowSender, set_up: StepSequence) -> dict[tuple[str, tuple[str, ...]], State]:
    """The states of guarded resources as a set-up read them last, if it ends with these reads."""
    plan, states = sender.plan, dict[tuple[str, tuple[str, ...]], State]()
    for look in (*plan.guards, *plan.opening) if set_up.passed else ():
        if plan.is_read_by_set_up(look.step):
            call = next((call for call in reversed(set_up.calls) if call.step.key == look.key), None)
            response = call.exchange.response if call is not None and not call.stale else None
            if response is not None:
                states[look.identity] = _state_of_response(sender, response, look)
    return states


def _state_of_response(sender: RowSender, response: Response, look: GuardRead) -> State:
    """The values in a response that a guard compares."""
    parsed = parse_json(response)
    body = None if parsed is NOT_JSON else parsed
    # What this target does not have is not compared.
    scope = PlaceholderScope(sender.captures)
    pointers = (sender.context.builder.fill_known(pointer, scope) for pointer in look.compare)
    return {pointer: resolve_pointer(body, pointer)[1] for pointer in pointers if pointer is not None}


def _lost_items(before: State, after: State) -> list[Any]:
    return [item for pointer, shown in before.items() for item in _missing_items(shown, after.get(pointer))]


def _missing_items(before: Any, after: Any) -> list[Any]:
    """The items of a list that it has lost; an object that only reads otherwise is not lost."""
    items, left = (value if isinstance(value, list) else [] for value in (before, after))
    missing = [item for item in items if not any(json_equal(item, one) for one in left)]
    return [item for item in missing if len(left) < len(items) or not isinstance(item, Mapping)]


def _has_less(before: State, after: State) -> bool:
    return any(_size(after.get(pointer)) < _size(shown) for pointer, shown in before.items())


def _size(value: Any) -> float:
    """How many there are: the length of a list, or a number that counts them."""
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _values_within(state: State) -> set[str]:
    return {canonical_text(value) for _, value in walk_values(dict(state))}


def _texts_within(value: Any) -> set[str]:
    """Every text in a value of JSON types, without the names of members."""
    return {one for _, one in walk_values(value) if isinstance(one, str)}
