"""Canaries: a server that repeats every key it gets, in every disguise, and no file and no stream that holds one."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner

from conformance.cli import group
from conformance.contract.contract import Contract
from conformance.results.redaction import OPEN
from tests.results.test_encodings import FORMS as DISGUISES
from tests.results.test_encodings import Encode
from tests.safety import commands
from tests.safety.watched import CASES, CONTRACTS, Watched, saved, watched

CORES = {"full": "Zk8vQ2mXw9Lp4Tc", "forbidden": "Rb5nYt7GhJ2sWq8", "throttled": "Hd6fKz3PxV9mNe1"}
CORES |= {"token": "Uj4wMv8ByC6rLs2", "proxy": "Ow2pIn6SuE8hVl5", "password": "Lm3rVx7TdQ9zBk5"}
CORES |= {"passphrase": "Fa5cWn8JtE3yXi7", "gateway": "Pg9sLo4KbU6dZr2"}


def canary(name: str) -> str:
    """A key with what each kind of escaping escapes, around letters that none does."""
    return f"+{CORES[name]}/\"<&'%=\\~"


FORMS: dict[str, Encode] = {
    **DISGUISES,
    "quoted": json.dumps,
    "percent, what needs it": lambda text: quote(text, safe=""),
    "html, what needs it": html.escape,
    "html within percent": lambda text: quote(html.escape(text)),
    "basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "a command": lambda text: f"curl -H 'X: {text}'",
}
"""Every way in which a server could dress up what it repeats."""


JSON = ("{", '"{')


def encoded_forms(core: str, whole: str) -> set[str]:
    """What no text may hold: 8 letters of a secret, and 11 characters of each of its encoded forms."""
    found = {core[:8], core[-8:]}
    for form in FORMS.values():
        found |= {one[(len(one) - 11) // 2 :][:11] for one in (form(core), form(whole)) if not one.startswith(JSON)}
    return found | {base64.b64encode(b"x" * shift + core.encode()).decode()[4:-4] for shift in range(3)}


class Parrot:
    """Answers as the server does, and repeats the key wherever an answer has room for it, each time in another form.

    Of a log-in it repeats the password where it refuses it; `tokens` are those that it has given, `known` are secrets
    that it knows from elsewhere.
    """

    known: tuple[str, ...] = ()

    def __init__(self, real: dict[str, str], header: str) -> None:
        self.real, self.header, self.heard = real, header, 0
        self.tokens: set[str] = set()

    def __call__(self, incoming: Any, answer: Callable[[Any], Any]) -> Any:
        given = incoming.headers.get(self.header, "")
        if given in self.real:
            incoming.headers[self.header] = self.real[given]
        is_login = incoming.path.endswith("/login")
        if is_login:
            given = self._replace_password(incoming)
        answered = answer(incoming)
        token = json.loads(answered.payload or b"{}").get("access_token") if incoming.path.endswith("/token") else None
        self.tokens |= {token["value"]} if isinstance(token, dict) else set()
        if not given or (is_login and " 200 " in answered.status_line):
            return answered
        form = [*FORMS.values()][self.heard % len(FORMS)]
        self.heard += 1
        kept = [(name, value) for name, value in answered.headers if name.lower() not in FRAMING]
        body = answered.payload
        if b"{" in body[:1]:
            reported = json.loads(body)
            if isinstance(reported, dict):
                body = json.dumps({**reported, "seen": form(given), form(given): "as a key"}).encode()
        echoed = [("X-Echo", given), ("X-First", given[:9]), ("X-Second", given[9:]), ("X-Url", quote(given, safe=""))]
        echoed += [("X-Known", form(one).encode("ascii", "ignore").decode()) for one in self.known]
        length = [("Content-Length", str(len(body)))]
        return replace_reply(answered, [*kept, *echoed, *length], body)

    def _replace_password(self, incoming: Any) -> str:
        """Let the server have its own password; gives the canary that stood there."""
        body = incoming.body.read() or b""
        found = next((one for one in self.real if json.dumps(one).encode() in body), "")
        changed = body.replace(json.dumps(found).encode(), json.dumps(self.real[found]).encode()) if found else body
        incoming.body.read = lambda limit=0: changed
        return found


FRAMING = {"content-length", "transfer-encoding", "content-encoding"}


def replace_reply(answered: Any, headers: list[tuple[str, str]], body: bytes) -> Any:
    coded = {name.lower() for name, _ in answered.headers} & {"transfer-encoding", "content-encoding"}
    return answered if coded else replace(answered, headers=headers, payload=body)


def hidden(server: Watched, env: dict[str, str]) -> None:
    """Let the profile name its secrets by variables, and the server be content with the canaries."""
    credentials = server.profile["credentials"]
    for name, credential in (*credentials.items(), ("password", credentials.get("login", {}).get("password", {}))):
        if "value" in credential:
            del credential["value"]
            variable = f"CANARY_{name.upper()}"
            chatty = ["sh", "-c", f"printenv {variable} | tee /dev/stderr"]
            credential.update({"command": chatty} if name == "forbidden" else {"env": variable})
            env[variable] = canary(name)


def show_certificate(server: Watched, env: dict[str, str], folder: Path) -> tuple[str, ...]:
    """Let the profile have a header that is a secret and a certificate whose key is encrypted; gives both secrets."""
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=test"]
    made += ["-passout", f"pass:{canary('passphrase')}", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    env |= {f"CANARY_{name.upper()}": canary(name) for name in ("passphrase", "gateway")}
    shown = {"cert": "cert.pem", "key": "key.pem", "passphrase": {"env": "CANARY_PASSPHRASE"}}
    server.profile |= {"client_cert": shown, "headers": {"X-Gateway": {"env": "CANARY_GATEWAY"}}}
    return canary("passphrase"), canary("gateway")


def real_keys(profile: dict[str, Any]) -> dict[str, str]:
    credentials = profile["credentials"]
    named = credentials | {"password": credentials.get("login", {}).get("password", {})}
    found = {name: one["value"] for name, one in named.items() if "value" in one}
    return {canary(name): value for name, value in found.items()}


def run_command(arguments: list[str], folder: Path, env: dict[str, str]) -> str:
    """Both streams of a command."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={**kept, **env}, capture_output=True, timeout=200, check=False
    )
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def leaks(texts: dict[str, str], tokens: Iterable[str] = ()) -> list[str]:
    """Where which canary, or which of the tokens, stands, whatever it is dressed in."""
    searched = SEARCHED | {f"token {n}": encoded_forms(token, token) for n, token in enumerate(tokens)}
    size = min(len(form) for forms in searched.values() for form in forms)
    beginnings = {form[:size] for forms in searched.values() for form in forms}
    found = []
    for where, text in texts.items():
        views = {text, unquote(text), html.unescape(text), unquote(html.unescape(text)), "".join(text.split())}
        views |= {re.sub(r"\\u00([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), text)}
        views |= {"".join(filter(str.isalnum, re.sub(r'\\*"[a-z]\d*\\*": ', "", text)))}  # spread over members
        # A text is searched for the few forms that begin as something in it does: for each of 2,000 takes seconds.
        begun = beginnings.intersection(view[at : at + size] for view in views for at in range(len(view)))
        for name, forms in searched.items():
            begins = [form for form in forms if form[:size] in begun]
            found += [f"{name} in {where}: {form}" for form in begins if any(form in view for view in views)]
    return sorted(set(found))


SEARCHED = {name: encoded_forms(core, canary(name)) for name, core in CORES.items()}


def files(folder: Path, but: set[str]) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in but]
    return {str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "replace") for path in paths}


