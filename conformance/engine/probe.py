"""Sending one probe: its request is built, sent, and the response checked. Rows, guards and shrinking use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.checks.context import parse_json
from conformance.checks.errors import check_other_entries
from conformance.checks.model import Finding, Level
from conformance.checks.response import check_response, classify_choice, find_editions, has_must, summarize_response
from conformance.client.builder import BuiltRequest, PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.ownership import check_ownership, take_note
from conformance.engine.stale_reads import bypass_cache, is_from_cache
from conformance.engine.step_sequence import read_capture
from conformance.http import Exchange, FailureKind, NoResponse, Response
from conformance.messages import Message
from conformance.plan.model import Probe
from conformance.results.model import Attempt, Choice

SMALL_BODY = 4 << 10
"""Bytes of a body that is kept until the end of the row, however many probes it has."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One probe that was sent: its exchange and number, what was found, and whether the answer is conclusive."""

    probe: Probe
    exchange: Exchange
    n: int
    found: tuple[Finding, ...]
    is_conclusive: bool

    @property
    def accepted(self) -> bool:
        """The target took the input for valid."""
        return self.exchange.response is not None and self.exchange.response.status < 300

    @property
    def tells_nothing(self) -> bool:
        """Whether it was answered only after a first answer got lost, so that this may be the first one's effect."""
        outcome = self.exchange.outcome
        return isinstance(outcome, NoResponse) and outcome.kind is FailureKind.RESET and outcome.response is not None

    def without_body(self) -> ProbeResult:
        """The same without the body of its answer, which may be of megabytes, and without what was found in it."""
        response = self.exchange.response
        if response is None or len(response.body) <= SMALL_BODY:
            return self
        found = tuple(replace(item, expected=None, actual=None, detail="") for item in self.found)
        emptied = replace(self.exchange, outcome=replace(response, body=b"", cut=True, large=None))
        return replace(self, exchange=emptied, found=found)


def scope_of_probe(row: str, probe: Probe, captures: Mapping[str, Any]) -> PlaceholderScope:
    """What the placeholders of a row's probe stand for."""
    return PlaceholderScope(captures, probe.language, probe.other_language, f"{row}/{probe.salt}")


def send_probe(
    context: RunContext,
    evidence: Evidence,
    row: str,
    probe: Probe,
    captures: Mapping[str, Any],
    *,
    unpaced: bool = False,
    patient: bool = False,
) -> ProbeResult | None:
    """Send one probe and judge it; None where a placeholder had no value (which makes the row inconclusive).

    `patient` waits out a refusal for lack of allowance even where the row promises it.
    """
    scope = scope_of_probe(row, probe, captures)
    try:
        built = build_probe(context, row, probe, scope)
        if built.request.permission != "read":
            check_ownership(context, probe.request, captures)
    except MissingValue as missing:
        evidence.doubts.append(Message("{label}: nothing gave a value for {name}", label=probe.label, name=missing))
        return None
    documented = [*built.expected.expect.statuses, *(one for one in probe.accept if isinstance(one, int))]
    asked = frozenset[int]() if patient else frozenset(documented)
    # What a success leaves on a connection shows in the refusal after it.
    request = replace(built.request, shares_connection=probe.role != "open")
    exchange = context.session.send(request, asked_for=asked, unpaced=unpaced, repeatable=probe.repeatable)
    take_note(context, probe.operation, probe.request, captures, exchange)
    n = evidence.keep(exchange, probe.label, probe.role)
    if _may_be_kept(context, probe, exchange):
        with evidence.count_as("repeated"):
            past = replace(probe, request=bypass_cache(probe.request))
            built = build_probe(context, row, past, scope)
            exchange = context.session.send(built.request, asked_for=asked, unpaced=unpaced)
            n = evidence.keep(exchange, probe.label, probe.role)
        if _is_read(probe, exchange) and is_from_cache(exchange.response):
            evidence.doubts.append(Message("{label}: answered from a cache every time", label=probe.label))
            return ProbeResult(probe, exchange, n, (), is_conclusive=False)
    response = exchange.outcome
    if isinstance(response, NoResponse):
        judged: Judged = "no-answer", (), response.summary
        evidence.doubts.append(Message("{label}: {answer}", label=probe.label, answer=response.summary))
    elif probe.accept:
        judged = _judge_open(context, evidence, probe, built, response, n=n)
    else:
        judged = _judge_firm(context, evidence, probe, built, response)
    outcome, found, answer = judged
    evidence.find(found, n)
    evidence.attempts.append(Attempt(probe.label, probe.role, probe.value, outcome, answer, n))
    return ProbeResult(probe, exchange, n, found, is_conclusive=outcome != "no-answer")


def _may_be_kept(context: RunContext, probe: Probe, exchange: Exchange) -> bool:
    """Whether a cache may have served a read in the target's place, which knows nothing of addresses and allowances.

    One that does not say so is taken into account where the same URL was answered with a success before: what a set-up
    has made and deleted again, asked for as it was then, and what a hook lets fail.
    """
    asked = probe.request
    as_before = asked.vantage is None and asked.credential in {None, context.contract.file.credential}
    silent = not probe.accept and (asked.hook is not None or (as_before and bool(asked.captures)))
    return _is_read(probe, exchange) and (silent or is_from_cache(exchange.response))


def _is_read(probe: Probe, exchange: Exchange) -> bool:
    """Whether it is a read of what the operation reads that was answered with a success."""
    response = exchange.response
    plain = exchange.request.method == "GET" and probe.request.url is None
    return plain and response is not None and response.status < 300


def build_probe(context: RunContext, row: str, probe: Probe, scope: PlaceholderScope) -> BuiltRequest:
    """The request of a probe with what its row promises; raises MissingValue where a placeholder has no value."""
    rows = [name for name in probe.accept if isinstance(name, str) and "/" in name]
    return context.builder.build_with_expectation(
        probe.operation,
        probe.request,
        probe.permission,
        scope,
        promise=context.rules.promise(row),
        alternatives=map(context.rules.promise, rows),
    )


Judged = tuple[str, tuple[Finding, ...], str]
"""What became of a probe in a word, what was wrong with the answer, and the answer in a few words."""


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
