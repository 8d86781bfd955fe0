"""Sends the probes and steps of one row, judges the answers, and deletes what the probes create.

What a probe may create is written into the ledger before its request leaves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from conformance.checks.context import parse_json
from conformance.checks.errors import check_other_entries
from conformance.checks.model import Finding, Level, Note
from conformance.checks.response import check_response, classify_choice, find_editions, has_must, summarize_response
from conformance.client.builder import BuiltRequest, PlaceholderScope
from conformance.client.large_bodies import judge_alone
from conformance.client.policy import SAFE_METHODS
from conformance.contract.schema import Step
from conformance.contract.templates import MissingValue, captures_used
from conformance.engine.cleanup import describe_left, find_and_delete, leave_for_later, run_steps, take_back
from conformance.engine.context import RunContext
from conformance.engine.entries import read_created, record_again, record_intent, record_outcome, strike
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.engine.ownership import check_ownership, take_note
from conformance.engine.stale_reads import bypass_cache, is_from_cache
from conformance.engine.step_sequence import StepSequence, learn_secrets, read_capture, read_captures
from conformance.http import Exchange, FailureKind, NoResponse, Outcome, Response
from conformance.messages import Message
from conformance.plan.model import PlannedStep, Probe, RowPlan
from conformance.results.model import Attempt, BeyondPlan, Choice

Item = TypeVar("Item")
Value = TypeVar("Value")

INTERRUPTIONS = 2
"""How often a sequence is begun again after a reset or a timeout; what it had made is taken back before."""
SMALL_BODY = 4 << 10
"""Bytes of a body that is kept until the end of the row, however many probes it has."""

_REFUSED = Message("not sent: every valid request was refused, and so nothing could be set back")


@dataclass(frozen=True, slots=True)
class AnswerDigest:
    """What later checks need of an answer, so that its body need not be kept."""

    reason: tuple[int, str]
    summary: str
    """Empty where it is not needed."""
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One probe that was sent: its exchange and number, what was found, and whether the answer is conclusive."""

    probe: Probe
    exchange: Exchange
    n: int
    found: tuple[Finding, ...]
    is_conclusive: bool
    digest: AnswerDigest | None = None

    @property
    def accepted(self) -> bool:
        """Whether the target answered with a success."""
        return self.exchange.response is not None and self.exchange.response.status < 300

    @property
    def tells_nothing(self) -> bool:
        """Whether it was answered only after a first answer got lost, so that this may be the first one's effect."""
        outcome = self.exchange.outcome
        return isinstance(outcome, NoResponse) and outcome.kind is FailureKind.RESET and outcome.response is not None

    def without_body(self) -> ProbeResult:
        """The same without bodies that may be of megabytes, and without what was found in that of its answer."""
        request, response, found = self.exchange.request, self.exchange.outcome, self.found
        if len(request.body or b"") > SMALL_BODY:
            request = replace(request, body=None)
        if isinstance(response, Response) and len(response.body) > SMALL_BODY:
            found = tuple(replace(item, expected=None, actual=None, detail="") for item in found)
            response = replace(response, body=b"", cut=True, large=None)
        return replace(self, exchange=replace(self.exchange, request=request, outcome=response), found=found)


