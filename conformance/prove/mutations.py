"""Derives faults from a contract, as changes to the recorded responses of a conforming target. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from conformance.contract.contract import Contract, Row
from conformance.contract.messages import list_wordings
from conformance.http import Exchange, Request, Response
from conformance.jsontools import resolve_pointer, walk_values
from conformance.prove.replay import Changed
from conformance.results.model import FIRM

_STACK_TRACE = 'Traceback (most recent call last):\n  File "/srv/app/views.py", line 42, in handle\n'


@dataclass(frozen=True, slots=True)
class Recorded:
    """An exchange of a row's run against a conforming target, with its role and label."""

    exchange: Exchange
    role: str
    label: str

    @property
    def response(self) -> Response | None:
        return self.exchange.response


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault, with the responses of a server that has it, by the index of the recorded exchange.

    `advice` says what a case needs in order to see the fault. Without `changed`, the case sends nothing that shows it.
    """

    name: str
    sentence: str
    advice: str
    changed: Mapping[int, Changed]
    wording_only: bool = False
    refuses: bool = False
    """Whether valid requests are refused; then an inconclusive row has also seen it."""
    caught: bool = False
    """Whether the row's case has caught it; False before it is tried."""


Change = Callable[[Response], Response | None]
_Form = tuple[str, str, str, Change]
"""Name, sentence and advice of a mutation, and its change to each documented refusal."""
_NEW_WORDING = "words_it_anew"


def derive_mutations(
    contract: Contract, row: Row, recorded: Sequence[Recorded], *, controls_elsewhere: bool = False
) -> Iterator[Mutation]:
    """Yield every fault of a row that its recorded exchanges can show.

    `controls_elsewhere`: other rows have sent this row's controls, and what these show is measured there.
    """
    statuses = row.case.expect.statuses
    probes = [
        n for n, one in enumerate(recorded) if one.role in FIRM and one.response and one.response.status in statuses
    ]
    controls = [n for n, one in enumerate(recorded) if one.role == "control" and _is_success(one)]
    if not probes:
        return
    success = next((recorded[n].response for n in controls), None) or Response(200, _JSON, b"{}")
    refusal = recorded[probes[0]].response or success
    yield from _change_refusals(contract, row, recorded, probes)
    yield from _accept_faulty_input(recorded, probes, success)
    if controls or not controls_elsewhere:
        refused, advice = dict.fromkeys(controls, refusal), "`control`: the nearest valid request"
        yield Mutation(
            "refuses_valid_requests", "A valid request gets this row's error.", advice, refused, refuses=True
        )
    sent = [recorded[n].exchange.request for n in probes]
    writes = [one for one in sent if one.permission in {"write", "delete"}]
    finds_nothing = set(row.case.expect.statuses) == {404} and all(one.method == "DELETE" for one in writes)
    if writes and not finds_nothing:  # a deletion of what is not there cannot be carried out
        yield _carry_out_writes(row, recorded, writes)


_JSON = (("Content-Type", "application/json"),)


def _is_success(one: Recorded) -> bool:
    return one.response is not None and one.response.status < 300


# --- faults in the refusal


def _change_refusals(
    contract: Contract, row: Row, recorded: Sequence[Recorded], probes: Sequence[int]
) -> Iterator[Mutation]:
    for name, sentence, advice, change in (*_change_status_or_body(row), *_change_error_members(contract, row)):
        changed = {n: made for n in probes if (response := recorded[n].response) and (made := change(response))}
        if changed:
            yield Mutation(name, sentence, advice, changed, wording_only=name == _NEW_WORDING)


def _change_status_or_body(row: Row) -> Iterator[_Form]:
    statuses = row.case.expect.statuses
    other = next(status for status in (422, 400, 409, 403) if status not in statuses)
    envelope = "`envelope` in contract.yaml"
    yield ("answers_another_status", f"Answers {other}.", "`expect.status`", partial(replace, status=other))
    if 500 not in statuses:
        yield ("answers_500", "Answers 500 to the faulty input.", "`expect.status`", partial(replace, status=500))
    html = partial(replace, headers=(("Content-Type", "text/html"),), body=b"<h1>Error</h1>")
    yield ("answers_html", "Answers a page of HTML.", envelope, html)
    moved = partial(_with_json, change=lambda body: {"error": body})
    yield ("moves_the_envelope", "The error stands one level deeper than documented.", envelope, moved)
    leaky = partial(_with_json, change=lambda body: {**body, "debug": _STACK_TRACE} if isinstance(body, dict) else None)
    yield (
        "leaks_a_stack_trace",
        "A stack trace stands beside the right message.",
        "no change: each answer is searched",
        leaky,
    )


