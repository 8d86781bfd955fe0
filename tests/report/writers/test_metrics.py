"""Metrics say what the results say, in a format that Prometheus reads, and never a secret."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parsed
from prometheus_client.parser import text_string_to_metric_families as parsed_as_older_format

from conformance.report.writers import metrics
from conformance.results.model import Results
from tests.report.hostile import PAYLOADS
from tests.report.made_up import map_text, sample_results

TARGET = "https://example.microcms-management.io"
ROW = "contents-get/limit-below-minimum"


def samples(results: Results) -> dict[tuple[str, ...], float]:
    found = {}
    for family in parsed(metrics.format_metrics(results)):
        for one in family.samples:
            labels = (one.labels[name] for name in sorted(one.labels))
            found[one.name.removeprefix("conformance_"), *labels] = one.value
    return found


def test_the_verdict_of_a_row_is_one_series_among_five() -> None:
    found = samples(sample_results())
    key = ("row_verdict", "microcms-management", ROW, TARGET)
    verdicts = ("not-exercised", "conforms", "drifts", "inconclusive", "violates")
    assert [found[*key, verdict] for verdict in verdicts] == [0, 0, 0, 0, 1]


def test_requests_duration_and_time_are_those_of_the_results() -> None:
    sample = sample_results()
    found = samples(sample)
    run = sample.runs[0]
    assert run.requests == found["run_requests", "microcms-management", TARGET]
    assert found["row_requests", "microcms-management", ROW, TARGET] == 5
    assert (
        found["run_duration_seconds",], found["run_partial",], found["run_start_timestamp_seconds",],
    ) == (12.4, 0, 1795309200)  # fmt: skip


def test_node_exporters_older_format_reads_the_same() -> None:
    text = metrics.format_metrics(sample_results())
    older = {(one.name, *one.labels.values()): one.value for it in parsed_as_older_format(text) for one in it.samples}
    newer = {(one.name, *one.labels.values()): one.value for it in parsed(text) for one in it.samples}
    assert newer == older
    assert {family.type for family in parsed(text)} == {"gauge"}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_text_stays_within_its_label(payload: str) -> None:
    sample = map_text(sample_results(), lambda text: text if text.startswith("2026-11-22T") else payload)
    names = {family.name for family in parsed(metrics.format_metrics(sample))}
    assert {family.name for family in parsed(metrics.format_metrics(sample_results()))} == names


def test_a_label_is_cut_at_200_characters() -> None:
    run = replace(sample_results().runs[0], target={"name": "y" * 300})
    text = metrics.format_metrics(replace(sample_results(), runs=(run,)))
    labels = {
        sample.labels["target"] for family in parsed(text) for sample in family.samples if "target" in sample.labels
    }
    assert {len(label) for label in labels} == {200}
