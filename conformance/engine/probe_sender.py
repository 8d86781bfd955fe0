"""The probes of one row, sent: what one may leave stands in the ledger before, and is taken back after it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from conformance.checks.response import has_must, summarize_response
from conformance.contract.schema import Step
from conformance.contract.templates import captures_used
from conformance.engine.cleanup import describe_left, find_and_delete, leave_for_later, take_back
from conformance.engine.context import RunContext
from conformance.engine.entries import (
    created_resource,
    deleting_operations,
    read_created,
    record_again,
    record_intent,
    record_outcome,
    strike,
)
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.engine.probe import ProbeResult, scope_of_probe, send_probe
from conformance.engine.step_sequence import read_capture
from conformance.messages import Message
from conformance.plan.model import Probe, RowPlan
from conformance.results.model import Attempt

_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class ProbeSender:
    """Sends one row's probes, and takes back what they make although they were to be refused."""

    def __init__(self, context: RunContext, plan: RowPlan, captures: Mapping[str, Any]) -> None:
        self._context, self._plan, self._captures = context, plan, captures
        self._row = plan.row.id
        self._refused: list[tuple[Probe, LedgerEntry]] = []
        self._lock = threading.Lock()

    def attempt(self, evidence: Evidence, probe: Probe) -> ProbeResult | None:
        """Send a probe and judge it; what it made is taken back at once. None where a placeholder had no value.

        What cannot be taken back is a warning of the row, and stays in the ledger.
        """
        entry = self._record(probe)
        return self._conclude(evidence, entry, self._send(evidence, entry, probe))

    def attempt_at_once(self, evidence: Evidence, probe: Probe, count: int) -> list[ProbeResult]:
        """Send a probe `count` times at the same time and judge each; the results of those that must have been refused.

        The first that succeeded is the one that is carried out, and is recorded as a control. Where none did, nothing
        is known by the refusals, which makes the row inconclusive. What they made is taken back once all are answered.
        """
        gathered = [Evidence(self._context.redactor) for _ in range(count)]
        results = self._send_at_once(gathered, probe)
        served = next((place for place, result in enumerate(results) if result is not None and result.accepted), None)
        refused: list[ProbeResult] = []
        for place, (own, result) in enumerate(zip(gathered, results, strict=True)):
            if place == served and result is not None and result.exchange.response is not None:
                answer = summarize_response(result.exchange.response, self._context.rules)
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

    def _send_at_once(self, gathered: Sequence[Evidence], probe: Probe) -> list[ProbeResult | None]:
        """Send a probe once for each evidence; what they made is taken back once all of them are answered."""
        entries = [self._record(probe) for _ in gathered]
        start = threading.Barrier(len(entries))

        def send(evidence: Evidence, entry: LedgerEntry | None) -> ProbeResult | None:
            start.wait()
            return self._send(evidence, entry, probe, unpaced=True)

        with ThreadPoolExecutor(len(entries)) as pool:
            results = list(pool.map(send, gathered, entries))
        return [self._conclude(*each) for each in zip(gathered, entries, results, strict=True)]

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
            found, why = find_and_delete(self._context, evidence, probe.operation, entry.names)
            if found:
                made[probe.label] = found[0]
            if why:
                record_again(self._context, entry)
                evidence.warnings.append(describe_left(probe.label, why))
        return made

    def _send(
        self, evidence: Evidence, entry: LedgerEntry | None, probe: Probe, *, unpaced: bool = False
    ) -> ProbeResult | None:
        try:
            return send_probe(self._context, evidence, self._row, probe, self._captures, unpaced=unpaced)
        except BaseException:
            if entry is not None and entry.names:
                leave_for_later(self._context, entry)
            raise

    def _record(self, probe: Probe) -> LedgerEntry | None:
        """The entry of a probe that may leave something; None for one that only reads, deletes, or is set back."""
        contract = self._context.contract
        operation, own_method = contract.operations[probe.operation], probe.request.method
        method = own_method or operation.method
        if probe.permission == "read" or method in _READING or (operation.spec.permission == "read" and not own_method):
            return None
        deleting = deleting_operations(contract)
        to_its_path = probe.request.url in {contract.operations[name].spec.url for name in deleting} - {None}
        if method == "DELETE" or to_its_path or (probe.operation in deleting and not own_method):
            return None  # nothing is left of it that could be taken back; guards tell what it has deleted
        undo = self._undo(probe)
        # What the set-up of another row has made is taken away with all that is changed of it.
        is_made_elsewhere = not self._plan.before and any(captures_used(probe.request.path))
        if undo is None and (self._plan.after or is_made_elsewhere):
            return None
        steps, pointers = undo or ([], {})
        scope = scope_of_probe(self._row, probe, self._captures)
        return record_intent(
            self._context, probe.operation, probe.request, steps, row=self._row, scope=scope, produced=pointers
        )

    def _undo(self, probe: Probe) -> tuple[list[Step], Mapping[str, str]] | None:
        """The steps that take a probe back, and where the response holds the IDs that they need; None without any.

        They are the row's own, or else those of the resource that it creates.
        """
        undo = self._plan.row.case.undo
        if undo is not None and self._plan.undo and (undo.for_ is None or probe.operation in undo.for_):
            return undo.steps, undo.capture
        resource = created_resource(self._context.contract, probe.operation)
        return (resource.undo, resource.made) if resource else None

    def _conclude(
        self, evidence: Evidence, entry: LedgerEntry | None, result: ProbeResult | None
    ) -> ProbeResult | None:
        """Take back what a probe made, or strike its entry."""
        if entry is None or result is None:
            strike(self._context, entry)
            return result
        made = record_outcome(self._context, entry, result.exchange, self._created(result))
        if made is not None and not (made.names or made.steps or result.accepted or has_must(result.found)):
            strike(self._context, made)  # refused as promised, if with a 500, and nothing could take it back
        elif made is not None:
            why = self._take_back(evidence, made, result)
            if why:
                evidence.warnings.append(describe_left(result.probe.label, why))
        elif created_resource(self._context.contract, result.probe.operation) is not None:
            with self._lock:
                self._refused.append((result.probe, entry))
        return result

    def _created(self, result: ProbeResult) -> dict[str, Any] | None:
        """The IDs that the response gives; None where the probe was not accepted."""
        response, probe = result.exchange.response, result.probe
        if response is None or not result.accepted:
            return None
        _, pointers = self._undo(probe) or ([], {})
        found = {name: read_capture(response, pointer) for name, pointer in pointers.items()}
        created = read_created(self._context, probe.operation, response)
        return created | {name: value for name, (there, value) in found.items() if there}

    def _take_back(self, evidence: Evidence, entry: LedgerEntry, result: ProbeResult) -> str:
        """Take back what a probe may have made; why something may be left, or nothing."""
        probe = result.probe
        if created_resource(self._context.contract, probe.operation) is None:
            if not result.accepted:
                return Message("nothing shows whether {operation} made something", operation=probe.operation)
            if self._plan.after and (not entry.steps or set(captures_used(entry.steps)) - entry.captures.keys()):
                strike(self._context, entry)  # a change, which the end of the row sets back
                return ""
        return take_back(self._context, evidence, entry, Message("undo of {label}", label=probe.label))
