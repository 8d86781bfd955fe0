"""A small made-up contract, a target for it, and a server of it in memory: no sockets."""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import settings

from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.contract.schema import Depth
from conformance.engine.context import RunContext
from conformance.engine.row import run_row
from conformance.errors import ConfigError
from conformance.http import Exchange, Outcome, Request, Response
from conformance.results.model import RowResult
from conformance.session.contract_run import build_context, plan_rows
from conformance.target.loader import Target, target_from_mapping

pytest_plugins = ["pytester"]
TESTS = Path(__file__).parent

# A shell that starts the tests in the background, or `nohup`, has them and every command that they start ignore these.
for ignored, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, usual)

# Hypothesis draws the same everywhere, so that no test fails now and then, and none for a busy machine.
settings.load_profile("ci")

LONG = (
    "prove/test_power", "test_docs_as_typed", "cli/test_run", "session/test_plan_is_kept", "safety/test_workers",
    "safety/test_canaries", "explore/test_any_answer", "safety/test_beside_others", "pytest_plugin/test_plugin",
    "session/test_causes", "safety/test_what_leaves", "reference/microcms/test_faults", "audit/test_audit",
    "safety/test_hostile_target", "safety/test_kills", "safety/test_nothing_is_left", "safety/test_signals",
    "cli/test_prove", "report/test_html_in_browser", "cli/test_wheel", "explore/test_driver", "audit/test_executors",
    "safety/test_before_a_real_target", "audit/test_pair_run", "report/test_pages_in_browser", "test_kinto",
    "clients/test_kuroco_client",
)  # fmt: skip
"""Files whose tests take longest, about in this order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No test may hang: each has two minutes, unless it says more.

    Of several processes each begins with long ones, so that none waits at the end for the one that came to the longest
    test last.
    """
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(120))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    paths: dict[Path, list[pytest.Item]] = {}
    for item in items:
        paths.setdefault(item.path, []).append(item)
    files = {path.relative_to(TESTS).with_suffix("").as_posix(): each for path, each in paths.items()}
    long = [files.pop(name) for name in LONG if name in files]
    short = [item for file in files.values() for item in file]
    dealt: list[pytest.Item] = []
    for worker in range(workers):
        mine = [item for file in long[worker::workers] for item in file]
        left = (len(items) - len(dealt)) // (workers - worker) - len(mine)
        dealt += [*mine, *short[: max(left, 0)]]
        del short[: max(left, 0)]
    items[:] = dealt


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: to look for garbage in it now and then costs each test a twelfth."""
    gc.freeze()


HEAD = """\
contract: shop
title: Shop
edition: "1"
document: What the shop answers
tables: [items]
credential: full
envelope:
  schema: {type: object, properties: {message: {type: string}}}
  faults: ""
  body_may_lack: true
credentials:
  full: {about: A key.}
  guest: {about: A key that may do nothing.}
fixtures:
  item: {about: The ID of an item.}
  missing: {about: An ID of none., default: "{random.word-item}"}
  sizes: {about: How long a name may be.}
vantages:
  outside: {about: Another address.}
hooks:
  boom: {about: Headers that make it fail.}
operations:
  list: {}
  get: {path: {id: "{fixture.item}"}}
  put: {path: {id: "{fixture.item}"}}
  add: {}
  remove: {path: {id: "{fixture.item}"}}
"""

OPENAPI = """\
openapi: 3.0.3
info: {title: Shop, version: "1"}
paths:
  /items:
    get: {operationId: list}
    post: {operationId: add}
  /items/{id}:
    get: {operationId: get}
    put: {operationId: put}
    delete: {operationId: remove}
"""

BELOW = """\
  - id: limit-below
    cause: The limit is below 0.
    request: {query: {limit: -1}}
    vary: {query.limit: {edges: {two: -2, ten: -10}, draw: {integers: [-1000, -11]}}}
    expect: {status: 400, message: "limit: at least 0, not {query.limit}"}
    open:
      - vary: {query.limit: {edges: {minus-zero: "-0"}}}
        accept: [accepted, this]
    control:
      - label: limit=0
        steps:
          - call: this
            request: {query: {limit: 0}}
            expect: {status: 200, body: {properties: {items: {maxItems: 0}}, required: [items]}}
"""

ABOVE = """\
  - id: limit-above
    cause: The limit is above 10.
    request: {query: {limit: 11}}
    expect: {status: 400, message: "limit: at most 10"}
    control: [{label: limit=10, steps: [{call: this, request: {query: {limit: 10}}}]}]
"""

MISSING = """\
  - id: not-found
    cause: There is no such item.
    operations: [get]
    request: {path: {id: "{fixture.missing}"}}
    expect: {status: 404, message: No such item}
    control:
      - label: an item
        steps: [{call: get, expect: {status: 200, equals: {/id: "{fixture.item}"}}}]
