"""A whole body held against what a case says of it: a schema, values at places, what must be absent, a page. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.contract.model import Page
from conformance.judge.expectation import Expectation
from conformance.judge.finding import Finding, Level
from conformance.judge.rules import NOTHING, point, same, validator
from conformance.judge.schemas import differences
from conformance.wire import Answer

__all__ = ["whole_body"]


def whole_body(answer: Answer, body: Any, wanted: Expectation, where: str) -> Iterator[Finding]:
    if wanted.body is None and wanted.equals is None and not wanted.absent and wanted.page is None:
        return
    if answer.status >= 400 and min(wanted.statuses) < 400:
        return  # what is said of the body is said of the success; a refusal is allowed beside it
    if body is NOTHING:
        yield Finding("body", wanted.body_level, "a JSON body", answer.text[:120] or "an empty body", where)
        return
    yield from _shape(body, wanted, where)
    if wanted.page is not None:
        yield from _page(body, wanted.page, where)


def _shape(body: Any, wanted: Expectation, where: str) -> Iterator[Finding]:
    if wanted.body is not None:
        for should, got, place in differences(validator(wanted.body), body):
            yield Finding("body", wanted.body_level, should, got, where, detail=f"at {place}")
    for pointer, value in (wanted.equals or {}).items():
        there, got = point(body, pointer)
        if not there or not same(got, value):
            yield Finding("body", wanted.body_level, value, got if there else "absent", where, detail=f"at {pointer}")
    for pointer in wanted.absent:
        there, got = point(body, pointer)
        if there:
            yield Finding("body", Level.MUST, f"no member {pointer}", got, where)


def _page(body: Any, page: Page, where: str) -> Iterator[Finding]:
    """As many items as there are, within limit and offset; nothing is said where the body does not tell the total."""
    _, items = point(body, page.items)
    _, total = point(body, page.total)
    if not isinstance(items, list) or not isinstance(total, int) or isinstance(total, bool):
        return
    wanted = min(page.limit, max(0, total - page.offset))
    if len(items) != wanted:
        detail = f"of {total} in all, with limit {page.limit} and offset {page.offset}"
        yield Finding("body", Level.MUST, f"{wanted} items", f"{len(items)} items", where, detail=detail)
