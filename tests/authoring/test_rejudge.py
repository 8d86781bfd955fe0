"""Recorded evidence is judged by the cases as they are now."""

from __future__ import annotations

import shutil
from pathlib import Path

import conformance
from conformance import reference
from conformance.authoring.rejudge import rejudge
from conformance.checks.model import Verdict
from conformance.contract.loader import read_contract
from conformance.results.model import Results

CASES = Path(__file__).parents[2] / "cases"
ROW = "contents-get/limit-below-minimum"
ROWS = [ROW, "contents-get/limit-not-an-integer", "contents-get/content-not-found", "common/too-many-requests"]


def recorded(*faults: str) -> Results:
    with reference.start("microcms-management", faults=faults) as server:
        return conformance.run("microcms-management", server.profile, depth="smoke", rows=ROWS)


def verdicts(results: Results) -> dict[str, Verdict]:
    return {row.id: row.verdict for run in results.runs for row in run.rows}


def test_the_same_cases_judge_the_same() -> None:
    contract = read_contract(CASES / "microcms-management")
    for faults in ((), ("accepts_limit_minus_1_on_contents",)):
        before = recorded(*faults)
        after, changes = rejudge(before, {contract.name: contract})
        assert changes == ()
        assert verdicts(after) == verdicts(before)
        assert [row.findings for run in after.runs for row in run.rows] == [
            row.findings for run in before.runs for row in run.rows
        ]


def test_the_language_that_was_asked_for_is_read_from_the_request() -> None:
    contract = read_contract(CASES / "kuroco")
    with reference.start("kuroco") as server:
        before = conformance.run("kuroco", server.profile, rows=["topics-write/no-group"])
    assert rejudge(before, {contract.name: contract}) == (before, ())


def test_what_was_put_down_to_the_profile_is_not_held_against_the_target() -> None:
    contract = read_contract(CASES / "kuroco")
    with reference.start("kuroco") as server:
        fixtures = dict(server.profile["fixtures"])
        length = {**fixtures["fields"]["length"], "max": 20}
        fixtures["fields"] = {**fixtures["fields"], "length": length}
        before = conformance.run("kuroco", {**server.profile, "fixtures": fixtures}, rows=["topics-write/length"])
    assert verdicts(before) == {"topics-write/length": Verdict.INCONCLUSIVE}
    assert rejudge(before, {contract.name: contract}) == (before, ())


def test_another_promise_changes_the_verdict(tmp_path: Path) -> None:
    folder = tmp_path / "microcms-management"
    shutil.copytree(CASES / "microcms-management", folder)
    table = folder / "contents-get.yaml"
    written = table.read_text(encoding="utf-8")
    promised = 'expect: {status: 400, message: "Limit: must be no less than 0."}'
    assert promised in written
    table.write_text(written.replace(promised, promised.replace("400", "422"), 1), encoding="utf-8")
    contract = read_contract(folder)
    after, changes = rejudge(recorded(), {contract.name: contract})
    assert [(one.row, one.before, one.after) for one in changes] == [(ROW, Verdict.CONFORMS, Verdict.VIOLATES)]
    assert verdicts(after)[ROW] is Verdict.VIOLATES


def test_a_contract_that_is_not_given_is_left_as_it_was() -> None:
    before = recorded("accepts_limit_minus_1_on_contents")
    assert rejudge(before, {}) == (before, ())
