"""Rows that write: the probes of all of them, then reads of what those must not have changed, then the controls.

A target may refuse a write and carry it out all the same some seconds later. So between the last probe and these reads
there is time, once for all rows. Where a read shows something else than before, what bears the name of a refused probe
tells which row it was. Where there are more or fewer of something and the examples of all rows, sent once more, add
nothing, or somebody else was seen to write there, it is theirs. Otherwise each row that it guards is run again at
`standard`, alone and patiently: its own reads around its own writes tell. At smoke these are the only reads, and a row
that is not green is run again, too.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from math import inf
from time import monotonic
from typing import Any

from conformance.checks.model import Verdict
from conformance.contract.schema import Guard
from conformance.engine.cleanup import find_undeletable, run_steps
from conformance.engine.confirm import Alone, PlanAgain, doubt_unconfirmed, is_unsettled, run_again
from conformance.engine.context import RunContext
from conformance.engine.culprit import stays_as_it_is
from conformance.engine.row import FinishedRow, RowRunner, describe_unexercised
from conformance.engine.scheduler import resources_of_operation
from conformance.engine.state_guard import (
    State,
    changed_members,
    counts_otherwise,
    only_adds,
    read_state,
    shows_another_run,
    state_shown_by_set_up,
)
from conformance.jsontools import canonical_text
from conformance.messages import Message
from conformance.plan.model import GuardRead, RowPlan
from conformance.plan.steps import plan_steps

_CHANGED = Message(
    "what refused writes must not change was seen to change: each row that it guards was run again alone"
)

_ONCE = Message(
    "what refused writes must not change was seen to change, and not again when they were repeated: "
    "perhaps somebody else's write"
)

_NO_TIME = Message("it was not run again: the rows before it took too long")
_LONGEST_AGAIN = 120.0
"""Seconds for which rows are run again, or twice as long as all has taken until then; those left stay in doubt."""
_MOST_NAMED = 5
"""Places of a change that a reason names."""

_NEWEST = Message("read again")


class WritingRows:
    """The rows of a run that write. Each is begun; once all are, `look` is called; then each is finished.

    `renew` makes a context for rows that are run again in which what a refused write has taken away is there again, as
    far as a run can make it.
    """

    def __init__(
        self, context: RunContext, plan_again: PlanAgain, alone: Alone, renew: Callable[[RunContext], RunContext]
    ) -> None:
        self._context, self._plan_again, self._alone, self._renew = context, plan_again, alone, renew
        self._shares, self._began = context.depth == "smoke", monotonic()
        self._runners: dict[str, RowRunner] = {}
        self._states: dict[str, State] = {}
        """What each guarded resource showed last, by the key of its read."""
        self._readers: dict[str, str] = {}
        """The row to which it showed that."""
        self._changes: list[tuple[str, State, State]] = []
        """What has changed: the key of its read, what it showed before, and what it shows otherwise."""
        self._captures: dict[str, Any] = {}
        """Everything that set-ups have captured, where rows share them."""
        self._ready: set[str] = set()
        self._unsent: dict[str, threading.Lock] = {}
        """The rows that have not sent their valid requests, each with the lock that who sends them holds."""
        self._errors: dict[str, Exception] = {}
        self._suspects: dict[str, frozenset[str]] = {}
        """The rows one of whose rejected writes may have had an effect, with what changed of what guards them, or could
        not be read.
        """
        self._seen: set[str] = set()
        """What of that was seen to change."""
        self._sent: set[str] = set()
        """The rows that have begun to send probes."""
        self._possible: dict[str, set[str]] = {}
        """Those that had when a change was seen, by the key of its read: none that came later can have made it."""
        self._unexplained: set[str] = set()
        """What of that some row has read itself, before its writes and after."""
        self._done: dict[str, tuple[FinishedRow, RowRunner]] = {}
        """The rows that were run again in doubt, each with its first run."""

    def set_up(self, plan: RowPlan) -> None:
        """Set up a row: where rows share nothing, each before the first probe of any."""
        if plan.lacks:
            return
        runner = self._runners[plan.row.id] = RowRunner(self._context, plan)
        self._unsent[plan.row.id] = threading.Lock()
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
            self._sent.add(runner.id)
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
            for runner in self._runners.values():
                runner.read_own()
            seen = self._read_after()
            changed = self._read_after(seen) if seen else {}
            for runner in self._runners.values():
                self._note_unexplained(runner)
                self._unexplained |= runner.guard.unexplained.keys()
            changed |= {key: state for key, _, state in self._changes if key not in changed}
            self._seen = {key for key, state in changed.items() if state}
            self._suspects = self._find_suspects(changed) if changed else {}
            if any(self._seen & keys for keys in self._suspects.values()):
                self._context.shared.warn([_CHANGED])

    def _find_suspects(self, changed: Mapping[str, State]) -> dict[str, frozenset[str]]:
        """Blame the rows whose doing a change is by its name; which others may have done what is left, by their IDs."""
        guilty, left = self._find_guilty(changed, self._list_newest(changed))
        left = {key: state for key, state in left.items() if not state or not self._is_others_doing(key, guilty)}
        if left:
            more, left = self._find_guilty(left)
            guilty |= more
        suspects = {}
        for runner in self._runners.values():
            doubted = runner.guard.unexplained.keys() - self._context.shared.written_by_others
            guarded = (key for key in left if runner.id in self._possible[key] and self._guards_of(runner, key))
            suspects[runner.id] = frozenset(doubted.union(guarded))
        return {id_: keys for id_, keys in suspects.items() if keys and id_ not in guilty}

    def _find_guilty(self, changed: Mapping[str, State], shown: str | None = None) -> tuple[set[str], dict[str, State]]:
        """The rows whose doing a change is, by what it names (of that in `shown`), and what is left to be explained."""
        suspects = self._rows_guarded(changed)
        guilty = {runner.id for runner in suspects if runner.take_back_refused(guilty=False, shown=shown)}
        guilty |= {runner.id for runner in suspects if self._report_named(runner, changed)}
        guilty |= {id_ for key, state in changed.items() if state and (id_ := self._find_remover(key, state))}
        if not guilty:
            return guilty, dict(changed)
        again = self._read_after(changed)
        known = {key for one in suspects if one.id in guilty for key in changed if self._guards_of(one, key)}
        return guilty, {key: state for key, state in changed.items() if key not in known - again.keys()}

    def _report_named(self, runner: RowRunner, keys: Collection[str]) -> bool:
        """Whether something now bears the name of one of a row's refused writes, which is an effect of that one."""
        for key, before, after in self._changes:
            changed = changed_members(before, after)
            named = runner.guard.find_named(runner.outcomes, changed) if key in keys else None
            if named is not None:
                runner.guard.report([named], before, changed)
                return True
        return False

    def _list_newest(self, changed: Mapping[str, State]) -> str | None:
        """What has changed, and the newest of what refused writes may have made; None where nothing lists that."""
        resources = self._context.contract.file.created_resources.values()
        reads = plan_steps(self._context.contract, [one.also for one in resources if one.also is not None], "smoke")
        evidence, texts = next(iter(self._runners.values())).evidence, [canonical_text(list(changed.values()))]
        with evidence.count_as("confirmed"):
            for step in reads:
                listed = run_steps(self._context, evidence, [step], {}, label=_NEWEST, role="guard", salt=_NEWEST)
                texts += [listed.response.text] if listed.response is not None else []
        return "\n".join(texts) if len(texts) > 1 else None

    def _is_others_doing(self, key: str, guilty: Collection[str]) -> bool:
        """Whether somebody else writes to it, or what was refused does not change it once more."""
        rows, shared = self._rows_guarded([key]), self._context.shared
        counted = all(guard.confirm for runner in rows for guard in self._guards_of(runner, key))
        changes = [(before, after) for one, before, after in self._changes if one == key]
        counted &= all(counts_otherwise(*states) for states in changes)
        if any(shows_another_run(*states, self._context.builder.run_name) for states in changes):
            shared.note_others(key)
        readers = [(one, guard) for one in self._runners.values() for guard in one.plan.closing if guard.key == key]
        if counted and readers and not guilty and key not in shared.written_by_others:
            read = partial(self._read, *readers[0], Message("read again"))
            with readers[0][0].evidence.count_as("confirmed"):
                before, began = read(), monotonic()
                for suspect in rows:
                    suspect.guard.repeat_examples([one for one in suspect.outcomes if one.probe.guards])
                took = monotonic() - began
                shared.stopping.wait(self._context.target.late_effects)
                after = read()
                if before is not None and after is not None and not changed_members(before, after):
                    shared.warn([_ONCE])
                    return True
                if not stays_as_it_is(read, operator.ne, after, took, shared.stopping):
                    shared.note_others(key)
        return key in shared.written_by_others

    def finish(self, plan: RowPlan) -> FinishedRow:
        """Send what may be accepted, and clean up; a row in doubt is run again instead, after which all such rows are.

        Where what was seen to change reads so before those runs, it could not show again: then they stay in doubt,
        unless one of them was seen to do it. What was seen around the writes of some rows is no doubt of the others.
        """
        id_, runner = plan.row.id, self._runners.get(plan.row.id)
        if runner is not None and self._is_suspect(runner):
            with self._alone():
                until = monotonic() + max(_LONGEST_AGAIN, 2 * (monotonic() - self._began))
                for suspect in [one for one in self._runners.values() if self._is_suspect(one)]:
                    with self._keeping(suspect.id):
                        self._done[suspect.id] = self._finish(suspect, nullcontext, until), suspect
        if error := self._errors.pop(id_, None):
            raise error
        if id_ in self._done:
            return self._doubt_what_came_once(*self._done[id_])
        if id_ not in self._runners:
            return FinishedRow(describe_unexercised(self._context, plan))
        return self._finish(self._runners[id_], self._alone)

    def _finish(self, runner: RowRunner, alone: Alone, until: float = inf) -> FinishedRow:
        suspect = self._is_suspect(runner)
        with self._keeping():
            self._send_valid_requests(runner)
            runner.restore()
            run = runner.finish()
            again = suspect or (self._shares and is_unsettled(run.result))
            for other in list(self._runners.values()) if again and self._shares else ():
                self._send_valid_requests(other)  # what they share is set back now
            del self._runners[runner.id]
            if again and monotonic() >= until:
                return doubt_unconfirmed(run, _NO_TIME, suspect=suspect)
            if again:
                known = self._captures if self._shares else None  # otherwise all is set back already
                late = self._renew if self._seen & self._suspects.get(runner.id, frozenset()) else None
                return run_again(
                    self._context, run, self._plan_again, alone, captures=known, suspect=suspect, renew=late
                )
            return run

    def _doubt_what_came_once(self, run: FinishedRow, runner: RowRunner) -> FinishedRow:
        """The run of a row that was run again; in doubt where that did not, or could not, show once more what changed.

        What was seen around the writes of some rows is no business of the others. Where there is only more of
        something, it is somebody else's: what a refused write makes bears its name.
        """
        found = [self._suspects[id_] for id_, (one, _) in self._done.items() if one.result.verdict is Verdict.VIOLATES]
        open_keys = (self._seen & self._suspects[runner.id]).difference(self._context.shared.written_by_others, *found)
        places, own = set[str](), runner.guard.unexplained
        for key, before, after in self._changes:
            is_its_business = key in own or key not in self._unexplained
            if key in open_keys and is_its_business and not only_adds(before, after):
                places.update(changed_members(before, after))
        if not places or run.result.verdict in {Verdict.VIOLATES, Verdict.INCONCLUSIVE}:
            return run
        reason = Message(
            "refused writes were seen to change {places}, and not again when they were repeated",
            places=", ".join(sorted(places)[:_MOST_NAMED]),
        )
        kept, both = runner.finish().result if own else run.result, run.result
        result = replace(kept, requests=both.requests, beyond_plan=both.beyond_plan, seconds=both.seconds)
        return replace(run, result=replace(result, verdict=Verdict.INCONCLUSIVE, reason=reason))

    def _is_suspect(self, runner: RowRunner) -> bool:
        """Whether it is to be run again; where rows share nothing, not for what others were since seen to write to."""
        others = frozenset[str]() if self._shares else self._context.shared.written_by_others
        return runner.id not in self._errors and bool(self._suspects.get(runner.id, frozenset()) - others)

    def _send_valid_requests(self, runner: RowRunner) -> None:
        with self._unsent.get(runner.id, nullcontext()):
            if runner.id in self._unsent and runner.outcomes and not self._is_suspect(runner):
                runner.send_valid_requests()
                del self._unsent[runner.id]

    def abandon(self) -> None:
        """Keep what was found by rows that are not finished, and set back what they may have changed."""
        for run, runner in self._done.values():
            if runner.id not in self._context.shared.kept:
                self._context.shared.keep(run.result, broken_off=True)
        while self._runners:
            _, runner = self._runners.popitem()
            self._context.shared.keep(runner.finish().result, broken_off=True)
            runner.restore()

    @contextmanager
    def _keeping(self, row: str = "") -> Iterator[None]:
        """Keep what was found when the run is interrupted; what goes wrong is raised where the row is asked for."""
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
            state = state_shown_by_set_up(runner.sender, guard)
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
            before = self._states.get(key)
            if before is None or not (new := _changed(before, state)):
                continue
            reader = self._runners[self._readers[key]]
            if key in reader.plan.read_by_next:
                reader.guard.unexplained[key] = before, new
                self._note_unexplained(reader)
            else:
                self._note_change(key, before, new)
        self._note_unexplained(runner)
        states = runner.guard.shared_states()
        find_undeletable(self._context, runner.evidence, canonical_text(list(states.values())))
        self._states |= states
        self._readers |= dict.fromkeys(states, runner.id)
        resources = partial(resources_of_operation, self._context.contract)
        changed = {one for name in runner.set_back_accepted() for one in resources(name)}
        for other in self._runners.values() if changed else ():
            if not other.outcomes:
                other.sender.set_up = None  # what that has shown is not so any more
            for guard in other.plan.closing:
                if changed & resources(guard.step.operation):
                    self._states.pop(guard.key, None)

    def _note_unexplained(self, runner: RowRunner) -> None:
        for key, states in runner.guard.unexplained.items():
            if (key, *states) not in self._changes:
                self._note_change(key, *states)

    def _note_change(self, key: str, before: State | None = None, after: State | None = None) -> None:
        """Keep what has changed, or that it could not be read, with the rows whose doing it may be."""
        self._possible.setdefault(key, set()).update(self._sent)
        if before is not None and after is not None:
            self._changes.append((key, before, after))

    def _read_after(self, keys: Collection[str] | None = None) -> dict[str, State]:
        """Read again, all or these; by its key, what each shows that is not as before; nothing if it was not read."""
        changed: dict[str, State] = {}
        for runner in self._runners.values():
            for guard in runner.plan.closing:
                before = self._states.get(guard.key)
                if (keys is not None and guard.key not in keys) or (before is None and not self._shares):
                    continue
                with runner.evidence.count_as("confirmed") if keys is not None else nullcontext():
                    after = before and self._read(runner, guard, Message("read after all rows that write"))
                new = _changed(before, after) if after is not None else {}
                if before is None or after is None or new:
                    changed[guard.key] = new
                    self._note_change(guard.key, before, new or None)
        return changed

    def _rows_guarded(self, changed: Iterable[str]) -> list[RowRunner]:
        return [one for one in self._runners.values() if any(self._guards_of(one, key) for key in changed)]

    def _find_remover(self, key: str, state: State) -> str | None:
        """The only row that has a rejected write in which stands what is gone; it cannot be taken away once more."""
        found = [(one, effect) for one in self._runners.values() if (effect := one.guard.removes(key, state))]
        for runner, effect in found if len(found) == 1 else ():
            runner.guard.report(*effect)
            return runner.id
        return None

    def _guards_of(self, runner: RowRunner, key: str) -> list[Guard]:
        """The guards of a row's probes whose read has this key."""
        indexes = {index for probe in runner.plan.probes for index in probe.guards}
        guards = [runner.plan.row.case.unchanged[index] for index in indexes]
        reads = plan_steps(self._context.contract, [guard.read for guard in guards], "smoke")
        return [guard for guard, step in zip(guards, reads, strict=True) if step.key == key]

    def _read(self, runner: RowRunner, guard: GuardRead, label: str) -> State | None:
        return read_state(runner.sender, runner.evidence, guard, label, f"{runner.id}/look")


def _changed(before: State | None, after: State) -> State:
    """What is shown now, of what both reads compare; nothing where that is as before."""
    both = after if "status" in after else {pointer: after[pointer] for pointer in before or () if pointer in after}
    return both if before is not None and changed_members(before, both) else {}
