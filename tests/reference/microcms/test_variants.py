"""Every variant answers the examples of the rows and their controls as documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from conformance import reference

VARIANTS = reference.variants("microcms-management")
PNG = b"\x89PNG\r\n\x1a\n"
CHOICES = [(name, choice) for name, choices in VARIANTS.items() for choice in choices[1:] if name != "latency_ms"]
LARGE = {"size_limit", "size_seen", "protocol", "connection", "framing", "check_order", "file_no_image"}
"""Variants that a large upload depends on."""
Firm = tuple[int, str, str, dict[str, Any]]


def firm(fixtures: dict[str, Any], *, large: bool) -> Iterator[Firm]:
    """Requests that have one right status for every conforming server."""
    group = f"/api/v1/contents/{fixtures['endpoint']}"
    one, draft = f"{group}/{fixtures['content_id']}", f"{group}/{fixtures['draft_content_id']}"
    for path in (group, "/api/v1/media", "/api/v2/media"):
        for limit, status in ((0, 200), (100, 200), (-1, 400), (101, 400), (2**31 - 1, 400), ("x", 400), ("1.5", 400)):
            yield status, "GET", path, {"params": {"limit": limit}}
    for path in (group, "/api/v1/media"):
        for offset, status in ((0, 200), (1, 200), (5000, 200), (-1, 400), ("1,000", 400)):
            yield status, "GET", path, {"params": {"offset": offset}}
    yield 404, "GET", f"{group}/{fixtures['missing_content_id']}", {}
    yield 200, "GET", one, {}
    for status in ("PUBLISH", "DRAFT"):
        yield 200, "PATCH", draft + "/status", {"json": {"status": [status]}}
    for body in ({"status": ["CLOSED"]}, {"status": ["DRAFT", "PUBLISH"]}, {"status": "DRAFT"}, [], "x", 1):
        yield 400, "PATCH", draft + "/status", {"json": body}
    yield 400, "PATCH", one + "/createdBy", {"json": {"createdBy": fixtures["missing_member_id"]}}
    yield 200, "PATCH", one + "/createdBy", {"json": {"createdBy": fixtures["member_id"]}}
    for path in (one + "/status", one + "/createdBy", "/api/v1/media", "/api/v2/media"):
        yield 405, "PUT", path, {}
    yield from firm_of_media(fixtures, large=large)
    yield 404, "GET", f"/api/v1/members/{fixtures['invited_member_id']}", {}
    yield 200, "GET", f"/api/v1/members/{fixtures['member_id']}", {}
    yield 403, "GET", group, {"headers": {"X-MICROCMS-API-KEY": "wrong"}}
    yield 404, "GET", "/api/v1/nowhere", {}
    yield 500, "GET", group, {"headers": {"X-Fault": "internal"}}


def firm_of_media(fixtures: dict[str, Any], *, large: bool) -> Iterator[Firm]:
    for version in (1, 2):
        for word, status in (("true", 200), ("false", 200), ("xxx", 400), ("2", 400)):
            yield status, "GET", f"/api/v{version}/media", {"params": {"imageOnly": word}}
    yield 400, "GET", "/api/v2/media", {"params": {"token": fixtures["expired_media_token"]}}
    yield 404, "GET", "/api/v2/media", {"params": {"fileName": fixtures["missing_media_file_name"]}}
    yield 200, "GET", "/api/v2/media", {"params": {"fileName": fixtures["media_file_name"]}}
    yield 400, "DELETE", "/api/v2/media", {}
    yield 400, "DELETE", "/api/v2/media", {"params": {"url": fixtures["referenced_media_url"]}}
    yield 404, "DELETE", "/api/v2/media", {"params": {"url": fixtures["missing_media_url"]}}
    yield 200, "DELETE", "/api/v2/media", {"params": {"url": fixtures["media_url"]}}
    yield 400, "POST", "/api/v1/media", {"json": {}}
    for size, status in ((9, 201), (4_900_000, 201), (5_400_000, 400)) if large else ((9, 201),):
        yield status, "POST", "/api/v1/media", {"files": {"file": ("a.png", PNG + bytes(size), "image/png")}}


def wrong_answers(choices: dict[str, str]) -> list[str]:
    large = len(choices) > 1 or not LARGE.isdisjoint(choices)
    with reference.start("microcms-management", variants=choices) as running, requests.Session() as session:
        session.trust_env = False
        full = running.profile["credentials"]["full"]
        session.headers[full["header"]] = full["value"]
        found = []
        for status, method, path, options in firm(running.profile["fixtures"], large=large):
            answer = session.request(method, running.base_url + path, timeout=10, **options)
            right = answer.status_code == status and (not answer.content or isinstance(answer.json(), dict))
            if not right:
                found.append(f"{method} {path} {options}: {answer.status_code}, not {status}")
        assert running.application.crashes == []
    return found


@pytest.mark.parametrize(("name", "choice"), CHOICES, ids=lambda value: value.replace(" ", "-").replace("/", "-"))
def test_choice_keeps_what_is_firm(name: str, choice: str) -> None:
    assert wrong_answers({name: choice}) == []


@pytest.mark.parametrize("seed", range(12))
def test_random_server_keeps_what_is_firm(seed: int) -> None:
    assert wrong_answers({**reference.random_variants("microcms-management", seed), "latency_ms": "0"}) == []


def test_seed_gives_the_same_server_again() -> None:
    first = reference.random_variants("microcms-management", 7)
    assert first == reference.random_variants("microcms-management", 7)
    assert first != reference.random_variants("microcms-management", 8)
    assert set(first) == set(VARIANTS)


@pytest.mark.parametrize(
    ("choices", "query", "status"),
    [
        ({"integer_plus": "accepted"}, "limit=%2B101", 400),
        ({"integer_plus": "accepted"}, "limit=%2B5", 200),
        ({}, "limit=%2B5", 400),
        ({"integer_zeros": "rejected"}, "limit=007", 400),
        ({}, "limit=007", 200),
        ({"integer_exponent": "accepted"}, "limit=1e2", 200),
        ({"integer_exponent": "accepted"}, "limit=1e99", 400),
        ({"integer_hexadecimal": "accepted"}, "limit=0x10", 200),
        ({"integer_digits": "accepted"}, "limit=%D9%A5", 200),
        ({"integer_spaces": "accepted"}, "limit=%205", 200),
        ({"integer_empty": "accepted"}, "limit=", 200),
        ({"integer_nan": "accepted"}, "limit=NaN", 200),
        ({"integer_twice": "last"}, "limit=101&limit=5", 200),
        ({"integer_brackets": "accepted"}, "limit[]=101", 400),
        ({"integer_huge": "rejected"}, "offset=99999999999999999999", 400),
        ({}, "offset=" + "9" * 6000, 200),
        ({"integer_minus_zero": "below"}, "limit=-0", 400),
        ({}, "limit=-0", 200),
    ],
)
def test_open_numbers_follow_the_choice(choices: dict[str, str], query: str, status: int) -> None:
    with reference.start("microcms-management", variants=choices) as running:
        full = running.profile["credentials"]["full"]
        url = f"{running.base_url}/api/v1/contents/news?{query}"
        assert status == requests.get(url, headers={full["header"]: full["value"]}, timeout=5).status_code


def test_the_other_version_of_media_may_delete_and_upload() -> None:
    with reference.start("microcms-management", variants={"method_other_version": "supported"}) as running:
        full, fixtures = running.profile["credentials"]["full"], running.profile["fixtures"]
        headers, version_1, version_2 = {full["header"]: full["value"]}, "/api/v1/media", "/api/v2/media"
        seen = [
            requests.request(method, running.base_url + path, headers=headers, timeout=5, **more).status_code
            for method, path, more in (
                ("DELETE", version_1, {"params": {"url": fixtures["media_url"]}}),
                ("DELETE", version_1, {}),
                ("POST", version_2, {"files": {"file": ("a.png", PNG, "image/png")}}),
                ("POST", version_2, {"json": {}}),
            )
        ]
    assert seen == [200, 405, 201, 405]


@pytest.mark.parametrize(("allowance", "count"), [("10/10s", 10), ("3/60s", 3), ("5/2s", 5)])
def test_the_profile_says_the_allowance_of_the_throttled_key(allowance: str, count: int) -> None:
    with reference.start("microcms-management", variants={"allowance": allowance}) as running:
        throttled = running.profile["credentials"]["throttled"]
        url, headers = f"{running.base_url}/api/v1/service", {throttled["header"]: throttled["value"]}
        statuses = [requests.get(url, headers=headers, timeout=5).status_code for _ in range(count + 2)]
    assert throttled["allowance"] == allowance
    assert statuses == [200] * count + [429] * 2
