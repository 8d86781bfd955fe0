"""Every command of the README and the docs, typed in a shell as it stands.

What a reader would have (a clone, servers at their own addresses, keys, results of the night before) is laid out first;
addresses of servers that are not ours lead to reference servers on this machine. The clone explores little, and has few
tables: what a command does is the same.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from conformance import reference, yaml_document
from conformance.contract.loader import read_contract
from conformance.session.contract_run import plan_rows
from conformance.target.loader import target_from_mapping

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
ADDRESSES = ("https://example.microcms-management.io", "https://your-site.g.kuroco.app")
KEPT = {"microcms-management": (["common", "contents-get"], "getContent"), "kuroco": (["login"], "profile")}
"""Of each contract the tables that the clone has, and the operation that it explores."""
TYPED = ("README.md", "docs/a-new-vendor.md", "docs/budgets.md", "docs/exploration.md", "docs/regression-and-audits.md")
EXPLORING = ("README.md", "docs/exploration.md")
"""Those that tell what an exploration does; of the others its start would be half of the time."""
PAGE = "<h2>Errors</h2><table><tr><th>Status<th>Code<th>Message<tr><td>404<td>not_found<td>No such payment</table>"
OPENAPI = """\
openapi: 3.0.3
info: {title: Payments, version: '1'}
paths: {/payments: {get: {operationId: listPayments, responses: {'200': {description: all}}}}}
"""


def commands(name: str) -> list[str]:
    """The commands of a document, each as one line."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [
        line.replace("\\\n", " ")
        for block in blocks
        for line in re.findall(r"^\$ ((?:.*\\\n)*.*)$", block, re.MULTILINE)
    ]


