"""A row that uses an allowance up: its example again and again until it is refused, and what comes after that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

from conformance.checks.model import Finding, Level
from conformance.checks.response import has_must, summarize_response
from conformance.contract.schema import Repeat
from conformance.engine.evidence import Evidence
from conformance.engine.row_sender import ProbeResult, RowSender
from conformance.engine.stale_reads import bypass_cache
from conformance.messages import Message
from conformance.plan.model import Probe
from conformance.quantities import Pace, read_pace
from conformance.results.model import BeyondPlan

_BURSTS = 3
"""Times that an allowance is used up at most."""
_PART_OF_THE_TIME: Final = 0.5
"""Of the time of an allowance, since its burst began: the pause may not last into what is given anew."""


@dataclass(slots=True)
class _Burst:
    """One time that an allowance is used up; where it goes `past_cache`, each read has a parameter of its own."""

    sender: RowSender
    evidence: Evidence
    past_cache: bool = False
    results: list[ProbeResult] = field(default_factory=list)
    served: int = 0
    lost: int = 0
    """How often a request was sent again, as its answer got lost: the target may have counted each time."""
    refused: bool = False
    is_whole: bool = True
    """Nothing but the target decided how it went: the first request was served, and each was answered."""

    def serves(self, allowance: Pace) -> bool:
        """Whether as many requests were served as the target allows."""
        return self.served <= allowance.requests <= self.served + self.lost

    def holds(self, allowance: Pace | None) -> bool:
        """Whether all is as promised."""
        as_many = allowance is None or not self.refused or self.serves(allowance)
        return as_many and not any(has_must(result.found) for result in self.results)

    def send(self, probes: Sequence[Probe]) -> None:
        """Send the first probe until it is refused, then the others."""
        plan, began = self.sender.plan, perf_counter()
        if plan.repeat is None or (last := self._use_up(probes[0], plan.repeat)) is None:
            return
        self.results.append(last)
        for probe in probes[1:] if self.refused else ():
            if probe is probes[-1] and plan.allowance is not None:
                left = _PART_OF_THE_TIME * plan.allowance.seconds - (perf_counter() - began)
                self.sender.context.shared.stopping.wait(max(0.0, min(plan.repeat.pause, left)))
            result = self._send(self.evidence, probe, unpaced=True)
            if result is not None:
                self.results.append(result)
                self.is_whole = self.is_whole and result.exchange.response is not None

    def _use_up(self, probe: Probe, repeat: Repeat) -> ProbeResult | None:
        """The last time that it was sent; None where the first one was not answered as it should be."""
        context, plan = self.sender.context, self.sender.plan
        for count in range(1, repeat.at_most + 1):
            scratch = Evidence(context.redactor, exchanges=self.evidence.exchanges)
            # Where allowances are counted per address, the rows before may have used this one up: the first one waits.
            first = count == 1
            outcome = self._send(scratch, probe, unpaced=not first, patient=first)
            self.evidence.add_counts(scratch)
            self.evidence.beyond_plan += BeyondPlan(repeated=int(count > plan.repeats + 1))
            self.lost += outcome.exchange.tries - 1 if outcome else 0
            response = outcome.exchange.response if outcome else None
            is_served = response is not None and response.status in repeat.before
            self.served += is_served
            if first and response is not None and not is_served:
                # The first one is the control: nothing was used up yet.
                answer = summarize_response(response, context.rules)
                name = plan.row.case.request.credential or context.contract.file.credential or ""
                self.evidence.doubts.append(
                    Message(
                        "{where}: credentials.{name}: the first request with it was answered {answer}",
                        where=context.target.where("credentials", name),
                        name=name,
                        answer=answer,
                    )
                )
                self.is_whole = False
                return None
            if count == repeat.at_most or not is_served:
                self.evidence.add_judgement(scratch)
                self.is_whole, self.refused = response is not None, response is not None and not is_served
                return outcome
        return None

    def _send(self, evidence: Evidence, probe: Probe, *, unpaced: bool, patient: bool = False) -> ProbeResult | None:
        if self.past_cache and self.sender.context.contract.operations[probe.operation].method == "GET":
            probe = replace(probe, request=bypass_cache(probe.request))
        return self.sender.send(evidence, probe, unpaced=unpaced, patient=patient)


def send_repeatedly(sender: RowSender, evidence: Evidence, probes: Sequence[Probe]) -> list[ProbeResult]:
    """Use the allowance up by the first probe, then send the others: each of them must be refused, too.

    As many requests must be served as the target allows. Where anything is not as promised, the time of the allowance
    is waited for and all of it is tried once more, and only that counts: earlier rows may have used a part of the
    allowance, a server may begin to count anew in the middle of a burst, and a cache that does not say so may have
    answered: then reads pass it. Too few must be served three times, and always as many, as somebody else may use that
    credential. Every request is counted.
    """
    context, plan = sender.context, sender.plan
    burst = _Burst(sender, Evidence(context.redactor, exchanges=evidence.exchanges))
    burst.send(probes)
    allowance, served = plan.allowance, [burst.served]
    while allowance is not None and burst.is_whole and not burst.holds(allowance):
        if len(served) == _BURSTS or (len(served) > 1 and burst.served >= allowance.requests):
            break
        evidence.add_counts(burst.evidence)
        if context.shared.stopping.wait(allowance.seconds):
            burst.evidence = Evidence(context.redactor, exchanges=evidence.exchanges)
            break
        with evidence.count_as("confirmed"):
            anew = Evidence(context.redactor, exchanges=evidence.exchanges)
            burst = _Burst(sender, anew, past_cache=True)
            burst.send(probes)
            evidence.requests += burst.evidence.requests
            burst.evidence.requests, burst.evidence.conditional = 0, 0
            burst.evidence.beyond_plan = BeyondPlan()
        served.append(burst.served)
    evidence.add_counts(burst.evidence)
    if allowance is not None and len(served) == _BURSTS and not burst.holds(allowance) and len(set(served)) > 1:
        counts = ", ".join(map(str, served))
        doubt = Message("{counts} requests were served in turn: somebody else uses that credential", counts=counts)
        evidence.doubts.append(doubt)
        refused = [result for result in burst.results if not result.accepted]
        numbers = {result.n for result in refused}
        evidence.findings += [item for item in burst.evidence.findings if item.exchange in numbers]
        return refused
    evidence.add_judgement(burst.evidence)
    if burst.is_whole and burst.refused and allowance is not None and not burst.serves(allowance):
        documented = read_pace(context.contract.file.pace)
        if documented is not None and burst.serves(documented):
            evidence.doubts.append(
                Message(
                    "{key}: {n} requests in {seconds} s, but the target keeps to {documented}, as is documented",
                    key=f"credentials.{plan.row.case.request.credential}.allowance",
                    n=allowance.requests,
                    seconds=f"{allowance.seconds:g}",
                    documented=context.contract.file.pace,
                )
            )
            return burst.results
        expected = Message("{n} requests served in {seconds} s", n=allowance.requests, seconds=f"{allowance.seconds:g}")
        actual = Message("{n} served before the first refusal", n=burst.served)
        finding = Finding("allowance", Level.MUST, expected, actual, probes[0].label)
        evidence.find([finding], burst.results[0].n if burst.results else None)
    return burst.results


def send_beyond(sender: RowSender, evidence: Evidence, probe: Probe) -> ProbeResult | None:
    """Send a probe once more that has to be refused: what was given anew of the allowance is used up before."""
    used_up, plan = Evidence(evidence.redactor, exchanges=evidence.exchanges), sender.plan
    for _ in range(plan.repeat.at_most if plan.repeat else 0):
        first = sender.send(used_up, plan.probes[0], unpaced=True)
        if first is None or first.exchange.response is None or not first.accepted:
            break
    evidence.add_counts(used_up)
    return sender.send(evidence, probe, unpaced=True)
