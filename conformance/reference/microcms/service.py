"""The server of the microCMS Management API: gates, then the operation, then the reply."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from conformance.reference.decisions import Ask, Decisions, Refusal, Twist
from conformance.reference.layout import Layout
from conformance.reference.messages import NOTHING, Incoming, Outgoing, Reply
from conformance.reference.microcms import seed
from conformance.reference.microcms.answers import Answers
from conformance.reference.microcms.contents import Contents
from conformance.reference.microcms.media import Media
from conformance.reference.microcms.members import Members
from conformance.reference.microcms.routes import METHODS, Place, find
from conformance.reference.microcms.state import KEYS, Rate

__all__ = ["Site"]

_LARGEST: Final = 1 << 20
_INSIDE: Final = frozenset({"127.0.0.1"})
_IP, _FORBIDDEN, _ROUTE, _RATE, _FAULT = (("common", number) for number in range(1, 6))


class Site:
    """One service on its own, with all its state; `crashes` holds what should never have happened."""

    def __init__(self, twists: Iterable[Twist], choices: Mapping[str, str]) -> None:
        self._choices = choices
        self._decisions = Decisions(twists)
        self.store = seed.filled(choices)
        self._answers = Answers(choices)
        self._layout = Layout(choices)
        self._rate = Rate(10, 10.0, fixed=choices["rate_window"] == "fixed")
        self._names = {value: name for name, value in KEYS.items()}
        self.crashes: list[Exception] = []
        contents = Contents(self.store, self._decisions, choices)
        self._media = media = Media(self.store, self._decisions, choices)
        members = Members(self.store, self._decisions, choices)
        self._operations: Mapping[str, Callable[[Ask], Reply]] = {
            "listContents": contents.list_contents,
            "getContent": contents.get_content,
            "patchStatus": contents.patch_status,
            "patchCreatedBy": contents.patch_creator,
            "listMediaV1": media.list_v1,
            "listMediaV2": media.list_v2,
            "uploadMedia": media.upload,
            "deleteMedia": media.delete,
            "listMembers": members.list_members,
            "getMember": members.get_member,
            "listApis": members.list_apis,
            "getApi": members.get_api,
            "getService": members.get_service,
        }
        gates = {
            "ip": self._from_inside,
            "rate": self._not_too_often,
            "key": self._with_key,
            "hook": self._without_fault,
            "route": self._to_a_place,
            "method": self._by_its_method,
        }
        self._gates = [(name, gates[name]) for name in choices["check_order"].split()]

    def profile(self, base_url: str) -> dict[str, Any]:
        """The target profile to use with it."""
        return seed.profile(base_url, self.store, limited=self._choices["rate_of_all"] == "limited")

    def answer(self, incoming: Incoming) -> Outgoing:
        """The answer to one request."""
        place, values = find(incoming.path, self._choices)
        ask = self._understood(incoming, place, values)
        try:
            reply = self._served(ask, place)
        except Refusal as refusal:
            ask.facts["row"] = refusal.row
            ask.facts["value"] = refusal.facts.get("value", "")
            reply = self._refused(refusal, ask, place)
        except Exception as crash:  # noqa: BLE001 - what a server does with its own faults
            self.crashes.append(crash)
            reply = self._answers.refusal(_FAULT, {})
        return self._layout.outgoing(self._decisions.reply(reply, ask), incoming)

    def _understood(self, incoming: Incoming, place: Place | None, values: Mapping[str, str]) -> Ask:
        query = parse_qs(incoming.query, keep_blank_values=True, errors="replace") if incoming.query else {}
        key = incoming.headers.get("x-microcms-api-key")
        if key is None and self._choices["key_in_query"] == "accepted":
            key = query.get("X-MICROCMS-API-KEY", query.get("key", [None]))[0]
        method = incoming.method
        operations = place.operations if place else {}
        operation = operations.get(method) or (operations.get("GET", "") if method == "HEAD" else "")
        facts: dict[str, Any] = {**values, "place": place, "key_name": self._names.get(key or "")}
        return Ask(incoming, method, incoming.path, query, operation, key, facts)

    def _served(self, ask: Ask, place: Place | None) -> Reply:
        for name, gate in self._gates:
            try:
                early = gate(ask, place)
            except Refusal:
                self._even_so(name, ask, place)
                raise
            if early is not None:
                return early
        return self._run(ask)

    def _run(self, ask: Ask) -> Reply:
        if not ask.operation:  # only where a fault let an unknown path or method pass
            return Reply(200, {})
        # Nobody else waits while a body comes in; only the operation itself runs under the lock.
        ask.facts["body"] = (
            self._media.body(ask) if ask.operation == "uploadMedia" else ask.incoming.body.read(_LARGEST)
        )
        with self.store.lock:
            return self._operations[ask.operation](ask)

    def _even_so(self, gate: str, ask: Ask, place: Place | None) -> None:
        """What a faulty server does although a gate refuses."""
        if place is None or not self._decisions.does(f"behind-{gate}", ask, wanted=False):
            return
        operation = ask.operation or next((name for method, name in place.operations.items() if method != "GET"), "")
        if operation:
            ask.operation = operation
            with contextlib.suppress(Refusal):
                self._run(ask)

    def _from_inside(self, ask: Ask, place: Place | None) -> None:  # noqa: ARG002 - every gate takes the same
        if ask.incoming.peer not in _INSIDE:
            self._decisions.refuse(_IP, ask)

    def _not_too_often(self, ask: Ask, place: Place | None) -> None:  # noqa: ARG002
        name = ask.facts["key_name"]
        limited = self._choices["rate_of_all"] == "limited"
        if name != "throttled" and not limited:
            return
        caller = "throttled" if name == "throttled" else ask.incoming.peer
        with self.store.lock:
            wait = self._rate.wait(caller)
        if wait > 0:
            ask.facts["wait"] = wait
            self._decisions.refuse(_RATE, ask)

    def _with_key(self, ask: Ask, place: Place | None) -> None:  # noqa: ARG002
        if ask.facts["key_name"] not in {"full", "throttled"}:
            self._decisions.refuse(_FORBIDDEN, ask)

    def _without_fault(self, ask: Ask, place: Place | None) -> None:  # noqa: ARG002
        if ask.incoming.headers.get("x-fault") == "internal":
            self._decisions.refuse(_FAULT, ask)

    def _to_a_place(self, ask: Ask, place: Place | None) -> None:
        if place is None:
            self._decisions.refuse(_ROUTE, ask)

    def _by_its_method(self, ask: Ask, place: Place | None) -> Reply | None:
        if ask.operation or place is None:
            return None
        choice = self._method_choice(ask.method, place)
        if choice == "204":
            return Reply(204, NOTHING, (("Allow", place.allow),), content_type="")
        if choice == "404":
            raise Refusal(_ROUTE)
        self._decisions.refuse(place.refuses, ask)
        return None

    def _method_choice(self, method: str, place: Place) -> str:
        if method == "OPTIONS":
            return self._choices["method_options"]
        if method not in METHODS:
            return self._choices["method_strange"]
        if method in {"GET", "HEAD"}:
            return self._choices["method_get"]
        if place.pattern[1] == "media" and method in {"DELETE", "POST"}:
            return self._choices["method_other_version"]
        return "405"

    def _refused(self, refusal: Refusal, ask: Ask, place: Place | None) -> Reply:
        reply = self._answers.refusal(refusal.row, refusal.facts)
        if reply.status == 405 and place is not None and self._choices["allow_header"] == "present":
            return reply.but(headers=(("Allow", place.allow),))
        if refusal.row == _RATE and self._choices["retry_after"] == "present":
            return reply.but(headers=(("Retry-After", str(math.ceil(ask.facts["wait"]))),))
        return reply
