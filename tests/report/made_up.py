"""Made-up results that hold every verdict and every kind of proof, for tests of what draws them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from conformance.checks.model import Finding, Level, Verdict
from conformance.results.model import (
    Attempt,
    Choice,
    ContractName,
    ExpectedAnswer,
    Exploration,
    ExploredFinding,
    KnownDeviationNote,
    Note,
    PromiseSource,
    RecordedExchange,
    RecordedNoResponse,
    RecordedRequest,
    RecordedResponse,
    Results,
    RowResult,
    Suite,
    TableName,
    TargetRun,
    Undocumented,
)

HOST = "https://example.microcms-management.io"
LIST = "/api/v1/contents/news"
DOCUMENT = "https://document.microcms.io/management-api/management-api-error-response"
MICROCMS = PromiseSource(document=DOCUMENT, language="ja", edition="2025-12-10", confidence="documented")
KUROCO = PromiseSource(
    document="https://kuroco.app/docs/reference/error",
    language="en",
    edition="2024",
    confidence="inferred",
    note="The cell is empty in the older edition; the status follows from the table of codes.",
)


def answer(
    n: int,
    label: str,
    query: str,
    status: int,
    body: Any,
    *,
    role: str = "boundary",
    method: str = "GET",
    path: str = LIST,
    sent: str | None = None,
    seconds: float = 0.041,
) -> RecordedExchange:
    """One exchange with an answer; `body` is a JSON value or text as it came."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    raw = text.encode("utf-8", "replace")
    url = f"{HOST}{path}" + (f"?{query}" if query else "")
    data = f" -H 'Content-Type: application/json' --data-raw '{sent}'" if sent else ""
    return RecordedExchange(
        n=n,
        label=label,
        role=role,
        seconds=seconds,
        request=RecordedRequest(
            method=method,
            url=url,
            body=sent,
            size=len(sent or ""),
            headers=(("Accept", "application/json"), ("X-MICROCMS-API-KEY", "[credential full]")),
        ),
        response=RecordedResponse(
            status=status,
            reason={200: "OK", 400: "Bad Request", 404: "Not Found"}.get(status, ""),
            headers=(("Content-Type", "application/json"), ("Date", "Sun, 22 Nov 2026 01:00:00 GMT")),
            body=text,
            size=len(raw),
            sha256=hashlib.sha256(raw).hexdigest(),
        ),
        curl=f"curl -sS -i -X {method} -H \"X-MICROCMS-API-KEY: $MICROCMS_API_KEY\"{data} '{url}'",
    )


def failure(n: int, label: str, kind: str, detail: str) -> RecordedExchange:
    """One exchange that no answer came to."""
    return RecordedExchange(
        n=n,
        label=label,
        role="boundary",
        seconds=10.0,
        tries=3,
        request=RecordedRequest(method="GET", url=f"{HOST}{LIST}?{label}"),
        failure=RecordedNoResponse(kind, detail),
        curl=f"curl -sS -i '{HOST}{LIST}?{label}'",
    )


def tried(  # noqa: PLR0917 - a line of a table
    label: str, value: str, outcome: str, text: str, exchange: int | None, role: str = "boundary"
) -> Attempt:
    return Attempt(label=label, role=role, value=value, outcome=outcome, answer=text, exchange=exchange)


PAGE = {"contents": [{"id": "foo", "createdAt": "2026-01-01T00:00:00.000Z"}], "totalCount": 1, "offset": 0, "limit": 10}
BELOW = "Limit: must be no less than 0."
ABOVE = "limit must be less than or equal to 100"


