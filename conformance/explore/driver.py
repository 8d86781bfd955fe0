"""Explores one operation from beginning to end, with exactly as many requests as were planned.

If nothing is found, `count_requests` is the exact number of requests: those that the responses make unnecessary (a link
that is not offered, a write that need not be restored) are spent on further inputs and reads.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import pairwise

from conformance.checks.http_notes import compare_head_with_get
from conformance.checks.response import summarize_response
from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.engine.cleanup import describe_undeletable
from conformance.engine.context import RunContext
from conformance.explore.checks import ProbeAnswer
from conformance.explore.explorer import BudgetExhausted, Explorer, TargetStopped, describe_exploration
from conformance.explore.inputs import choose_probes
from conformance.explore.links import count_link_requests, find_creation, follow_links, request_of_link
from conformance.explore.openapi import DocumentedOperation, with_known_body, with_known_path
from conformance.explore.probes import ExploreProbe, plain_probe
from conformance.explore.validity import Validity, classify_probe
from conformance.explore.writes import GuardedWrites
from conformance.messages import Message
from conformance.results.model import Exploration

_TOO_SMALL = 3
"""Up to this budget no operation is explored, because no requests would be left for the clean-up."""
_SMALL = 60
"""Up to this budget, two thirds of it (three quarters if things are created) are kept for following up findings;
above it, a fifth."""
_MOST_CHAINS = 3
"""How often a chain of requests is started at most, if a response was lost."""
_IDLE = Message(
    "nothing is sent: no valid request is known whose effect can be taken back, and no input that must be refused"
)
_ALL = frozenset(Validity)
_REFUSED = frozenset([Validity.INVALID])


@dataclass(frozen=True, slots=True)
class _Plan:
    """The number of requests of an operation in all, those of them for inputs, and those that follow the inputs."""

    requests: int = 0
    for_inputs: int = 0
    after: int = 0
    lacks: tuple[str, ...] = ()
    """Permissions and fixtures that the profile lacks; if there are any, nothing is sent."""
    reason: str | None = None
    """Another reason why nothing is sent."""


def explore_operation(run: RunContext, operation: str) -> Exploration:
    """Explore one operation within its budget; raises KeyError if the document does not have it."""
    try:
        explorer = Explorer(run, operation)
    except MissingValue as missing:
        known, name = run.contract.operations[operation], str(missing)
        name = name.replace("fixture.", "fixtures.").replace("credential.", "credentials.")
        return describe_exploration(operation, known.method, known.path, lacks=(name,))
    plan, named = _plan(explorer), explorer.explored
    if why := describe_undeletable(run, [operation, *(one.id for one in explorer.own_sources)], [operation]):
        plan = _Plan(reason=why)
    if plan.requests == 0:
        return describe_exploration(operation, named.method, named.template, plan.lacks, plan.reason)
    explorer.planned, explorer.reserve = plan.requests, plan.after
    try:
        reason = _explore(explorer, plan)
    except BudgetExhausted:
        reason = None
    except TargetStopped as stopped:
        (reason,) = stopped.args
    except KeyboardInterrupt:
        run.shared.keep(explorer.build_result(Message("the run is being stopped")), broken_off=True)
        raise
    finally:
        explorer.take_back()
        run.shared.warn(map(run.redactor.text, explorer.evidence.warnings))
    return explorer.build_result(reason)


def count_requests(run: RunContext, operation: str) -> int:
    """Return how many requests exploring an operation takes if nothing is found, without sending any."""
    try:
        return _plan(Explorer(run, operation)).requests
    except MissingValue:
        return 0


def _plan(explorer: Explorer) -> _Plan:
    """Return the numbers of requests for exploring the operation, or the reason why nothing is sent."""
    operation, sources, small = explorer.explored, explorer.own_sources, explorer.budget <= _SMALL
    writes = operation.kind != "read"
    first = sources[0] if sources else operation
    needed = {operation.permission}.union(*(source.needs for source in sources if writes))
    missing = tuple(f"allow: {permission}" for permission in sorted(needed - explorer.permissions))
    if missing or first.lacks:
        return _Plan(lacks=missing + first.lacks)
    if names := ", ".join(first.unnamed):
        return _Plan(
            reason=Message("openapi.yaml does not say what exists as {names} in the path: add x-fixture", names=names)
        )
    if explorer.budget <= _TOO_SMALL:
        return _Plan(reason=Message("not explored at this depth"))
    if operation.changes_something_existing and not operation.own:
        return _Plan(reason=Message("it would change what is there, as it has no record of its own (x-own)"))
    plain = int(_sends_plain(explorer))
    look, own = int(writes and bool(operation.read)), len(sources) if writes or plain else 0
    links = count_link_requests(explorer, operation) if plain else 0
    again = int(plain and not writes and operation.method == "GET") * (1 if small else 2)
    before = own + plain + links + look + int(plain and _sends_head(explorer))
    after = again + look + int(own > 0 and writes)
    tries = explorer.budget // (4 if operation.creates else 3) if small else explorer.budget * 4 // 5
    tries = tries if operation.most is None else min(tries, operation.most)
    room = tries + look if writes else max(1, tries - plain - again + bool(links))
    room = max(0, min(room, explorer.budget - before - after))
    inputs = _choose_inputs(explorer, operation, plain_probe(operation), room)[:room]
    if not (own or plain or inputs):
        return _Plan(reason=_IDLE)
    return _Plan(before + len(inputs) + after, len(inputs), after)


def _sends_plain(explorer: Explorer) -> bool:
    """Return whether the simplest valid request, or the chain that leads to it, is known and may be sent."""
    operation = explorer.explored
    chain = (*explorer.own_sources, operation)
    may_be_sent = all(map(explorer.allowed, chain)) and not chain[0].lacks
    is_undone = operation.kind == "read" or operation.creates
    return is_undone and may_be_sent and find_creation(explorer, chain[0]) is not None


def _sends_head(explorer: Explorer) -> bool:
    """Return whether the operation is also sent as HEAD: each GET, with a small budget only the document's first.

    Requires the permission `write`, because a profile that only allows reading is promised that only GET is sent.
    """
    if explorer.explored.method != "GET" or "write" not in explorer.permissions:
        return False
    return explorer.budget > _SMALL or explorer.document.first_read == explorer.explored.id


def _choose_inputs(
    explorer: Explorer, operation: DocumentedOperation, place: ExploreProbe, count: int
) -> list[ExploreProbe]:
    """Return up to `count` inputs, and before them a valid one if the operation is restored after each write."""
    own, seed, first = bool(operation.own) and operation.kind != "delete", explorer.context.seed, list[ExploreProbe]()
    if own and operation.sets_back:
        first = choose_probes(operation, place, frozenset([Validity.VALID]), 1, seed)
    may_succeed = operation.kind == "read" or own or _sends_plain(explorer)
    probes = choose_probes(operation, place, _ALL if may_succeed else _REFUSED, count, seed)
    return [*first, *(_with_name(explorer, operation, probe) for probe in probes if probe not in first)]


def _with_name(explorer: Explorer, operation: DocumentedOperation, probe: ExploreProbe) -> ExploreProbe:
    """Return the probe with a unique name in the name member, so that a sweep finds what a killed run left."""
    resource = explorer.context.contract.file.created_resources.get(operation.id)
    member = resource.name.rpartition("/")[2] if resource else ""
    text = probe.body.get(member) if isinstance(probe.body, dict) and not probe.form else None
    if not isinstance(text, str) or not text or "conformance-" in text:
        return probe
    name = explorer.context.builder.fill("{unique.exploration}", PlaceholderScope(salt=f"explore {operation.id}"))
    named = replace(probe, body={**probe.body, member: f"{text} {name}"})
    return named if classify_probe(operation, named) is classify_probe(operation, probe) else probe


def _explore(explorer: Explorer, plan: _Plan) -> str | None:
    """Send the chain to the operation, its plain request, links and inputs; return why it is in doubt, or None."""
    operation = explorer.explored
    writes, place, own, first = operation.kind != "read", plain_probe(operation), None, None
    if explorer.own_sources and (writes or _sends_plain(explorer)):
        own = _find_own_request(explorer, operation)
    if own is not None and operation.kind == "delete":
        explorer.look_first(explorer.plan_probe(operation, own))
    elif own is not None and writes:
        place, operation = replace(place, path=own.path, query=own.query), with_known_path(operation, own.path)
    if _sends_plain(explorer):
        first = _send_plain(explorer, operation, own)
        follow_links(explorer, first)
        explorer.take_back()
        if first.accepted and _sends_head(explorer):
            head = explorer.look(first.operation, first.probe, "HEAD")
            explorer.evidence.add_notes(compare_head_with_get(first.exchange, head.exchange), head.sent.n)
    guard = None
    if writes and operation.read:
        shows_one = bool(explorer.document.operation(operation.read).among("path"))
        is_own = own is not None and operation.kind != "delete" and shows_one
        guard = GuardedWrites(explorer, operation, place, is_own)
        guard.operation = operation = with_known_body(operation, guard.look_first())
    probes = _choose_inputs(explorer, operation, place, plan.requests)
    if writes:
        probes = _sort_writes(operation, probes[: plan.for_inputs])
    answers = guard.send(probes) if guard else list(_send_unguarded(explorer, operation, probes))
    explorer.reserve = int(guard is not None) + int(own is not None and writes)
    _look_again(explorer, guard, first if operation.method == "GET" else None, answers)
    explorer.reserve = 0
    if guard is not None:
        guard.finish()
    if own is not None and operation.kind == "delete" and not explorer.found:
        explorer.attempt(explorer.explored, own, Validity.VALID)
    explorer.take_back()
    explorer.find_smaller([one for one in answers if one.refused or not writes])
    return guard.doubt if guard else None


def _sort_writes(operation: DocumentedOperation, probes: Sequence[ExploreProbe]) -> list[ExploreProbe]:
    """Sort writes so that a used-up budget drops the second half; in each, valid ones to restore, then invalid ones."""

    def place(one: tuple[int, ExploreProbe]) -> tuple[bool, bool, int]:
        is_late, validity = one[0] >= len(probes) // 2, classify_probe(operation, one[1])
        is_set_back = operation.sets_back and validity is Validity.VALID
        return is_late, not is_set_back, list(Validity).index(validity)

    return [probe for _, probe in sorted(enumerate(probes), key=place)]


def _send_unguarded(
    explorer: Explorer, operation: DocumentedOperation, probes: Iterable[ExploreProbe]
) -> Iterator[ProbeAnswer]:
    """Send inputs whose changes, if any, no operation reads; delete at once what they create."""
    for probe in probes:
        if explorer.left > int(operation.creates):
            answer = explorer.attempt(operation, probe)
            if answer.accepted and operation.creates:
                explorer.take_back()
            yield answer


def _look_again(
    explorer: Explorer, guard: GuardedWrites | None, first: ProbeAnswer | None, answers: Sequence[ProbeAnswer]
) -> None:
    """Spend the unused planned requests on reads of the guarded resource, the first request, or a refused one."""
    operation = explorer.explored
    refused = next((one for one in answers if one.validity is Validity.INVALID and one.refused), None)
    while explorer.left > 0 and not explorer.found:
        if guard is not None:
            guard.check()
            if explorer.left > 0:
                guard.look()
        elif first is not None:
            explorer.repeat(first)
        elif refused is not None and operation.kind != "read":
            explorer.attempt(refused.operation, refused.probe)
        else:
            break


def _send_plain(explorer: Explorer, operation: DocumentedOperation, probe: ExploreProbe | None = None) -> ProbeAnswer:
    """Send the simplest request of an operation; raise TargetStopped if it is refused although it is valid."""
    probe = probe or find_creation(explorer, operation)
    if probe is None:
        raise TargetStopped(Message("nothing is known that {operation} would accept", operation=operation.id))
    answer = explorer.attempt(operation, probe, Validity.OPEN if operation.has_success else Validity.INVALID)
    if answer.refused and operation.has_success and answer.exchange.response is not None:
        said = summarize_response(answer.exchange.response, explorer.context.rules)
        raise TargetStopped(Message("the plainest valid request was refused: {answer}", answer=said))
    return answer


def _find_own_request(explorer: Explorer, operation: DocumentedOperation) -> ExploreProbe:
    """Send the chain that leads to an operation; return its request for what they made. Raises TargetStopped."""
    for time in range(_MOST_CHAINS):
        own, answered = None, True
        with explorer.evidence.count_as("repeated") if time else nullcontext():
            for source, following in pairwise((*explorer.own_sources, operation)):
                answer = _send_plain(explorer, source, own)
                links = [link for link in source.links_of(answer.status) if link.operation == following.id]
                found = (request_of_link(explorer, link, answer) for link in links if answer.accepted)
                own, answered = next((each[1] for each in found if each is not None), None), bool(answer.status)
                if own is None:
                    break
        if own is not None:
            return own
        if answered:
            break
    raise TargetStopped(Message("nothing could be created for {operation} alone", operation=operation.id))
