"""What must not be in an answer: a credential anywhere, a stack trace in an error; and what only looks like one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks.context import ResponseRules, find_stack_trace
from conformance.checks.envelope import check_leaks
from conformance.contract.contract import Contract
from conformance.http import Response
from conformance.results.redaction import Redactor

Said = Callable[..., Response]

TRACES = {
    "python": 'Traceback (most recent call last):\n  File "/app/views.py", line 12, in get\n    raise KeyError\n',
    "python frame": '  File "views.py", line 3, in <module>',
    "java": "java.lang.NullPointerException: oops\n\tat com.shop.Items.get(Items.java:42)\n",
    "java frame": "at com.shop.Items$1.get(Items.java:42)",
    "kotlin": "\tat com.shop.ItemsKt.main(Items.kt:7)",
    "scala": "\tat shop.Items$.delayedEndpoint(Items.scala:9)",
    "spring": "org.springframework.web.HttpMediaTypeNotSupportedException: no\n",
    "node": "TypeError: x is undefined\n    at Object.<anonymous> (/app/server.js:10:15)\n",
    "node async": "    at async handler (file:///app/server.mjs:3:9)",
    "node without a name": "    at /app/server.js:10:15",
    "typescript": "    at Items.find (C:\\app\\items.ts:5:3)",
    "go": "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:8 +0x1d",
    "go frame": "goroutine 18 [running]:",
    "php": "PHP Fatal error: Uncaught Exception in /var/www/items.php:12\nStack trace:\n#0 /var/www/i.php(3): get()",
    "php frame": "#1 /var/www/index.php(33): Items->get()",
    "php warning": "Undefined variable in /var/www/items.php on line 12",
    "ruby": "app/items.rb:12:in `get': undefined method (NoMethodError)",
    "ruby 3.4": "app/items.rb:12:in 'Items#get'",
    "rust": "thread 'main' panicked at src/main.rs:4:5",
    "rust since 1.89": "thread 'tokio-runtime-worker' (1234) panicked at src/main.rs:4:5",
    "elixir": "** (KeyError) key :a not found\n    (shop 0.1.0) lib/shop/items.ex:12: Shop.Items.get/1",
    "dotnet": "   at Shop.Items.Get(String id) in C:\\src\\Items.cs:line 42",
    "dotnet exception": "System.NullReferenceException: Object reference not set to an instance of an object.",
}


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("form", ["plain", "json", "html"])
def test_a_stack_trace_is_found_in_every_usual_language(name: str, form: str) -> None:
    text = TRACES[name]
    body = {"plain": text, "json": json.dumps({"message": text}), "html": f"<pre>{text}</pre>"}[form]
    assert find_stack_trace(Response(500, body=body.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "Limit: must be no less than 0.",
        "Status: (0: must be a valid value.).",
        "Content not found",
        "No such file: /assets/2026/11/22/spoon.png",
        "Meeting at 12:30:05 (UTC)",
        "created at 2026-11-22T12:30:05Z",
        "not found at /media/2026-11-22T12:30:05",
        "see https://example.com:8443/docs/index.php?line=12",
        "at example.com:8080",
        "Invalid file name: a.js",
        "The file must not end in .php",
        "Invalid url: http://localhost:80/a.go",
        "An error occurred. Please contact support (id: 01:02:03:04).",
        "line 12: unexpected token",
        "Error: invalid id",
        "ValidationError: id is required",
        "The stack is empty; no trace of it",
        "thread 'lunch' was deleted",
        "#1 item (3): required",
        "main:12:in stock",
        "System.out is closed",
        "要求が正しくありません: 2 行目",
        "Value is not in range 1:10:2",
    ],
)
def test_a_plain_message_is_no_stack_trace(text: str) -> None:
    assert find_stack_trace(Response(400, body=json.dumps({"message": text}).encode())) is None


KEY = "the-full-key-0123"


@pytest.fixture
def rules(shop: Callable[..., Contract]) -> ResponseRules:
    redactor = Redactor({"full": KEY, "login.email": "someone@example.com"})
    return ResponseRules(shop(), redactor.found_in, frozenset(["full"]))


def told(answer: Response, rules: ResponseRules) -> list[str]:
    return [str(item.actual) for item in check_leaks(answer, rules, "here")]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("body", [{"key": KEY}, {"deep": [{"text": f"for {KEY}!"}]}, f"<p>{KEY}</p>"])
def test_a_key_in_a_body_is_a_must_whatever_the_status(
    rules: ResponseRules, answer: Said, status: int, body: Any
) -> None:
    (found,) = check_leaks(answer(status, body), rules, "here")
    assert ("leak", "must", "the value of full") == (found.check, found.level, found.actual)
    assert KEY not in repr(found)


def test_a_key_in_a_header_of_an_error_is_found(rules: ResponseRules, answer: Said) -> None:
    assert ["the value of full"] == told(answer(400, {}, X_Echo=KEY), rules)


def test_what_a_success_may_hold_is_no_leak_and_in_an_error_it_is(rules: ResponseRules, answer: Said) -> None:
    assert [] == told(answer(200, {"email": "someone@example.com"}), rules)
    assert ["the value of login.email"] == told(answer(400, {"message": "no someone@example.com"}), rules)


def test_a_content_may_tell_of_a_stack_trace_and_an_error_may_not(rules: ResponseRules, answer: Said) -> None:
    assert [] == told(answer(200, {"text": TRACES["python"]}), rules)
    assert 1 == len(told(answer(400, {"message": TRACES["python"]}), rules))
