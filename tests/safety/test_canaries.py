"""Canaries: a server that repeats every key it gets, in every disguise, and no file and no stream that holds one."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner

from conformance.cli import group
from conformance.results.redaction import OPEN
from tests.safety.watched import CASES, CONTRACTS, Watched, saved, watched

CORES = {"full": "Zk8vQ2mXw9Lp4Tc", "forbidden": "Rb5nYt7GhJ2sWq8", "throttled": "Hd6fKz3PxV9mNe1"}
CORES |= {"token": "Uj4wMv8ByC6rLs2", "password": "Qa7eTg5DkF9zXi3", "proxy": "Ow2pIn6SuE8hVl5"}
ALL_FORMS = ("junit", "markdown", "sarif", "har", "badge", "earl", "table")


def canary(name: str) -> str:
    """A key with what each kind of escaping escapes, around letters that none does."""
    return f"+{CORES[name]}/\"<&'%=\\~"


def disguises(core: str) -> Iterator[str]:
    """Every way in which the letters of a canary could stand in a text."""
    yield core
    yield core[:8]  # half of one that was split over two headers
    yield "".join(f"%{ord(letter):02X}" for letter in core)
    yield "".join(f"\\u{ord(letter):04x}" for letter in core)
    yield "".join(f"&#{ord(letter)};" for letter in core)
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + core.encode()).decode()
        yield encoded[4 if shift else 0 : -4]


class Parrot:
    """Answers as the server does, and repeats the key wherever an answer has room for it."""

    def __init__(self, real: dict[str, str], header: str) -> None:
        self.real, self.header, self.heard = real, header, 0

    def __call__(self, incoming: Any, answer: Callable[[Any], Any]) -> Any:
        given = incoming.headers.get(self.header, "")
        if given in self.real:
            incoming.headers[self.header] = self.real[given]
        answered = answer(incoming)
        if not given:
            return answered
        self.heard += 1
        forms = self.forms(given)
        kept = [(name, value) for name, value in answered.headers if name.lower() not in FRAMING]
        body = answered.payload
        if b"{" in body[:1]:
            reported = json.loads(body)
            if isinstance(reported, dict):
                body = json.dumps({**reported, "seen": forms, given: "as a key"}).encode()
        echoed = [("X-Echo", given), ("X-First", given[:9]), ("X-Second", given[9:]), ("X-Url", forms[1])]
        length = [("Content-Length", str(len(body)))]
        return replace_reply(answered, [*kept, *echoed, *length], body)

    @staticmethod
    def forms(given: str) -> list[str]:
        raw = given.encode()
        return [
            given,
            quote(given, safe=""),
            "".join(f"%{byte:02x}" for byte in raw),
            html.escape(given),
            "".join(f"&#x{byte:x};" for byte in raw),
            json.dumps(given),
            "".join(f"\\u{byte:04x}" for byte in raw),
            base64.b64encode(raw).decode(),
            base64.b64encode(b"user:" + raw).decode(),
            base64.urlsafe_b64encode(b"ab" + raw).decode(),
            quote(html.escape(given)),
            f"curl -H 'X: {given}'",
        ]


FRAMING = {"content-length", "transfer-encoding", "content-encoding"}


def replace_reply(answered: Any, headers: list[tuple[str, str]], body: bytes) -> Any:
    coded = {name.lower() for name, _ in answered.headers} & {"transfer-encoding", "content-encoding"}
    return answered if coded else replace(answered, headers=headers, payload=body)


def hidden(server: Watched, env: dict[str, str]) -> None:
    """Let the profile name its secrets by variables, and the server be content with the canaries."""
    for name, credential in server.profile["credentials"].items():
        if "value" in credential:
            del credential["value"]
            credential["env"] = f"CANARY_{name.upper()}"
            env[f"CANARY_{name.upper()}"] = canary(name)


def real_keys(profile: dict[str, Any]) -> dict[str, str]:
    found = {name: one["value"] for name, one in profile["credentials"].items() if "value" in one}
    return {canary(name): value for name, value in found.items()}


def said(arguments: list[str], folder: Path, env: dict[str, str]) -> str:
    """Both streams of a command."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={**kept, **env}, capture_output=True, timeout=120, check=False
    )
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def leaks(texts: dict[str, str]) -> list[str]:
    """Where which canary stands, whatever it is dressed in."""
    found = []
    for where, text in texts.items():
        views = {text, unquote(text), html.unescape(text), unquote(html.unescape(text)), "".join(text.split())}
        views |= {re.sub(r"\\u00([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), text)}
        for name, core in CORES.items():
            found += [f"{name} in {where}" for form in disguises(core) if any(form in view for view in views)]
    return sorted(set(found))


def files(folder: Path, but: set[str]) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in but]
    return {str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "replace") for path in paths}


