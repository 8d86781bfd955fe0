"""Steps sent one after the other: set-ups, controls, reads around a write, clean-up. `steps` adds the clean-up."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import KW_ONLY, dataclass, field, replace
from itertools import takewhile
from time import monotonic, sleep
from typing import Any

from conformance.checks.context import NOT_JSON, Expectation, Promise, parse_json
from conformance.checks.model import Finding
from conformance.checks.response import check_response
from conformance.client.builder import BuiltRequest, PlaceholderScope
from conformance.client.large_bodies import judge_alone
from conformance.contract.schema import Captured, MatchingCapture
from conformance.contract.templates import Lookup, MissingValue, captures_used, fill
from conformance.contract.values import HEADER_CAPTURE
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.ownership import check_ownership, find_doubtful, take_note
from conformance.engine.stale_reads import PAUSE, bypass_cache, is_from_cache
from conformance.expressions import matches_whole
from conformance.http import Exchange, FailureKind, NoResponse, Outcome, Response, header
from conformance.jsontools import find_values, resolve_pointer
from conformance.messages import Message
from conformance.plan.model import PlannedStep
from conformance.plan.steps import plan_steps
from conformance.results.encodings import LONGEST_SECRET

_GATEWAY_STATUSES = frozenset({502, 504})
"""Statuses that a gateway between us and the target answers with."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step that was sent: its exchange, its number in the row, and what was not as expected."""

    step: PlannedStep
    exchange: Exchange
    n: int
    expected: Expectation
    found: tuple[Finding, ...]
    stale: bool = False
    """Whether it is a read that was only ever answered from a cache, so that it shows nothing."""

    @property
    def refused(self) -> bool:
        """Whether it was answered with an error. A success of another status than the documented one is no refusal."""
        outcome = self.exchange.outcome
        refused = isinstance(outcome, Response) and outcome.status >= 300
        return refused and any(item.check == "status" for item in self.found)

    @property
    def status(self) -> int | None:
        """The status that it was answered with; None where there was no answer."""
        return self.exchange.response.status if self.exchange.response is not None else None

    @property
    def accepted(self) -> bool:
        return self.exchange.response is not None and not self.refused


@dataclass(slots=True)
class StepSequence:
    """Steps as far as they went. `broken` is the one that ended them, `lacking` the placeholder without a value."""

    calls: list[StepResult] = field(default_factory=list)
    broken: StepResult | None = None
    lacking: str = ""

    @property
    def response(self) -> Response | None:
        """The response to the last step that was sent; None where there is none that counts."""
        return self.calls[-1].exchange.response if self.calls else None

    @property
    def passed(self) -> bool:
        return self.broken is None and not self.lacking

    @property
    def lost(self) -> bool:
        """Whether the last step was answered 404 although an earlier step had written something with success."""
        end = self.broken
        if end is None or end.status != 404:
            return False
        return any(call.step.permission != "read" for call in self.calls[:-1])

    @property
    def interrupted(self) -> bool:
        """Whether a reset, a timeout or a gateway ended it, so that the whole sequence may be tried again."""
        if self.broken is None or not isinstance(self.broken.exchange.outcome, NoResponse):
            return False
        failure, once = self.broken.exchange.outcome, self.broken.exchange.tries == 1
        gateway = failure.response is not None and failure.response.status in _GATEWAY_STATUSES
        return failure.kind in (FailureKind.RESET, FailureKind.TIMEOUT) or (gateway and once)

    @property
    def stale(self) -> StepResult | None:
        """The read, if there is one, that was answered from a cache every time, so that it shows nothing."""
        return next((call for call in self.calls if call.stale), None)

    @property
    def why(self) -> str:
        """Why the sequence failed or shows nothing, in a few words; empty where it passed."""
        if self.lacking:
            return Message("nothing gave a value for {name}", name=self.lacking)
        if self.stale is not None:
            return Message("{operation} was answered from a cache every time", operation=self.stale.step.operation)
        if self.broken is None:
            return ""
        outcome = self.broken.exchange.outcome
        if isinstance(outcome, NoResponse):
            return Message("{operation}: {answer}", operation=self.broken.step.operation, answer=outcome.summary)
        return Message("{operation} was answered {status}", operation=self.broken.step.operation, status=outcome.status)


