"""Measures the power of a contract's cases on the recorded responses of an earlier run. Nothing is sent."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from conformance.checks.model import Verdict
from conformance.client.builder import RequestBuilder
from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.engine.context import RunContext
from conformance.engine.journal import Ledger, find_suite_names
from conformance.engine.row import run_row
from conformance.http import Exchange, FailureKind, NoResponse, Request, Response
from conformance.messages import Message
from conformance.plan.model import RowPlan
from conformance.prove.mutations import Recorded
from conformance.prove.replay import ReplayingSender
from conformance.prove.target_power import RowPower, measure_mutations
from conformance.results.model import RecordedExchange, Results, RowResult, TargetRun
from conformance.results.redaction import CLOSE, OPEN
from conformance.session.contract_run import build_context, plan_rows
from conformance.target.loader import Target, target_from_mapping

_SECRET: Final = re.compile(f"{OPEN}secret:([^{OPEN}{CLOSE}]*){CLOSE}")
_RUN_ID: Final = re.compile(r"conformance-([a-z0-9]{6})-")
_KEYS: Final = ("contract", "base_url", "allow", "fixtures", "vantages", "hooks")
"""The keys of a recorded profile that affect the requests."""


def measure_recorded(contract: Contract, results: Results, run: TargetRun) -> Iterator[RowPower]:
    """Measure each row of a recorded run: its responses are changed in one way at a time and judged again.

    A row is measured only if its unchanged responses lead to a green verdict again, because they may have been
    truncated, and at smoke, rows share requests that are expected of each here. Raises ConfigError.
    """
    depth: Depth = "thorough" if results.depth == "thorough" else "standard"
    target = _rebuild_target(contract, run)
    context = replace(build_context(contract, target, depth, results.seed), ledger=Ledger())
    builder = RequestBuilder(contract, target, results.seed, _find_run_id(run))
    context = replace(context, builder=builder)
    recorded = {row.id: row for row in run.rows}
    plans = plan_rows(contract, target, contract.rows, depth, results.seed)
    for name, plan in plans.items():
        if name in recorded:
            yield _measure_row(context, plan, recorded[name])


def _measure_row(context: RunContext, plan: RowPlan, row: RowResult) -> RowPower:
    unsent = replace(row, requests=0)
    if row.verdict not in {Verdict.CONFORMS, Verdict.DRIFTS}:
        return RowPower(unsent)
    permissions = {str(probe.label): probe.permission for probe in plan.probes}
    recorded = [_restore(one, permissions.get(str(one.label))) for one in row.exchanges]
    passed = dict(context.shared.passed)
    sender = ReplayingSender([one.exchange for one in recorded], {})
    again = run_row(replace(context, session=sender), plan)
    if again.result.verdict not in {Verdict.CONFORMS, Verdict.DRIFTS}:
        reason = again.result.reason or Message("judged again, its recorded answers are not green")
        return RowPower(replace(unsent, verdict=Verdict.INCONCLUSIVE, reason=reason))
    context.shared.passed |= again.passed
    return RowPower(unsent, measure_mutations(context, plan, recorded, passed))


def _rebuild_target(contract: Contract, run: TargetRun) -> Target:
    """Return the target of the recorded run, with a dummy value for each credential."""
    headers = {
        secret[1]: name
        for row in run.rows
        for exchange in row.exchanges
        for name, value in exchange.request.headers
        if (secret := _SECRET.fullmatch(value))
    }
    credentials: dict[str, Any] = {
        name: {field: {"value": _dummy_value(f"{name}.{field}")} for field in named.fields}
        for name, named in contract.file.credentials.items()
        if named.fields
    }
    credentials |= {name: {"header": header, "value": _dummy_value(name)} for name, header in headers.items()}
    profile: dict[str, Any] = {key: run.target[key] for key in _KEYS if key in run.target}
    if "hooks" in profile:  # the header values of a hook are not recorded
        profile["hooks"] = {
            name: {"headers": dict.fromkeys(hook.get("headers", ()), _dummy_value(name))}
            for name, hook in profile["hooks"].items()
        }
    return target_from_mapping({**profile, "credentials": credentials}, where="the recorded profile", environ={})


def _dummy_value(secret: str) -> str:
    return f"recorded-{secret}"


def _find_run_id(run: TargetRun) -> str:
    """Return the ID in every name that the recorded run has made; "" if it made none."""
    texts = (one.request.body or one.request.url for row in run.rows for one in row.exchanges)
    found = (_RUN_ID.match(name) for text in texts for name in find_suite_names(text))
    return next((match[1] for match in found if match), "")


def _restore(one: RecordedExchange, permission: str | None) -> Recorded:
    """Convert a recorded exchange back to an exchange; truncated parts stay lost."""
    request, usual = one.request, {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(one.request.method, "write")
    sent = Request(
        method=request.method,
        url=_fill_secrets(request.url),
        headers=tuple((name, _fill_secrets(value)) for name, value in request.headers),
        body=None if request.body is None else _fill_secrets(request.body).encode(),
        permission=permission or usual,
    )
    outcome: Response | NoResponse = NoResponse(FailureKind.NOT_SENT, "it was not recorded")
    if one.response is not None:
        body = one.response.body.encode()
        outcome = Response(one.response.status, one.response.headers, body, size=len(body), reason=one.response.reason)
    return Recorded(Exchange(sent, outcome), one.role, str(one.label))


def _fill_secrets(text: str) -> str:
    return _SECRET.sub(lambda match: _dummy_value(match[1]), text)
