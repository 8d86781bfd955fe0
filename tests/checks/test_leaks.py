"""What must not be in an answer: a credential anywhere, a stack trace in an error; and what only looks like one."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import thread_time
from typing import Any
from urllib.parse import quote

import pytest

from conformance.checks.context import ResponseRules
from conformance.checks.leaks import check_leaks, find_stack_trace
from conformance.contract.contract import Contract
from conformance.http import Request, Response
from conformance.results.redaction import Redactor
from tests.conftest import BELOW

MakeResponse = Callable[..., Response]

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
    "php of a library": "vendor/shop/items/Items.php(88): get()",
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


def reported(answer: Response, rules: ResponseRules) -> list[str]:
    return [str(item.actual) for item in check_leaks(answer, rules, "here")]


@pytest.mark.parametrize(
    "response",
    [
        Response(400, reason=f"Bad key {KEY}"),
        Response(400, headers=((f"X-{KEY}", "y"),)),
        Response(400, headers=(("X-Key", KEY),)),
        Response(400, faults=(f"{KEY!r} is no chunk size",)),
    ],
    ids=["reason", "name of a header", "header", "framing"],
)
def test_a_key_anywhere_in_a_refusal_is_a_must(rules: ResponseRules, response: Response) -> None:
    assert reported(response, rules) == ["the value of full"]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("body", [{"key": KEY}, {"deep": [{"text": f"for {KEY}!"}]}, f"<p>{KEY}</p>"])
def test_a_key_in_a_body_is_a_must_whatever_the_status(
    rules: ResponseRules, answer: MakeResponse, status: int, body: Any
) -> None:
    (found,) = check_leaks(answer(status, body), rules, "here")
    assert (found.check, found.level, found.actual) == ("leak", "must", "the value of full")
    assert KEY not in repr(found)


def test_a_key_in_a_header_of_an_error_is_found(rules: ResponseRules, answer: MakeResponse) -> None:
    assert reported(answer(400, {}, X_Echo=KEY), rules) == ["the value of full"]


def test_what_a_success_may_hold_is_no_leak_and_in_an_error_it_is(rules: ResponseRules, answer: MakeResponse) -> None:
    assert reported(answer(200, {"email": "someone@example.com"}), rules) == []
    assert reported(answer(400, {"message": "no someone@example.com"}), rules) == ["the value of login.email"]


def test_the_account_may_come_back_to_who_named_it_and_the_key_may_not(
    rules: ResponseRules, answer: MakeResponse
) -> None:
    request = Request("POST", "http://shop.test/login", (("X-Key", KEY),), b'{"email": "someone@example.com"}')
    refusal = answer(401, {"message": f"someone@example.com is locked, {KEY} is not"})
    found = [item.actual for item in check_leaks(refusal, rules, "here", request)]
    assert found == ["the value of full"]


def test_a_content_may_tell_of_a_stack_trace_and_an_error_may_not(rules: ResponseRules, answer: MakeResponse) -> None:
    assert reported(answer(200, {"text": TRACES["python"]}), rules) == []
    assert len(reported(answer(400, {"message": TRACES["python"]}), rules)) == 1


INSIDE = {
    "inner address": "upstream 10.2.0.17 refused",
    "inner address of class B": "172.20.1.5:8080 timed out",
    "home network": "from 192.168.1.10",
    "link-local": "169.254.169.254",
    "inner IPv6": "connect fd12:3456:789a::1 failed",
    "inner host": "db-1.prod.internal is down",
    "cluster": "http://items.shop.svc.cluster.local/",
    "local port": "connect to localhost:5432 failed",
    "unix path": "cannot open /var/www/shop/items.json",
    "path of a template": "file:/srv/shop/templates/item.tpl line 12",
    "source file": "/app/src/items.py failed",
    "windows path": "C:\\inetpub\\shop\\items.config",
    "share": "\\\\files-2\\shop$\\items.txt is locked",
    "select": "SELECT id FROM items WHERE name = 'x'",
    "update": "UPDATE items SET name = 'x'",
    "sqlstate": "SQLSTATE[42S02]: Base table not found",
    "postgres": 'syntax error at or near "x"',
    "small letters": "select * from `items` where `name` = ? limit 1",
    "small letters of a write": "insert into items (name) values ($1)",
    "small letters of a change": "update items set name = ? where id = ?",
    "small letters of a deletion": 'delete from "items" where id = 5',
    "column": "Data too long for column 'name' at row 1",
    "key": "Duplicate entry 'x' for key 'items.PRIMARY'",
    "characters": "Incorrect string value: '\\xF0\\x9F' for column 'name'",
    "type": "value too long for type character varying(10)",
    "relation": 'relation "items" does not exist',
    "constraint": 'null value in column "name" violates not-null constraint',
    "sqlite": "UNIQUE constraint failed: items.name",
    "lock": "Lock wait timeout exceeded; try restarting transaction",
    "driver": "psycopg2.errors.UndefinedTable Error: psycopg2.ProgrammingError",
    "bcrypt": "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$hash",
    "phpass": "$P$B9x7YqL2Zk3Vw8uT5sR1pN6mJ4hG0f/",
    "connection": "mysql://shop:hunter2@db/items",
    "private key": "-----BEGIN RSA PRIVATE " + "KEY-----",
    "token of another": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.dGhlLXNpZ25hdHVyZQ",
    "session": "Cookie: PHPSESSID=8f3a2bc1d9e04576",
    "local host": "web-03.shop.local did not answer",
    "loopback": "connect to [::1]:9000 failed",
    "django": "pbkdf2_sha256$600000$salt$hash",
    "somebody's address": "already used by taro.yamada@mail.jp",
}


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("where", ["message", "beside"])
def test_a_refusal_does_not_tell_of_the_inside_or_of_others(
    rules: ResponseRules, answer: MakeResponse, name: str, where: str
) -> None:
    body = {"message": INSIDE[name]} if where == "message" else {"message": "no", "debug": [{"info": INSIDE[name]}]}
    found = list(check_leaks(answer(400, body), rules, "here"))
    assert [(one.check, one.level) for one in found] == [("leak", "must")]
    assert list(check_leaks(answer(200, body), rules, "here")) == []


@pytest.mark.parametrize("name", INSIDE)
def test_what_the_request_held_may_come_back(rules: ResponseRules, answer: MakeResponse, name: str) -> None:
    request = Request("GET", f"http://127.0.0.1/items?q={quote(INSIDE[name])}")
    assert list(check_leaks(answer(400, {"message": INSIDE[name]}), rules, "here", request)) == []


def test_what_a_documented_wording_holds_is_no_leak(shop: Callable[..., Contract], answer: MakeResponse) -> None:
    documented = shop(BELOW.replace("limit: at least 0, not {query.limit}", "no such table: {any}"))
    rules = ResponseRules(documented, lambda _: ())
    assert list(check_leaks(answer(400, {"message": "no such table: shoes"}), rules, "here")) == []
    assert len(list(check_leaks(answer(400, {"message": "SELECT a FROM b"}), rules, "here"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "version 10.2.1 is too old",
        "see /docs/errors for more",
        "select a limit from 0 to 100",
        "write to support@vendor.jp",
        "must be like user@example.com",
        "Invalid integer in query (limit=5a)",
        "upload a file of at most 5 MB",
        "use the header X-MICROCMS-API-KEY",
        "select one from the list, or update it and set another",
        "insert into items (at most 5) or delete from it where it stands",
        "the title is too long, the column is unknown: see https://vendor.jp/errors:42",
    ],
)
def test_what_a_right_server_says_is_no_leak(rules: ResponseRules, answer: MakeResponse, text: str) -> None:
    assert list(check_leaks(answer(400, {"message": text}), rules, "here")) == []


@pytest.mark.parametrize("name", ["password_hash", "grantToken", "access_token", "phoneNumber", "full-name"])
def test_a_refusal_has_no_member_with_a_credential_or_somebodys_data(
    rules: ResponseRules, answer: MakeResponse, name: str
) -> None:
    found = list(check_leaks(answer(401, {"message": "no", "member": {name: "Taro 09"}}), rules, "here"))
    assert [str(one.actual) for one in found] == [f"a member {name}"]
    assert list(check_leaks(answer(401, {"message": "no", name: ""}), rules, "here")) == []


@pytest.mark.parametrize(("before", "found"), [(1999, ["10.0.3.17"]), (2000, [])])
def test_so_many_texts_of_a_body_are_searched(
    rules: ResponseRules, answer: MakeResponse, before: int, found: list[str]
) -> None:
    assert reported(answer(400, {"errors": ["no"] * before + ["10.0.3.17:8080"]}), rules) == found


def test_a_body_of_one_letter_is_searched_at_once(rules: ResponseRules, answer: MakeResponse) -> None:
    for letter in ("a", "/", "1.", "SELECT ", "x@", "a.", "\\", "a:", "insert into a("):
        began = thread_time()
        list(check_leaks(answer(400, {"message": letter * 500_000}), rules, "here"))
        assert thread_time() - began < 5
