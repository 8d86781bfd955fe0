"""A row that uses something up: its example again and again, until what it promises comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.checks.response import summarize_response
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.probe import ProbeResult, send_probe
from conformance.messages import Message
from conformance.plan.model import Probe, RowPlan

__all__ = ["send_repeatedly"]


def send_repeatedly(
    context: RunContext, evidence: Evidence, plan: RowPlan, probe: Probe, captures: Mapping[str, Any]
) -> ProbeResult | None:
    """The last time that it was sent; None where the first one was not answered as it should be before anything else.

    What only the last one shows is found; every request is counted.
    """
    repeat = plan.repeat
    if repeat is None:
        return None
    for count in range(1, repeat.at_most + 1):
        scratch = Evidence(context.redactor, exchanges=evidence.exchanges)
        # Where allowances are counted per address, the rows before may have used this one up: the first one waits.
        first = count == 1
        outcome = send_probe(
            context, scratch, plan.row.id, probe, captures, unpaced=repeat.unpaced and not first, patient=first
        )
        evidence.add_counts(scratch)
        if 1 < count <= plan.repeats + 1:
            evidence.conditional += 1
        elif not first:
            evidence.repeated += 1
        response = outcome.exchange.response if outcome else None
        last = count == repeat.at_most or outcome is None
        if first and response is not None and response.status not in repeat.before:
            # The first one is the control: nothing was used up yet.
            evidence.doubts.append(
                Message("the first request was answered {answer}", answer=summarize_response(response, context.rules))
            )
            return None
        if last or response is None or response.status not in repeat.before:
            evidence.findings += scratch.findings
            evidence.attempts += scratch.attempts
            evidence.doubts += scratch.doubts
            evidence.editions.update(scratch.editions)
            return outcome
    return None
