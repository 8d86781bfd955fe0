from __future__ import annotations

import gc
import hashlib
import shlex
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.checks.context import ResponseRules
from conformance.checks.leaks import check_leaks
from conformance.contract.contract import Contract
from conformance.http import Exchange, FailureKind, NoResponse, Request, Response
from conformance.results.encodings import SecretDetector
from conformance.results.model import RecordedExchange
from conformance.results.recording import record_exchange
from conformance.results.redaction import Redactor

KEY = "k3y-of-the-target"
HIDDEN = "\u2039secret:full\u203a"
URL = "https://host.example/api/../v1//x?limit=%2d1"


@pytest.fixture
def redactor() -> Redactor:
    return Redactor({"full": KEY})


def recorded(redactor: Redactor, request: Request, reply: Response | NoResponse | None = None) -> RecordedExchange:
    exchange = Exchange(request, reply or Response(200), 0.25, 2, "2026-11-22T01:00:00.125Z")
    return record_exchange(exchange, 3, "limit=min-1", "boundary", redactor)


def test_what_was_sent_and_what_came_is_kept(redactor: Redactor) -> None:
    answer = Response(400, (("Content-Type", "application/json"),), b'{"message":"no"}', 16, reason="Bad Request")
    actual = recorded(redactor, Request("GET", URL, (("X-KEY", KEY),)), answer)
    assert (
        actual.n,
        actual.label,
        actual.role,
        actual.seconds,
        actual.tries,
    ) == (3, "limit=min-1", "boundary", 0.25, 2)
    assert actual.started == "2026-11-22T01:00:00.125Z"
    assert (
        actual.request.method,
        actual.request.url,
        actual.request.headers,
        actual.request.body,
    ) == ("GET", URL, (("X-KEY", HIDDEN),), None)
    assert (
        actual.response.status,
        actual.response.body,
        actual.response.size,
        actual.response.cut,
    ) == (400, '{"message":"no"}', 16, False)
    assert actual.failure is None


def test_a_server_that_echoes_the_key_does_not_get_it_into_the_record(redactor: Redactor) -> None:
    answer = Response(500, (("X-Echo", KEY),), f"<p>{KEY}</p>".encode(), reason=KEY, faults=(KEY,))
    actual = recorded(redactor, Request("PUT", f"{URL}&k={KEY}", (("X-KEY", KEY),), KEY.encode()), answer)
    assert KEY not in repr(actual)
    assert actual.response.body == f"<p>{HIDDEN}</p>"


def test_a_body_is_redacted_before_it_is_cut(redactor: Redactor) -> None:
    body = b"x" * 4090 + KEY.encode() + b"y" * 100
    actual = recorded(redactor, Request("GET", URL), Response(200, (), body, len(body)))
    assert actual.response.cut
    assert actual.response.body == "x" * 4090 + HIDDEN


def test_a_failure_keeps_the_response_that_did_not_count(redactor: Redactor) -> None:
    failure = NoResponse(FailureKind.UNAVAILABLE, f"answered 503 {KEY}", Response(503, (), b"busy", 4))
    actual = recorded(redactor, Request("GET", URL), failure)
    assert (actual.failure.kind, actual.failure.detail) == ("unavailable", f"answered 503 {HIDDEN}")
    assert (actual.response.status, actual.response.body) == (503, "busy")
    assert recorded(redactor, Request("GET", URL), NoResponse(FailureKind.RESET)).response is None


def test_an_uploaded_file_is_told_by_its_size_and_hash(redactor: Redactor) -> None:
    file = b"\x89PNG" + bytes(4_899_996)
    body = b'--b1\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + file + b"\r\n--b1--\r\n"
    headers = (("Content-Type", "multipart/form-data; boundary=b1"),)
    actual = recorded(redactor, Request("POST", URL, headers, body)).request
    assert "\u20394,900,000 bytes\u203a" in actual.body
    assert 'filename="a.png"' in actual.body
    assert actual.body.endswith("--b1--\r\n")
    assert (len(body), hashlib.sha256(body).hexdigest()) == (actual.size, actual.sha256)


@pytest.mark.parametrize(("held", "hashed"), [("hunter2x", False), ("another", True)])
def test_no_hash_tells_a_password_to_whoever_guesses_it(*, held: str, hashed: bool) -> None:
    body = f'{{"password": "{held}"}}'.encode()
    request = Request("POST", URL, (("Content-Type", "application/json"),), body)
    response = Response(400, (), body, len(body), sha256=hashlib.sha256(body).hexdigest())
    actual = record_exchange(Exchange(request, response), 1, "", "", Redactor({"login.password": "hunter2x"}))
    assert actual.response is not None
    assert (bool(actual.request.sha256), bool(actual.response.sha256)) == (hashed, hashed)


@pytest.mark.parametrize(("size", "shown"), [(512, "x" * 512), (513, "\u2039513 bytes\u203a")])
def test_a_part_of_a_form_is_shown_up_to_512_bytes(redactor: Redactor, size: int, shown: str) -> None:
    body = b'--b1\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * size + b"\r\n--b1--\r\n"
    headers = (("Content-Type", "multipart/form-data; boundary=b1"),)
    text = recorded(redactor, Request("POST", URL, headers, body)).request.body
    assert text.split("\r\n\r\n")[1].split("\r\n")[0] == shown