"""

PROFILE: Mapping[str, Any] = {
    "contract": "shop",
    "late_effects": "1ms",
    "base_url": "http://127.0.0.1:9",
    "credentials": {
        "full": {"header": "X-Key", "value": "the-full-key-0123"},
        "guest": {"header": "X-Key", "value": "the-guest-key-4567"},
    },
    "fixtures": {"item": "spoon", "sizes": {"max": 5, "name": "title"}},
    "vantages": {"outside": {"source_address": "127.0.0.9"}},
    "hooks": {"boom": {"headers": {"X-Boom": "1"}}},
    "allow": ["write", "delete", "exhaust"],
}

Files = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Files:
    """Writes a contract: `rows` of its one table, and changes of `contract.yaml` as pairs of old and new text."""

    def write(rows: str = BELOW, *changes: tuple[str, str], more: Mapping[str, str] | None = None) -> Path:
        head = HEAD
        for old, new in changes:
            assert old in head
            head = head.replace(old, new)
        files = {
            "contract.yaml": head,
            "openapi.yaml": OPENAPI,
            "items.yaml": f"table: items\ntitle: Items\noperation: list\nrows:\n{rows}",
            **(more or {}),
        }
        made = tmp_path / "shop"
        made.mkdir(exist_ok=True)
        for name, text in files.items():
            (made / name).write_text(text, encoding="utf-8")
        return made

    return write


@pytest.fixture
def shop(folder: Files) -> Callable[..., Contract]:
    """Reads such a contract."""
    return lambda *args, **named: read_contract(folder(*args, **named))


@pytest.fixture
def problems(folder: Files) -> Callable[..., list[str]]:
    """What is wrong with such a contract, each as `FILE:LINE: what; its hint`."""

    def refused(*args: Any, **named: Any) -> list[str]:
        made = folder(*args, **named)
        with pytest.raises(ConfigError) as caught:
            read_contract(made)
        return [str(problem).replace(f"{made}/", "") for problem in caught.value.problems]

    return refused


@pytest.fixture
def target() -> Callable[..., Target]:
    """A target with everything, and what a test gives instead (None: nothing of it)."""

    def made(**instead: Any) -> Target:
        profile = {key: value for key, value in {**PROFILE, **instead}.items() if value is not None}
        return target_from_mapping(profile, where="test", environ={})

    return made


@dataclass
class Asked:
    """One request, taken apart."""

    request: Request

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.request.url).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.request.url).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.request.body or b"null")

    def header(self, name: str) -> str | None:
        return dict(self.request.headers).get(name)


def make_response(status: int, body: Any = None, *, kind: str | None = "application/json", **headers: str) -> Response:
    """An answer; a text goes out as it is, anything else as JSON, None without a body."""
    data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Response(status, tuple(([("Content-Type", kind)] if kind else []) + named), data, len(data))


@dataclass
class InMemory:
    """A session that asks a function."""

    server: Callable[[Asked], Outcome]
    asked: list[Asked] = field(default_factory=list)
    repeatable: list[bool] = field(default_factory=list)
    patient: list[bool] = field(default_factory=list)
    """Whether a 429 would have been waited out."""

    def send(
        self,
        request: Request,
        *,
        asked_for: frozenset[int] = frozenset(),
        unpaced: bool = False,
        repeatable: bool = True,
    ) -> Exchange:
        self.asked.append(Asked(request))
        self.repeatable.append(repeatable)
        self.patient.append(429 not in asked_for and not unpaced)
        return Exchange(request, self.server(self.asked[-1]), 0.001)

    @property
    def sent(self) -> int:
        return len(self.asked)


@dataclass
class Ran:
    """The rows of a contract, run against a function."""

    rows: dict[str, RowResult]
    session: InMemory
    context: RunContext

    @property
    def only(self) -> RowResult:
        assert len(self.rows) == 1
        return next(iter(self.rows.values()))

    def checks(self) -> list[tuple[str, str]]:
        """Of the only row: what did not hold, and how much that weighs."""
        return [(item.check, item.level.value) for item in self.only.findings]


@pytest.fixture
def answer() -> Callable[..., Response]:
    return make_response


@pytest.fixture
def context(target: Callable[..., Target]) -> Callable[..., RunContext]:
    """What rows stand on, with a function for a server."""

    def made(
        contract: Contract, server: Callable[[Asked], Outcome], depth: Depth = "standard", **profile: Any
    ) -> RunContext:
        held = build_context(contract, target(**profile), depth, 0, relative_to=contract.folder)
        return replace(held, session=InMemory(server))

    return made


@pytest.fixture
def run(shop: Callable[..., Contract], context: Callable[..., RunContext]) -> Callable[..., Ran]:
    """Runs the rows of a contract against a function that answers each request."""

    def ran(
        server: Callable[[Asked], Outcome],
        rows: str = BELOW,
        *changes: tuple[str, str],
        depth: Depth = "standard",
        only: Sequence[str] | None = None,
        **profile: Any,
    ) -> Ran:
        contract = shop(rows, *changes)
        held = context(contract, server, depth, **profile)
        expected = [row for row in contract.rows if only is None or row.id in only]
        plans = plan_rows(contract, held.target, expected, depth, 0)
        results = {}
        for name, plan in plans.items():
            run = run_row(held, plan)
            held.shared.passed |= run.passed
            results[name] = run.result
        assert isinstance(held.session, InMemory)
        return Ran(results, held.session, held)

    return ran