def test_the_search_finds_a_canary_in_each_disguise() -> None:
    for form in Parrot.forms(canary("full")):
        assert leaks({"x": f"before {form} after"}), form
    assert not leaks({"x": "nothing of it"})


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_file_and_no_stream_of_a_whole_run_holds_a_secret(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env: dict[str, str] = {}
    header = {"kuroco": "x-rcms-api-access-token", "microcms-management": "x-microcms-api-key"}[name]
    parrot = Parrot({}, header)
    with watched(name, parrot) as server:
        parrot.real |= real_keys(server.profile)
        hidden(server, env)
        server.profile["vantages"] = {"outside": {"proxy": f"http://someone:{CORES['proxy']}@127.0.0.1:9"}}
        server.profile["vantages"] = server.profile["vantages"] if name != "kuroco" else {}
        profile = str(saved(tmp_path, server.profile))
        forms = [f"--also-write={form}" for form in ALL_FORMS]
        prefixed = [f"--conformance-also-write={form}" for form in ALL_FORMS]
        noisy = ["-vv", "--showlocals", "-s", "-rA", "--junitxml", "own.xml", "--log-level=DEBUG", "-o", "log_cli=true"]
        some = "forbidden or invalid-url or profile or token or title or number"
        rows = ["-p", "no:cacheprovider", "-k", some]
        run = [
            "-m",
            "pytest",
            str(CASES / name),
            "--conformance-target",
            profile,
            "--conformance-depth",
            "smoke",
            *rows,
        ]
        ours = ["run", "--target", profile, "--depth", "smoke", *rows, *forms]
        streams = {
            "pytest": said([*run, "--conformance-output", "noisy", *noisy, *prefixed], tmp_path, env),
            "run": said(["-m", "conformance", *ours], tmp_path, env),
        }
        for variable, value in env.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setattr("conformance.doctor.examine.DEPTHS", ("standard",))
        monkeypatch.chdir(tmp_path)
        for command in ("doctor", "plan", "sweep"):
            streams[command] = CliRunner().invoke(group, [command, "--target", profile]).output
            assert streams[command]
        assert parrot.heard > 15
    assert not [name for name, text in streams.items() if "Traceback" in text]
    kept = files(tmp_path, {"target.yaml"})
    assert {"reports/results.json", "noisy/results.jsonl", "noisy/report.html", "own.xml"} <= {*kept}
    assert f"{OPEN}secret:" in kept["noisy/results.json"]
    assert leaks(streams) == []
    assert leaks(kept) == []


CRASH = """\
import conformance.engine.steps as steps

def crash(*arguments, **options):
    context, header = arguments[0], "the headers of it"
    key = next(iter(context.target.secrets.values()))
    raise RuntimeError(f"crashed with {key} and {key!r}")

import conformance.engine.row as row
row.run_steps = crash
"""


def test_a_crash_of_our_own_gives_nothing_away(tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(tmp_path)}
    (tmp_path / "crashing.py").write_text(CRASH)
    parrot = Parrot({}, "x-microcms-api-key")
    with watched("microcms-management", parrot) as server:
        parrot.real |= real_keys(server.profile)
        hidden(server, env)
        profile = str(saved(tmp_path, server.profile))
        run = ["-m", "pytest", str(CASES / "microcms-management"), "--conformance-target", profile]
        more = [
            "--conformance-depth",
            "smoke",
            "-p",
            "no:cacheprovider",
            "-p",
            "crashing",
            "-vv",
            "--showlocals",
            "-s",
            "-k",
            "limit",
        ]
        text = said([*run, *more, "--conformance-output", "out"], tmp_path, env)
    assert "RuntimeError" in text, "it was to crash"
    kept = files(tmp_path, {"target.yaml", "crashing.py"})
    assert leaks({"streams": text, **kept}) == []


def test_init_writes_no_secret(tmp_path: Path) -> None:
    env = {"MICROCMS_API_KEY": canary("full")}
    parrot = Parrot({}, "x-microcms-api-key")
    with watched("microcms-management", parrot) as server:
        parrot.real |= real_keys(server.profile)
        arguments = ["--base-url", server.profile["base_url"], "--fixture", "endpoint=news", "--output", "made.yaml"]
        text = said(["-m", "conformance", "init", "--contract", "microcms-management", *arguments], tmp_path, env)
        assert parrot.heard > 4
    kept = files(tmp_path, set())
    assert "content_id: harbour" in kept["made.yaml"]
    assert leaks({"streams": text, **kept}) == []


def test_a_secret_of_a_bare_url_is_hidden_too(tmp_path: Path) -> None:
    env = {"MICROCMS_API_KEY": canary("full"), "PYTHONPATH": str(tmp_path)}
    (tmp_path / "crashing.py").write_text(CRASH)
    parrot = Parrot({}, "x-microcms-api-key")
    with watched("microcms-management", parrot) as server:
        parrot.real |= real_keys(server.profile)
        run = ["-m", "pytest", str(CASES / "microcms-management"), "--conformance-target", server.profile["base_url"]]
        more = [
            "--conformance-contract",
            "microcms-management",
            "--conformance-depth",
            "smoke",
            "-p",
            "no:cacheprovider",
            "-vv",
            "-k",
            "limit",
        ]
        text = said([*run, *more, "--showlocals", "--conformance-output", "out"], tmp_path, env)
        text += said([*run, *more, "--conformance-output", "crashed", "-p", "crashing", "--showlocals"], tmp_path, env)
        assert parrot.heard > 5
    assert "RuntimeError" in text
    assert leaks({"streams": text, **files(tmp_path, {"crashing.py"})}) == []


PRYING = """\
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    print("seen:", report.longreprtext, report.sections, vars(report))

def pytest_runtest_teardown(item):
    result, everything = item.result, vars(item)
    print("seen:", result, everything)
    raise RuntimeError(f"a crash between the rows: {result!r}")
"""
"""A conftest that shows all that a plugin can get hold of, and then fails."""


def test_no_way_to_run_and_to_look_at_results_gives_a_secret_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = {"PYTHONPATH": str(tmp_path)}
    (tmp_path / "prying.py").write_text(PRYING)
    monkeypatch.chdir(tmp_path)
    parrot = Parrot({}, "x-microcms-api-key")
    row = "contents-get/limit-below-minimum"
    with watched("microcms-management", parrot) as server:
        parrot.real |= real_keys(server.profile)
        hidden(server, env)
        for variable, value in env.items():
            monkeypatch.setenv(variable, value)
        profile = str(saved(tmp_path, server.profile))
        plain = ["-m", "pytest", str(CASES / "microcms-management"), "--conformance-target", profile]
        plain += ["--conformance-depth", "smoke", "-p", "no:cacheprovider", "-p", "prying", "-k"]
        plain += ["limit-below-minimum and contents-get"]
        noisy = ["-vv", "--showlocals", "-rA", "--tb=long", "-s", "-o", "junit_logging=all", "--junitxml", "prying.xml"]
        ways = {"prying": ["-n", "1", *noisy, "--html", "prying.html"], "silent": ["-p", "no:terminal", "-s"]}
        with ThreadPoolExecutor() as pool:
            started = {
                name: pool.submit(said, [*plain, *more, "--conformance-output", name], tmp_path, env)
                for name, more in ways.items()
            }
            streams = {name: future.result() for name, future in started.items()}
        assert parrot.heard > 5
        for name, arguments in {
            "run": ["run", "--target", profile, "--depth", "smoke", "--history", "history.db", row],
            "try": ["try", row, "--target", profile],
            "compare": ["compare", "reports", "prying"],
            "page": ["compare", "reports", "prying", "--form", "html", "--output", "compared.html"],
            "history": ["history", "history.db", "--html", "history.html"],
            "rejudge": ["rejudge", "reports", "--output", "judged-again"],
            "report": ["report", "reports/results.jsonl", "--output", "drawn-again"],
        }.items():
            streams[name] = CliRunner().invoke(group, arguments).output
    assert "a crash between the rows" in streams["prying"]
    kept = files(tmp_path, {"target.yaml", "prying.py"})
    assert {"prying.xml", "prying.html", "compared.html", "history.db", "judged-again/report.html"} <= {*kept}
    assert leaks(streams) == []
    assert leaks(kept) == []
