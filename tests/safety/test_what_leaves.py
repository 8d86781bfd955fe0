"""Every command before a server that writes down each byte: what was not allowed never left, nor went elsewhere."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.engine.journal import LEDGER_FILE
from conformance.reference.http import WireResponse
from tests.safety import commands
from tests.safety.recorder import Sent, recording
from tests.safety.watched import CONTRACTS, Watched, saved, watched
from tests.test_api import write_contract

READS = {"doctor", "init"}
"""The commands that only read, whatever is allowed."""


def permission_needed(request: Sent) -> str:
    """What a request could do at worst, from the documents and not from the contract."""
    path = request.target.partition("?")[0]
    if request.method in {"GET", "HEAD"}:
        return "read"
    return "delete" if request.method == "DELETE" or "/delete" in path else "write"


@pytest.fixture
def call_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Sent]]:
    """Calls commands against a watched server, and gives all that they sent."""

    def called(server: Watched, names: set[str], allow: list[str]) -> list[Sent]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("conformance.doctor.examine.DEPTHS", ("standard",))  # to draw for thorough takes long
        contract, keys = server.profile["contract"], server.profile["credentials"]
        monkeypatch.setenv("MICROCMS_API_KEY", keys.get("full", keys.get("token"))["value"])
        monkeypatch.setenv("KUROCO_TOKEN", keys.get("full", keys.get("token"))["value"])
        with recording(int(server.profile["base_url"].rpartition(":")[2])) as recorder:
            base_url = f"http://127.0.0.1:{recorder.port}"
            server.profile |= {"base_url": base_url, "allow": allow}
            server.profile.pop("vantages", None)
            profile = str(saved(tmp_path, server.profile))
            commands.leave_ledger(tmp_path, contract, base_url)
            sending = commands.sending(contract, profile, base_url)
            for name in [one for one in sending if one in names]:
                commands.call(sending[name])
                if name in READS:
                    assert {permission_needed(request) for request in recorder.sent} == {"read"}
            sent = recorder.sent
            if names >= READS:
                for arguments in commands.silent(contract, profile).values():
                    commands.call(arguments)
            assert len(recorder.sent) == len(sent)
            return sent

    return called


@pytest.mark.parametrize(
    ("name", "allow", "called"),
    [
        ("microcms-management", [], {"doctor", "init", "run", "try", "explore", "audit", "pair", "prove", "sweep"}),
        ("microcms-management", ["write"], {"prove", "explore", "sweep"}),
        ("kuroco", ["delete"], {"explore", "prove", "sweep"}),
        ("kuroco", ["write"], {"run", "explore", "prove"}),
    ],
)
def test_nothing_leaves_that_was_not_allowed_and_nothing_twice_read(
    name: str, allow: list[str], called: set[str], call_all: Callable[..., list[Sent]]
) -> None:
    with watched(name) as server:
        throttled = server.profile["credentials"].get("throttled", {}).get("value", "none")
        sent = call_all(server, called, allow)
        assert len(sent) == len(server.actual), "the server saw as many requests as a strict reader"
    assert len(sent) > 20
    assert {permission_needed(request) for request in sent} <= {"read", *allow}
    assert not [request for request in sent if throttled in dict(request.headers).values()], "exhaust was not allowed"
    assert not [request for request in sent if request.values("cookie")]


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_answer_leads_to_another_host(name: str, call_all: Callable[..., list[Sent]]) -> None:
    """Every success leads elsewhere: by its status and headers, or by what it calls IDs and links."""
    with watched(name) as elsewhere, recording(int(elsewhere.profile["base_url"].rpartition(":")[2])) as lured:
        place = f"http://127.0.0.1:{lured.port}"
        served = [0]

        def luring(incoming: Any, answer: Callable[[Any], Any]) -> Any:
            answered, served[0] = answer(incoming), served[0] + 1
            headers = [("Location", f"{place}/x"), ("Refresh", f"0; url={place}/"), ("Link", f"<{place}/n>; rel=next")]
            headers += [("Set-Cookie", "session=1; Path=/"), ("Content-Type", "application/json")]
            status = "HTTP/1.1 200 OK" if served[0] % 2 else "HTTP/1.1 307 Temporary Redirect"
            links = r'("(?:id|url|token|topics_id|next)": ?)("[^"]*"|\d+)'
            text = re.sub(links, rf'\1"{place}/y"', answered.payload.decode())
            payload = (text or json.dumps({"id": f"{place}/z"})).encode()
            return WireResponse(status, [*headers, ("Content-Length", str(len(payload)))], payload)

        with watched(name, luring) as server:
            sent = call_all(server, {"init", "run", "explore", "sweep"}, ["write", "delete"])
        assert (lured.streams, elsewhere.actual) == ([], [])
    assert len(sent) > 10
    assert not [request for request in sent if request.values("cookie")]
    assert {request.values("host")[0] for request in sent} == {server.profile["base_url"].removeprefix("http://")}


SMUGGLED = "DELETE /items/1 HTTP/1.1\r\nHost: x\r\n\r\n"
ODD_REQUESTS: tuple[dict[str, Any], ...] = (
    *({"method": one} for one in ("get", "delete", "GET ", "HEAD", "OPTIONS", "TRACE", "CONNECT", "POST", "PROPFIND")),
    *({"method": one} for one in (f"GET / HTTP/1.1\r\n\r\n{SMUGGLED}", "\uff24\uff25\uff2c\uff25\uff34\uff25")),
    *(
        {"headers": {one: "DELETE"}}
        for one in ("X-HTTP-Method-Override", "X_HTTP_Method_Override", "x-method_override")
    ),
    *({"headers": {"X-A": one}} for one in (f"a\r\n\r\n{SMUGGLED}", "a\nX-B: c", "a\0b", "\u65e5\u2028\x85")),
    *(
        {"url": one}
        for one in ("/items/1?_method=DELETE", f"/x HTTP/1.1\r\n\r\n{SMUGGLED}", "@127.0.0.1:1/x", "0/x", "/x#y")
    ),
    *({"raw": one} for one in (SMUGGLED, "_method=DELETE", "a=b&%5fmethod=delete", '{"_method": "PUT"}')),
    *({"raw": one} for one in (SMUGGLED.lower(), "DELETE /items/1\tHTTP/1.1\r\n\r\n")),
    *({"url": f"/items/1?{one}=delete"} for one in ("method", "X-HTTP-Method-Override", "_METHOD")),
    *({"method": one, "raw": SMUGGLED} for one in ("POST", "PUT", "OPTIONS", "FROB")),
    *({"method": one} for one in ("PURGE", "MOVE", "Unlink")),
    {"method": "POST", "raw": SMUGGLED, "without_length": True},
    {"raw": SMUGGLED, "without_length": True},
    {"raw": "x", "content_type": f"a/b\r\n\r\n{SMUGGLED}"},
    *({"method": one} for one in ("PUT", "PATCH")),
    *({"method": "POST", "headers": {"Content-Encoding": one}, "raw": "x"} for one in ("br", "base64")),
    {
        "method": "POST",
        "headers": {"Content-Encoding": "gzip"},
        "raw": gzip.compress(b"_method=DELETE").decode("latin-1"),
        "encoding": "latin-1",
    },
    {"method": "POST", "raw": "+AF8-method=DELETE", "content_type": "text/plain; charset=utf-7"},
    {"method": "POST", "raw": '{"requests": [{"method": "DELETE", "url": "/items/1"}]}'},
    {"multipart": [{"name": '_method"\r\n\r\nDELETE', "text": SMUGGLED}]},
)


@pytest.mark.parametrize("allowed", [[], ["exhaust"], ["write"], ["delete"]])
def test_no_case_sends_more_than_is_allowed(
    allowed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its methods and headers are, and although each of its rows says that it only reads."""
    monkeypatch.chdir(tmp_path)
    write_contract(Path("cases/shop"))
    table = json.loads(Path("cases/shop/items.yaml").read_text())
    row = table["rows"][0] | {"permission": "read"}
    table["rows"] = [
        row | {"id": f"odd-{n}", "request": ({} if "url" in odd else row["request"]) | odd}
        for n, odd in enumerate(ODD_REQUESTS)
    ]
    Path("cases/shop/items.yaml").write_text(json.dumps(table))
    assert "no problem" in commands.call(["lint", "cases/shop"]).output
    with watched("kuroco") as server, recording(int(server.profile["base_url"].rpartition(":")[2])) as recorder:
        profile = {"contract": "shop", "base_url": f"http://127.0.0.1:{recorder.port}", "allow": allowed}
        few = ["--depth", "smoke", "--no-explore", "-p", "no:cacheprovider", "--cases", "cases"]
        commands.call(["run", "--target", str(saved(tmp_path, profile)), *few])
        sent = recorder.sent
        assert len(sent) == len(server.actual), "the server saw as many requests as a strict reader"
    assert len(sent) > 10
    methods = {request.method for request in sent}
    written = {
        "write": {"POST", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "PUT", "PATCH"},
        "delete": {"POST", "get", "OPTIONS", "TRACE", "PURGE", "MOVE", "Unlink", "delete"},
    }
    assert methods == {"GET", "HEAD"}.union(*(written.get(one, set()) for one in allowed))
    assert allowed == ["delete"] or b"delete" not in b"".join(recorder.streams).lower()


MAKING = {"kuroco": "topics-write/title-missing", "microcms-management": "media-post/invalid-request"}
"""Rows whose controls make something."""


@pytest.mark.parametrize("command", ["run", "try", "explore"])
@pytest.mark.parametrize("name", CONTRACTS)
def test_what_is_made_stands_in_the_ledger_before_the_request_arrives(
    name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def making(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        if incoming.method == "POST" and incoming.path.endswith(("/insert", "/v1/media")):
            body = incoming.body.read() or b""
            incoming.body.read = lambda limit=0: body
            for found in re.findall(rb"conformance-[0-9a-z]+-[0-9a-z]+", body):
                assert any(found.decode() in path.read_text("utf-8") for path in tmp_path.rglob(LEDGER_FILE))
                made.append(found.decode())
        return answer(incoming)

    monkeypatch.chdir(tmp_path)
    with watched(name, making) as server:
        profile = str(saved(tmp_path, server.profile | {"allow": ["write", "delete"]}))
        more = ["--depth", "smoke", "--no-explore", "-p", "no:cacheprovider"] if command == "run" else []
        row = [] if command == "explore" else [MAKING[name]]
        result = commands.call([command, *row, "--target", profile, *more])
    assert result.exit_code == 0, result.output
    assert made