class RowSender:
    """Sends the requests of one row; several threads may send its probes at the same time."""

    def __init__(self, context: RunContext, plan: RowPlan) -> None:
        self.context, self.plan, self.row = context, plan, plan.row.id
        self.captures: dict[str, Any] = {}
        """What its set-up has captured, and those of earlier rows that it shares."""
        self.shown: dict[tuple[str, tuple[str, ...]], Mapping[str, Any]] = {}
        """What the set-up has read last, by key and pointers of the read; empty once other writes make it out of date.
        """
        self._refused: list[tuple[Probe, LedgerEntry]] = []
        self._lock = threading.Lock()

    def scope(self, probe: Probe) -> PlaceholderScope:
        return PlaceholderScope(self.captures, probe.language, probe.other_language, f"{self.row}/{probe.salt}")

    def build(self, probe: Probe, scope: PlaceholderScope) -> BuiltRequest:
        """The request of a probe with what the row promises; raises MissingValue where a placeholder has no value."""
        rows = [name for name in probe.accept if isinstance(name, str) and "/" in name]
        promise = self.context.rules.promise
        return self.context.builder.build_with_expectation(
            probe.operation,
            probe.request,
            probe.permission,
            scope,
            promise=promise(self.row),
            alternatives=map(promise, rows),
        )

    @property
    def pool(self) -> Executor | None:
        """Sends requests of this row side by side; None for rows that only read, as rows that read run side by side."""
        alone = self.plan.row.case.only_example or not self.plan.writes
        return None if alone else self.context.pool

    def map_side_by_side(self, function: Callable[[Item], Value], items: Sequence[Item]) -> Iterable[Value]:
        """The value of each item, in order; with a pool they are computed at the same time."""
        pool = self.pool
        return map(function, items) if pool is None or len(items) < 2 else list(pool.map(function, items))

    # --- steps

    def run_steps(
        self,
        evidence: Evidence,
        steps: Sequence[PlannedStep],
        label: Message,
        role: str,
        captures: dict[str, Any] | None = None,
    ) -> StepSequence:
        """Send steps in order until one fails; begun again where nothing but the way to the target ended them."""
        known, salt = self.captures if captures is None else captures, f"{self.row}/{label}"
        for time in range(INTERRUPTIONS + 1):
            planned = evidence.planned
            sequence = run_steps(self.context, evidence, steps, known, label=label, role=role, salt=salt)
            if not sequence.interrupted or time == INTERRUPTIONS:
                break
            evidence.beyond_plan += BeyondPlan(repeated=evidence.planned - planned)
        self._keep_originals(sequence)
        return sequence

    def set_back(self, evidence: Evidence) -> str:
        """Set back what the row has changed with its own steps, and set it up again; why the set-up failed, if so."""
        context, captures, label = self.context, self.captures, Message("set back")
        for steps, role, name in ((self.plan.after, "clean-up", "restore"), (self.plan.before, "step", "set-up")):
            salt = f"{self.row}/{name}"  # as the first time, so that what is created anew reads the same
            sequence = run_steps(context, evidence, steps, captures, label=label, role=role, salt=salt)
            self._keep_originals(sequence)
        return sequence.why

    def _keep_originals(self, sequence: StepSequence) -> None:
        """Let what `after` sets back be as the run has read it first: later, another run may have changed it.

        What is set back stands in the conditions of its step, which is left out where this is shown already.
        """
        conditions = [step.step.unless or {} for step in self.plan.after]
        set_back = set(captures_used([value for each in conditions for value in each.values()]))
        for call in sequence.calls if set_back else ():
            step, response, places = call.step, call.exchange.response, call.step.step.capture or {}
            shown = {name: places[name] for name in set_back.intersection(places, self.captures)}
            reads = step.permission == "read" and call.accepted and not step.request.captures
            if shown and reads and response is not None:
                self.captures |= read_captures(self.context.shared.first_reads.setdefault(step.key, response), shown)

    # --- probes

    def send(
        self, evidence: Evidence, probe: Probe, *, unpaced: bool = False, patient: bool = False
    ) -> ProbeResult | None:
        """Send one probe and judge it; None where a placeholder had no value (which makes the row inconclusive).

        `patient` waits out a refusal for lack of allowance even where the row promises it.
        """
        context, scope = self.context, self.scope(probe)
        try:
            built = self.build(probe, scope)
            if built.request.permission != "read":
                check_ownership(context, probe.request, self.captures)
        except MissingValue as missing:
            evidence.doubts.append(Message("{label}: nothing gave a value for {name}", label=probe.label, name=missing))
            return None
        documented = [*built.expected.expect.statuses, *(one for one in probe.accept if isinstance(one, int))]
        asked = frozenset[int]() if patient else frozenset(documented)
        # What a success leaves on a connection shows in the refusal after it.
        request = replace(built.request, shares_connection=probe.role != "open")
        if context.shared.refuses_us and request.permission in {"write", "delete"}:
            exchange = Exchange(request, NoResponse(FailureKind.NOT_SENT, _REFUSED), tries=0)
        else:
            exchange = context.session.send(request, asked_for=asked, unpaced=unpaced, repeatable=probe.repeatable)
        with judge_alone(exchange):
            take_note(context, probe.operation, probe.request, self.captures, exchange)
            n = evidence.keep(exchange, probe.label, probe.role)
        if _may_be_kept(context, probe, exchange):
            with evidence.count_as("repeated"):
                past = replace(probe, request=bypass_cache(probe.request))
                built = self.build(past, scope)
                exchange = context.session.send(built.request, asked_for=asked, unpaced=unpaced)
                n = evidence.keep(exchange, probe.label, probe.role)
            if _is_read(probe, exchange) and is_from_cache(exchange.response):
                evidence.doubts.append(Message("{label}: answered from a cache every time", label=probe.label))
                return ProbeResult(probe, exchange, n, (), is_conclusive=False)
        with judge_alone(exchange):
            outcome, found, answer = _judge(context, evidence, probe, built, exchange.outcome, n=n)
            evidence.find(found, n)
            learn_secrets(context, probe.operation, exchange.outcome)
        evidence.attempts.append(Attempt(probe.label, probe.role, probe.value, outcome, answer, n))
        return ProbeResult(probe, exchange, n, found, is_conclusive=outcome != "no-answer")

    def attempt(self, evidence: Evidence, probe: Probe) -> ProbeResult | None:
        """Send a probe, judge it and take back at once what it made; None where a placeholder had no value."""
        entry = self._record(probe)
        return self._conclude(evidence, entry, self._send(evidence, entry, probe))

    def attempt_at_once(self, evidence: Evidence, probe: Probe, count: int) -> list[ProbeResult]:
        """Send a probe `count` times at the same time and judge each; the results of those that must have been refused.

        The first that succeeded is the one that is carried out, and is recorded as a control. Where none did, nothing
        is known by the refusals, which makes the row inconclusive. What they made is taken back once all are answered.
        """
        gathered = [Evidence(self.context.redactor) for _ in range(count)]
        entries, start = [self._record(probe) for _ in gathered], threading.Barrier(count)

        def send(own: Evidence, entry: LedgerEntry | None) -> ProbeResult | None:
            start.wait()
            return self._send(own, entry, probe, unpaced=True)

        with ThreadPoolExecutor(count) as pool:
            results = list(pool.map(send, gathered, entries))
        results = [self._conclude(*each) for each in zip(gathered, entries, results, strict=True)]
        served = next((place for place, result in enumerate(results) if result is not None and result.accepted), None)
        refused: list[ProbeResult] = []
        for place, (own, result) in enumerate(zip(gathered, results, strict=True)):
            if place == served and result is not None and result.exchange.response is not None:
                answer = summarize_response(result.exchange.response, self.context.rules)
                label = Message("{label}: the one that is carried out", label=probe.label)
                own.findings, own.doubts = [], []
                own.attempts = [Attempt(label, "control", probe.value, "as-promised", answer, result.n)]
                own.exchanges[0] = replace(own.exchanges[0], role="control", label=label)
            more = evidence.adopt(own)
            if place != served and result is not None:
                refused.append(replace(result, n=result.n + more))
        if served is None:
            doubt = Message("{label}: none of {n} at the same time was carried out", label=probe.label, n=count)
            evidence.doubts.append(doubt)
        return refused

    def take_back_refused(self, evidence: Evidence, *, guilty: bool, shown: str | None) -> dict[str, str]:
        """Delete what probes may have made although they were refused; for when a change has been seen.

        Returns the names that were found, by the labels of the probes. What bears no name by which it could be found is
        a warning if the row is `guilty`, and in the ledger again. With `shown` only names in this text are looked for.
        """
        with self._lock:
            refused = [one for one in self._refused if shown is None or any(name in shown for name in one[1].names)]
            self._refused = [one for one in self._refused if one not in refused]
        made: dict[str, str] = {}
        for probe, entry in refused:
            if not (entry.names or guilty):
                continue
            found, why = find_and_delete(self.context, evidence, probe.operation, entry.names)
            if found:
                made[probe.label] = found[0]
            if why:
                record_again(self.context, entry)
                evidence.warnings.append(describe_left(probe.label, why))
        return made

    def _send(
        self, evidence: Evidence, entry: LedgerEntry | None, probe: Probe, *, unpaced: bool = False
    ) -> ProbeResult | None:
        try:
            return self.send(evidence, probe, unpaced=unpaced)
        except BaseException:
            if entry is not None and entry.names:
                leave_for_later(self.context, entry)
            raise

    def _record(self, probe: Probe) -> LedgerEntry | None:
        """The entry of a probe that may leave something; None for one that only reads, deletes, or is set back."""
        contract = self.context.contract
        operation, own_method = contract.operations[probe.operation], probe.request.method
        method = own_method or operation.method
        only_reads = operation.spec.permission == "read" and not own_method
        if probe.permission == "read" or method in SAFE_METHODS or only_reads:
            return None
        deleting = self.context.deleting_operations
        to_its_path = probe.request.url in {contract.operations[name].spec.url for name in deleting} - {None}
        steps, pointers = self._undo(probe)
        if method == "DELETE" or to_its_path or (probe.operation in deleting and not (own_method and steps)):
            return None  # nothing is left of it that could be taken back; guards tell what it has deleted
        # What the set-up of another row has made is taken away with all that is changed of it.
        is_made_elsewhere = not self.plan.before and any(captures_used(probe.request.path))
        if not steps and (self.plan.after or is_made_elsewhere):
            return None
        scope = self.scope(probe)
        return record_intent(
            self.context, probe.operation, probe.request, steps, row=self.row, scope=scope, produced=pointers
        )

    def _undo(self, probe: Probe) -> tuple[list[Step], Mapping[str, str]]:
        """The row's steps that take a probe back, or its resource's, and where its response has the IDs for them."""
        undo = self.plan.row.case.undo
        if undo is not None and self.plan.undo and (undo.for_ is None or probe.operation in undo.for_):
            return undo.steps, undo.capture
        resource = self.context.created_resource(probe.operation)
        return (resource.undo, resource.made) if resource else ([], {})

    def _conclude(
        self, evidence: Evidence, entry: LedgerEntry | None, result: ProbeResult | None
    ) -> ProbeResult | None:
        """Take back what a probe made, or strike its entry."""
        if entry is None or result is None:
            strike(self.context, entry)
            return result
        response, created = result.exchange.response, None
        if response is not None and result.accepted:
            _, pointers = self._undo(result.probe)
            created = read_created(self.context, result.probe.operation, response) | read_captures(response, pointers)
        made = record_outcome(self.context, entry, result.exchange, created)
        arrived = response is not None or result.exchange.maybe_done
        if made is not None and not (made.names or made.steps or result.accepted or has_must(result.found)):
            strike(self.context, made)  # refused as promised, if with a 500, and nothing could take it back
        elif made is not None:
            why = self._take_back(evidence, made, result)
            if why:
                evidence.warnings.append(describe_left(result.probe.label, why))
        elif arrived and self.context.created_resource(result.probe.operation) is not None:
            with self._lock:
                self._refused.append((result.probe, entry))
        return result

    def _take_back(self, evidence: Evidence, entry: LedgerEntry, result: ProbeResult) -> str:
        """Take back what a probe may have made; why something may be left, or nothing."""
        probe = result.probe
        if self.context.created_resource(probe.operation) is None:
            if not result.accepted:
                return Message("nothing shows whether {operation} made something", operation=probe.operation)
            if self.plan.after and (not entry.steps or set(captures_used(entry.steps)) - entry.captures.keys()):
                strike(self.context, entry)  # a change, which the end of the row sets back
                return ""
        return take_back(self.context, evidence, entry, Message("undo of {label}", label=probe.label))


