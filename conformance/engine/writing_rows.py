"""Rows that write: the probes of all of them, then reads of what those must not have changed, then the controls.

A target may refuse a write and carry it out all the same some seconds later. So between the last probe and these reads
there is time, once for all rows. Where a read shows something else than before, what bears the name of a refused probe,
or is gone and named in one, tells which row it was. Otherwise the refused writes of each row that may have done it are
sent again at `standard`, alone and patiently, unless somebody else is seen to write by then: its own reads around its
own writes tell. At smoke these are the only reads, and a row that is not green is run again as a whole.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from time import monotonic
from typing import Any

from conformance.engine.cleanup import find_undeletable
from conformance.engine.confirm import NO_REQUESTS, Alone, PlanAgain, is_unsettled, run_again, try_writes_again
from conformance.engine.context import RunContext
from conformance.engine.row import FinishedRow, RowRunner, describe_unexercised
from conformance.engine.row_sender import ProbeResult
from conformance.engine.scheduler import resources_of_operation
from conformance.engine.state_guard import (
    State,
    changed_members,
    only_adds,
    read_state,
    shows_another_run,
    shows_less,
)
from conformance.jsontools import canonical_text, json_equal
from conformance.messages import Message
from conformance.plan.model import GuardRead, RowPlan

_CHANGED = Message(
    "what refused writes must not change was seen to change: those of each row that may have done it were sent again"
)

_UNREAD = Message("what refused writes must not change could not be read after them")
_NO_TIME = Message("it was not run again: the rows before it took too long")
_LONGEST_AGAIN = 120.0
"""Seconds for which writes of rows are sent again, or twice as long as all has taken until then."""
_MOST_NAMED = 5
"""Places of a change that a reason names."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What a guarded resource has shown otherwise than before."""

    key: str
    before: State
    after: State
    rows: tuple[str, ...]
    """Those one of whose refused writes may have made it: none that had not begun to send probes when it was seen."""
    seen_by: str
    """The row whose own reads stand around it; empty where writes of several do."""
    doubt: str
    """Why none of the writes of that row was held to have made it."""
    adds_others: bool
    """Whether there is only more of something, with no text that a refused write of these rows had in it."""