def test_of_an_answer_of_many_parts_the_first_hundred_are_shown(redactor: Redactor) -> None:
    response = Response(200, (("Content-Type", "multipart/mixed; boundary=b1"),), b"--b1\r\nx\r\n" * 2_000)
    body = recorded(redactor, Request("GET", URL), response).response.body
    assert body.count("--b1") == 100
    assert body.endswith("\u203917,103 bytes\u203a\r\n")


def test_a_binary_answer_is_told_by_its_size(redactor: Redactor) -> None:
    actual = recorded(redactor, Request("GET", URL), Response(200, (), bytes(range(256)) * 40, 10_240))
    assert actual.response.body == "\u203910,240 bytes\u203a"


def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    find = SecretDetector._find
    monkeypatch.setattr(SecretDetector, "_find", lambda self, text: texts.append(text) or find(self, text))
    return texts


def test_an_answer_is_searched_once_for_the_same_secrets(
    redactor: Redactor, monkeypatch: pytest.MonkeyPatch, shop: Callable[..., Contract]
) -> None:
    texts = searched(monkeypatch)
    answer = Response(400, (("Content-Type", "application/json"),), b'{"message":"no"}', 16, reason="Bad Request")
    list(check_leaks(answer, ResponseRules(shop(), redactor.found_in, frozenset({"full"})), "here"))
    kept = recorded(redactor, Request("GET", URL), answer)
    assert redactor.redact((replace(kept, n=4), kept)) == (replace(kept, n=4), kept)
    assert len([text for text in texts if '"message":"no"' in text]) == 1


@pytest.mark.parametrize("token", ["t0ken-t0ken", "7"])
def test_what_was_recorded_is_searched_again_for_a_secret_that_is_learnt_later(redactor: Redactor, token: str) -> None:
    answer = Response(400, (("X-A", token),), f'{{"message": "no {token}"}}'.encode(), reason=token)
    kept = redactor.redact(recorded(redactor, Request("GET", f"{URL}&a={token}", (), token.encode()), answer))
    redactor.learn("token", token)
    shown = redactor.redact(kept)
    assert (shown.request.body, shown.response.reason, shown.response.headers) == (
        "\u2039secret:token\u203a",
        "\u2039secret:token\u203a",
        (("X-A", "\u2039secret:token\u203a"),),
    )
    assert shown.response.body == '{"message": "no \u2039secret:token\u203a"}'
    assert redactor.redact(shown) == shown


def test_the_beginning_of_a_secret_at_which_a_target_has_cut_its_body_is_replaced(redactor: Redactor) -> None:
    actual = recorded(redactor, Request("GET", URL), Response(400, (("X-A", "b"),), f"no {KEY[:6]}…".encode()))
    assert actual.response.body == f"no {HIDDEN}…"


def test_a_record_that_nobody_uses_any_longer_is_not_kept(redactor: Redactor) -> None:
    kept = redactor.redact(recorded(redactor, Request("GET", URL), Response(200, (), b"x" * 4096)))
    assert len(redactor.clean) == 3
    del kept
    gc.collect()
    assert len(redactor.clean) == 0


def test_a_megabyte_of_headers_stays_small(redactor: Redactor) -> None:
    headers = tuple((f"X-{n}", "v" * 10_000) for n in range(300))
    actual = recorded(redactor, Request("GET", URL), Response(200, headers))
    assert len(actual.response.headers) == 101
    assert sum(len(value) for _, value in actual.response.headers) < 300_000


def test_curl_sends_the_same_request_with_secrets_as_variables(redactor: Redactor) -> None:
    request = Request(
        "PATCH", URL, (("X-KEY", KEY), ("Content-Type", "application/json"), ("X-No", "")), b'{"a":"it\'s"}'
    )
    line = recorded(redactor, request).curl
    assert '-H "X-KEY: $FULL"' in line
    assert shlex.split(line) == [
        "curl", "-sSi", "--globoff", "--path-as-is", "--http1.1", "-X", "PATCH", "-H", "X-KEY: $FULL",
        "-H", "Content-Type: application/json", "-H", "X-No;", "--data-raw", '{"a":"it\'s"}', URL,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["$(touch /tmp/x)", "`id`", "'; rm -rf ~; '", '"\\', "!!", "a\nb"])
def test_no_text_of_a_request_reaches_the_shell(redactor: Redactor, text: str) -> None:
    request = Request("POST", f"https://host.example/{text}", (("X-A", f"{text} {KEY}"),), f"{text} {KEY}".encode())
    words = shlex.split(recorded(redactor, request).curl)
    flat = text.replace("\n", " ")
    assert f"X-A: {flat} $FULL" in words
    assert f"{text} $FULL" in words
    assert f"https://host.example/{text}" in words


def test_curl_goes_from_the_same_vantage(redactor: Redactor) -> None:
    request = Request("HEAD", URL, source_address="127.0.0.9", proxy=f"http://me:{KEY}@proxy.example:3128")
    actual = recorded(redactor, request)
    assert '--head --interface 127.0.0.9 --proxy "http://me:$FULL@proxy.example:3128"' in actual.curl
    assert actual.request.vantage == f"from 127.0.0.9 through http://me:{HIDDEN}@proxy.example:3128"
