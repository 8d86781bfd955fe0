"""Operations on contents: list them, read one, change its status or its creator."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from conformance.reference.hooks import RequestRejected
from conformance.reference.http import NO_BODY, JsonResponse
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.parameters import Operations
from conformance.reference.microcms.parsing import InvalidValue, parse_json_object
from conformance.reference.microcms.state import Content, now

_ALLOWED_STATUSES: Final = ("PUBLISH", "DRAFT")
_TRANSITIONS: Final = frozenset({("PUBLISH", "DRAFT"), ("DRAFT", "PUBLISH"), ("PUBLISH_AND_DRAFT", "PUBLISH")})
_STATUS, _LENGTH, _CREATOR, _BODY = (("contents-patch", number) for number in range(1, 5))
_ABSENT: Final = object()


class ContentOperations(Operations):
    """The operations on contents; each returns the response to a request, or raises RequestRejected."""

    def list_contents(self, context: MicrocmsContext) -> JsonResponse:
        """Return a page of a list API, or the content of an object API."""
        single = self._store.objects.get(context.endpoint)
        if single is not None:
            if self._choices["query_of_object"] == "validated":
                self._read_page(context, "contents-get", "limit", "offset")
            return JsonResponse(200, single.as_json())
        limit, offset = self._read_page(context, "contents-get", "limit", "offset")
        group = self._group(context)
        self._behaviour.reject_if_faulty(context, value=context.raw)
        page = [content.as_json() for content in self._cut_page(context, list(group.values()), limit, offset)]
        return JsonResponse(200, {"contents": page, "totalCount": len(group), "offset": offset, "limit": limit})

    def get_content(self, context: MicrocmsContext) -> JsonResponse:
        """Return one content."""
        if context.endpoint in self._store.objects and self._choices["below_object"] != "found":
            raise RequestRejected(("contents-get", 6) if self._choices["below_object"] == "content" else ("common", 3))
        group = self._group(context)
        context.known_ids = tuple(group)
        content = group.get(context.id)
        if content is None:
            self._behaviour.reject(("contents-get", 6), context)
            content = next(iter(group.values()), next(iter(self._store.objects.values())))
        self._behaviour.reject_if_faulty(context, value=context.raw)
        return JsonResponse(200, content.as_json())

    def patch_status(self, context: MicrocmsContext) -> JsonResponse:
        """Publish a content, or turn it into a draft."""
        return self._patch(context, self._read_status, _set_status, self._status_response)

    def patch_creator(self, context: MicrocmsContext) -> JsonResponse:
        """Set the creator of a content to another member."""
        return self._patch(
            context, self._read_creator, _set_creator, lambda content: JsonResponse(200, {"id": content.id})
        )

    def _patch(
        self,
        context: MicrocmsContext,
        read: Callable[[MicrocmsContext, Content, dict[str, Any]], str | None],
        apply: Callable[[Content, str], None],
        respond: Callable[[Content], JsonResponse],
    ) -> JsonResponse:
        body_first = self._choices["patch_order"] == "body-first"
        body = self._read_body(context) if body_first else None
        content = self._find_content(context)
        try:
            body = body if body_first else self._read_body(context)
            if body is None:
                return respond(content)
            value = read(context, content, body)
            self._behaviour.reject_if_faulty(context, value=context.raw)
        except RequestRejected:
            if self._behaviour.performs("change", context, intended=False):  # only with a fault
                value = _value_despite_rejection(context, content)
                self._behaviour.carry_out(lambda: apply(content, value))
            raise
        if value is not None and self._behaviour.performs("change", context):
            apply(content, value)
        return respond(content)

    def _read_body(self, context: MicrocmsContext) -> dict[str, Any] | None:
        """Return the JSON object in the body, or None if a fault accepts a body without one."""
        try:
            media_type = context.content_type
            context.json_body = parse_json_object(context.body or b"", media_type, self._choices)
        except InvalidValue:
            self._behaviour.reject(_BODY, context)
        return context.json_body

    def _read_status(self, context: MicrocmsContext, content: Content, body: dict[str, Any]) -> str | None:
        value = body.get("status", _ABSENT)
        if value is _ABSENT or value == []:
            self._check_missing_status(context)
            return None
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self._behaviour.reject(
                {"json": _BODY, "valid": _STATUS, "length": _LENGTH}[self._choices["status_type"]], context
            )
            return None
        if value == [""] and self._choices["status_empty_word"] == "accepted":
            return None
        if len(value) > 1:
            self._check_several_statuses(context, value)
        elif value[0] not in _ALLOWED_STATUSES:
            self._behaviour.reject(_STATUS, context)
        else:
            return self._check_transition(content, value[0])
        return str(value[0])

    def _check_missing_status(self, context: MicrocmsContext) -> None:
        row = {"blank": ("undocumented", 400), "valid": _STATUS, "length": _LENGTH}.get(self._choices["status_none"])
        if row is not None:
            self._behaviour.reject(row, context)

    def _check_several_statuses(self, context: MicrocmsContext, value: list[str]) -> None:
        wrong = [index for index, word in enumerate(value) if word not in _ALLOWED_STATUSES]
        if wrong and self._choices["status_several"] != "length":
            reported = wrong if self._choices["status_several"] == "each" else wrong[:1]
            inner = "; ".join(f"{index}: must be a valid value" for index in reported)
            self._behaviour.reject(_STATUS, context, message=f"Status: ({inner}.).")
        else:
            self._behaviour.reject(_LENGTH, context)

    def _check_transition(self, content: Content, status: str) -> str | None:
        if content.status == status:
            choice = self._choices["status_again"]
        elif (content.status, status) in _TRANSITIONS:
            choice = "accepted"
        else:
            choice = self._choices["status_illegal_transition"]
        if choice == "rejected":
            raise RequestRejected(_STATUS)
        return status

    def _read_creator(self, context: MicrocmsContext, content: Content, body: dict[str, Any]) -> str | None:
        value = body.get("createdBy", "")
        if (not isinstance(value, str) or not value) and self._choices["creator_type"] == "json":
            self._behaviour.reject(_BODY, context)
            return None
        context.reassigned = content.reassigned
        member = self._store.members.get(value) if isinstance(value, str) else None
        if member is None or member.inviting:
            self._behaviour.reject(_CREATOR, context)
            return str(value)
        return member.id

    def _status_response(self, content: Content) -> JsonResponse:
        body = {"id": {"id": content.id}, "empty-object": {}, "meta": content.as_json(), "no-body": NO_BODY}
        return JsonResponse(200, body[self._choices["status_body"]])

    def _group(self, context: MicrocmsContext) -> Mapping[str, Content]:
        single = self._store.objects.get(context.endpoint)
        if single is not None:
            return {context.id or single.id: single}
        group = self._store.contents.get(context.endpoint)
        if group is None:
            raise RequestRejected(("common", 3) if self._choices["endpoint_missing"] == "url" else ("contents-get", 6))
        return group

    def _find_content(self, context: MicrocmsContext) -> Content:
        content = self._group(context).get(context.id)
        if content is None:
            raise RequestRejected(
                {"content": ("contents-get", 6), "url": ("common", 3), "bad": ("undocumented", 404)}[
                    self._choices["patch_missing"]
                ]
            )
        return content


def _set_status(content: Content, value: str) -> None:
    content.status = value
    content.updated = now()


def _set_creator(content: Content, value: str) -> None:
    content.reassigned = content.reassigned or content.creator != value
    content.creator = value
    content.updated = now()


def _value_despite_rejection(context: MicrocmsContext, content: Content) -> str:
    """Return the value that a faulty server takes from a body that it rejects."""
    if context.operation == "patchCreatedBy":
        return context.creator or "nobody"
    first = context.statuses[0] if context.statuses else None
    if isinstance(first, str) and first != content.status:
        return first
    return "DRAFT" if content.status == "PUBLISH" else "PUBLISH"