class WritingRows:
    """The rows of a run that write. Each is begun; once all are, `look` is called; then each is finished.

    `renew` makes a context for what is sent again in which what a refused write has taken away is there again, as far
    as a run can make it.
    """

    def __init__(
        self, context: RunContext, plan_again: PlanAgain, alone: Alone, renew: Callable[[RunContext], RunContext]
    ) -> None:
        self._context, self._plan_again, self._alone, self._renew = context, plan_again, alone, renew
        self._shares = context.depth == "smoke"
        self._began = monotonic()
        self._runners: dict[str, RowRunner] = {}
        self._states: dict[str, State] = {}
        """The last state of each guarded resource, by the key of its read."""
        self._readers: dict[str, str] = {}
        """The row that read that state, by the same key."""
        self._changes: list[_Change] = []
        self._captures: dict[str, Any] = {}
        """The captures of all set-ups so far; used at smoke, where rows share them."""
        self._ready: set[str] = set()
        self._sent: dict[str, None] = {}
        """The rows that have begun to send probes."""
        self._through: set[str] = set()
        """The rows that have sent their valid requests."""
        self._settled: set[str] = set()
        """The rows for which the look after all probes has found what they changed, or that it cannot be known."""
        self._errors: dict[str, Exception] = {}

    def set_up(self, plan: RowPlan) -> None:
        """Set up a row: where rows share nothing, each before the first probe of any."""
        if plan.lacks or self._context.shared.stopping.is_set():
            return
        runner = self._runners[plan.row.id] = RowRunner(self._context, plan)
        with self._keeping(plan.row.id):
            runner.captures.update(self._captures)
            if runner.set_up():
                self._ready.add(runner.id)

    def send_probes(self, plan: RowPlan) -> None:
        """Send the probes of a row that is set up, with the reads around them."""
        if plan.row.id not in self._ready:
            return
        runner = self._runners[plan.row.id]
        with self._keeping(runner.id):
            self._read_before(runner)
            self._sent[runner.id] = None
            runner.guard.newest = self._states
            runner.send_probes()
            self._note_states(runner)
            if self._shares:
                self._captures |= runner.captures

    def look(self) -> None:
        """Read all that is guarded once more, when what was refused has had its time, and find who changed it."""
        with self._keeping():
            for runner in self._runners.values():
                runner.guard.patience = self._context.target.late_effects
                if runner.plan.closing or runner.plan.late_guards:
                    runner.guard.wait()
            self._context.shared.forget_others()
            if self._context.pool is not None:
                sent = [runner for runner in self._runners.values() if runner.outcomes]
                late = [partial(runner.guard.read_ahead, index) for runner in sent for index in runner.plan.late_guards]
                list(self._context.pool.map(lambda read: read(), late))
            for runner in self._runners.values():
                runner.read_own()
                self._note_unexplained(runner)
            for key, state in self._read_after().items():
                self._note_change(key, self._states[key], state, self._sent)
            guilty, left = self._blame_by_name()
            left = self._leave_out_explained(left)
            guilty |= self._send_again(left, guilty)
            left = self._leave_out_explained(left)  # by what was sent again
            self._doubt_what_came_once([one for one in left if guilty.isdisjoint(one.rows)])
            self._settled |= guilty

    def finish(self, plan: RowPlan) -> FinishedRow:
        """Send what may be accepted, and clean up; at smoke a row that is not green is run again."""
        id_, runner = plan.row.id, self._runners.get(plan.row.id)
        if error := self._errors.pop(id_, None):
            raise error
        if runner is None:
            return FinishedRow(describe_unexercised(self._context, plan))
        with self._keeping():
            self._send_valid_requests(runner)
            runner.restore()
            run = runner.finish()
            del self._runners[id_]
            if self._shares and id_ not in self._settled and is_unsettled(run.result):
                return run_again(self._context, run, self._plan_again, self._alone, captures=self._captures)
            return run

    def _send_valid_requests(self, runner: RowRunner) -> None:
        if runner.outcomes and runner.id not in self._through:
            self._through.add(runner.id)
            runner.send_valid_requests()

    def abandon(self) -> None:
        """Keep what was found by rows that are not finished, and set back what they may have changed."""
        while self._runners:
            _, runner = self._runners.popitem()
            self._context.shared.keep(runner.finish().result, broken_off=True)
            runner.restore()

    @contextmanager
    def _keeping(self, row: str = "") -> Iterator[None]:
        """Keep results when the run is interrupted; another exception is raised once the row is finished."""
        try:
            yield
        except KeyboardInterrupt:
            self.abandon()
            raise
        except Exception as error:
            if not row:
                raise
            self._errors[row] = error

    # --- what is guarded

    def _read_before(self, runner: RowRunner) -> None:
        for guard in runner.plan.opening:
            state = runner.sender.shown.get(guard.identity)
            if state is None:
                state = self._read(runner, guard, Message("read before all rows that write"))
            if state is not None:
                self._states[guard.key], self._readers[guard.key] = state, runner.id

    def _note_states(self, runner: RowRunner) -> None:
        """Keep what a row has read last, and what has changed between another row's last read and its first one.

        Where the other row leaves it to the next one to read after its probes, that is what those have changed. What
        probes may have changed that were accepted, or had an effect, nobody has read since then.
        """
        for key, state in runner.guard.shared_states(first=True).items():
            if key in self._states:
                reader = self._runners[self._readers[key]]
                seen_by = reader.id if key in reader.plan.read_by_next else ""
                self._note_change(key, self._states[key], state, self._sent, seen_by=seen_by)
        self._note_unexplained(runner)
        states = runner.guard.shared_states()
        find_undeletable(self._context, runner.evidence, canonical_text(list(states.values())))
        self._states |= states
        self._readers |= dict.fromkeys(states, runner.id)
        resources = partial(resources_of_operation, self._context.contract)
        changed = {one for name in runner.set_back_accepted() for one in resources(name)}
        for other in self._runners.values() if changed else ():
            if not other.outcomes:
                other.sender.shown = {}  # what that has shown is not so any more
            for guard in other.plan.closing:
                if changed & resources(guard.step.operation):
                    self._states.pop(guard.key, None)
            for guard in other.plan.opening:
                if changed & resources(guard.step.operation):
                    self._read_after_accepted(runner, guard)

    def _read_after_accepted(self, runner: RowRunner, guard: GuardRead) -> None:
        """Read what an accepted probe has changed; a change that shows nothing of it may be another row's."""
        with runner.evidence.count_as("confirmed"):
            state = self._read(runner, guard, Message("read again"))
        before = self._states.get(guard.key)
        if state is None or before is None:
            return
        self._states[guard.key] = state
        if not any(one.accepted and runner.guard.is_shown(one, before, state) for one in runner.outcomes):
            self._note_change(guard.key, before, state, self._sent)

    def _note_unexplained(self, runner: RowRunner) -> None:
        """Note what a row has seen to change, and none of its writes to change again; its own is its own doing."""
        shared = runner.guard.shared_states()
        for key, seen in runner.guard.unexplained.items():
            sent = self._sent if key in shared else [runner.id]
            self._note_change(key, seen.before, seen.after, sent, seen_by=runner.id, doubt=seen.doubt)
        runner.guard.unexplained = {}

    def _note_change(
        self, key: str, before: State, after: State, sent: Iterable[str], *, seen_by: str = "", doubt: str = ""
    ) -> None:
        """Keep what reads otherwise than before, with the rows that had by then `sent` what the read watches.

        What is new and has no text of theirs is most probably somebody else's: only what was sent between both reads is
        tried.
        """
        before, after = _both_compared(before, after)
        if changed_members(before, after):
            rows = tuple(id_ for id_ in sent if self._writes(self._runners[id_], key))
            guards = [(self._runners[id_].guard, self._writes(self._runners[id_], key)) for id_ in rows]
            adds_others = all(guard.adds_others(writes, before, after) for guard, writes in guards)
            if adds_others and not self._shares:
                rows = tuple(id_ for id_ in rows if id_ == (seen_by or self._readers[key]))
            self._changes.append(_Change(key, before, after, rows, seen_by, doubt, adds_others))

    def _read_after(self, keys: Collection[str] | None = None) -> dict[str, State]:
        """What all that is guarded, or what has these keys, shows now; a row is in doubt for what cannot be read."""
        states: dict[str, State] = {}
        for runner, guard in [(one, guard) for one in self._runners.values() for guard in one.plan.closing]:
            known = guard.key in self._states
            if (keys is not None and guard.key not in keys) or not (known or self._shares):
                continue
            state = self._read(runner, guard, Message("read after all rows that write")) if known else None
            if state is not None:
                states[guard.key] = state
                continue
            for other in self._runners.values():
                other.evidence.doubts += [_UNREAD] if self._writes(other, guard.key) else []
        return states

    def _read(self, runner: RowRunner, guard: GuardRead, label: str) -> State | None:
        return read_state(runner.sender, runner.evidence, guard, label, f"{runner.id}/look")

    def _writes(self, runner: RowRunner, key: str) -> list[ProbeResult]:
        """The rejected writes of a row that the read with this key watches."""
        watching = {index for index, guard in enumerate(runner.plan.guards) if guard.key == key}
        return [one for one in runner.outcomes if not one.accepted and not watching.isdisjoint(one.probe.guards)]

    # --- whose doing a change is

    def _blame_by_name(self) -> tuple[set[str], list[_Change]]:
        """Blame rows by what a change names; return them, and the changes that stay once theirs is taken back."""
        changes, first = self._changes, {one.key: one.before for one in reversed(self._changes)}
        shown = canonical_text([one.after for one in changes])
        suspects = [self._runners[id_] for id_ in self._runners if any(id_ in one.rows for one in changes)]
        guilty = {one.id for one in suspects if one.take_back_refused(guilty=False, shown=shown)}
        guilty.update(*map(self._blame_named, changes))
        if not guilty:
            return guilty, changes
        with suspects[0].evidence.count_as("confirmed"):
            now = {key: _both_compared(first[key], state) for key, state in self._read_after(first.keys()).items()}
        back = {key for key, states in now.items() if not changed_members(*states)}
        return guilty, [one for one in changes if one.key not in back or guilty.isdisjoint(one.rows)]

    def _blame_named(self, change: _Change) -> set[str]:
        """Blame the rows with refused writes whose names are shown since, or else the one that names what is gone."""
        rows = [(self._runners[id_], self._writes(self._runners[id_], change.key)) for id_ in change.rows]
        found = [(row, row.guard.find_named(writes, change.before, change.after)) for row, writes in rows]
        if not any(named for _, named in found):
            steps = [guard.step for one in self._runners.values() for guard in one.plan.closing]
            reads = [step.request for step in steps if step.key == change.key]
            found = [
                (row, row.guard.find_removing(read, writes, change.before, change.after))
                for (row, writes), read in product(rows, reads)
            ]
            found = found if sum(bool(gone) for _, gone in found) == 1 else []
        for row, named in found:
            if named:
                row.guard.report(named, change.before, change.after)
        return {row.id for row, named in found if named}

    def _leave_out_explained(self, changes: Iterable[_Change]) -> list[_Change]:
        """The changes but for those that follow from what is known of a refused write.

        That is less of what it has taken away, which cannot be put back, and other IDs and places of what was made anew
        to set it back.
        """
        resources, runners = partial(resources_of_operation, self._context.contract), self._runners.values()
        taken = {name for runner in runners for operation in runner.guard.taken_by for name in resources(operation)}
        read = {guard.key: resources(guard.step.operation) for runner in runners for guard in runner.plan.guards}
        left = [one for one in changes if read[one.key].isdisjoint(taken) or not shows_less(one.before, one.after)]
        anew = frozenset[str]().union(*(runner.guard.made_anew for runner in runners))
        return [one for one in left if not (anew and self._shows_only(anew, one))]

    def _shows_only(self, ids: Collection[str], change: _Change) -> bool:
        """Whether lists read as before but for items with these IDs, and texts that bear the name of this run."""
        name = self._context.builder.run_name

        def others(shown: Any) -> Any:
            if not isinstance(shown, list):
                return shown
            known = (canonical_text(item) in ids or (isinstance(item, str) and name in item) for item in shown)
            return [item for item, is_ours in zip(shown, known, strict=True) if not is_ours]

        changed = changed_members(change.before, change.after)
        return all(json_equal(others(change.before.get(place)), others(now)) for place, now in changed.items())

    def _send_again(self, changes: Collection[_Change], guilty: Collection[str]) -> set[str]:
        """Send the refused writes behind these changes again, each row's alone; return the rows that did it."""
        for one in changes:
            if shows_another_run(one.before, one.after, self._context.builder.run_name):
                self._context.shared.note_others(one.key)
        found, until = set[str](), monotonic() + max(_LONGEST_AGAIN, 2 * (monotonic() - self._began))
        for runner in self._runners.values() if changes and self._shares else ():
            self._send_valid_requests(runner)
            self._context.shared.passed |= runner.passed
        for runner in self._runners.values():
            mine = [one for one in changes if runner.id in one.rows]
            keys = {one.key for one in mine} - self._context.shared.written_by_others
            if not keys or runner.id in guilty:
                continue
            self._context.shared.warn([_CHANGED])
            is_late = monotonic() >= until
            plan = None if is_late else self._plan_again(runner.id)
            if plan is None:
                runner.evidence.doubts.append(_NO_TIME if is_late else NO_REQUESTS)
                self._settled.add(runner.id)
                continue
            with self._keeping(runner.id), self._alone():
                self._context = self._renew(self._context)
                creating = all(one.adds_others for one in mine)
                if try_writes_again(self._context, runner, plan, keys, creating=creating):
                    found.add(runner.id)
        return found

    def _doubt_what_came_once(self, changes: Iterable[_Change]) -> None:
        """Doubt the rows for what none was seen to change once more.

        What was seen around the writes of some rows is no business of the others. Where there is only more of
        something, it is somebody else's: what a refused write makes bears its name.
        """
        seen, untried = {one.key for one in self._changes if one.seen_by}, frozenset(self._settled)
        for one in changes:
            rows = [one.seen_by] if one.seen_by else one.rows if one.key not in seen else ()
            doubt = one.doubt if one.key in self._context.shared.written_by_others else ""
            if one.key not in self._context.shared.written_by_others and not only_adds(one.before, one.after):
                doubt = Message(
                    "refused writes were seen to change {places}, and not again when they were repeated",
                    places=", ".join(sorted(changed_members(one.before, one.after))[:_MOST_NAMED]),
                )
            for id_ in set(rows) - untried if doubt else ():
                self._settled.add(id_)
                self._runners[id_].evidence.doubts.append(doubt)


def _both_compared(before: State, after: State) -> tuple[State, State]:
    """What both reads compare."""
    if "status" in before or "status" in after:
        return before, after
    names = before.keys() & after.keys()
    return {name: before[name] for name in names}, {name: after[name] for name in names}