@pytest.mark.parametrize("form", [name for name in FORMS if not name.startswith(("all but", "one replaced"))])
def test_the_search_finds_a_canary_in_each_disguise(form: str) -> None:
    assert leaks({"x": f"before {FORMS[form](canary('full'))} after"})
    assert not leaks({"x": "nothing of it"})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CONTRACTS)
def test_no_command_writes_a_secret_anywhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("conformance.doctor.examine.DEPTHS", ("standard",))  # to draw for thorough takes long
    env: dict[str, str] = {"MICROCMS_API_KEY": canary("full"), "KUROCO_TOKEN": canary("token")}
    header = {"kuroco": "x-rcms-api-access-token", "microcms-management": "x-microcms-api-key"}[name]
    parrot = Parrot({}, header)
    Path("page.md").write_text("| status | message |\n|---|---|\n| 400 | Nope |\n", "utf-8")
    with watched(name, parrot) as server:
        parrot.real |= real_keys(server.profile)
        hidden(server, env)
        if name == "kuroco":  # whose token is got by logging in, where the profile has none
            del server.profile["credentials"]["token"]
        elif shutil.which("openssl"):
            parrot.known = show_certificate(server, env, tmp_path)
        vantages = {"outside": {"proxy": f"http://someone:{CORES['proxy']}@127.0.0.1:9"}}
        server.profile["vantages"] = vantages if name != "kuroco" else {}
        for variable, value in env.items():
            monkeypatch.setenv(variable, value)
        server.profile["timeout"] = "2s"  # some answers announce more than they hold
        profile, base_url = str(saved(tmp_path, server.profile)), server.profile["base_url"]
        commands.leave_ledger(tmp_path, name, base_url)
        results = {}
        for command, arguments in commands.sending(name, profile, base_url).items():
            heard = parrot.heard
            results[command] = commands.call(arguments)
            assert parrot.heard > heard or (name, command) == ("kuroco", "doctor"), f"{command} sent no key"
        results |= {one: commands.call(arguments) for one, arguments in commands.silent(name, profile).items()}
    assert parrot.heard > len(FORMS)
    assert {type(result.exception) for result in results.values()} <= {SystemExit, type(None)}
    kept = files(tmp_path, {"target.yaml", "key.pem"})
    made = {"reports/results.json", "reports/exchanges.har", "reports/audit/audit.html", "killed/ledger.jsonl"}
    made |= {"made.yaml", "history.db", "compared.html", "judged-again/report.html", "known.yaml"}
    assert made <= {*kept}
    assert f"{OPEN}secret:" in kept["reports/results.json"]
    assert ("secret:CANARY_PASSPHRASE" in kept["reports/results.json"]) == bool(parrot.known)
    assert bool(parrot.tokens) == (name == "kuroco")
    assert leaks({name: result.output for name, result in results.items()}, parrot.tokens) == []
    assert leaks(kept, parrot.tokens) == []


