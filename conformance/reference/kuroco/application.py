"""The Kuroco server: it reads a request, runs its operation under a lock, and returns the response."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from conformance.reference.hooks import Behaviour, FaultHooks
from conformance.reference.http import IncomingRequest, JsonResponse, WireResponse
from conformance.reference.kuroco import members, topics
from conformance.reference.kuroco.accounts import STATIC_TOKEN, AccountStore
from conformance.reference.kuroco.context import KurocoContext, KurocoSite
from conformance.reference.kuroco.fields import content_structure
from conformance.reference.kuroco.language import PRIMARY, negotiate
from conformance.reference.kuroco.profile import profile
from conformance.reference.kuroco.responses import gateway_error, undocumented_error
from conformance.reference.kuroco.routes import allowed_methods, find_endpoint
from conformance.reference.kuroco.store import TopicStore
from conformance.reference.serialization import ResponseSerializer

_BODY_LIMIT: Final = 8 * 1024 * 1024
_OPERATIONS: Final[Mapping[str, Callable[[KurocoContext], JsonResponse]]] = {
    "login": members.log_in,
    "token": members.exchange_token,
    "logout": members.log_out,
    "profile": members.get_profile,
    "list": topics.list_topics,
    "detail": topics.get_topic,
    "insert": topics.insert_topic,
    "update": topics.update_topic,
    "delete": topics.delete_topic,
}


class KurocoApplication:
    """One Kuroco site with its state; `now` is a clock in seconds since 1970."""

    def __init__(
        self,
        hooks: Sequence[FaultHooks[KurocoContext]],
        choices: Mapping[str, str],
        now: Callable[[], float] = time.time,
    ) -> None:
        lock_after = float(choices["lock_after"].replace("never", "inf"))
        accounts = AccountStore(now, lock_after)
        self.site = KurocoSite(choices, content_structure(choices), Behaviour(hooks), TopicStore(now), accounts)
        self._serializer = ResponseSerializer(choices)
        self._lock = threading.Lock()
        for number in range(1, 4):
            texts = {field.name: field.valid for field in self.site.fields}
            self.site.store.insert(f"Notice {number}", texts, {})

    def respond(self, request: IncomingRequest) -> WireResponse:
        """Return the response to one request. Called from several threads at once."""
        raw = request.body.read(_BODY_LIMIT)
        with self._lock:
            context = self._read_request(request, raw or b"")
            response = undocumented_error(413, "payload_too_large") if raw is None else self._handle(context)
            response = response.replace(headers=(*response.headers, ("Content-Language", context.language)))
            context.row = response.row
            response = self.site.behaviour.alter(response, context)
        return self._serializer.serialize(response, request)

    def profile(self, base_url: str) -> dict[str, Any]:
        """Return the target profile for this site."""
        return profile(base_url, self.site)

    def _read_request(self, request: IncomingRequest, raw: bytes) -> KurocoContext:
        path = unquote(request.path).removeprefix("/")
        query = parse_qs(request.query, keep_blank_values=True)
        key = request.headers.get("x-rcms-api-access-token") or None
        context = KurocoContext(request, request.method, path, query, key=key, site=self.site, raw=raw)
        endpoint, context.topics_id = find_endpoint(path, request.method)
        if endpoint:
            context.operation, context.group_exists = endpoint.operation, endpoint.group_exists
        context.token = self.site.accounts.find("access", key)
        if key and context.token is None and not self.site.behaviour.performs("check token", context):
            context.token = self.site.accounts.find("access", STATIC_TOKEN)
        self._select_language(context)
        return context

    def _select_language(self, context: KurocoContext) -> None:
        performs = self.site.behaviour.performs
        header = context.language_header
        context.header_language = negotiate(None, header)[0]
        parameter = context.query.get("_lang", [None])[-1] if performs("use _lang", context) else None
        header = header if performs("use Accept-Language", context) else None
        context.language, context.language_source = negotiate(parameter, header)
        if not performs("use two languages", context):
            context.language = PRIMARY

    def _handle(self, context: KurocoContext) -> JsonResponse:
        if not context.operation:
            return self._reject_route(context)
        rejection = members.check_access(context)
        if rejection is not None:
            return rejection
        if context.request.body.declared == 0 or not context.raw.strip():
            context.body = {}
        elif not _parse_body(context):
            return undocumented_error(400, "bad_request", "The request body is not JSON")
        return _OPERATIONS[context.operation](context)

    def _reject_route(self, context: KurocoContext) -> JsonResponse:
        allowed = allowed_methods(context.path)
        if not allowed:
            status = int(self.site.choices["unknown_path"])
            message = "[GW] API using this path does not exist" if status == 404 else "[GW] Malformed API URL"
            return gateway_error(status, message, self.site)
        status = int(self.site.choices["wrong_method"])
        response = gateway_error(status, "[GW] API using this method and path does not exist", self.site)
        return response.replace(headers=(("Allow", ", ".join(allowed)),)) if status == 405 else response


def _parse_body(context: KurocoContext) -> bool:
    try:
        context.body = json.loads(context.raw, parse_constant=_reject_constant)
        # A lone surrogate cannot be stored or returned in UTF-8.
        json.dumps(context.body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def _reject_constant(name: str) -> float:
    raise ValueError(name)
