"""Members, the list of APIs, and the service itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conformance.reference.decisions import Ask, Decisions, Refusal
from conformance.reference.messages import Reply
from conformance.reference.microcms.parameters import Parameters
from conformance.reference.microcms.state import Member, Store

__all__ = ["Members"]

_FIELDS: Final[list[dict[str, Any]]] = [
    {"fieldId": "title", "name": "Title", "kind": "text", "required": True},
    {"fieldId": "picture", "name": "Picture", "kind": "media", "required": False},
]


class Members:
    """The operations on people and on the service; each gives a reply or raises Refusal."""

    def __init__(self, store: Store, decisions: Decisions, choices: Mapping[str, str]) -> None:
        self._store = store
        self._decisions = decisions
        self._parameters = Parameters(decisions, choices)

    def get_member(self, ask: Ask) -> Reply:
        """One member who has joined."""
        member = self._store.members.get(ask.facts["id"])
        ask.facts["known"] = tuple(self._store.members)
        ask.facts["invited"] = member is not None and member.inviting
        if member is None or member.inviting:
            self._decisions.refuse(("members-get", 1), ask)
        row = self._decisions.invented(ask)
        if row is not None:
            raise Refusal(row)
        return Reply(200, (member or self._nearest(ask.facts["id"])).shown())

    def _nearest(self, wanted: str) -> Member:
        """Who a server takes that compares a part of an ID: that member, under the own ID; else one of that ID."""
        near = (one for one in self._store.members.values() if one.id.startswith(wanted) or wanted.startswith(one.id))
        return next(near, Member(wanted, ""))

    def list_members(self, ask: Ask) -> Reply:
        """Those who have joined."""
        limit, _ = self._parameters.paging(ask, "members-list", "limit")
        joined = [member for member in self._store.members.values() if not member.inviting]
        page = [{**member.shown(), "inviting": False} for member in joined[:limit]]
        return Reply(200, {"members": page, "totalCount": len(joined)})

    def list_apis(self, ask: Ask) -> Reply:  # noqa: ARG002 - every operation takes the request
        """The APIs of the service."""
        names = [(name, "list") for name in self._store.contents] + [(name, "object") for name in self._store.objects]
        return Reply(200, {"apis": [{"name": name, "endpoint": name, "type": kind} for name, kind in names]})

    def get_api(self, ask: Ask) -> Reply:
        """The schema of one API."""
        if ask.facts["endpoint"] not in {*self._store.contents, *self._store.objects}:
            raise Refusal(("common", 3))
        return Reply(200, {"apiFields": _FIELDS, "customFields": []})

    def get_service(self, ask: Ask) -> Reply:  # noqa: ARG002 - every operation takes the request
        """The name of the service."""
        return Reply(200, {"name": "reference"})
