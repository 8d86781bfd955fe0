"""Equal requests that leave at the same time, of which one is carried out: the others must be refused."""

from __future__ import annotations

from dataclasses import replace

from conformance.checks.response import summarize_response
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.probe import ProbeResult
from conformance.engine.probe_sender import ProbeSender
from conformance.messages import Message
from conformance.plan.model import Probe
from conformance.results.model import Attempt

__all__ = ["send_at_once"]


def send_at_once(
    context: RunContext, evidence: Evidence, sender: ProbeSender, probe: Probe, count: int
) -> list[ProbeResult]:
    """Send a probe `count` times at the same time; the results of those that must have been refused.

    The first that succeeded is the one that is carried out, and is recorded as a control. Where none did, nothing is
    known by the refusals, which makes the row inconclusive.
    """
    gathered = [Evidence(context.redactor) for _ in range(count)]
    results = sender.attempt_at_once(gathered, probe)
    served = next((place for place, result in enumerate(results) if result is not None and result.accepted), None)
    refused: list[ProbeResult] = []
    for place, (own, result) in enumerate(zip(gathered, results, strict=True)):
        if place == served and result is not None and result.exchange.response is not None:
            answer = summarize_response(result.exchange.response, context.rules)
            label = Message("{label}: the one that is carried out", label=probe.label)
            own.findings, own.doubts = [], []
            own.attempts = [Attempt(label, "control", probe.value, "as-promised", answer, result.n)]
            own.exchanges[0] = replace(own.exchanges[0], role="control", label=label)
        more = evidence.adopt(own)
        if place != served and result is not None:
            refused.append(replace(result, n=result.n + more))
    if served is None:
        evidence.doubts.append(
            Message("{label}: none of {n} at the same time was carried out", label=probe.label, n=count)
        )
    return refused
