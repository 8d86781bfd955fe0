"""The site: one request in, one answer out, under a lock, so that what it remembers is always whole."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from conformance.reference.decisions import Decisions, Twist
from conformance.reference.kuroco import members, topics
from conformance.reference.kuroco.fields import structure
from conformance.reference.kuroco.language import PRIMARY, negotiate
from conformance.reference.kuroco.profile import profile
from conformance.reference.kuroco.replies import gateway, undocumented
from conformance.reference.kuroco.routes import lead, methods
from conformance.reference.kuroco.session import Desk
from conformance.reference.kuroco.setting import Setting, Visit
from conformance.reference.kuroco.store import Store
from conformance.reference.layout import Layout
from conformance.reference.messages import Incoming, Outgoing, Reply

__all__ = ["KurocoSite"]

LONGEST_BODY: Final = 8 * 1024 * 1024
_OPERATIONS: Final[Mapping[str, Callable[[Visit, Setting], Reply]]] = {
    "login": members.login,
    "token": members.token,
    "logout": members.logout,
    "profile": members.profile,
    "list": topics.listed,
    "detail": topics.detail,
    "insert": topics.insert,
    "update": topics.update,
    "delete": topics.delete,
}


class KurocoSite:
    """One Kuroco site with its state. `now` is a clock in seconds since 1970."""

    def __init__(
        self, twists: Sequence[Twist], choices: Mapping[str, str], now: Callable[[], float] = time.time
    ) -> None:
        self.setting = Setting(choices, structure(choices), Decisions(twists), Store(now), Desk(now))
        self._layout = Layout(choices)
        self._guard = threading.Lock()
        for number in range(1, 4):
            texts = {field.name: field.valid for field in self.setting.fields}
            self.setting.store.insert(f"Notice {number}", texts, {})

    def answer(self, incoming: Incoming) -> Outgoing:
        """The answer to one request; called from many threads at once."""
        raw = incoming.body.read(LONGEST_BODY)
        with self._guard:
            visit = self._visit(incoming, raw or b"")
            reply = undocumented(413, "payload_too_large") if raw is None else self._reply(visit)
            reply = reply.but(headers=(*reply.headers, ("Content-Language", visit.language)))
            visit.row = reply.row
            reply = self.setting.decisions.reply(reply, visit)
        return self._layout.outgoing(reply, incoming)

    def profile(self, base_url: str) -> dict[str, Any]:
        """The target profile to use with it, complete."""
        return profile(base_url, self.setting)

    def _visit(self, incoming: Incoming, raw: bytes) -> Visit:
        path = unquote(incoming.path).removeprefix("/")
        query = parse_qs(incoming.query, keep_blank_values=True)
        key = incoming.headers.get("x-rcms-api-access-token") or None
        visit = Visit(incoming, incoming.method, path, query, key=key, setting=self.setting, raw=raw)
        found = lead(path, incoming.method)
        if found:
            visit.operation, visit.group, visit.topics_id = found[0].operation, found[0].group, found[1]
        visit.token = self.setting.desk.holder(key)
        self._hear(visit)
        return visit

    def _hear(self, visit: Visit) -> None:
        does = self.setting.decisions.does
        header = visit.incoming.headers.get("accept-language")
        visit.heard = negotiate(None, header)[0]
        parameter = visit.query.get("_lang", [None])[-1]
        heeded = parameter if does("heed _lang", visit) else None
        visit.language, visit.asked_by = negotiate(heeded, header if does("heed Accept-Language", visit) else None)
        if not does("speak two languages", visit):
            visit.language = PRIMARY

    def _reply(self, visit: Visit) -> Reply:
        if not visit.operation:
            return self._unrouted(visit)
        refused = members.admission(visit, self.setting)
        if refused is not None:
            return refused
        if visit.incoming.body.declared == 0 or not visit.raw.strip():
            visit.body = {}
        elif not _parsed(visit):
            return undocumented(400, "bad_request", "The request body is not JSON")
        return _OPERATIONS[visit.operation](visit, self.setting)

    def _unrouted(self, visit: Visit) -> Reply:
        allowed = methods(visit.path)
        if not allowed:
            status = int(self.setting.choices["unknown_path"])
            message = "[GW] API using this path does not exist" if status == 404 else "[GW] Malformed API URL"
            return gateway(status, message, self.setting)
        status = int(self.setting.choices["wrong_method"])
        reply = gateway(status, "[GW] API using this method and path does not exist", self.setting)
        return reply.but(headers=(("Allow", ", ".join(allowed)),)) if status == 405 else reply


def _parsed(visit: Visit) -> bool:
    try:
        visit.body = json.loads(visit.raw, parse_constant=_no_number)
        # Half of a surrogate pair can be neither stored nor shown again.
        json.dumps(visit.body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def _no_number(name: str) -> float:
    raise ValueError(name)
