"""A row that uses an allowance up: its example again and again until it is refused, and what comes after that."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

from conformance.checks.model import Finding, Level
from conformance.checks.response import has_must, summarize_response
from conformance.contract.schema import Repeat
from conformance.engine.describe import describe_doubtful_entry
from conformance.engine.evidence import Evidence
from conformance.engine.row_sender import ProbeResult, RowSender
from conformance.engine.stale_reads import bypass_cache
from conformance.http import Response
from conformance.messages import Message
from conformance.plan.model import Probe
from conformance.quantities import Pace, read_pace
from conformance.results.model import BeyondPlan

BURSTS = 3
"""Times that an allowance is used up at most."""
_PART_OF_THE_TIME: Final = 0.4
"""Of the time of an allowance, since its burst began: the pause ends before that.

Where a server counts by its own clock, an allowance may be given anew during the first burst. The second one begins
when the time is over, and so before half of the server's next one: it is not cut in two again.
"""


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
        for count in range(1, repeat.at_most + 1):
            scratch = self.evidence.branch()
            # Where allowances are counted per address, the rows before may have used this one up: the first one waits.
            first = count == 1
            outcome = self._send(scratch, probe, unpaced=not first, patient=first)
            self.evidence.add_counts(scratch)
            self.evidence.beyond_plan += BeyondPlan(repeated=int(count > self.sender.plan.repeats + 1))
            self.lost += outcome.exchange.tries - 1 if outcome else 0
            response = outcome.exchange.response if outcome else None
            is_served = response is not None and response.status in repeat.before
            self.served += is_served
            if first and response is not None and not is_served:
                self.evidence.doubts.append(self._describe_credential(response))
                self.is_whole = False
                return None
            if count == repeat.at_most or not is_served:
                self.evidence.add_judgement(scratch)
                self.is_whole, self.refused = response is not None, response is not None and not is_served
                return outcome
        return None

    def _describe_credential(self, response: Response) -> Message:
        """Why nothing can be said: the first request is the control, as nothing was used up yet, and was refused."""
        context = self.sender.context
        name = self.sender.plan.row.case.request.credential or context.contract.file.credential or ""
        return Message(
            "{where}: credentials.{name}: the first request with it was answered {answer}",
            where=context.target.where("credentials", name),
            name=name,
            answer=summarize_response(response, context.rules),
        )

    def _send(self, evidence: Evidence, probe: Probe, *, unpaced: bool, patient: bool = False) -> ProbeResult | None:
        if self.past_cache and self.sender.context.contract.operations[probe.operation].method == "GET":
            probe = replace(probe, request=bypass_cache(probe.request))
        return self.sender.send(evidence, probe, unpaced=unpaced, patient=patient)

    def check_allowance(self, allowance: Pace, probe: Probe) -> None:
        """A finding if the target keeps to another number than the profile says; a doubt if to the documented one."""
        plan, pace = self.sender.plan, self.sender.context.contract.file.pace
        documented, target = read_pace(pace), self.sender.context.target
        name = str(plan.row.case.request.credential)
        key = f"credentials.{name}.allowance"
        if documented is not None and self.serves(documented):
            doubt = Message(
                "{where}: {key}: {n} requests in {seconds} s, but the target keeps to {documented}, as is documented",
                where=target.where(*key.split(".")),
                key=key,
                n=allowance.requests,
                seconds=f"{allowance.seconds:g}",
                documented=pace,
            )
            self.evidence.doubts.append(doubt)
            return
        expected = Message("{n} requests served in {seconds} s", n=allowance.requests, seconds=f"{allowance.seconds:g}")
        actual = Message("{n} served before the first refusal", n=self.served)
        finding = Finding("allowance", Level.MUST, expected, actual, probe.label)
        self.evidence.find([finding], self.results[0].n if self.results else None)
        if (given := target.credentials.get(name)) is not None and given.allowance is not None:
            self.evidence.warnings.append(describe_doubtful_entry(target, key))


def send_repeatedly(sender: RowSender, evidence: Evidence, probes: Sequence[Probe]) -> list[ProbeResult]:
    """Use the allowance up by the first probe, then send the others: each of them must be refused, too.

    As many requests must be served as the target allows. Where anything is not as promised, the time of the allowance
    is waited for and all of it is tried once more, and only that counts: earlier rows may have used a part of the
    allowance, a server may begin to count anew in the middle of a burst, and a cache that does not say so may have
    answered: then reads pass it. Too few must be served three times, and always as many, as somebody else may use that
    credential. Every request is counted.
    """
    allowance, served = sender.plan.allowance, list[int]()

    def send_burst() -> _Burst:
        burst = _Burst(sender, evidence.branch(), past_cache=bool(served))
        burst.send(probes)
        if served:  # all of it makes sure of what the first burst has shown
            burst.evidence.beyond_plan = BeyondPlan()
        evidence.add_counts(burst.evidence)
        served.append(burst.served)
        return burst

    burst = send_burst()
    while allowance is not None and burst.is_whole and not burst.holds(allowance):
        if len(served) == BURSTS or (len(served) > 1 and burst.served >= allowance.requests):
            break
        if sender.context.shared.stopping.wait(allowance.seconds):
            return burst.results
        with evidence.count_as("confirmed"):
            burst = send_burst()
    if allowance is not None and len(served) == BURSTS and not burst.holds(allowance) and len(set(served)) > 1:
        counts = ", ".join(map(str, served))
        doubt = Message("{counts} requests were served in turn: somebody else uses that credential", counts=counts)
        evidence.doubts.append(doubt)
        refused = [result for result in burst.results if not result.accepted]
        numbers = {result.n for result in refused}
        evidence.findings += [item for item in burst.evidence.findings if item.exchange in numbers]
        return refused
    if burst.is_whole and burst.refused and allowance is not None and not burst.serves(allowance):
        burst.check_allowance(allowance, probes[0])
        evidence.warnings += burst.evidence.warnings
    evidence.add_judgement(burst.evidence)
    return burst.results


def send_beyond(sender: RowSender, evidence: Evidence, probe: Probe) -> ProbeResult | None:
    """Send a probe once more that has to be refused: what was given anew of the allowance is used up before."""
    used_up, plan = evidence.branch(), sender.plan
    for _ in range(plan.repeat.at_most if plan.repeat else 0):
        first = sender.send(used_up, plan.probes[0], unpaced=True)
        if first is None or first.exchange.response is None or not first.accepted:
            break
    evidence.add_counts(used_up)
    return sender.send(evidence, probe, unpaced=True)
