"""Formats metrics for Prometheus in the OpenMetrics text format, for a file that is scraped or pushed.

There are only gauges and no `UNIT` lines, so that node_exporter's textfile collector, which reads the older Prometheus
format, can read the file, too.
"""

from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.openmetrics.exposition import generate_latest

from conformance.checks.model import Verdict
from conformance.messages import clip_text
from conformance.report.sanitize import to_one_line
from conformance.results.matching import label_run
from conformance.results.model import Results

_RUN: Final = ("contract", "target")
_LONGEST: Final = 200


def format_metrics(results: Results) -> str:
    """Return requests, durations, starts, and for each row or run and verdict 1 for the one it has, else 0."""
    registry = CollectorRegistry()

    def gauge(name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"conformance_{name}", help_text, labels, registry=registry)

    row_verdict = gauge("row_verdict", "1 for the verdict that the row has, else 0", *_RUN, "row", "verdict")
    row_requests = gauge("row_requests", "Requests sent for the row", *_RUN, "row")
    row_seconds = gauge("row_duration_seconds", "How long the row took", *_RUN, "row")
    run_verdict = gauge("run_verdict", "1 for the verdict that the run has, else 0", *_RUN, "verdict")
    run_rows = gauge("run_rows", "Rows that have the verdict", *_RUN, "verdict")
    run_known = gauge("run_known_rows", "Rows whose deviation the profile lists as known; not counted", *_RUN)
    explored = gauge("explored_verdict", "1 for the verdict of an explored operation", *_RUN, "operation", "verdict")
    run_explored = gauge("run_explored", "Explored operations that have the verdict", *_RUN, "verdict")
    run_requests = gauge("run_requests", "Requests sent to the target", *_RUN)
    contract = gauge("contract_edition", "1; edition of the contract, depth of the run", *_RUN, "edition", "depth")
    for run in results.runs:
        key = (_label(run.contract.name), _label(label_run(run)))
        contract.labels(*key, _label(run.contract.edition), _label(results.depth)).set(1)
        run_requests.labels(*key).set(run.requests)
        for verdict in Verdict:
            run_verdict.labels(*key, verdict.value).set(run.verdict is verdict)
            run_rows.labels(*key, verdict.value).set(sum(row.verdict is verdict for row in run.rows))
            run_explored.labels(*key, verdict.value).set(sum(one.verdict is verdict for one in run.explored))
        run_known.labels(*key).set(sum(row.known is not None for row in run.rows))
        for one in run.explored:
            for verdict in Verdict:
                explored.labels(*key, _label(one.operation), verdict.value).set(one.verdict is verdict)
        for row in run.rows:
            for verdict in Verdict:
                row_verdict.labels(*key, _label(row.id), verdict.value).set(row.verdict is verdict)
            row_requests.labels(*key, _label(row.id)).set(row.requests)
            row_seconds.labels(*key, _label(row.id)).set(row.seconds)
    gauge("run_duration_seconds", "How long the whole run took").set(results.seconds)
    gauge("run_partial", "1 if the run was broken off").set(results.partial)
    gauge("run_start_timestamp_seconds", "When the run started").set(
        datetime.fromisoformat(results.started).timestamp()
    )
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.decode("utf-8")


def _label(text: str) -> str:
    """Replace invisible characters and shorten; the library escapes what the format requires."""
    return clip_text(to_one_line(text), _LONGEST)
