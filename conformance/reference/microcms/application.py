"""The microCMS server: it makes the checks that apply to every request, then runs the operation."""

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qs

from conformance.reference.hooks import Behaviour, FaultHooks, RequestRejected, late_effects
from conformance.reference.http import NO_BODY, IncomingRequest, JsonResponse, WireResponse
from conformance.reference.microcms import seed
from conformance.reference.microcms.contents import ContentOperations
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.error_rows import ErrorResponses
from conformance.reference.microcms.media import MediaOperations
from conformance.reference.microcms.members import MemberOperations
from conformance.reference.microcms.routes import METHODS, ApiRoute, find_route
from conformance.reference.microcms.state import KEYS, Allowance
from conformance.reference.serialization import ResponseSerializer

_BODY_LIMIT: Final = 1 << 20
_ALLOWED_PEERS: Final = frozenset({"127.0.0.1"})
_IP, _FORBIDDEN, _URL, _RATE, _INTERNAL = (("common", number) for number in range(1, 6))


class MicrocmsApplication:
    """One service with all its state. `crashes` lists exceptions of this code, which should never occur."""

    def __init__(self, hooks: Iterable[FaultHooks[MicrocmsContext]], choices: Mapping[str, str]) -> None:
        self._choices = choices
        self._behaviour = Behaviour(hooks)
        self.store = seed.create_store(choices)
        self._errors = ErrorResponses(choices)
        self._serializer = ResponseSerializer(choices)
        count, _, seconds = choices["allowance"].removesuffix("s").partition("/")
        self._limiter = Allowance(int(count), float(seconds), fixed=choices["rate_window"] == "fixed")
        self._key_names = {value: name for name, value in KEYS.items()}
        self.crashes: list[Exception] = []
        contents = ContentOperations(self.store, self._behaviour, choices)
        self._media = media = MediaOperations(self.store, self._behaviour, choices)
        members = MemberOperations(self.store, self._behaviour, choices)
        self._operations: Mapping[str, Callable[[MicrocmsContext], JsonResponse]] = {
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
        checks = {
            "ip": self._check_address,
            "rate": self._check_rate,
            "key": self._check_key,
            "hook": self._check_error_hook,
            "route": self._check_route,
            "method": self._check_method,
        }
        self._checks = [(name, checks[name]) for name in choices["check_order"].split()]

    def profile(self, base_url: str) -> dict[str, Any]:
        """Return the target profile for this service."""
        return seed.profile(base_url, self.store, self._choices) | late_effects(self._behaviour.delay)

    def respond(self, request: IncomingRequest) -> WireResponse:
        """Return the response to one request."""
        context = self._read_request(request)
        try:
            response = self._handle(context)
        except RequestRejected as rejection:
            context.row = rejection.row
            context.echo = rejection.values.get("value", "")
            response = self._reject(rejection, context)
        except Exception as crash:  # noqa: BLE001 - any server answers its own errors with a 500
            self.crashes.append(crash)
            response = self._errors.response(_INTERNAL, {})
        return self._serializer.serialize(self._behaviour.alter(response, context), request)

    def _read_request(self, request: IncomingRequest) -> MicrocmsContext:
        query = parse_qs(request.query, keep_blank_values=True, errors="replace") if request.query else {}
        key = request.headers.get("x-microcms-api-key")
        if key is None and self._choices["key_in_query"] == "accepted":
            key = query.get("X-MICROCMS-API-KEY", query.get("key", [None]))[0]
        route, values = find_route(request.path, self._choices)
        operations = route.operations if route else {}
        operation = operations.get(request.method) or (operations.get("GET", "") if request.method == "HEAD" else "")
        return MicrocmsContext(
            request, request.method, request.path, query, operation, key,
            route=route, key_name=self._key_names.get(key or ""),
            endpoint=values.get("endpoint", ""), id=values.get("id", ""),
        )  # fmt: skip

    def _handle(self, context: MicrocmsContext) -> JsonResponse:
        for name, check in self._checks:
            try:
                response = check(context)
            except RequestRejected:
                self._perform_despite(name, context)
                raise
            if response is not None:
                return response
        return self._run(context)

    def _run(self, context: MicrocmsContext) -> JsonResponse:
        if not context.operation:  # only if a fault accepts an unknown path or method
            return JsonResponse(200, {})
        self._read_body(context)
        with self.store.lock:
            return self._operations[context.operation](context)

    def _read_body(self, context: MicrocmsContext) -> None:
        """Read the body if that is still to do, without the lock, so that no other request waits for it."""
        if context.body is None:
            is_upload = context.operation == "uploadMedia"
            context.body = self._media.read_body(context) if is_upload else context.request.body.read(_BODY_LIMIT)

    def _perform_despite(self, check: str, context: MicrocmsContext) -> None:
        """Carry out the operation of a rejected request if a fault asks for it."""
        if context.route is None or not self._behaviour.performs(f"despite {check}", context, intended=False):
            return
        operations = context.route.operations
        operation = context.operation or next((name for method, name in operations.items() if method != "GET"), "")
        if operation:
            context.operation = operation
            self._read_body(context)
            self._behaviour.carry_out(lambda: self._run_rejected(context))

    def _run_rejected(self, context: MicrocmsContext) -> None:
        with contextlib.suppress(RequestRejected):
            self._run(context)

    def _check_address(self, context: MicrocmsContext) -> None:
        if context.request.peer not in _ALLOWED_PEERS:
            self._behaviour.reject(_IP, context)

    def _check_rate(self, context: MicrocmsContext) -> None:
        if context.key_name != "throttled":
            return
        with self.store.lock:
            context.wait = self._limiter.admit()
            context.admitted = self._limiter.count
        if context.wait > 0:
            self._behaviour.reject(_RATE, context)

    def _check_key(self, context: MicrocmsContext) -> None:
        if context.key_name not in {"full", "throttled"}:
            self._behaviour.reject(_FORBIDDEN, context)

    def _check_error_hook(self, context: MicrocmsContext) -> None:
        if context.request.headers.get("x-fault") == "internal":
            self._behaviour.reject(_INTERNAL, context)

    def _check_route(self, context: MicrocmsContext) -> None:
        if context.route is None:
            self._behaviour.reject(_URL, context)

    def _check_method(self, context: MicrocmsContext) -> JsonResponse | None:
        route = context.route
        if context.operation or route is None:
            return None
        choice = self._choice_for_method(context.method, route)
        if choice == "204":
            return JsonResponse(204, NO_BODY, (("Allow", route.allow),), content_type="")
        if choice == "404":
            raise RequestRejected(_URL)
        if choice == "supported":
            return self._run_for_other_version(context, route)
        self._behaviour.reject(route.method_row, context)
        return None

    def _run_for_other_version(self, context: MicrocmsContext, route: ApiRoute) -> JsonResponse:
        """Delete a medium by version 1 or upload one by version 2; an invalid request is rejected with 405."""
        context.operation = "deleteMedia" if context.method == "DELETE" else "uploadMedia"
        try:
            return self._run(context)
        except RequestRejected:
            raise RequestRejected(route.method_row) from None

    def _choice_for_method(self, method: str, route: ApiRoute) -> str:
        if method == "OPTIONS":
            return self._choices["method_options"]
        if method not in METHODS:
            return self._choices["method_nonstandard"]
        if method in {"GET", "HEAD"}:
            return self._choices["method_get"]
        if route.pattern[1] == "media" and method in {"DELETE", "POST"}:
            return self._choices["method_other_version"]
        return "405"

    def _reject(self, rejection: RequestRejected, context: MicrocmsContext) -> JsonResponse:
        response = self._errors.response(rejection.row, rejection.values)
        if response.status == 405 and context.route is not None and self._choices["allow_header"] == "present":
            return response.replace(headers=(("Allow", context.route.allow),))
        if rejection.row == _RATE and self._choices["retry_after"] != "absent":
            seconds = math.ceil(context.wait)
            date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
            value = date if self._choices["retry_after"] == "date" else str(seconds)
            return response.replace(headers=(("Retry-After", value),))
        return response
