"""A target that redirects is not ready."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conformance.contract.contract import Contract
from conformance.doctor.examine import examine_target
from conformance.doctor.format import format_diagnosis
from conformance.target.loader import Target


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody to the same place by https."""

    location = "https://{host}{path}"

    status = 301

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Location", self.location.format(host=self.headers["Host"], path=self.path))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def redirecting() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run would send is of no account here, and a thorough plan takes seconds."""
    monkeypatch.setattr("conformance.doctor.examine.DEPTHS", ("standard",))


def test_a_redirect_to_https_is_bad_and_names_where_it_leads(
    redirecting: str, shop: Callable[..., Contract], target: Callable[..., Target]
) -> None:
    diagnosis = examine_target(shop(), target(base_url=redirecting))
    answer = next(fact for fact in diagnosis.facts if fact.about == "answer")
    assert answer.state == "bad"
    assert f"redirects to {redirecting.replace('http', 'https')}/" in answer.detail
    assert not diagnosis.possible
    assert "correct what is marked ✗" in format_diagnosis(diagnosis).splitlines()[-1]


def test_a_redirect_to_what_is_no_url_is_told_as_it_is(
    redirecting: str, shop: Callable[..., Contract], target: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Redirecting, "location", "http://[::g]/")
    (answer,) = [fact for fact in examine_target(shop(), target(base_url=redirecting)).facts if fact.about == "answer"]
    assert (answer.state, "redirects to http://[::g]/" in answer.detail) == ("unknown", True)


def test_a_target_that_is_never_available_is_not_ready(
    redirecting: str, shop: Callable[..., Contract], target: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Redirecting, "status", 503)
    monkeypatch.setattr("conformance.client.retry.BACKOFF", (0.01,))
    diagnosis = examine_target(shop(), target(base_url=redirecting))
    assert {fact.about: fact.state for fact in diagnosis.facts}["full"] == "bad"
    assert not diagnosis.possible
