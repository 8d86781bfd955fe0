"""Sends and judges the probes that explore one operation, within a budget of requests, and collects the findings.

A probe is sent as a step of a row is: what it may create is written to the ledger first and deleted afterwards, and a
read of state bypasses caches. Exploration stops if the target no longer responds.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Literal, TypeVar

from conformance.checks.http_notes import check_http_notes
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

_MOST_SHRINK_REQUESTS = 8
"""The most requests for finding a smaller request that shows a finding."""
_STATE_ROLES = ("step", "guard")
"""Roles of requests that read the state which earlier ones left."""
_MOST_UNANSWERED = 3
"""The number of consecutive requests without a response that ends an exploration."""
_MOST_CONFIRMING = 60
"""The most requests beyond the budget for finding out which write had an effect."""
_EXPECT_SUCCESS = Expect(status=200)
_EXPECT_STATE = Expect(status=[200, 404, 410])
"""404 and 410 also show state: the resource does not exist any more."""


Item = TypeVar("Item")
Seen = dict[tuple[object, ...], tuple[Item, ProbeAnswer, int]]
"""Observations by a key that equal ones share: the item, the answer to the smallest request showing it, and a count."""


class BudgetExhausted(Exception):
    """The budget is used up; findings so far are valid."""


class TargetStopped(Exception):
    """Exploration cannot continue; the argument is a Message with the reason."""


class Explorer(CleaningSender):
    """Explores one operation of one target; each probe is sent as a step.

    Probes are counted, judged and recorded, and what they created is deleted. At most `planned` requests are sent;
    following up findings may use the rest of the budget.
    """

    def __init__(self, run: RunContext, operation: str) -> None:
        """Prepare; raise MissingValue without the path's values or credential, KeyError for an unknown operation."""
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
        """The most requests, including those that follow up findings."""
        self.planned = self.reserve = 0
        """The most requests that are sent, and how many of them are reserved for restoring and for the end."""
        self.statuses = Counter[int]()
        self.observed: Seen[Finding] = {}
        self.undocumented: Seen[str] = {}
        """Messages with a status that no row documents."""
        self.found = False
        """Whether a violation was found."""
        self._probe = ExploreProbe()
        self._most_planned: int | None = None
        """The value of `evidence.planned` at which following up ends; None if nothing is being followed up."""
        self._unanswered, self._last_write = 0, float("-inf")

    @property
    def left(self) -> int:
        """The number of requests that may still be sent, without the reserved ones."""
        return self.planned - self.reserve - self.evidence.planned

    @contextmanager
    def following_up(self, kind: Literal["shrunk", "confirmed"], most: int) -> Iterator[None]:
        """Count requests within the block as beyond the plan, and allow at most `most` of them."""
        self._most_planned = self.evidence.planned + most
        try:
            with self.evidence.count_as(kind):
                yield
        finally:
            self._most_planned = None

    def confirming(self) -> AbstractContextManager[None]:
        return self.following_up("confirmed", _MOST_CONFIRMING - self.evidence.beyond_plan.confirmed)

    def wait_for_late_effects(self) -> None:
        """Wait for the `late_effects` time of the profile, in which a refused write may still be carried out."""
        late = self._last_write + self.context.target.late_effects
        self.context.shared.stopping.wait(max(0.0, late - monotonic()))

    def allowed(self, operation: DocumentedOperation) -> bool:
        """Return whether the path is known and the permissions cover a call and the deletion of what it creates."""
        return bool(operation.template) and operation.needs <= self.permissions

    def attempt(
        self, operation: DocumentedOperation, probe: ExploreProbe, validity: Validity | None = None
    ) -> ProbeAnswer:
        """Send and judge a probe and record the findings; `validity` overrides the one that follows from its values."""
        answer = self._judge(self.look(operation, probe), validity)
        for found in answer.found:
            self.report(found, answer)
        for message in undocumented_messages(self.context.rules, answer):
            _count(self.undocumented, (answer.status, message), message, answer)
        return answer

    def look(self, operation: DocumentedOperation, probe: ExploreProbe, method: str = "") -> ProbeAnswer:
        """Send a probe without judging the response, to read state or to restore it."""
        answer = ProbeAnswer(operation, probe, Validity.OPEN, self._send_probe(operation, probe, method))
        for name, value in find_secrets(operation.schema_of(answer.status) or {}, answer.body):
            self.context.redactor.learn(name, value)
        if answer.status:
            self.statuses[answer.status] += 1
            self.evidence.add_notes(check_http_notes(answer.exchange), answer.sent.n)
        return answer

    def repeat(self, first: ProbeAnswer) -> None:
        """Send an answered request again, and report a finding if the status differs."""
        again = self.attempt(first.operation, replace(first.probe, role="guard", about="again"), first.validity)
        if first.status and again.status and first.status != again.status:
            detail = Message("the same request, answered differently after the others")
            self.report(again.observe("stability", Level.MUST, first.status, again.status, detail), again)

    def report(self, found: Finding, answer: ProbeAnswer) -> None:
        _count(self.observed, answer.key_of(found), found, answer)
        self.found = self.found or found.level is Level.MUST

    def find_smaller(self, failed: Sequence[ProbeAnswer]) -> None:
        """Search for the smallest request that still shows each violation, as far as the budget allows."""
        first: dict[tuple[str, ...], ProbeAnswer] = {}
        for answer in failed:
            for found in answer.found:
                if found.level is Level.MUST:
                    first.setdefault(answer.key_of(found), answer)
        with suppress(BudgetExhausted), self.following_up("shrunk", self.budget - self.planned):
            for key, answer in first.items():
                self._find_smallest(answer, key)

    def build_result(self, reason: str | None) -> Exploration:
        """Return the redacted result with the exchanges that it cites; `reason` is why it is in doubt, or None."""
        kept: dict[int, RecordedExchange] = {}
        sent, redactor, operation = self.evidence, self.context.redactor, self.explored

        def keep(n: int | None) -> RecordedExchange:
            """Add the exchange with this number to the kept ones, and return it with its new number."""
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
            undocumented=tuple(undocumented),
            notes=notes,
        )
        return redactor.redact(exploration)

    def _find_smallest(self, answer: ProbeAnswer, key: tuple[str, ...]) -> None:
        steps, tried = _MOST_SHRINK_REQUESTS, {answer.probe.key}
        candidates = smaller_probes(answer.operation, answer.probe)
        while steps > 0 and (probe := next(candidates, None)) is not None:
            if probe.key in tried:
                continue
            tried.add(probe.key)
            steps -= 1
            again = self._judge(self.look(answer.operation, probe))
            found = next((one for one in again.found if again.key_of(one) == key), None)
            if found is not None:
                _count(self.observed, key, found, again, times=0)
                candidates = smaller_probes(answer.operation, probe)

    def _judge(self, answer: ProbeAnswer, validity: Validity | None = None) -> ProbeAnswer:
        answer = replace(answer, validity=validity or classify_probe(answer.operation, answer.probe))
        return replace(answer, found=check_answer(self.context.rules, answer))

    def _send_probe(self, operation: DocumentedOperation, probe: ExploreProbe, method: str) -> StepResult:
        """Send a probe as a step and return its result.

        A clean-up probe may use the reserve and is sent even if the run is being stopped. Raises BudgetExhausted if no
        request is left, and TargetStopped if the probe cannot be sent, shows only stale state, or the target no
        longer responds.
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
        if probe.role in _STATE_ROLES and (step.request.method or operation.method) == "GET":
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
        if failure.kind is FailureKind.NOT_SENT or self._unanswered >= _MOST_UNANSWERED:
            detail = f"{failure.kind.value} {failure.detail}".strip()
            raise TargetStopped(Message("no answer: {detail}", detail=detail))
        return sent

    def plan_probe(self, operation: DocumentedOperation, probe: ExploreProbe, method: str = "") -> PlannedStep:
        """Return the step that sends a probe, with the given method or else that of the operation."""
        request, method = request_of_probe(self.context, operation, probe), method or operation.method
        request = request if method == operation.method else request.replace_members(method=method)
        expect = _EXPECT_STATE if probe.role in _STATE_ROLES and method == "GET" else _EXPECT_SUCCESS
        step = Step(call=operation.id, expect=expect, repeatable=method in ("GET", "HEAD"))
        return PlannedStep(step, operation.id, request, operation.permission)

    # --- hooks of StepSender

    def describe(self, step: PlannedStep) -> str:
        label = label_probe(self._probe)
        return f"HEAD, {label}" if step.request.method == "HEAD" else label

    def count_look(self) -> AbstractContextManager[None]:
        """Return a context that counts nothing: a read is one of the planned requests."""
        return nullcontext()

    def may_be_stale(self, result: StepResult) -> bool:
        """Return whether a read of state came from a cache; other cached responses are judged like any."""
        is_state = self.role in _STATE_ROLES and result.exchange.request.method == "GET"
        return is_state and is_from_cache(result.exchange.response)


def _count(seen: Seen[Item], key: tuple[object, ...], item: Item, answer: ProbeAnswer, *, times: int = 1) -> None:
    """Count an observation, and keep the answer to the smallest request; `times` is 0 for a follow-up request."""
    smallest, on, count = seen.get(key, (item, answer, 0))
    if answer.weight < on.weight:
        smallest, on = item, answer
    seen[key] = smallest, on, count + times


def describe_exploration(
    operation: str, method: str, path: str, lacks: tuple[str, ...] = (), reason: str | None = None
) -> Exploration:
    """Return the result of an operation to which nothing was sent, with `lacks` or `reason` as its explanation."""
    reason = reason or (Message("lacks {names}", names=", ".join(lacks)) if lacks else None)
    file = "openapi.yaml"
    return Exploration(operation, method, path, Verdict.NOT_EXERCISED, reason=reason, lacks=lacks, file=file, line=1)
