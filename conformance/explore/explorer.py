"""Exploration of one operation under way: probes are sent within a budget, judged, and what they show is kept.

They go the way of a row's steps: what one may create stands in the ledger before it leaves and is deleted again, and a
read that shows state goes past a cache. Exploration stops where no answer comes any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Literal, TypeVar

from conformance.checks.http_notes import check_http_notes, compare_head_with_get
from conformance.checks.model import Finding, Level, Verdict, verdict_of_levels
from conformance.client.builder import PlaceholderScope
from conformance.contract.request_template import RequestTemplate
from conformance.contract.schema import Expect, Step
from conformance.engine.cleanup import CleaningSender
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.stale_reads import is_from_cache
from conformance.engine.step_sequence import StepResult, StepSequence
from conformance.explore.checks import ProbeAnswer, check_answer, undocumented_messages
from conformance.explore.openapi import DocumentedOperation, OpenApiDocument, find_secrets
from conformance.explore.probes import ExploreProbe, label_probe, request_of_probe, smaller_probes
from conformance.explore.validity import Validity, classify_probe
from conformance.http import FailureKind, NoResponse
from conformance.messages import Message
from conformance.plan.model import PlannedStep
from conformance.results.model import Exploration, ExploredFinding, RecordedExchange, Undocumented

_MOST_STEPS = 8
"""Requests that making one finding smaller may cost."""
_STATE = ("step", "guard")
"""Roles of requests that show what earlier ones have done."""
_UNANSWERED = 3
"""So many requests in a row without an answer end an exploration."""
_CONFIRMING = 60
"""Requests beyond the budget that may be spent on finding out which write had an effect."""
_SUCCESS = Expect(status=200)
_STATE_OF_SOMETHING = Expect(status=[200, 404, 410])
"""That something is not there any more is a state, too."""


Item = TypeVar("Item")
Seen = dict[tuple[object, ...], tuple[Item, ProbeAnswer, int]]
"""What was seen, by what makes two of it one and the same: on the smallest request that showed it, and how often."""


class BudgetExhausted(Exception):
    """The budget is used up; what was found stands."""


class TargetStopped(Exception):
    """Exploration cannot go on; its argument, a Message, says why."""


class Explorer(CleaningSender):
    """One operation of one target, and the probes that are sent to explore it: each is a step of its own.

    They are counted, judged and kept, and what they created is deleted. As many requests are sent as are `planned`;
    what follows up a finding may take the rest of the budget.
    """

    def __init__(self, run: RunContext, operation: str) -> None:
        """Nothing is sent. MissingValue where the target lacks its path or credential, KeyError for an unknown one."""
        label, salt = Message("clean-up"), f"explore {operation}"
        super().__init__(run, Evidence(run.redactor), {}, label=label, role="", salt=salt, leaves_created=False)
        file, scope = run.contract.file, PlaceholderScope(salt="exploring")
        call = file.operations[operation]
        credential = call.credential or file.credential
        if credential not in (None, "none"):
            run.builder.build(operation, RequestTemplate(credential=credential, url="/"), "read", scope)
        run.builder.fill(call.url, scope)
        fill = partial(run.builder.fill_known, scope=scope)
        self.document = OpenApiDocument(run.contract.openapi, file.operations, file.created_resources, fill)
        self.explored = self.document.operation(operation)
        self.own_sources = self.document.own_sources(self.explored)
        self.permissions = frozenset({"read", *run.target.allow})
        self.budget = file.exploration.get(run.depth, 0)
        """Requests, those that follow up a finding included."""
        self.planned = self.reserve = 0
        """Requests that are sent at most, and those of them that are kept back for setting back and for the end."""
        self.statuses = Counter[int]()
        self.observed: Seen[Finding] = {}
        self.undocumented: Seen[str] = {}
        """Messages with a status that no row documents."""
        self.found = False
        """Whether a violation was found."""
        self._probe = ExploreProbe()
        self._most_planned: int | None = None
        """What the evidence may count while something is followed up."""
        self._unanswered, self._last_write = 0, float("-inf")

    @property
    def left(self) -> int:
        """How many requests may still be sent, without those kept back."""
        return self.planned - self.reserve - self.evidence.planned

    @contextmanager
    def following_up(self, kind: Literal["shrunk", "confirmed"], most: int) -> Iterator[None]:
        """Requests in this block follow up what was seen: they are beyond the plan, at most so many of them."""
        self._most_planned = self.evidence.planned + most
        try:
            with self.evidence.count_as(kind):
                yield
        finally:
            self._most_planned = None

    def confirming(self) -> AbstractContextManager[None]:
        """Requests in this block make sure of an effect."""
        return self.following_up("confirmed", _CONFIRMING - self.evidence.beyond_plan.confirmed)

    def wait_for_late_effects(self) -> None:
        """Leave what was refused the time in which it may be carried out all the same."""
        late = self._last_write + self.context.target.late_effects
        self.context.shared.stopping.wait(max(0.0, late - monotonic()))

    def allowed(self, operation: DocumentedOperation) -> bool:
        """Whether its path is known, and the permissions cover a call of it and the deletion of what it creates."""
        return bool(operation.template) and operation.needs <= self.permissions

    def attempt(
        self, operation: DocumentedOperation, probe: ExploreProbe, validity: Validity | None = None
    ) -> ProbeAnswer:
        """Send, judge and keep; `validity` where more is known of the probe than its values say."""
        answer = self._judge(self.look(operation, probe), validity)
        for found in answer.found:
            self.report(found, answer)
        for message in undocumented_messages(self.context.rules, answer):
            _note(self.undocumented, (answer.status, message), message, answer)
        return answer

    def look(self, operation: DocumentedOperation, probe: ExploreProbe, method: str = "") -> ProbeAnswer:
        """Send without judging: to see what is there, or to set back what was changed."""
        answer = ProbeAnswer(operation, probe, Validity.OPEN, self._send_probe(operation, probe, method))
        for name, value in find_secrets(operation.schema_of(answer.status) or {}, answer.body):
            self.context.redactor.learn(name, value)
        if answer.status:
            self.statuses[answer.status] += 1
            self.evidence.add_notes(check_http_notes(answer.exchange), answer.sent.n)
        return answer

    def compare_head(self, answer: ProbeAnswer) -> None:
        """Send the HEAD of a GET that was answered, and note where the two differ."""
        head = self.look(answer.operation, answer.probe, "HEAD")
        self.evidence.add_notes(compare_head_with_get(answer.exchange, head.exchange), head.sent.n)

    def repeat(self, first: ProbeAnswer) -> None:
        """Send a request again that was answered before: its answer has the same status."""
        again = self.attempt(first.operation, replace(first.probe, role="guard", about="again"), first.validity)
        if first.status and again.status and first.status != again.status:
            detail = Message("the same request, answered differently after the others")
            self.report(again.observe("stability", Level.MUST, first.status, again.status, detail), again)

    def report(self, found: Finding, answer: ProbeAnswer) -> None:
        """Keep a finding."""
        _note(self.observed, answer.key_of(found), found, answer)
        self.found = self.found or found.level is Level.MUST

    def find_smaller(self, failed: Sequence[ProbeAnswer]) -> None:
        """Show each violation by the smallest request that still leads to it, as far as the budget goes."""
        first: dict[tuple[str, ...], ProbeAnswer] = {}
        for answer in failed:
            for found in answer.found:
                if found.level is Level.MUST:
                    first.setdefault(answer.key_of(found), answer)
        with suppress(BudgetExhausted), self.following_up("shrunk", self.budget - self.planned):
            for key, answer in first.items():
                self._find_smallest(answer, key)

    def build_result(self, reason: str | None) -> tuple[Exploration, tuple[Undocumented, ...]]:
        """All that was found, redacted, with the exchanges that it points at; `reason` is why it is in doubt."""
        kept: dict[int, RecordedExchange] = {}
        sent, redactor, operation = self.evidence, self.context.redactor, self.explored

        def keep(n: int | None) -> RecordedExchange:
            """The exchange of this number, renumbered among those that are kept."""
            one = sent.exchanges[(n or 0) - 1]
            return kept.setdefault(one.n, replace(one, n=len(kept) + 1))

        findings = []
        for found, answer, count in self.observed.values():
            n, expected, actual = keep(answer.sent.n).n, redactor.json(found.expected), redactor.json(found.actual)
            findings.append(ExploredFinding(found.check, found.level, expected, actual, count, n, found.detail))
        undocumented = []
        for message, answer, count in self.undocumented.values():
            shown = keep(answer.sent.n)
            one = Undocumented(operation.id, answer.status, message, count, shown.curl, shown.label)
            undocumented.append(one)
        notes = tuple(replace(note, exchange=keep(note.exchange).n) for note in sent.notes)
        if reason is not None and sent.exchanges:
            keep(len(sent.exchanges))
        levels, tried = [finding.level for finding in findings], bool(sent.exchanges)
        exploration = replace(
            describe_exploration(operation.id, operation.method, operation.template, reason=reason),
            verdict=verdict_of_levels(levels, in_doubt=reason is not None, exercised=tried),
            requests=sent.requests,
            planned=self.planned,
            beyond_plan=sent.beyond_plan,
            statuses=tuple(sorted(self.statuses.items())),
            findings=tuple(sorted(findings, key=lambda finding: list(Level).index(finding.level))),
            exchanges=tuple(kept.values()),
            notes=notes,
        )
        return redactor.redact(exploration), redactor.redact(tuple(undocumented))

    def _find_smallest(self, answer: ProbeAnswer, key: tuple[str, ...]) -> None:
        steps, tried = _MOST_STEPS, {answer.probe.key}
        candidates = smaller_probes(answer.operation, answer.probe)
        while steps > 0 and (probe := next(candidates, None)) is not None:
            if probe.key in tried:
                continue
            tried.add(probe.key)
            steps -= 1
            again = self._judge(self.look(answer.operation, probe))
            found = next((one for one in again.found if again.key_of(one) == key), None)
            if found is not None:
                _note(self.observed, key, found, again, times=0)
                candidates = smaller_probes(answer.operation, probe)

    def _judge(self, answer: ProbeAnswer, validity: Validity | None = None) -> ProbeAnswer:
        answer = replace(answer, validity=validity or classify_probe(answer.operation, answer.probe))
        return replace(answer, found=check_answer(self.context.rules, answer))

    def _send_probe(self, operation: DocumentedOperation, probe: ExploreProbe, method: str) -> StepResult:
        """Send a probe; BudgetExhausted where the budget is, TargetStopped where it cannot be sent or shows no state.

        What sets back may use what is kept back, and is sent though the run is being stopped. Where the target has
        fallen silent, that is TargetStopped, too.
        """
        sets_back, stopping = probe.role == "clean-up", self.context.shared.stopping
        if stopping.is_set() and not sets_back:
            raise TargetStopped(Message("the run is being stopped"))
        left = self.left + (self.reserve if sets_back else 0)
        if self._most_planned is not None:
            left = self._most_planned - self.evidence.planned
        if left <= 0:
            raise BudgetExhausted
        step = self.plan_probe(operation, probe, method)
        if probe.role in _STATE and (step.request.method or operation.method) == "GET":
            stopping.wait(max(0.0, self._last_write + self.context.target.settle - monotonic()))
        self._probe, self.role, self.sequence = probe, probe.role, StepSequence()
        self.run([step])
        if not self.sequence.calls or self.sequence.stale:
            raise TargetStopped(self.sequence.why)
        (sent,) = self.sequence.calls
        if not step.step.repeatable:
            self._last_write = monotonic()
        failure = sent.exchange.outcome
        self._unanswered = self._unanswered + 1 if isinstance(failure, NoResponse) else 0
        if not isinstance(failure, NoResponse) or sets_back:
            return sent
        if failure.kind is FailureKind.NOT_SENT or self._unanswered >= _UNANSWERED:
            detail = f"{failure.kind.value} {failure.detail}".strip()
            raise TargetStopped(Message("no answer: {detail}", detail=detail))
        return sent

    def plan_probe(self, operation: DocumentedOperation, probe: ExploreProbe, method: str = "") -> PlannedStep:
        """The step that sends a probe; by another method than the operation's where that is given."""
        request, method = request_of_probe(self.context, operation, probe), method or operation.method
        request = request if method == operation.method else request.replace_members(method=method)
        expect = _STATE_OF_SOMETHING if probe.role in _STATE and method == "GET" else _SUCCESS
        step = Step(call=operation.id, expect=expect, repeatable=method in ("GET", "HEAD"))
        return PlannedStep(step, operation.id, request, operation.permission)

    # --- as a step is sent

    def describe(self, step: PlannedStep) -> str:
        label = label_probe(self._probe)
        return f"HEAD, {label}" if step.request.method == "HEAD" else label

    def count_look(self) -> AbstractContextManager[None]:
        """It takes the place of another request of the plan."""
        return nullcontext()

    def may_be_stale(self, result: StepResult) -> bool:
        """Only what is asked for state has to be: whatever else a cache answers is judged as it is."""
        is_state = self.role in _STATE and result.exchange.request.method == "GET"
        return is_state and is_from_cache(result.exchange.response)


def _note(seen: Seen[Item], key: tuple[object, ...], item: Item, answer: ProbeAnswer, *, times: int = 1) -> None:
    """Note that something was seen once more, or only on a simpler request that was tried for this alone."""
    smallest, on, count = seen.get(key, (item, answer, 0))
    if answer.weight < on.weight:
        smallest, on = item, answer
    seen[key] = smallest, on, count + times


def describe_exploration(
    operation: str, method: str, path: str, lacks: tuple[str, ...] = (), reason: str | None = None
) -> Exploration:
    """The result of an operation to which nothing was sent."""
    reason = reason or (Message("lacks {names}", names=", ".join(lacks)) if lacks else None)
    file = "openapi.yaml"
    return Exploration(operation, method, path, Verdict.NOT_EXERCISED, reason=reason, lacks=lacks, file=file, line=1)