@pytest.mark.parametrize("crashes", [False, True])
@pytest.mark.parametrize("bare", [False, True])
def test_neither_a_crash_of_our_own_nor_a_bare_url_gives_anything_away(
    *, crashes: bool, bare: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(context: Any, *arguments: Any, **options: Any) -> None:
        key = next(iter(context.target.secrets.values()))
        raise RuntimeError(f"crashed with {key} and {key!r}")

    monkeypatch.chdir(tmp_path)
    env = {"MICROCMS_API_KEY": canary("full")}
    parrot = Parrot({}, "x-microcms-api-key")
    if crashes:
        monkeypatch.setattr("conformance.engine.row_sender.run_steps", crash)
    with watched("microcms-management", parrot) as server:
        parrot.real |= real_keys(server.profile)
        hidden(server, env)
        for variable, value in env.items():
            monkeypatch.setenv(variable, value)
        target = server.profile["base_url"] if bare else str(saved(tmp_path, server.profile))
        noisy = ["-p", "no:cacheprovider", "-vv", "--showlocals", "-s", "-k", "limit-below"]
        few = ["--contract", "microcms-management", "--depth", "smoke", "--no-explore"]
        result = commands.call(["run", "--target", target, *few, *noisy])
        assert parrot.heard > 1
    assert ("RuntimeError" in result.output) == crashes
    assert leaks({"streams": result.output, **files(tmp_path, {"target.yaml"})}) == []


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


def test_no_way_to_run_pytest_gives_a_secret_away(tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(tmp_path)}
    (tmp_path / "prying.py").write_text(PRYING)
    parrot = Parrot({}, "x-microcms-api-key")
    with watched("microcms-management", parrot) as server:
        parrot.real |= real_keys(server.profile)
        hidden(server, env)
        profile = str(saved(tmp_path, server.profile))
        plain = ["-m", "pytest", str(CASES / "microcms-management"), "--conformance-target", profile]
        plain += ["--conformance-depth", "smoke", "-p", "no:cacheprovider", "-p", "prying", "-k"]
        plain += ["limit-below-minimum and contents-get"]
        noisy = ["-vv", "--showlocals", "-rA", "--tb=long", "-s", "-o", "junit_logging=all", "--junitxml", "prying.xml"]
        noisy += [
            "--log-level=DEBUG",
            "-o",
            "log_cli=true",
            *(f"--conformance-also-write={form}" for form in commands.FORMS),
        ]
        ways = {"prying": ["-n", "1", *noisy, "--html", "prying.html"], "silent": ["-p", "no:terminal", "-s"]}
        with ThreadPoolExecutor() as pool:
            started = {
                name: pool.submit(run_command, [*plain, *more, "--conformance-output", name], tmp_path, env)
                for name, more in ways.items()
            }
            streams = {name: future.result() for name, future in started.items()}
        assert parrot.heard > 5
    assert "a crash between the rows" in streams["prying"]
    kept = files(tmp_path, {"target.yaml", "prying.py"})
    assert {"prying.xml", "prying.html", "prying/exchanges.har"} <= {*kept}
    assert leaks(streams) == []
    assert leaks(kept) == []


def give_away(incoming: Any, answer: Callable[[Any], Any]) -> Any:
    """Gives one and the same token each time, and shows it in every other answer."""
    token, answered = CORES["token"], answer(incoming)
    if not answered.payload.startswith(b"{"):
        return answered
    reported = json.loads(answered.payload)
    wrong = {"errors": [{"code": token, "message": f"not for {token}"}]} if "errors" in reported else {}
    given = {"access_token": {"value": token}} if "access_token" in reported else wrong
    body = json.dumps({**reported, **given, "trace": token[::-1]}).encode()
    kept = [(name, value) for name, value in answered.headers if name.lower() not in FRAMING]
    return replace_reply(answered, [*kept, ("Content-Length", str(len(body)))], body)


@pytest.mark.parametrize("processes", [(), ("-n", "1")])
def test_a_token_that_answers_hold_before_it_is_given_is_kept_back_from_what_came_before(
    processes: tuple[str, ...], tmp_path: Path
) -> None:
    with watched("kuroco", give_away) as server:
        profile = str(saved(tmp_path, server.profile))
        tables = [str(CASES / "kuroco" / table) for table in ("topics-read.yaml", "login.yaml")]
        plain = ["-m", "pytest", *tables, "--conformance-target", profile, "-vv", "-rA"]
        plain += ["--conformance-depth", "smoke", "-p", "no:cacheprovider", "--junitxml", "j.xml", "--html", "p.html"]
        plain += [*processes, *(f"--conformance-also-write={form}" for form in commands.FORMS)]
        streams = run_command(plain, tmp_path, {})
    assert "reports in " in streams
    kept = files(tmp_path, {"target.yaml"})
    assert {"reports/results.jsonl", "reports/results.json", "reports/exchanges.har", "j.xml", "p.html"} <= {*kept}
    assert f"{OPEN}" in kept["reports/results.jsonl"]
    assert leaks({"streams": streams, **kept}) == []


def test_no_line_that_run_prints_on_its_way_holds_a_token_that_is_given_later(tmp_path: Path) -> None:
    with watched("kuroco", give_away) as server:
        run = ["run", "--target", str(saved(tmp_path, server.profile)), "--depth", "smoke", "--no-explore"]
        streams = run_command(["-m", "conformance", *run, "-k", "topics-read or login/token"], tmp_path, {})
    assert "\n✗ violates  topics-read/not-found, " in streams
    assert f'got "{OPEN}secret:access' in streams
    assert leaks({"streams": streams}) == []


def test_explore_prints_no_token_that_only_a_later_operation_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Contract, "explored_operations", ("getTopic", "token"))
    with watched("kuroco", give_away) as server:
        arguments = ["explore", "--target", str(saved(tmp_path, server.profile))]
        printed = CliRunner().invoke(group, arguments).output
    assert f"{OPEN}secret:access_token" in printed
    assert leaks({"printed": printed}) == []
