"""Operations on members, on the list of APIs, and on the service itself."""

from typing import Any, Final

from conformance.reference.hooks import RequestRejected
from conformance.reference.http import JsonResponse
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.parameters import Operations
from conformance.reference.microcms.state import Member

_FIELDS: Final[list[dict[str, Any]]] = [
    {"fieldId": "title", "name": "Title", "kind": "text", "required": True},
    {"fieldId": "picture", "name": "Picture", "kind": "media", "required": False},
]


def _are_alike(one: str, other: str) -> bool:
    """Return whether one ID begins or ends with the other, or only the last letter or hyphens differ."""
    one, other = one.replace("-", ""), other.replace("-", "")
    return one[:-1] == other[:-1] or any(a.startswith(b) or a.endswith(b) for a, b in ((one, other), (other, one)))


class MemberOperations(Operations):
    """The operations on members and the service; each returns the response to a request, or raises RequestRejected."""

    def get_member(self, context: MicrocmsContext) -> JsonResponse:
        """Return one member who has joined."""
        member = self._store.members.get(context.id)
        context.known_ids = tuple(self._store.members)
        context.invited = member is not None and member.inviting
        if member is None or member.inviting:
            self._behaviour.reject(("members-get", 1), context)
        self._behaviour.reject_if_faulty(context)
        return JsonResponse(200, (member or self._member_like(context.id)).as_json())

    def _member_like(self, member_id: str) -> Member:
        """Return the member that a server finds if it compares only a part of an ID, else an invented one."""
        members = self._store.members.values()
        similar = (one for one in members if _are_alike(one.id, member_id))
        return next(similar, Member(member_id, ""))

    def list_members(self, context: MicrocmsContext) -> JsonResponse:
        """Return the members who have joined."""
        limit, _ = self._read_page(context, "members-list", "limit")
        joined = [member for member in self._store.members.values() if not member.inviting]
        page = [{**member.as_json(), "inviting": False} for member in joined[:limit]]
        return JsonResponse(200, {"members": page, "totalCount": len(joined)})

    def list_apis(self, context: MicrocmsContext) -> JsonResponse:  # noqa: ARG002 - every operation takes the request
        """Return the APIs of the service."""
        names = [(name, "list") for name in self._store.contents] + [(name, "object") for name in self._store.objects]
        return JsonResponse(200, {"apis": [{"name": name, "endpoint": name, "type": kind} for name, kind in names]})

    def get_api(self, context: MicrocmsContext) -> JsonResponse:
        """Return the schema of one API."""
        if context.endpoint not in {*self._store.contents, *self._store.objects}:
            raise RequestRejected(("common", 3))
        return JsonResponse(200, {"apiFields": _FIELDS, "customFields": []})

    def get_service(self, context: MicrocmsContext) -> JsonResponse:  # noqa: ARG002 - every operation takes the request
        """Return the name of the service."""
        return JsonResponse(200, {"name": "reference"})
