"""Each form is read by a program that reads the format for a living, and what it reads is what the results say."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from haralyzer import HarEntry, HarParser
from junitparser import JUnitXml
from sarif_pydantic import Sarif

from conformance.checks.model import Verdict
from conformance.report.writers import WRITERS
from tests.report.made_up import sample_results


def drawn(form: str) -> str:
    return WRITERS[form].write(sample_results(), None)


def members(value: Any, where: str = "") -> set[str]:
    """The path of every member of a JSON value."""
    if isinstance(value, dict):
        return {f"{where}/{key}" for key in value} | {
            path for key, one in value.items() for path in members(one, f"{where}/{key}")
        }
    if isinstance(value, list):
        return {path for number, one in enumerate(value) for path in members(one, f"{where}/{number}")}
    return set()


def test_a_reader_of_har_finds_every_exchange_with_its_query() -> None:
    entries = [HarEntry(entry) for entry in HarParser(json.loads(drawn("har"))).har_data["entries"]]
    recorded = [
        exchange for run in sample_results().runs for one in (*run.rows, *run.explored) for exchange in one.exchanges
    ]
    first = entries[0]

    assert Counter((one.request.method, one.response.status) for one in entries) == Counter(
        (one.request.method, one.response.status if one.response else 0) for one in recorded
    )
    assert (first.request.queryString, first.response.mimeType, first.time) == (
        [{"name": "limit", "value": "-1"}], "application/json", 41.0,
    )  # fmt: skip


def test_a_reader_of_sarif_knows_every_member_and_finds_every_result() -> None:
    text = drawn("sarif")
    read = Sarif.model_validate_json(text)

    assert members(json.loads(text)) - members(json.loads(read.model_dump_json(by_alias=True, exclude_none=True))) == (
        set()
    )
    assert [len(run.results or ()) for run in read.runs] == [len(run["results"]) for run in json.loads(text)["runs"]]


@pytest.mark.parametrize("form", ["junit", "junit-gitlab"])
def test_a_reader_of_junit_counts_as_the_results_do(form: str) -> None:
    suites = list(JUnitXml.fromstring(drawn(form).encode()))
    verdicts = Counter(
        one.verdict if getattr(one, "known", None) is None else Verdict.NOT_EXERCISED
        for run in sample_results().runs
        for one in (*run.rows, *run.explored)
    )

    counted = tuple(
        sum(getattr(suite, count) for suite in suites) for count in ("tests", "failures", "errors", "skipped")
    )
    assert counted == (
        verdicts.total(), verdicts[Verdict.VIOLATES], verdicts[Verdict.INCONCLUSIVE], verdicts[Verdict.NOT_EXERCISED],
    )  # fmt: skip
