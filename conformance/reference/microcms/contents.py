"""Contents: lists, one of them, its status, its creator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from conformance.reference.decisions import Ask, Decisions, Refusal
from conformance.reference.messages import NOTHING, Reply
from conformance.reference.microcms.parameters import Parameters
from conformance.reference.microcms.parsing import Unreadable, json_object
from conformance.reference.microcms.state import Content, Store, now

__all__ = ["Contents"]

_LEGAL: Final = ("PUBLISH", "DRAFT")
_STEPS: Final = frozenset({("PUBLISH", "DRAFT"), ("DRAFT", "PUBLISH"), ("PUBLISH_AND_DRAFT", "PUBLISH")})
_VALID, _LENGTH, _USER, _JSON = (("contents-patch", number) for number in range(1, 5))
_ABSENT: Final = object()


class Contents:
    """The operations on contents; each takes a request that passed the gates and gives a reply, or raises Refusal."""

    def __init__(self, store: Store, decisions: Decisions, choices: Mapping[str, str]) -> None:
        self._store = store
        self._decisions = decisions
        self._choices = choices
        self._parameters = Parameters(decisions, choices)

    def list_contents(self, ask: Ask) -> Reply:
        """A page of a list API, or the content of an object API."""
        single = self._store.objects.get(ask.facts["endpoint"])
        if single is not None:
            if self._choices["query_of_object"] == "validated":
                self._parameters.paging(ask, "contents-get", "limit", "offset")
            return Reply(200, single.shown())
        limit, offset = self._parameters.paging(ask, "contents-get", "limit", "offset")
        group = self._group(ask)
        self._unless_invented(ask)
        page = [content.shown() for content in list(group.values())[offset : offset + limit]]
        return Reply(200, {"contents": page, "totalCount": len(group), "offset": offset, "limit": limit})

    def get_content(self, ask: Ask) -> Reply:
        """One content."""
        if ask.facts["endpoint"] in self._store.objects and self._choices["below_object"] != "found":
            raise Refusal(("contents-get", 6) if self._choices["below_object"] == "content" else ("common", 3))
        group = self._group(ask)
        ask.facts["known"] = tuple(group)
        content = group.get(ask.facts["id"])
        if content is None:
            self._decisions.refuse(("contents-get", 6), ask)
            content = next(iter(group.values()), self._anything())
        self._unless_invented(ask)
        return Reply(200, content.shown())

    def patch_status(self, ask: Ask) -> Reply:
        """Publishes a content, or makes a draft of it."""
        return self._patched(ask, self._wanted_status, _apply_status, self._status_answer)

    def patch_creator(self, ask: Ask) -> Reply:
        """Gives a content to another member."""
        return self._patched(ask, self._wanted_creator, _apply_creator, lambda content: Reply(200, {"id": content.id}))

    def _patched(
        self,
        ask: Ask,
        wanted: Callable[[Ask, Content, dict[str, Any]], str | None],
        apply: Callable[[Content, str], None],
        answer: Callable[[Content], Reply],
    ) -> Reply:
        if self._choices["patch_order"] == "body-first":
            body = self._object(ask)
            content = self._content(ask)
        else:
            content = self._content(ask)
            body = self._object_or_effect(ask, content, apply)
        if body is None:
            return answer(content)
        try:
            value = wanted(ask, content, body)
            self._unless_invented(ask)
        except Refusal:
            self._even_so(ask, content, apply)
            raise
        if value is not None and self._decisions.does("change", ask):
            apply(content, value)
        return answer(content)

    def _object_or_effect(
        self, ask: Ask, content: Content, apply: Callable[[Content, str], None]
    ) -> dict[str, Any] | None:
        try:
            return self._object(ask)
        except Refusal:
            self._even_so(ask, content, apply)
            raise

    def _even_so(self, ask: Ask, content: Content, apply: Callable[[Content, str], None]) -> None:
        """What a faulty server does although it refuses."""
        if self._decisions.does("change", ask, wanted=False):
            apply(content, _plausible(ask, content))

    def _object(self, ask: Ask) -> dict[str, Any] | None:
        """The body's object; None where a fault lets something else pass."""
        try:
            return json_object(ask.facts["body"] or b"", ask.incoming.headers.get("content-type", ""), self._choices)
        except Unreadable:
            self._decisions.refuse(_JSON, ask)
            return None

    def _wanted_status(self, ask: Ask, content: Content, body: dict[str, Any]) -> str | None:
        value = body.get("status", _ABSENT)
        ask.facts["status"] = value
        if value is _ABSENT or value == []:
            self._no_status(ask)
            return None
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self._decisions.refuse(
                {"json": _JSON, "valid": _VALID, "length": _LENGTH}[self._choices["status_type"]], ask
            )
            return None
        if value == [""] and self._choices["status_empty_word"] == "accepted":
            return None
        if len(value) > 1:
            self._several(ask, value)
        elif value[0] not in _LEGAL:
            self._decisions.refuse(_VALID, ask)
        else:
            return self._step(ask, content, value[0])
        return str(value[0])

    def _no_status(self, ask: Ask) -> None:
        row = {"blank": ("elsewhere", 400), "valid": _VALID, "length": _LENGTH}.get(self._choices["status_none"])
        if row is not None:
            self._decisions.refuse(row, ask)

    def _several(self, ask: Ask, value: list[str]) -> None:
        wrong = [index for index, word in enumerate(value) if word not in _LEGAL]
        if wrong and self._choices["status_several"] != "length":
            told = wrong if self._choices["status_several"] == "each" else wrong[:1]
            inner = "; ".join(f"{index}: must be a valid value" for index in told)
            self._decisions.refuse(_VALID, ask, message=f"Status: ({inner}.).")
        else:
            self._decisions.refuse(_LENGTH, ask)

    def _step(self, ask: Ask, content: Content, wanted: str) -> str | None:
        if content.status == wanted:
            choice = self._choices["status_again"]
        elif (content.status, wanted) in _STEPS:
            choice = "accepted"
        else:
            choice = self._choices["status_illegal_step"]
        ask.facts["step"] = choice
        if choice == "rejected":
            raise Refusal(_VALID)
        return wanted

    def _wanted_creator(self, ask: Ask, content: Content, body: dict[str, Any]) -> str | None:  # noqa: ARG002
        value = body.get("createdBy", "")
        ask.facts["creator"] = value
        ask.facts["members"] = self._store.members
        if (not isinstance(value, str) or not value) and self._choices["creator_type"] == "json":
            self._decisions.refuse(_JSON, ask)
            return None
        member = self._store.members.get(value) if isinstance(value, str) else None
        if member is None or member.inviting:
            self._decisions.refuse(_USER, ask)
            return str(value)
        return member.id

    def _status_answer(self, content: Content) -> Reply:
        body = {"id": {"id": content.id}, "empty-object": {}, "meta": content.shown(), "no-body": NOTHING}
        return Reply(200, body[self._choices["status_body"]])

    def _group(self, ask: Ask) -> Mapping[str, Content]:
        endpoint = ask.facts["endpoint"]
        single = self._store.objects.get(endpoint)
        if single is not None:
            return {ask.facts.get("id", single.id): single}
        group = self._store.contents.get(endpoint)
        if group is None:
            raise Refusal(("common", 3) if self._choices["endpoint_missing"] == "url" else ("contents-get", 6))
        return group

    def _content(self, ask: Ask) -> Content:
        content = self._group(ask).get(ask.facts["id"])
        if content is None:
            raise Refusal(
                {"content": ("contents-get", 6), "url": ("common", 3), "bad": ("elsewhere", 404)}[
                    self._choices["patch_missing"]
                ]
            )
        return content

    def _anything(self) -> Content:
        return next(iter(self._store.objects.values()))

    def _unless_invented(self, ask: Ask) -> None:
        row = self._decisions.invented(ask)
        if row is not None:
            raise Refusal(row, value=str(ask.facts.get("raw", "")))


def _apply_status(content: Content, value: str) -> None:
    content.status = value
    content.updated = now()


def _apply_creator(content: Content, value: str) -> None:
    content.creator = value
    content.updated = now()


def _plausible(ask: Ask, content: Content) -> str:
    """What a server that does not look would take from a body that it refuses."""
    if ask.operation == "patchCreatedBy":
        return str(ask.facts.get("creator") or "nobody")
    value = ask.facts.get("status")
    if isinstance(value, list) and value and isinstance(value[0], str) and value[0] != content.status:
        return value[0]
    return "DRAFT" if content.status == "PUBLISH" else "PUBLISH"
