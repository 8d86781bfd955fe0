"""Paths of the profile that lead to something else than they should."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from conformance.http import split_url
from conformance.messages import Message
from conformance.results.model import FIRM, RecordedExchange
from conformance.session.causes.exchanges import VALID, is_below, is_in_path, shows, succeeded
from conformance.session.causes.model import RunCause, RunEvidence


def find_exchanged_words(run: RunEvidence) -> Iterator[RunCause]:
    """Valid requests to one path are refused in the words that are promised for another, which never uses these."""
    paths = {name: value for name, value in run.plain().items() if "/" in value} if run.wrong else {}
    for name, value in paths.items():
        found = [run.wrong.get(id(one)) for one in run.of_path(value, FIRM)]
        promised = {str(one.expected) for one in found if one is not None and one.check == "message"}
        if len(found) < 2 or None in found or len(promised) != 1:
            continue
        for other, second in paths.items():
            valid = run.of_path(second, VALID) if other != name else []
            if valid and all(not succeeded(one) and shows(one, *promised) for one in valid):
                text = Message(
                    "fixtures.{name} and fixtures.{other} stand in the place of each other: "
                    "valid requests to the second are refused in the words of the first",
                    name=name,
                    other=other,
                )
                yield RunCause(f"fixtures.{name}", text, partial(is_below, values=(value, second)))


def find_answered_alike(run: RunEvidence) -> Iterator[RunCause]:
    """A path that answers whatever is sent with the same success, which lacks what valid requests should be given."""
    for name, value in run.plain().items() if run.wrong else ():
        valid = run.of_path(value, VALID) if "/" in value else []
        answers = {
            (one.response.status, one.response.body) if one.response is not None else None
            for one in (*valid, *run.of_path(value, FIRM))
        }
        lacking = any(id(one) in run.wrong and run.wrong[id(one)].check == "effect" for one in valid)
        if lacking and len(answers) == 1 and all(map(succeeded, valid)):
            text = Message(
                "fixtures.{name}: {value} answers every request alike, and valid ones without what they should give",
                name=name,
                value=value,
            )
            yield RunCause(f"fixtures.{name}", text, partial(is_below, values=[value]))


def find_refused_alike(run: RunEvidence) -> Iterator[RunCause]:
    """A path on which every valid request was refused in the same words: those words tell nothing of a faulty one.

    Nor of a valid one, where they are of no field and the profile has a path that should be refused like that.
    """
    named = run.plain() if run.wrong else {}
    for name, value in named.items():
        valid = run.of_path(value, VALID) if "/" in value else []
        reasons = {_reason_of(one) for one in valid}
        if len(reasons) == 1 and None not in reasons:
            text = Message(
                "fixtures.{name}: every valid request to {value} was refused in the same words", name=name, value=value
            )
            has_missing = any(each.endswith(f"_{name}") for each in named)
            of_path = has_missing and not any(shows(one, '"field"') for one in valid)
            explains = partial(_is_refused_for, value=value, reasons=reasons, valid=of_path)
            yield RunCause(f"fixtures.{name}", text, explains)


def find_deletion(run: RunEvidence) -> Iterator[RunCause]:
    """A path that should do something else, and after which what it was called on is gone each time."""
    for name, value in run.plain().items() if run.wrong else ():
        gone = [
            _is_gone_after(row.exchanges, index)
            for row in run.rows
            for index, one in enumerate(row.exchanges)
            if "{" in value and id(one) in run.wrong and succeeded(one) and is_in_path(one, value)
        ]
        if len(gone) > 1 and all(gone):
            text = Message(
                "fixtures.{name}: whatever {value} was called on was gone afterwards: it deletes",
                name=name,
                value=value,
            )
            deleted = {
                _thing_of(one)
                for other in run.plain().values()
                if "{" in other and other != value
                for one in run.of_path(other, frozenset({"step", "clean-up"}))
                if one.request.method != "GET" and succeeded(one)
            }
            yield RunCause(f"fixtures.{name}", text, partial(_follows_deletion, value=value, deleted=deleted))


def _follows_deletion(exchange: RecordedExchange, value: str, deleted: Collection[str]) -> bool:
    """Whether an exchange is on a path that deletes, finds what is gone, or finds what another path did not delete."""
    is_gone = exchange.role not in FIRM and exchange.response is not None and exchange.response.status == 404
    return is_gone or is_in_path(exchange, value) or _thing_of(exchange) in deleted


def _thing_of(exchange: RecordedExchange) -> str:
    """The last segment of a path: what a request is sent to."""
    return split_url(exchange.request.url).path.rpartition("/")[2]


def _is_gone_after(exchanges: Sequence[RecordedExchange], index: int) -> bool:
    """Whether each later answer that names what a request was sent to says that there is no such thing."""
    thing = _thing_of(exchanges[index])
    later = [
        one.response.status for one in exchanges[index + 1 :] if one.response is not None and is_in_path(one, thing)
    ]
    return bool(thing) and set(later) == {404}


def _reason_of(exchange: RecordedExchange) -> tuple[int, str] | None:
    """Why a request was refused: by codes and fields where there are any, as words are others in each language."""
    response = exchange.response
    if response is None or not 400 <= response.status < 500:
        return None
    codes = re.findall(r'"(?:code|field|type)"\s*:\s*"([^"]*)"', response.body)
    return response.status, " ".join(codes) or response.body


def _is_refused_for(
    exchange: RecordedExchange, value: str, reasons: Iterable[tuple[int, str] | None], *, valid: bool
) -> bool:
    meant = valid or exchange.role not in VALID
    return meant and is_in_path(exchange, value) and _reason_of(exchange) in reasons