@dataclass(slots=True)
class StepSender:
    """Sends steps with one set of captures; what each response gives is there for the next step."""

    context: RunContext
    evidence: Evidence
    captures: dict[str, Any]
    _: KW_ONLY
    label: str
    role: str
    salt: str
    believed: bool = True
    """Whether the captures come from answers to our own requests, so that they may be wrong; not from a list."""
    sequence: StepSequence = field(default_factory=StepSequence)

    @property
    def scope(self) -> PlaceholderScope:
        """What the placeholders of the next step stand for."""
        return PlaceholderScope(self.captures, salt=self.salt)

    def run(self, steps: Iterable[PlannedStep]) -> StepSequence:
        """Send steps in order until one fails; nothing is taken back."""
        for step in steps:
            if not self._call(step):
                break
        return self.sequence

    def _call(self, step: PlannedStep) -> bool:
        """Send one step; returns whether the next one may follow."""
        try:
            if self._holds_already(step):
                self.evidence.conditional -= self.role == "control"
                return True
            built = self._build(step)
            self._check_what_is_changed(step)
        except MissingValue as missing:
            self.sequence.lacking = str(missing)
            return False
        if step.step.wait:
            sleep(step.step.wait)
        self.before_send(step)
        result = self._send(step, built)
        if self.may_be_stale(result):
            with self.evidence.count_as("repeated"):
                result = self._read_again(result)
        elif self._lacks_effect(result):
            with self.evidence.count_as("confirmed"):
                latest = self._send_past_cache(step)
            result = result if latest.found else replace(latest, step=step)
        self.sequence.calls.append(result)
        response = result.exchange.response
        if response is not None and result.accepted:
            with judge_alone(result.exchange):
                take_note(self.context, step.operation, step.request, self.captures, result.exchange)
                self._capture(step, response, built.lookup)
        self.after_send(built, result)
        # Clean-up goes on after any success: what else is wrong with a response is for the row to say.
        tolerated = self.role == "clean-up" and result.accepted
        if response is None or (result.found and not tolerated):
            self.sequence.broken = result
        return self.sequence.broken is None

    def _check_what_is_changed(self, step: PlannedStep) -> None:
        """Raise MissingValue where a write would go to an ID that the target gave us for something else."""
        if step.permission == "read" or not self.believed:
            return
        self.look_first(step)
        check_ownership(self.context, step.request, self.captures)
        if step.permission != "delete":
            return
        made = {name for name, named in self.context.contract.file.fixtures.items() if named.make}
        fixtures = {str(value): name for name, value in self.context.target.fixtures.items() if name not in made}
        for capture in captures_used(step.request.list_members()):
            fixture = fixtures.get(str(self.captures.get(capture)))
            if fixture is not None:
                raise MissingValue(f"capture.{capture} that is not fixtures.{fixture}")

    def look_first(self, step: PlannedStep) -> None:
        """Read the list that shows the ID of our thing, where the ID that a step would delete is in doubt."""
        doubt = find_doubtful(self.context, step.operation, step.request, self.captures)
        if doubt is not None:
            name, read = doubt
            looking = StepSender(self.context, self.evidence, {"name": name}, label=self.label, role="", salt="")
            with self.count_look():
                looking.run(plan_steps(self.context.contract, [read], "standard"))

    def count_look(self) -> AbstractContextManager[None]:
        """Counts the requests inside the block as beyond the plan."""
        return self.evidence.count_as("confirmed")

    def before_send(self, step: PlannedStep) -> None:
        """Hook of subclasses, called before the request of a step leaves."""

    def after_send(self, built: BuiltRequest, result: StepResult) -> None:
        """Hook of subclasses, called after a step was answered and its captures were taken."""

    def describe(self, step: PlannedStep) -> str:
        """What the report calls the exchange of a step."""
        return Message("{label}: {operation}", label=self.label, operation=step.operation)

    def _build(self, step: PlannedStep) -> BuiltRequest:
        return self.context.builder.build_with_expectation(
            step.operation, step.request, step.permission, self.scope, promise=Promise(step.step.expect)
        )

    def _send(self, step: PlannedStep, built: BuiltRequest) -> StepResult:
        expected = built.expected
        # What a success has left on its connection is to show in what is refused next, not in what cleans up after it.
        request = replace(built.request, ends_connection=self.role == "clean-up")
        exchange = self.context.session.send(
            request, asked_for=frozenset(expected.expect.statuses), repeatable=step.step.repeatable
        )
        self.evidence.conditional += bool(step.step.unless) and self.role != "control"
        response, shared = exchange.response, self.context.shared
        if response is not None and shared.refuses_us is not False:
            shared.refuses_us = response.status in {401, 403}
        with judge_alone(exchange):
            n = self.evidence.keep(exchange, self.describe(step), self.role)
            found = check_response(response, expected, self.context.rules, self.label) if response is not None else ()
        return StepResult(step, exchange, n, expected, found)

    def may_be_stale(self, result: StepResult) -> bool:
        """Whether a read may show the state before a write; those of guards and clean-up may even if as expected."""
        response, tells = result.exchange.response, self.role in {"guard", "clean-up"}
        if response is None or result.exchange.request.method != "GET" or not (result.found or tells):
            return False
        return is_from_cache(response) or (bool(result.found) and self.context.target.settle > 0)

    def _lacks_effect(self, result: StepResult) -> bool:
        """Whether a read after a write does not show it, so that a cache that does not say so may have answered.

        Not where the same read, with the same expectation, has shown it since: no cache forgets.
        """
        request, calls = result.exchange.request, self.sequence.calls
        since = list(takewhile(lambda call: call.exchange.request.method == "GET", reversed(calls)))
        alike = (call for call in since if call.step == result.step and call.exchange.request.url == request.url)
        shown = any(not call.found for call in alike)
        lacks = request.method == "GET" and result.accepted and bool(result.found)
        return lacks and len(since) < len(calls) and not shown

    def _read_again(self, result: StepResult) -> StepResult:
        """Read past the cache, and again until the target has settled; `stale` if each answer came from a cache."""
        step, end = result.step, monotonic() + self.context.target.settle
        passes_cache = is_from_cache(result.exchange.response)
        if passes_cache:
            latest = self._send_past_cache(step)
            is_gone = self.role == "clean-up" and latest.status in {404, 410}
            passes_cache = (
                result.refused or is_gone or not latest.refused
            )  # else the target does not take the parameter
            result = latest if passes_cache else result
        while self.may_be_stale(result) and monotonic() < end and not self.context.shared.stopping.is_set():
            self.context.shared.stopping.wait(PAUSE)
            result = self._send_past_cache(step) if passes_cache else self._send(step, self._build(step))
        return replace(result, step=step, stale=is_from_cache(result.exchange.response) and self.may_be_stale(result))

    def _send_past_cache(self, step: PlannedStep) -> StepResult:
        step = replace(step, request=bypass_cache(step.request))
        return self._send(step, self._build(step))

    def _holds_already(self, step: PlannedStep) -> bool:
        """Whether every condition of `unless` holds, so that the step is left out."""
        conditions = step.step.unless or {}
        fill = self.context.builder.fill
        return bool(conditions) and all(
            fill(text, self.scope) == fill(value, self.scope) for text, value in conditions.items()
        )

    def _capture(self, step: PlannedStep, response: Response, request: Lookup) -> None:
        """Set the captures of a step from its response or request; a capture that is not there is removed."""
        for name, pointers in (step.step.capture or {}).items():
            self.captures.pop(name, None)
            there, value = _read_first(response, pointers, request)
            if there:
                if name in (step.step.secret or ()):
                    self.context.redactor.learn(name, str(value))
                if may_be_sent(value):
                    self.captures[name] = value


