"""Whatever JSON a target answers with, rows and exploration end with a verdict."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from conformance import reference
from conformance.contract.schema import Depth
from conformance.engine import culprit
from conformance.engine.context import RunContext
from conformance.explore.driver import explore_operation
from conformance.http import Exchange, Request, Response
from conformance.plan.model import RowPlan
from conformance.quantities import Pace
from conformance.results.model import Exploration, RowResult
from conformance.results.serialization import dump_json
from conformance.session.contract_run import ContractRun, build_context, plan_rows
from conformance.target.loader import target_from_mapping
from tests.shipped_contracts import shipped_contract

CONTRACTS = {name: shipped_contract(name) for name in reference.contracts()}


def nested(levels: int, inner: str = "x") -> str:
    return "[" * levels + json.dumps(inner) + "]" * levels


@pytest.fixture(scope="module", autouse=True)
def nobody_else_writes() -> Iterator[None]:
    """These servers are alone with us, so there is nobody to be waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(culprit, "LONGEST_QUIET", 0.05)
        yield


NASTY = {
    "null": "null",
    "a number": "-1.5e3",
    "more than a float holds": "1e999",
    "400 lists": nested(400),
    "400 lists in a message": f'{{"message": {nested(400)}, "errors": [{nested(400)}]}}',
    "900 objects": '{"a":' * 900 + "1" + "}" * 900,
    "an object for an ID": '{"id": {"a": 1}, "url": [null], "list": {"0": 1}, "media": 3, "details": [], "errors": {}}',
    "half a character": '{"message": "\\ud800", "id": "\\udfff", "errors": ["\\ud800"]}',
    "lists of lists": '{"contents": [[[]]], "media": [[{}]], "list": [[null]], "totalCount": true, "errors": [[]]}',
    "digits": '{"id": ' + "9" * 4000 + "}",
    "wide": json.dumps({"message": "m" * 4_000, "contents": list(range(400))}),
}
KEYS = st.sampled_from(["message", "errors", "id", "url", "list", "contents", "media", "details", "token", "code", "x"])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
)
STATUSES = st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 405, 429, 500, 503])


class OneAnswer:
    """A session in which every request has the same answer."""

    def __init__(self, status: int, body: str) -> None:
        self.urls: list[str] = []
        data = body.encode("utf-8", "surrogatepass")
        self._response = Response(status, (("Content-Type", "application/json"),), data, len(data))

    def send(self, request: Request, **_: Any) -> Exchange:
        self.urls.append(unquote(request.url))
        return Exchange(request, self._response)


@pytest.fixture(scope="module", params=sorted(CONTRACTS))
def profile(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Any]]:
    with reference.start(request.param) as server:
        yield server.profile


def context(profile: Mapping[str, Any], status: int, body: str, depth: Depth) -> RunContext:
    contract = CONTRACTS[profile["contract"]]
    file = contract.file.model_copy(update={"exploration": {depth: 12}})
    target = target_from_mapping(profile, where="test", environ={})
    # Allowances are waited for: here a fifth of a second.
    quick = {n: replace(one, allowance=one.allowance and Pace(2, 0.2)) for n, one in target.credentials.items()}
    target = replace(target, credentials=quick)
    run = build_context(replace(contract, file=file), target, depth, 0)
    return replace(run, session=OneAnswer(status, body))


@pytest.fixture(scope="module")
def plans(profile: Mapping[str, Any]) -> Mapping[str, RowPlan]:
    run = context(profile, 200, "", "smoke")
    return plan_rows(run.contract, run.target, run.contract.rows, "smoke", 0)


def run_rows(run: RunContext, plans: Mapping[str, RowPlan]) -> list[RowResult]:
    runner = ContractRun(run, plans)
    return [runner.result(row.id) for row in run.contract.rows]


def explore(run: RunContext) -> list[Exploration]:
    operations = run.contract.operations.values()
    return [explore_operation(run, one.name) for one in operations if one.spec.explore]


WRITERS = {kind: TypeAdapter(kind) for kind in (RowResult, Exploration)}


def check(results: list[RowResult] | list[Exploration]) -> None:
    """Each has a verdict, and can be written."""
    for result in results:
        assert result.verdict
        written = dump_json(WRITERS[type(result)], result)
        assert not math.isnan(len(json.loads(written)))


EACH = [(name, [200, 400][number % 2]) for number, name in enumerate(NASTY)]
"""Each with one status, for rows and for exploration not the same; the statuses by turns."""


@pytest.mark.parametrize(("name", "status"), EACH)
def test_rows_take_any_answer(profile: Mapping[str, Any], plans: Mapping[str, RowPlan], name: str, status: int) -> None:
    check(run_rows(context(profile, status, NASTY[name], "smoke"), plans))


@pytest.mark.parametrize(("name", "status"), [(name, 600 - status) for name, status in EACH])
def test_exploration_takes_any_answer(profile: Mapping[str, Any], name: str, status: int) -> None:
    check(explore(context(profile, status, NASTY[name], "standard")))


def test_exploration_sends_what_an_answer_holds_as_it_came(profile: Mapping[str, Any]) -> None:
    """A target may call a thing by what would be a placeholder in a case, such as that of a credential."""
    name = "{credential.full}{credential.token}{capture.id}"
    thing = {"id": name, "topics_id": name, "url": name}
    body = json.dumps({"contents": [thing], "media": [thing], "list": [thing], "token": name, **thing})
    run = context(profile, 200, body, "standard")
    check(explore(run))
    urls = "\n".join(run.session.urls)
    assert name in urls
    assert not [value for value in run.target.secrets.values() if value in urls]


LIMITS = settings(
    deadline=None, database=None, max_examples=3, derandomize=True, suppress_health_check=list(HealthCheck)
)


@LIMITS
@given(value=VALUES, status=STATUSES)
def test_rows_take_any_json(profile: Mapping[str, Any], plans: Mapping[str, RowPlan], value: Any, status: int) -> None:
    check(run_rows(context(profile, status, json.dumps(value), "smoke"), plans))


@LIMITS
@given(value=VALUES, status=STATUSES)
def test_exploration_takes_any_json(profile: Mapping[str, Any], value: Any, status: int) -> None:
    check(explore(context(profile, status, json.dumps(value), "standard")))