@pytest.fixture
def place(tmp_path: Path, name: str) -> Iterator[Path]:
    """A clone, with a profile of a server on this machine wherever the docs name one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=60)
    for file in listed.stdout.decode().split("\0"):
        if file and (ROOT / file).is_file():
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, tmp_path / file)
    for contract, (tables, explored) in KEPT.items():
        head = tmp_path / "cases" / contract / "contract.yaml"
        read, _ = yaml_document.read(head)
        assert read is not None
        explores = explored if name in EXPLORING else None
        operations = {one: {**said, "explore": one == explores} for one, said in read.value["operations"].items()}
        few = {"exploration": {"standard": 4, "thorough": 8}, "tables": tables, "operations": operations}
        head.write_text(yaml_document.dump({**read.value, **few}), encoding="utf-8")
        for path in head.parent.glob("*.yaml"):
            if path.read_text(encoding="utf-8").startswith("table:") and path.stem not in tables:
                path.unlink()
    # The environment that the tests run in is set up, and is not to be set up again for the clone.
    (tmp_path / ".venv").symlink_to(PROGRAMS.parent)
    for file in ("pyproject.toml", "constraints.txt"):
        os.utime(tmp_path / file, (0, 0))
    (tmp_path / "targets").mkdir(exist_ok=True)
    with reference.start("microcms-management") as server, reference.start("kuroco") as other:
        quick = {"allow": [], "pace": "1000/1s"}
        for path in ("staging.yaml", "production.yaml", "targets/staging.yaml"):
            profile = {**server.profile, **quick, "name": Path(path).stem}
            (tmp_path / path).write_text(yaml_document.dump(profile), encoding="utf-8")
        (tmp_path / "targets" / "kuroco.yaml").write_text(
            yaml_document.dump({**other.profile, **quick}), encoding="utf-8"
        )
        (tmp_path / "errors.html").write_text(PAGE, encoding="utf-8")
        (tmp_path / "openapi.yaml").write_text(OPENAPI, encoding="utf-8")
        os.environ["MICROCMS_API_KEY"] = server.profile["credentials"]["full"]["value"]
        (tmp_path / "address").write_text(server.base_url)
        yield tmp_path
    del os.environ["MICROCMS_API_KEY"]


def typed(place: Path, name: str) -> list[tuple[str, int, str]]:
    """Each command that did not end with 0 or 1, with its exit code and what it printed."""
    address = (place / "address").read_text()
    port = str(free_port())
    failed: list[tuple[str, int, str]] = []
    serving: list[subprocess.Popen[bytes]] = []
    env = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    env = {key: value for key, value in env.items() if not key.startswith(("PYTEST_", "GITHUB_"))}
    try:
        for command in dict.fromkeys(commands(name)):
            if command.startswith(("export ", "pip install", ". ", "make setup", "make test")):
                continue
            line = command.replace("--port 8100", f"--port {port}")
            for known in ADDRESSES:
                line = line.replace(known, address)
            line = line.replace("https://docs.example.com/errors", "errors.html")
            if "--output staging.yaml" in line:
                (place / "staging.yaml").unlink(missing_ok=True)
            if " serve " in line:
                serving.append(subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=place, env=env))
                wait_for(place / "wrong.yaml")
                continue
            done = subprocess.run(
                ["bash", "-c", line], cwd=place, env=env, capture_output=True, text=True, check=False, timeout=300
            )
            if done.returncode not in (0, 1):
                failed.append((line, done.returncode, done.stdout[-600:] + done.stderr[-600:]))
            if " init " in line:  # the vendor's own pace would make a run take minutes
                written = (place / "staging.yaml").read_text(encoding="utf-8")
                (place / "staging.yaml").write_text(re.sub(r"(?m)^pace:.*", "pace: 1000/1s", written))
            for folder in ("last", "tonight"):
                if (place / "reports" / "results.json").exists() and not (place / folder).exists():
                    shutil.copytree(place / "reports", place / folder)
    finally:
        for process in serving:
            process.terminate()
            process.wait(30)
    return failed


def free_port() -> int:
    """One below those that the system gives to whoever asks for any: until the server has it, nobody else gets it."""
    first = 20_000 + os.getpid() % 1_000 * 10
    for port in range(first, first + 10):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def wait_for(path: Path) -> None:
    for _ in range(600):
        if path.exists() and path.stat().st_size:
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError(f"{path} was not written")


def test_no_document_has_commands_that_no_test_types() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    flags, texts = re.MULTILINE, {one.name: one.read_text(encoding="utf-8") for one in documents}
    assert {name for name, text in texts.items() if re.search(r"^ *```(?:sh|bash|shell|zsh)\b", text, flags)} == set()
    assert {f"docs/{one.name}" for one in documents[1:] if commands(f"docs/{one.name}")} == set(TYPED) - {"README.md"}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", TYPED)
def test_every_command_works_as_typed(place: Path, name: str) -> None:
    assert len(commands(name)) > 1
    if name == "docs/regression-and-audits.md":  # it begins with the results of the night before
        first = [str(PROGRAMS / "conformance"), "run", "--target", "staging.yaml", "--depth", "smoke"]
        subprocess.run(first, cwd=place, check=False, capture_output=True, timeout=200)
        shutil.copytree(place / "reports", place / "last")
    assert typed(place, name) == []


def test_the_tutorials_contract_is_accepted_and_plans_every_row(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "a-new-vendor.md").read_text(encoding="utf-8")
    written = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    head, table = (block for key in ("contract:", "table:") for block in written if block.startswith(key))
    paths = "  /payments: {get: {operationId: listPayments}, post: {operationId: addPayment}}\n"
    paths += "  /payments/{id}: {get: {operationId: getPayment}, delete: {operationId: deletePayment}}\n"
    openapi = f"openapi: 3.1.0\ninfo: {{title: Payments, version: '1'}}\npaths:\n{paths}"
    (tmp_path / "payments").mkdir()
    for name, content in (("contract", head), ("errors", table), ("openapi", openapi)):
        (tmp_path / "payments" / f"{name}.yaml").write_text(content, encoding="utf-8")
    contract = read_contract(tmp_path / "payments")
    key = {"key": {"header": "Authorization", "value": "k" * 20}}
    profile = {
        "contract": "payments",
        "base_url": "http://127.0.0.1:9",
        "credentials": key,
        "allow": ["write", "delete"],
    }
    target = target_from_mapping({**profile, "fixtures": {"id": "p1"}}, where="test", environ={})
    plans = plan_rows(contract, target, contract.rows, "standard", 0)
    assert {name: bool(plan.lacks) for name, plan in plans.items()} == {
        "errors/bad-amount": False,
        "errors/no-such-payment": False,
        "errors/closed": True,
    }


def test_the_readmes_profile_of_kuroco_exercises_most_rows() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (written,) = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "contract: kuroco" in block]
    profile = yaml.safe_load(written)
    contract = read_contract(ROOT / "cases" / "kuroco")
    environ = {"KUROCO_TOKEN": "t" * 20, "KUROCO_EMAIL": "someone@example.com", "KUROCO_PASSWORD": "p" * 20}
    target = target_from_mapping(profile, where="README.md", environ=environ)
    plans = plan_rows(contract, target, contract.rows, "standard", 0)
    assert sum(not plan.lacks for plan in plans.values()) == 9
