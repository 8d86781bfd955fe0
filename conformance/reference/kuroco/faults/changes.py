"""What a wrong answer looks like: each makes one thing of the right one different."""

from __future__ import annotations

from typing import Any

from conformance.reference.catalogue import Row
from conformance.reference.kuroco.faults.making import Change
from conformance.reference.kuroco.replies import REQUEST_ID
from conformance.reference.kuroco.setting import Visit
from conformance.reference.kuroco.wording import word
from conformance.reference.messages import Reply

__all__ = [
    "body",
    "coded",
    "errors_are",
    "fielded",
    "html",
    "in_language",
    "leaking",
    "mistyped",
    "reworded",
    "status",
    "tongue",
    "tracing",
    "unfielded",
    "unidentified",
    "worded_as",
]

TRACE = (
    "PHP Fatal error:  Uncaught TypeError: trim() expects parameter 1 to be string in "
    "/var/www/site/topics/Validate.php:214\nStack trace:\n#0 /var/www/site/topics/Validate.php(214): trim(NULL)\n"
    "#1 /var/www/site/api/Dispatcher.php(88): Topics->save(Array)\n#2 {main}\n  thrown"
)
TRACEBACK = (
    'Traceback (most recent call last):\n  File "/srv/site/gateway.py", line 71, in handle\n'
    "    token = self.tokens[key]\nKeyError: None"
)


def status(number: int) -> Change:
    """Another status, the same body."""
    return lambda reply, _: reply.but(status=number)


def body(value: Any) -> Change:
    """Another body, the same status."""
    return lambda reply, _: reply.but(value=value)


def coded(code: str) -> Change:
    """Another code in each error."""
    return lambda reply, _: _entries(reply, lambda entry: {**entry, "code": code})


def fielded(field: str) -> Change:
    """Each error names another item: one of the fields by its kind (or its `title of` one), or a name as it stands."""

    def change(reply: Reply, visit: Visit) -> Reply:
        names = {item.kind: item.name for item in visit.setting.fields}
        names |= {f"title of {item.kind}": item.title for item in visit.setting.fields}
        return _entries(reply, lambda entry: {**entry, "field": names.get(field, field)})

    return change


def unfielded() -> Change:
    """No error names an item."""
    return lambda reply, _: _entries(reply, lambda entry: {k: v for k, v in entry.items() if k != "field"})


def worded_as(row: Row) -> Change:
    """The message of another row, for the same item."""

    def change(reply: Reply, visit: Visit) -> Reply:
        title = visit.complaints[0].title if visit.complaints else ""
        return _entries(reply, lambda entry: {**entry, "message": _word(row, title, visit.language, visit)})

    return change


def reworded(message: str) -> Change:
    """A message that no edition has."""
    return lambda reply, _: _entries(reply, lambda entry: {**entry, "message": message})


def in_language(language: str) -> Change:
    """The right message in a language that was not asked for."""
    return lambda reply, visit: _translated(reply, visit, language)


def tongue(reply: Reply, visit: Visit) -> Reply:
    """The right message in the language that `Accept-Language` alone would have led to."""
    return _translated(reply, visit, visit.heard)


def errors_are(errors: Any) -> Change:
    """Something else under `errors`; `strings` puts their messages there, `member` the first error itself."""

    def change(reply: Reply, _: Visit) -> Reply:
        entries = reply.value["errors"]
        wanted = errors
        if errors == "strings":
            wanted = [entry["message"] for entry in entries]
        elif errors == "member":
            wanted = entries[0]
        return reply.but(value={**reply.value, "errors": wanted})

    return change


def unidentified(reply: Reply, _: Visit) -> Reply:
    """No request ID."""
    return reply.but(value={k: v for k, v in reply.value.items() if k != REQUEST_ID})


def html(reply: Reply, _: Visit) -> Reply:
    """A page for people."""
    page = f"<!DOCTYPE html><html><head><title>{reply.status}</title></head><body><h1>Error</h1></body></html>"
    return reply.but(raw=page.encode(), content_type="text/html; charset=utf-8")


def mistyped(content_type: str) -> Change:
    """The right body, declared as something else than JSON."""
    return lambda reply, _: reply.but(content_type=content_type)


def leaking(what: str) -> Change:
    """A secret of the request beside the error: its `token`, or the `password` that was sent or is right."""

    def change(reply: Reply, visit: Visit) -> Reply:
        account = next(iter(visit.setting.desk.accounts.values()))
        told = {"token": {"token": visit.key}, "password": {"expected": account.password}, "email": account.email}
        return reply.but(value={**reply.value, "debug": told[what]})

    return change


def tracing(trace: str = TRACE) -> Change:
    """A stack trace beside the error."""
    return lambda reply, _: reply.but(value={**reply.value, "exception": trace})


def _entries(reply: Reply, change: Any) -> Reply:
    entries = [change(entry) if isinstance(entry, dict) else entry for entry in reply.value["errors"]]
    return reply.but(value={**reply.value, "errors": entries})


def _translated(reply: Reply, visit: Visit, language: str) -> Reply:
    messages = [
        _word(complaint.row, complaint.title, language, visit) if complaint.row else complaint.message
        for complaint in visit.complaints
    ]
    entries = reply.value["errors"]
    told = [{**entry, "message": message} for entry, message in zip(entries, messages, strict=True)]
    return reply.but(value={**reply.value, "errors": told})


def _word(row: Row, title: str, language: str, visit: Visit) -> str:
    return word(row, title, language, visit.setting.choices)