def learn_secrets(context: RunContext, operation: str, outcome: Outcome) -> None:
    """Keep back what steps of the contract capture as a secret of a success of this operation, once it was judged."""
    if isinstance(outcome, Response) and outcome.status < 300:
        for name, pointers in context.contract.secret_captures.get(operation, ()):
            there, value = _read_first(outcome, pointers, None)
            if there:
                context.redactor.learn(name, str(value))


def _read_first(response: Response, pointers: Captured, request: Lookup | None) -> tuple[bool, Any]:
    """The first value that is there, of those that pointers lead to in a response or, if there is one, its request."""
    for each in pointers if isinstance(pointers, list) else [pointers]:
        if not (isinstance(each, str) and each.startswith("{")):
            there, value = read_capture(response, each)
        else:
            there, value = (False, None) if request is None else _read_request(request, each)
        if there:
            return True, value
    return False, None


def _read_request(request: Lookup, placeholder: str) -> tuple[bool, Any]:
    try:
        return True, fill(placeholder, request)
    except MissingValue:
        return False, None


def read_capture(response: Response, pointer: str | MatchingCapture) -> tuple[bool, Any]:
    """A member of a JSON body, or a header (`header:NAME`); not there where the body is no JSON."""
    if isinstance(pointer, MatchingCapture):
        texts = find_values(parse_json(response), pointer.at)
        matching = (text for text in texts if isinstance(text, str) and matches_whole(pointer.matches, text))
        text = next(matching, None)
        return text is not None, text
    if pointer.startswith(HEADER_CAPTURE):
        value = header(response.headers, pointer.removeprefix(HEADER_CAPTURE))
        return value is not None, value
    body = parse_json(response)
    return (False, None) if body is NOT_JSON else resolve_pointer(body, pointer)


def read_captures(response: Response, pointers: Mapping[str, Captured]) -> dict[str, Any]:
    """The values that pointers, by name, lead to in a response; without those that are not there or too long."""
    found = {name: _read_first(response, places, None) for name, places in pointers.items()}
    return {name: value for name, (there, value) in found.items() if there and may_be_sent(value)}


def may_be_sent(value: Any) -> bool:
    """Whether a value that a target gave may stand in a request: a text longer than any ID or token may not."""
    return not isinstance(value, str) or len(value) <= LONGEST_SECRET