def violates_by_status() -> RowResult:
    return RowResult(
        id="contents-get/limit-below-minimum",
        table="contents-get",
        row=1,
        verdict=Verdict.VIOLATES,
        requests=5,
        cause="The limit is below 0.",
        expected=ExpectedAnswer(400, (BELOW,)),
        source=MICROCMS,
        seconds=0.3,
        file="cases/microcms-management/contents-get.yaml",
        line=6,
        observed=f"400 {BELOW}",
        findings=(
            Finding(
                "status",
                Level.MUST,
                400,
                200,
                "limit=min-1000",
                3,
                times="2 of 2",
                smallest="-11",
                detail="The list came as if nothing were wrong with the limit.",
            ),
            Finding("content-type", Level.NOTE, "application/json", "text/plain", "limit=min-1", 1),
        ),
        choices=(Choice("limit=-0", "accepted", 5),),
        attempts=(
            tried("limit=min-1", "-1", "as-promised", f"400 {BELOW}", 1, "example"),
            tried("limit=min-2", "-2", "as-promised", f"400 {BELOW}", 2),
            tried("limit=min-1000", "-1000", "violation", "200 1 content", 3),
            tried("limit=min", "0", "as-promised", "200 0 contents", 4, "control"),
            tried("limit=-0", "-0", "recorded", "200 1 content", 5, "open"),
        ),
        exchanges=(
            answer(1, "limit=min-1", "limit=-1", 400, {"message": BELOW}, role="example"),
            answer(2, "limit=min-2", "limit=-2", 400, {"message": BELOW}),
            answer(3, "limit=min-1000", "limit=-1000", 200, PAGE),
            answer(4, "limit=min", "limit=0", 200, {**PAGE, "contents": []}, role="control"),
            answer(5, "limit=-0", "limit=-0", 200, PAGE, role="open"),
        ),
        notes=(Note("Retry-After", "A 429 should say when to come back.", "RFC 9110, 10.2.3", 2),),
    )


def violates_by_wrong_row() -> RowResult:
    return RowResult(
        id="contents-get/limit-above-maximum",
        table="contents-get",
        row=2,
        verdict=Verdict.VIOLATES,
        requests=2,
        cause="The limit is above 100.",
        expected=ExpectedAnswer(400, (ABOVE,)),
        source=MICROCMS,
        file="cases/microcms-management/contents-get.yaml",
        line=14,
        observed="400 Offset: must be no less than 0",
        findings=(
            Finding(
                "message",
                Level.MUST,
                ABOVE,
                "Offset: must be no less than 0",
                "limit=max+1",
                1,
                detail="This is the message of contents-get/offset-below-minimum: rejected for the wrong reason.",
            ),
        ),
        attempts=(
            tried("limit=max+1", "101", "violation", "400 Offset: must be no less than 0", 1, "example"),
            tried("limit=max", "100", "as-promised", "200 1 content", 2, "control"),
        ),
        exchanges=(
            answer(1, "limit=max+1", "limit=101", 400, {"message": "Offset: must be no less than 0"}, role="example"),
            answer(2, "limit=max", "limit=100", 200, PAGE, role="control"),
        ),
    )


def drifts() -> RowResult:
    actual = "Invalid integer in query (limit: abc)"
    return RowResult(
        id="contents-get/limit-not-an-integer",
        table="contents-get",
        row=3,
        verdict=Verdict.DRIFTS,
        requests=2,
        cause="The limit is not an integer.",
        expected=ExpectedAnswer(400, ("Invalid integer in query (limit={query.limit})",)),
        source=MICROCMS,
        file="cases/microcms-management/contents-get.yaml",
        line=22,
        observed=f"400 {actual}",
        findings=(Finding("message", Level.SHOULD, "Invalid integer in query (limit=abc)", actual, "limit=abc", 1),),
        choices=(Choice("limit=+5", "accepted", 2), Choice("limit=\uff15", "contents-get/limit-not-an-integer")),
        attempts=(
            tried("limit=abc", "abc", "drift", f"400 {actual}", 1, "example"),
            tried("limit=+5", "+5", "recorded", "200 1 content", 2, "open"),
            *(tried(f"drawn {n}", f"x{n}", "as-promised", "400 Invalid integer", None, "drawn") for n in range(30)),
        ),
        exchanges=(
            answer(1, "limit=abc", "limit=abc", 400, {"message": actual}, role="example"),
            answer(2, "limit=+5", "limit=%2B5", 200, PAGE, role="open"),
        ),
    )


def conforms() -> RowResult:
    return RowResult(
        id="contents-get/offset-below-minimum",
        table="contents-get",
        row=4,
        verdict=Verdict.CONFORMS,
        requests=2,
        cause="The offset is below 0.",
        expected=ExpectedAnswer(400, ("Offset: must be no less than 0",)),
        source=MICROCMS,
        file="cases/microcms-management/contents-get.yaml",
        line=30,
        observed="400 Offset: must be no less than 0",
        attempts=(
            tried("offset=min-1", "-1", "as-promised", "400 Offset: must be no less than 0", 1, "example"),
            tried("offset=min", "0", "as-promised", "200 1 content", 2, "control"),
        ),
        exchanges=(
            answer(1, "offset=min-1", "offset=-1", 400, {"message": "Offset: must be no less than 0"}, role="example"),
            answer(2, "offset=min", "offset=0", 200, PAGE, role="control"),
        ),
    )


