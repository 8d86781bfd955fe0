"""A target that redirects is not ready."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conformance.contract.loader import read_contract
from conformance.doctor.examine import examine_target
from conformance.doctor.format import format_diagnosis
from conformance.target.loader import target_from_mapping

CASES = Path(__file__).parents[2] / "cases"


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody to the same place by https."""

    def do_GET(self) -> None:
        self.send_response(301)
        self.send_header("Location", f"https://{self.headers['Host']}{self.path}")
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


def test_a_redirect_to_https_is_bad_and_names_where_it_leads(redirecting: str) -> None:
    profile = {
        "contract": "microcms-management",
        "base_url": redirecting,
        "credentials": {"full": {"header": "X-MICROCMS-API-KEY", "value": "a-key-0000000000"}},
        "fixtures": {"endpoint": "news"},
    }
    target = target_from_mapping(profile, where="target.yaml", environ={})
    diagnosis = examine_target(read_contract(CASES / "microcms-management"), target)
    answer = next(fact for fact in diagnosis.facts if fact.about == "answer")
    assert answer.state == "bad"
    assert f"redirects to {redirecting.replace('http', 'https')}/" in answer.detail
    assert not diagnosis.possible
    assert "correct what is marked ✗" in list(format_diagnosis(diagnosis))[-1]