def _change_error_members(contract: Contract, row: Row) -> Iterator[_Form]:
    envelope, expect = contract.file.envelope, row.case.expect
    codes = [code for other in contract.rows for code in other.case.expect.codes if code not in expect.codes]
    others: dict[str, list[Any]] = {
        "message": _other_messages(contract, row),
        "code": (codes or ["another_code"]) if expect.codes else [],
        "field": ["another_field"] if expect.field else [],
    }
    keys = {"message": envelope.message, "code": envelope.code, "field": envelope.field}
    for name, values in others.items():
        if values:
            change = partial(_set_in_errors, pointer=envelope.faults, key=keys[name], value=values[0])
            yield (f"answers_another_{name}", f"The {name} is that of another error.", f"`expect.{name}`", change)
    if expect.message is not None:
        anew = partial(_set_in_errors, pointer=envelope.faults, key=envelope.message, value="Qux zyx wvu.")
        yield (_NEW_WORDING, "The message is worded anew.", "`expect.message`", anew)


def _other_messages(contract: Contract, row: Row) -> list[str]:
    """Return the messages of other rows, with filled placeholders."""
    own = {one.text for one in list_wordings(row)}
    texts = [one.text for other in contract.rows if other.id != row.id for one in list_wordings(other)]
    return [re.sub(r"\{[^{}]*\}", "x", text) for text in texts if text and text not in own] if own else []


def _with_json(response: Response, change: Callable[[Any], Any]) -> Response | None:
    try:
        body = change(response.json())
    except ValueError:
        return None
    return None if body is None else replace(response, body=json.dumps(body, ensure_ascii=False).encode())


def _set_in_errors(response: Response, pointer: str, key: str, value: Any) -> Response | None:
    """Return the response with another value at `key` of each error entry; None if no entry has the key."""

    def change(body: Any) -> Any:
        there, inside = resolve_pointer(body, pointer)
        entries = inside if there and isinstance(inside, list) else [inside] if there else []
        found = [entry for entry in entries if isinstance(entry, dict) and key in entry]
        for entry in found:
            entry[key] = value
        return body if found else None

    return _with_json(response, change)


# --- faulty input accepted


def _accept_faulty_input(recorded: Sequence[Recorded], probes: Sequence[int], success: Response) -> Iterator[Mutation]:
    examples = [n for n in probes if recorded[n].role == "example"]
    first = {recorded[n].exchange.request.key for n in examples[:1]}
    others = [n for n in probes if recorded[n].exchange.request.key not in first]
    again = [n for n in examples[1:] if recorded[n].exchange.request.key in first]
    edges = [n for n in probes if recorded[n].role == "boundary"]
    every, after = "`vary`: other faulty inputs", "no change: examples are sent again"
    for name, sentence, advice, places in (
        ("accepts_it", "Accepts the faulty input.", "`expect.status`", probes),
        ("only_the_example_right", "Accepts every faulty input but the written example.", every, others),
        ("only_an_edge_wrong", "Accepts the faulty input at one edge.", "`vary` with `edges`", edges[:1]),
        ("right_the_first_time_only", "Accepts the example when it comes again.", after, again),
    ):
        if places or name != "right_the_first_time_only":
            yield Mutation(name, sentence, advice, dict.fromkeys(places, success))