def inconclusive() -> RowResult:
    return RowResult(
        id="contents-get/offset-not-an-integer",
        table="contents-get",
        row=5,
        verdict=Verdict.INCONCLUSIVE,
        requests=3,
        reason="No answer came within 10 s, three times in a row.",
        cause="The offset is not an integer.",
        expected=ExpectedAnswer(400, ("Invalid integer in query (offset={query.offset})",)),
        source=MICROCMS,
        file="cases/microcms-management/contents-get.yaml",
        line=38,
        warnings=("The connection was reset once.",),
        attempts=(tried("offset=abc", "abc", "no-answer", "timeout", 1, "example"),),
        exchanges=(failure(1, "offset=abc", "timeout", "no byte within 10 s"),),
        skipped=("offset=10001: a known bug of the vendor",),
    )


def not_exercised() -> RowResult:
    return RowResult(
        id="members-get/member-not-found",
        table="members-get",
        row=1,
        verdict=Verdict.NOT_EXERCISED,
        reason="The profile lacks what this row needs.",
        cause="No such member, or one who is still invited.",
        expected=ExpectedAnswer(404, ("Member not found",)),
        source=MICROCMS,
        lacks=("fixtures.member_id", "allow: write"),
        file="cases/microcms-management/members-get.yaml",
        line=5,
    )


def known() -> RowResult:
    return RowResult(
        id="media-delete/medium-not-found",
        table="media-delete",
        row=3,
        verdict=Verdict.VIOLATES,
        requests=1,
        cause="A well-formed URL, but no such medium.",
        expected=ExpectedAnswer(404, ("medium not found",)),
        source=MICROCMS,
        file="cases/microcms-management/media-delete.yaml",
        line=20,
        observed="500 Internal Server Error",
        findings=(Finding("status", Level.MUST, 404, 500, "url=missing", 1),),
        known=KnownDeviationNote(
            "Reported to the vendor; a fix is announced.", "https://tracker.example/42", "2027-01-31"
        ),
        attempts=(tried("url=missing", "https://images.example/x.jpg", "violation", "500", 1, "example"),),
        exchanges=(
            answer(
                1,
                "url=missing",
                "url=x",
                500,
                "Internal Server Error",
                role="example",
                method="DELETE",
                path="/api/v2/media",
            ),
        ),
    )


def kuroco_rows() -> tuple[RowResult, ...]:
    expected = ExpectedAnswer(400, ("Title is required", "タイトルは必須項目です。"), "invalid", "subject")
    body = {"errors": [{"code": "required", "message": "タイトルは必須項目です。", "field": "subject"}]}
    return (
        RowResult(
            id="topics-write/title-missing",
            table="topics-write",
            row=2,
            verdict=Verdict.VIOLATES,
            requests=1,
            cause="The title is empty.",
            expected=expected,
            source=replace(KUROCO, language="ja", confidence="documented"),
            file="cases/kuroco/topics-write.yaml",
            line=12,
            editions=("2024",),
            observed="400 required",
            findings=(Finding("code", Level.MUST, "invalid", "required", "subject=empty", 1),),
            attempts=(tried("subject=empty", '""', "violation", "400 required", 1, "example"),),
            exchanges=(
                answer(
                    1,
                    "subject=empty",
                    "_lang=ja",
                    400,
                    body,
                    role="example",
                    method="POST",
                    path="/rcms-api/1/topics1/insert",
                    sent='{"subject": ""}',
                ),
            ),
        ),
        RowResult(
            id="topics-write/no-group",
            table="topics-write",
            row=1,
            verdict=Verdict.CONFORMS,
            requests=1,
            cause="The endpoint is bound to no group.",
            source=KUROCO,
            file="cases/kuroco/topics-write.yaml",
            line=4,
            expected=ExpectedAnswer(400, ("Content Structure does not exist.",), "bad_request"),
            observed="400 bad_request",
            attempts=(tried("no group", "insert", "as-promised", "400 bad_request", None, "example"),),
        ),
    )