def _may_be_kept(context: RunContext, probe: Probe, exchange: Exchange) -> bool:
    """Whether the success that answered a read may come from a cache, so that it is sent again past it.

    A cache may also say nothing of itself. Then that is assumed only where the same URL was answered with a success
    before: for what a set-up has created and deleted since, and for reads that a hook must let fail.
    """
    asked = probe.request
    as_before = asked.vantage is None and asked.credential in {None, context.contract.file.credential}
    silent = not probe.accept and (asked.hook is not None or (as_before and bool(asked.captures)))
    return _is_read(probe, exchange) and (silent or is_from_cache(exchange.response))


def _is_read(probe: Probe, exchange: Exchange) -> bool:
    """Whether a GET on the operation's own path was answered with a success."""
    response = exchange.response
    plain = exchange.request.method == "GET" and probe.request.url is None
    return plain and response is not None and response.status < 300


Judged = tuple[str, tuple[Finding, ...], str]
"""The outcome of an attempt (`as-promised`, `violation`, …), its findings, and a summary of the answer."""


def _judge(
    context: RunContext, evidence: Evidence, probe: Probe, built: BuiltRequest, response: Outcome, *, n: int
) -> Judged:
    if isinstance(response, NoResponse):
        evidence.doubts.append(Message("{label}: {answer}", label=probe.label, answer=response.summary))
        return "no-answer", (), response.summary
    if probe.accept:
        return _judge_open(context, evidence, probe, built, response, n=n)
    return _judge_firm(context, evidence, probe, built, response)


