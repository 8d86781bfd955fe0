"""Operations on topics: list, detail, insert, update, delete."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from conformance.reference.http import JsonResponse
from conformance.reference.kuroco.context import KurocoContext, KurocoSite
from conformance.reference.kuroco.listing import search_topics, select_page
from conformance.reference.kuroco.messages import success_messages
from conformance.reference.kuroco.responses import error_response, general_error, success, undocumented_error
from conformance.reference.kuroco.rows import NO_GROUP, NOT_FOUND
from conformance.reference.kuroco.store import GROUP, Topic
from conformance.reference.kuroco.validation import TopicDraft, validate


def list_topics(context: KurocoContext) -> JsonResponse:
    """Return a page of the group's topics that match the search, with `pageInfo`."""
    topics = context.site.store.topics.values() if context.group_exists else ()
    if not context.group_exists and context.site.behaviour.enforces(NOT_FOUND, context):
        return general_error(context, NOT_FOUND)
    word = context.query_value("topics_keyword") or ""
    found = search_topics((_as_json(topic, context.site) for topic in topics), word)
    if not found and word and context.site.choices["filtered_empty"] == "404":
        return undocumented_error(404, "not_found")
    found.sort(key=lambda topic: topic["topics_id"], reverse=context.site.choices["list_order"] == "newest first")
    page, info = select_page(found, context.query, context.path)
    return success(200, context.site, list=page, pageInfo=info)


def get_topic(context: KurocoContext) -> JsonResponse:
    """Return one topic, by default also under `list`, because a Python client reads no other member."""
    topic = _find_topic(context)
    if topic is None:
        if not _is_number(context.topics_id) and context.site.choices["non_number_id"] == "400":
            return undocumented_error(400, "bad_request")
        topic = None if context.site.behaviour.enforces(NOT_FOUND, context) else _other_topic(context)
        if topic is None:
            return general_error(context, NOT_FOUND)
    details = _as_json(topic, context.site)
    more = {"list": [details]} if context.site.choices["detail_listed"] == "yes" else {}
    return success(200, context.site, details=details, **more)


def insert_topic(context: KurocoContext) -> JsonResponse:
    """Store a new topic, or return its validation errors."""
    rejection, draft = _validate(context)
    number = context.site.store.next_id
    _make_faulty_changes(context, None)
    if _is_stored(context):
        written = _select_written(draft, context)
        _store(context, lambda: context.site.store.insert(written.subject or "", written.texts, written.members))
    messages = success_messages("insert", context.language, context.site.choices)
    return rejection or success(int(context.site.choices["insert_status"]), context.site, messages=messages, id=number)


def update_topic(context: KurocoContext) -> JsonResponse:
    """Change the given members of a topic, or return its validation errors."""
    topic = _find_topic(context)
    if topic is None and context.group_exists:
        return undocumented_error(404, "not_found")
    rejection, draft = _validate(context)
    topics = context.site.store.topics
    topic = topic or topics.get(int(context.topics_id or 0)) or next(iter(topics.values()))
    topic = _make_faulty_changes(context, topic) or topic
    if _is_stored(context):
        written = _select_written(draft, context)
        subject = topic.subject if written.subject is None else written.subject
        _store(context, lambda: context.site.store.update(topic, subject, written.texts, written.members))
    messages = success_messages("update", context.language, context.site.choices)
    return rejection or success(200, context.site, messages=messages, id=topic.topics_id, validation_errors=[])


def delete_topic(context: KurocoContext) -> JsonResponse:
    """Delete a topic."""
    topic = _find_topic(context)
    if topic is None:
        return undocumented_error(404, "not_found")
    if context.site.behaviour.performs("delete", context):
        context.site.store.delete(topic)
    return success(200, context.site, messages=success_messages("delete", context.language, context.site.choices))


