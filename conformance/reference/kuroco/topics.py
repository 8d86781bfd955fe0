"""What is done with topics: list, detail, insert, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.reference.kuroco.listing import is_filtered, order, page, select
from conformance.reference.kuroco.replies import general, refusal, success, undocumented
from conformance.reference.kuroco.setting import Setting, Visit
from conformance.reference.kuroco.store import GROUP, Topic
from conformance.reference.kuroco.validation import Draft, examine
from conformance.reference.kuroco.vocabulary import NO_GROUP, NOT_FOUND
from conformance.reference.kuroco.wording import done
from conformance.reference.messages import Reply

__all__ = ["delete", "detail", "insert", "listed", "update"]


def listed(visit: Visit, setting: Setting) -> Reply:
    """The topics of the group that the query asks for, with `pageInfo`."""
    topics = setting.store.topics.values() if visit.group else ()
    if not visit.group and setting.decisions.holds(NOT_FOUND, visit):
        return general(visit, setting, NOT_FOUND)
    rows = select((_shown(topic, setting) for topic in topics), visit.query)
    if rows is None:
        return undocumented(400, "bad_request", "Malformed filter", "filter")
    if not rows and is_filtered(visit.query) and setting.choices["filtered_empty"] == "404":
        return undocumented(404, "not_found")
    shown, info = page(order(rows, visit.query, setting.choices["list_order"]), visit.query, visit.path)
    return success(200, setting, list=shown, pageInfo=info)


def detail(visit: Visit, setting: Setting) -> Reply:
    """One topic. Repeated under `list` unless chosen otherwise: the vendor's Python client reads no other member."""
    topic = _found(visit, setting)
    if topic is None:
        if not _is_number(visit.topics_id) and setting.choices["non_number_id"] == "400":
            return undocumented(400, "bad_request")
        topic = None if setting.decisions.holds(NOT_FOUND, visit) else _another(visit, setting)
        if topic is None:
            return general(visit, setting, NOT_FOUND)
    shown = _shown(topic, setting)
    more = {"list": [shown]} if setting.choices["detail_listed"] == "yes" else {}
    return success(200, setting, details=shown, **more)


def insert(visit: Visit, setting: Setting) -> Reply:
    """Keeps a new topic, or says what is wrong with it."""
    refused, draft = _draft(visit, setting)
    stored = setting.decisions.does("store", visit, wanted=refused is None) and not _only_validated(visit)
    number = setting.store.next_id
    if stored:
        kept = _kept(draft, visit, setting)
        number = setting.store.insert(kept.subject or "", kept.texts, kept.members).topics_id
    status = int(setting.choices["insert_status"])
    return refused or success(status, setting, messages=done("insert", visit.language, setting.choices), id=number)


def update(visit: Visit, setting: Setting) -> Reply:
    """Changes what was sent of a topic, or says what is wrong with it."""
    topic = _found(visit, setting)
    if topic is None and visit.group:
        return undocumented(404, "not_found")
    refused, draft = _draft(visit, setting)
    topic = topic or next(iter(setting.store.topics.values()))
    if setting.decisions.does("store", visit, wanted=refused is None) and not _only_validated(visit):
        kept = _kept(draft, visit, setting)
        setting.store.update(topic, topic.subject if kept.subject is None else kept.subject, kept.texts, kept.members)
    messages = done("update", visit.language, setting.choices)
    return refused or success(200, setting, messages=messages, id=topic.topics_id, validation_errors=[])


def delete(visit: Visit, setting: Setting) -> Reply:
    """Takes a topic away."""
    topic = _found(visit, setting)
    if topic is None:
        return undocumented(404, "not_found")
    if setting.decisions.does("delete", visit):
        setting.store.delete(topic)
    return success(200, setting, messages=done("delete", visit.language, setting.choices))


def _draft(visit: Visit, setting: Setting) -> tuple[Reply | None, Draft]:
    nothing = Draft(None, {}, {}, ())
    if not isinstance(visit.body, dict):
        visit.rejected = True
        return undocumented(400, "bad_request", "A JSON object is expected"), nothing
    groupless = not visit.group and setting.decisions.holds(NO_GROUP, visit)
    groupless = groupless or (visit.group and setting.decisions.invented(visit) == NO_GROUP)
    draft = examine(visit.body, visit, setting)
    refused = general(visit, setting, NO_GROUP) if groupless else None
    if refused is None and draft.complaints:
        refused = refusal(visit, setting, draft.complaints)
    visit.rejected = refused is not None
    return refused, draft


def _kept(draft: Draft, visit: Visit, setting: Setting) -> Draft:
    """What of a draft is written; a right site writes all of it."""
    does = setting.decisions.does
    subject = draft.subject if does("store title", visit) else None
    texts = {name: text for name, text in draft.texts.items() if does(f"store {_kind(name, setting)}", visit)}
    return Draft(subject, texts, draft.members, ())


def _kind(name: str, setting: Setting) -> str:
    return next(field.kind for field in setting.fields if field.name == name)


def _only_validated(visit: Visit) -> bool:
    return isinstance(visit.body, dict) and visit.body.get("validate_only") is True


def _found(visit: Visit, setting: Setting) -> Topic | None:
    if not visit.group or not _is_number(visit.topics_id):
        return None
    number = int(visit.topics_id)
    visit.deleted = number in setting.store.deleted
    found = setting.store.topics.get(number)
    return found if setting.decisions.invented(visit) != NOT_FOUND else None


def _another(visit: Visit, setting: Setting) -> Topic | None:
    """What a wrong site shows in place of nothing: the topic that was deleted, or the first there is."""
    number = int(visit.topics_id) if _is_number(visit.topics_id) else 0
    return setting.store.deleted.get(number) or next(iter(setting.store.topics.values()), None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _shown(topic: Topic, setting: Setting) -> Mapping[str, Any]:
    members: dict[str, Any] = {"ymd": topic.inserted[:10], "contents_type": 1, "contents": "", "topics_flg": 1}
    members |= {"open_flg": 1} if setting.choices["open_member"] == "open_flg" else {"open_type": "open"}
    members |= {"regular_flg": 0, **topic.members}
    return {
        "topics_id": topic.topics_id,
        "subject": topic.subject,
        **members,
        **{field.name: topic.texts.get(field.name, "") for field in setting.fields},
        "topics_group_id": GROUP,
        "contents_type_nm": "News",
        "inst_ymdhi": topic.inserted,
        "update_ymdhi": topic.updated,
    }