def explored() -> Exploration:
    return Exploration(
        operation="listContents",
        method="GET",
        path="/api/v1/contents/{endpoint}",
        verdict=Verdict.VIOLATES,
        requests=40,
        statuses=((200, 21), (400, 18), (500, 1)),
        seconds=1.5,
        findings=(ExploredFinding("server-error", Level.MUST, "no 5xx", 500, 1, 1, "Any input must be answered."),),
        exchanges=(answer(1, "GET listContents", "orders=%00", 500, "<h1>Internal Server Error</h1>", role="drawn"),),
        file="cases/microcms-management/openapi.yaml",
        line=10,
    )


def run_of(contract: ContractName, target: dict[str, Any], rows: tuple[RowResult, ...], **more: Any) -> TargetRun:
    """A run whose verdict, counts and requests follow from its rows."""
    order = list(Verdict)
    counts = Counter(row.verdict.value for row in rows)
    return TargetRun(
        contract=contract,
        target=target,
        rows=rows,
        requests=sum(row.requests for row in rows),
        verdict=max((row.verdict for row in rows), key=order.index, default=Verdict.NOT_EXERCISED),
        counts={verdict.value: counts[verdict.value] for verdict in order},
        **more,
    )


def sample_results() -> Results:
    """Two contracts; every verdict, level, role and outcome; exploration, undocumented answers and warnings."""
    microcms = run_of(
        ContractName(
            "microcms-management",
            "2025-12-10",
            "microCMS Management API",
            DOCUMENT,
            (
                TableName("contents-get", "Content operations, GET", "コンテンツ操作 GET"),
                TableName("media-delete", "Media operations, DELETE", "メディア操作 DELETE"),
                TableName("members-get", "Member operations, GET"),
            ),
        ),
        {"base_url": HOST, "allow": ["write"], "pace": "10/10s", "timeout": "10s", "fixtures": {"endpoint": "news"}},
        (violates_by_status(), violates_by_wrong_row(), drifts(), conforms(), inconclusive(), known(), not_exercised()),
        explored=(explored(),),
        undocumented=(Undocumented("listContents", 400, "Query too long", 3, f"curl -sS -i '{HOST}{LIST}?q=x'", "q"),),
        warnings=("One uploaded medium could not be deleted: sample.png",),
    )
    kuroco = run_of(
        ContractName(
            "kuroco",
            "2024",
            "Kuroco API",
            "https://kuroco.app/docs/reference/error",
            (TableName("topics-write", "Topics, insert and update", "トピックス 追加・更新"),),
        ),
        {"base_url": "http://127.0.0.1:8080/rcms-api/1", "allow": [], "pace": "50/1s"},
        kuroco_rows(),
        editions=("2024", "2026"),
    )
    return Results(
        suite=Suite("conformance", "0.1.0"),
        seed=0,
        depth="standard",
        started="2026-11-22T01:00:00Z",
        seconds=12.4,
        runs=(microcms, kuroco),
    )


def many_rows(count: int = 500, exchanges: int = 6) -> Results:
    """As many rows as asked for, each with evidence whose bodies are long."""
    body = {"contents": [{"id": f"content-{n}", "title": "あ" * 30} for n in range(40)]}
    rows = []
    for number in range(count):
        base = violates_by_status() if number % 10 == 0 else conforms()
        rows.append(
            replace(
                base,
                id=f"table-{number % 20}/row-{number}",
                table=f"table-{number % 20}",
                row=number + 1,
                requests=exchanges,
                exchanges=tuple(answer(n, f"limit={n}", f"limit={n}", 200, body) for n in range(1, exchanges + 1)),
            )
        )
    run = run_of(ContractName("large", "1", "A large contract"), {"base_url": HOST}, tuple(rows))
    return replace(sample_results(), runs=(run,))


def map_text(value: Any, change: Callable[[str], str]) -> Any:
    """The same value with every text in it changed, but for enum members and the keys of dicts."""
    if isinstance(value, Enum) or value is None:
        return value
    if isinstance(value, str):
        return change(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: map_text(getattr(value, field.name), change) for field in fields(value)})
    if isinstance(value, tuple | list):
        return type(value)(map_text(item, change) for item in value)
    if isinstance(value, dict):
        return {key: map_text(item, change) for key, item in value.items()}
    return value