def _validate(context: KurocoContext) -> tuple[JsonResponse | None, TopicDraft]:
    empty_draft = TopicDraft(None, {}, {}, ())
    if not isinstance(context.body, dict):
        context.rejected = True
        return undocumented_error(400, "bad_request", "A JSON object is expected"), empty_draft
    group_missing = not context.group_exists and context.site.behaviour.enforces(NO_GROUP, context)
    group_missing = group_missing or (
        context.group_exists and context.site.behaviour.wrong_rejection(context) == NO_GROUP
    )
    draft = validate(context.body, context)
    rejection = general_error(context, NO_GROUP) if group_missing else None
    if rejection is None and draft.errors:
        rejection = error_response(context, draft.errors)
    context.rejected = rejection is not None
    return rejection, draft


def _select_written(draft: TopicDraft, context: KurocoContext) -> TopicDraft:
    """Return the part of a draft that is written; a conforming site writes all of it."""
    performs, kinds = context.site.behaviour.performs, {field.name: field.kind for field in context.site.fields}
    subject = draft.subject if performs("store title", context) else None
    texts = {name: text for name, text in draft.texts.items() if performs(f"store {kinds[name]}", context)}
    return TopicDraft(subject, texts, draft.members, ())


def _make_faulty_changes(context: KurocoContext, topic: Topic | None) -> Topic | None:
    """Make the changes of a faulty site despite a rejection; return the topic of an update as it is then."""
    performs, store = context.site.behaviour.performs, context.site.store
    if not context.rejected:
        return topic
    following = [one for one in store.topics.values() if topic and one.topics_id > topic.topics_id][:1]
    before = [one for one in store.topics.values() if topic and one.topics_id < topic.topics_id][-1:]
    newest = list(store.topics.values())[-1:]
    for effect, changed in (
        ("rename the next", following), ("rename the previous", before), ("rename the newest", newest),
    ):  # fmt: skip
        for other in changed if performs(effect, context, intended=False) else ():
            store.update(other, f"{context.body_member('subject') or 'renamed'}", {}, {})
    for effect, members in (("change the type", {"contents_type": 9}), ("add a tag", {"tag_id": [7]})):
        if topic is not None and performs(effect, context, intended=False):
            topic = store.update(topic, topic.subject, {}, members)
    if topic is not None and performs("keep digits", context, intended=False):
        texts = {
            name: str(context.body_member(kind)) for kind, name in context.names.items() if kind in ("tel", "number")
        }
        digits = {name: re.sub("[^0-9]", "", text) for name, text in texts.items()}
        topic = store.update(topic, topic.subject, digits, {})
    return topic


def _is_stored(context: KurocoContext) -> bool:
    stored = context.site.behaviour.performs("store", context, intended=not context.rejected)
    return stored and context.body_member("validate_only") is not True


def _store(context: KurocoContext, action: Callable[[], object]) -> None:
    """Carry out a write at once, or, for a rejected request, when the fault says."""
    if context.rejected:
        context.site.behaviour.carry_out(action)
    else:
        action()


def _find_topic(context: KurocoContext) -> Topic | None:
    if not context.group_exists or not _is_number(context.topics_id):
        return None
    number = int(context.topics_id)
    context.deleted = number in context.site.store.deleted
    found = context.site.store.topics.get(number)
    return found if context.site.behaviour.wrong_rejection(context) != NOT_FOUND else None


def _other_topic(context: KurocoContext) -> Topic | None:
    """Return the topic that a faulty site shows instead of a missing one: the deleted one, or else the first."""
    number = int(context.topics_id) if _is_number(context.topics_id) else 0
    return context.site.store.deleted.get(number) or next(iter(context.site.store.topics.values()), None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _as_json(topic: Topic, site: KurocoSite) -> Mapping[str, Any]:
    members: dict[str, Any] = {"ymd": topic.inserted[:10], "contents_type": 1, "contents": "", "topics_flg": 1}
    members |= {"open_flg": 1} if site.choices["open_member"] == "open_flg" else {"open_type": "open"}
    members |= {"regular_flg": 0, **topic.members}
    return {
        "topics_id": topic.topics_id,
        "subject": topic.subject,
        **members,
        **{field.name: topic.texts.get(field.name, "") for field in site.fields},
        "topics_group_id": GROUP,
        "contents_type_nm": "News",
        "inst_ymdhi": topic.inserted,
        "update_ymdhi": topic.updated,
    }
