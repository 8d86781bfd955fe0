"""Rows that write: the probes of all of them, then reads of what those must not have changed, then the controls.

A target may refuse a write and carry it out all the same some seconds later. So between the last probe and these reads
there is time, once for all rows. Where a read shows something else than before, what bears the name of a refused probe
tells which row it was; otherwise each row that it guards is run again at `standard`, alone and patiently: its own reads
around its own writes tell. At smoke these are the only reads, and a row that is not green is run again, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from conformance.checks.model import Verdict
from conformance.engine.confirm import combine_runs, is_unsettled
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.row import FinishedRow, RowRunner, describe_unexercised, run_row
from conformance.engine.state_guard import State, changed_members, read_state, state_shown_by_set_up
from conformance.engine.steps import run_steps
from conformance.messages import Message
from conformance.plan.model import GuardRead, RowPlan
from conformance.plan.steps import plan_steps

_CHANGED = Message(
    "what refused writes must not change was seen to change: each row that it guards was run again alone"
)

_NO_REQUESTS = Message("it was not run again: the budget has no requests left for it")

PlanAgain = Callable[[str], RowPlan | None]
"""Gives, by its ID, the plan of a row that has to be run again; None where there may be no more requests for it."""
Alone = Callable[[], AbstractContextManager[None]]
"""Keeps everything else from running for a while."""


class WritingRows:
    """The rows of a run that write. Each is begun; once all are, `look` is called; then each is finished.

    `renew` makes a context for rows that are run again in which what a refused write has taken away is there again, as
    far as a run can make it.
    """

    def __init__(
        self, context: RunContext, plan_again: PlanAgain, alone: Alone, renew: Callable[[RunContext], RunContext]
    ) -> None:
        self._context, self._plan_again, self._alone, self._renew = context, plan_again, alone, renew
        self._shares = context.depth == "smoke"
        self._runners: dict[str, RowRunner] = {}
        self._states: dict[str, State] = {}
        """What each guarded resource showed last, by the key of its read."""
        self._changed: dict[str, State] = {}
        """What has changed between two rows, while nothing was sent that could be accepted."""
        self._captures: dict[str, Any] = {}
        """Everything that set-ups have captured, where rows share them."""
        self._ready: set[str] = set()
        self._errors: dict[str, Exception] = {}
        self._suspects: frozenset[str] = frozenset()
        """The rows that a changed resource guards: one of their rejected writes may have had an effect."""

    def set_up(self, plan: RowPlan) -> None:
        """Set up a row: where rows share nothing, each before the first probe of any."""
        if plan.lacks:
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
            changed = self._read_after()
            changed = (self._read_after(changed) if changed else {}) | self._changed
            for runner in self._runners.values():
                changed |= runner.guard.unexplained
            suspects = self._rows_guarded(changed)
            guilty = {runner.id for runner in suspects if runner.take_back_refused(guilty=False)}
            guilty |= {id_ for key, state in changed.items() if state and (id_ := self._find_remover(key, state))}
            if guilty:
                again = self._read_after(changed)
                known = {key for one in suspects if one.id in guilty for key in changed if self._is_guarded(one, key)}
                suspects = self._rows_guarded(changed.keys() - (known - again.keys()))
            self._suspects = frozenset(runner.id for runner in suspects) - guilty
            if self._suspects:
                self._context.shared.warn([_CHANGED])

    def finish(self, plan: RowPlan) -> FinishedRow:
        """Send what may be accepted, and clean up; a row in doubt is run again instead."""
        if error := self._errors.pop(plan.row.id, None):
            raise error
        runner = self._runners.get(plan.row.id)
        if runner is None:
            return FinishedRow(describe_unexercised(self._context, plan))
        suspect = runner.id in self._suspects
        with self._keeping():
            if runner.outcomes and not suspect:
                runner.send_valid_requests()
            runner.restore()
            run = runner.finish()
            del self._runners[runner.id]
            if suspect or (self._shares and is_unsettled(run.result)):
                known = self._captures if self._shares else None  # otherwise all is set back already
                late = self._renew if suspect else None
                run = run_again(self._context, run, self._plan_again, self._alone, captures=known, renew=late)
            return run

    def abandon(self) -> None:
        """Keep what was found by rows that are not finished, and set back what they may have changed."""
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
            state = state_shown_by_set_up(self._context, runner.plan, runner.set_up_sequence, guard, runner.captures)
            if state is None:
                state = self._read(runner, guard, Message("read before all rows that write"))
            if state is not None:
                self._states[guard.key] = state

    def _note_states(self, runner: RowRunner) -> None:
        """Keep what a row has read last, and what has changed between another row's last read and its first one.

        What it has set back since then, nobody has read.
        """
        for key, state in runner.guard.shared_states(first=True).items():
            self._changed |= {key: new} if (new := _changed(self._states.get(key), state)) else {}
        states = runner.guard.shared_states()
        unknown = runner.set_back_accepted()
        for key, state in states.items():
            self._states.pop(key, None)
            if not unknown:
                self._states[key] = state

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
                if before is None or after is None:
                    changed[guard.key] = {}
                elif new := _changed(before, after):
                    changed[guard.key] = new
        return changed

    def _rows_guarded(self, changed: Iterable[str]) -> list[RowRunner]:
        return [one for one in self._runners.values() if any(self._is_guarded(one, key) for key in changed)]

    def _find_remover(self, key: str, state: State) -> str | None:
        """The only row that has a rejected write in which stands what is gone; it cannot be taken away once more."""
        found = [(one, effect) for one in self._runners.values() if (effect := one.guard.removes(key, state))]
        for runner, effect in found if len(found) == 1 else ():
            runner.guard.report(*effect)
            return runner.id
        return None

    def _is_guarded(self, runner: RowRunner, key: str) -> bool:
        indexes = {index for probe in runner.plan.probes for index in probe.guards}
        reads = [runner.plan.row.case.unchanged[index].read for index in indexes]
        return any(step.key == key for step in plan_steps(self._context.contract, reads, "smoke"))

    def _read(self, runner: RowRunner, guard: GuardRead, label: str) -> State | None:
        salt = f"{runner.id}/look"
        return read_state(self._context, runner.evidence, guard, runner.captures, (label, salt))


def _changed(before: State | None, after: State) -> State:
    """What is shown now, of what both reads compare; nothing where that is as before."""
    both = after if "status" in after else {pointer: after[pointer] for pointer in before or () if pointer in after}
    return both if before is not None and changed_members(before, both) else {}


def run_again(
    context: RunContext,
    run: FinishedRow,
    plan_again: PlanAgain,
    alone: Alone,
    *,
    captures: Mapping[str, Any] | None = None,
    disturbed: bool = False,
    renew: Callable[[RunContext], RunContext] | None = None,
) -> FinishedRow:
    """Run a row at `standard`; with captures of its first run, what that may have changed is set back before.

    Where its first run was `disturbed`, what that found may be somebody else's doing. With `renew`, refused writes of
    it or of others have changed something, perhaps late: their time is waited for, and what they took away made anew.
    """
    plan = plan_again(run.result.id)
    if plan is None:
        return _leave(run, suspect=renew is not None)
    if context.shared.stopping.is_set() or plan.lacks:
        return run
    if not disturbed:
        context.shared.keep(run.result, broken_off=True)
    context = replace(context, depth="standard")
    evidence = Evidence(context.redactor)
    with alone():
        if captures is not None and plan.after:
            known, salt, label = dict(captures), f"{plan.row.id}/set back", Message("set back")
            run_steps(context, evidence, plan.after, known, label=label, role="clean-up", salt=salt)
        if renew is not None:
            context.shared.stopping.wait(context.target.late_effects)
            context = renew(context)
        again = run_row(context, plan, patient=renew is not None)
    return combine_runs(run, again, evidence.requests, disturbed=disturbed)


def _leave(run: FinishedRow, *, suspect: bool) -> FinishedRow:
    """The only run of a row that ought to be run again; nothing tells whether a `suspect` changed what it must not."""
    result = replace(run.result, warnings=(*run.result.warnings, _NO_REQUESTS))
    if suspect and result.verdict is not Verdict.VIOLATES:
        result = replace(result, verdict=Verdict.INCONCLUSIVE, reason=_NO_REQUESTS)
    return replace(run, result=result)