def _carry_out_writes(row: Row, recorded: Sequence[Recorded], writes: Sequence[Request]) -> Mutation:
    """Return the fault that rejected writes change what the row's guards read, and rejected deletions remove items."""
    first = next(n for n, one in enumerate(recorded) if one.role in FIRM)
    urls = [one.url for one in writes if one.method == "DELETE"]
    earlier = sum(one.exchange.request.permission != "read" for one in recorded[:first])
    written = _members_written(next((one for one in writes if one.method != "DELETE"), writes[0]))
    changed: dict[int, Changed] = {}
    for n, read in enumerate(recorded):
        if read.role != "guard" or read.response is None or not _is_success(read):
            continue
        # The read of a single item may also contain, as a list of one, what only the list's guard compares.
        own = [guard for guard in row.case.unchanged if read.label.endswith(f" {guard.read.call}")]
        pointers = [each for guard in own or row.case.unchanged for each in guard.compare if "{" not in each]
        ways = [partial(_after_deletions, read.response, pointers, urls, earlier)] if urls else []
        if len(urls) < len(writes):
            ways.append(partial(_after_writes, read.response, pointers, written))
        after = next((one for one in ways if one(earlier + 1) != read.response), None)
        if after is not None:
            changed[n] = after
    sentence, advice = "A rejected write is carried out all the same.", "`unchanged`: a read before and after"
    return Mutation("carries_out_a_rejected_write", sentence, advice, changed)


def _members_written(request: Request) -> dict[str, Any]:
    """Return the members of a JSON request body at all levels, except objects, by their last name."""
    try:
        body = json.loads(request.body or b"")
    except ValueError:
        return {}
    return {str(steps[-1]): value for steps, value in walk_values(body) if steps and not isinstance(value, dict)}


def _after_writes(response: Response, pointers: Sequence[str], written: Mapping[str, Any], writes: int) -> Response:
    """Return the response of a read after `writes` writes: with another value at the first compared pointer."""
    return (writes and _with_json(response, lambda body: _change_value(body, pointers, written, writes))) or response


def _after_deletions(
    response: Response, pointers: Sequence[str], urls: Sequence[str], earlier: int, writes: int
) -> Response:
    """Return the response of a read after a deletion: its lists without the items that a deleted URL names."""

    def change(body: Any) -> Any:
        for pointer in (pointer for pointer in pointers if "/*" in pointer):
            above, _, below = pointer.partition("/*")
            there, inside = resolve_pointer(body, above)
            if there and isinstance(inside, list):
                inside[:] = [one for one in inside if not _is_named(resolve_pointer(one, below)[1], urls)]
        return body

    return (writes > earlier and _with_json(response, change)) or response


def _is_named(value: Any, urls: Sequence[str]) -> bool:
    return isinstance(value, str | int) and any(str(value) in re.split(r"[/?=&]", url) for url in urls)


def _added_item(member: Any, pointer: str, written: Mapping[str, Any], number: int) -> Any:
    """Return an item that a write would add to a list: a copy of `member` with the written and compared values."""
    if not isinstance(member, dict) or not pointer:
        return f"{member} added {number}"
    added = deepcopy(member)
    added |= {name: value for name, value in written.items() if name in added}
    above, _, name = pointer.rpartition("/")
    there, inside = resolve_pointer(added, above)
    if there and isinstance(inside, dict):
        inside[name] = f"{inside.get(name)} added {number}"
    return added


def _bare_item(pointer: str, written: Mapping[str, Any]) -> Any:
    """Return an item for a list that has none: what was written, with the compared value."""
    compared: Any = ""
    for name in reversed(pointer.split("/")[1:]):
        compared = {name: compared}
    return {**written, **compared} if compared else compared


def _change_value(body: Any, pointers: Sequence[str], written: Mapping[str, Any], writes: int) -> Any:
    for pointer in pointers:
        if "*" in pointer:
            above, _, below = pointer.partition("/*")
            there, inside = resolve_pointer(body, above)
            if there and isinstance(inside, list):
                member = inside[0] if inside else _bare_item(below, written)
                inside += [_added_item(member, below, written, number) for number in range(1, writes + 1)]
                return body
            continue
        above, _, name = pointer.rpartition("/")
        there, inside = resolve_pointer(body, above)
        if there and isinstance(inside, dict) and name in inside:
            value = inside[name]
            is_number = isinstance(value, int) and not isinstance(value, bool)
            inside[name] = value + writes if is_number else f"{value} changed {writes} times"
            return body
    return None