def _judge_firm(
    context: RunContext, evidence: Evidence, probe: Probe, built: BuiltRequest, response: Response
) -> Judged:
    answer = summarize_response(response, context.rules)
    if probe.unless and response.status < 300 and _exists(probe.unless, built, response):
        return "no-answer", (), Message("{answer} (the input happens to be valid)", answer=answer)
    found = check_response(response, built.expected, context.rules, probe.label)
    if not has_must(found):
        found += tuple(check_other_entries(parse_json(response), built.expected, context.rules, probe.label))
    evidence.editions.update(find_editions(response, built.expected, context.rules))
    drifted = any(item.level is Level.SHOULD for item in found)
    return "violation" if has_must(found) else "drift" if drifted else "as-promised", found, answer


def _judge_open(
    context: RunContext, evidence: Evidence, probe: Probe, built: BuiltRequest, response: Response, *, n: int
) -> Judged:
    chosen, found = classify_choice(
        response, probe.accept, built.expected, built.alternatives, context.rules, where=probe.label
    )
    if not has_must(found):
        part = probe.label.partition("=")[0]
        evidence.choices.append(Choice(f"{part}={probe.value}" if probe.value else probe.label, chosen, n))
    return "violation" if has_must(found) else "recorded", found, summarize_response(response, context.rules)


def _exists(unless: Mapping[str, Any], built: BuiltRequest, response: Response) -> bool:
    """Whether a success shows that the input was valid after all: what was asked for is what came."""
    for pointer, text in unless.items():
        head, _, member = str(text).strip("{}").partition(".")
        there, actual = read_capture(response, pointer)
        try:
            asked = built.lookup(head, tuple(member.split(".")))
        except MissingValue:
            return False
        if not there or str(actual) != str(asked):
            return False
    return True
