"""Formats why a row or an explored operation failed, as text for pytest, JUnit and the terminal."""

from conformance.checks.model import Verdict
from conformance.report.evidence import doubtful_exchange, group_findings, row_of_exploration
from conformance.report.format import (
    describe_group,
    describe_known_deviation,
    describe_promise,
    format_answer,
    format_reason,
)
from conformance.report.page import render_template
from conformance.report.translation import Translator
from conformance.results.model import Exploration, RowResult


def format_failure(result: RowResult | Exploration, say: Translator, excerpt: str = "") -> str:
    """Return the text for a row, with `excerpt` of its YAML, or for an explored operation."""
    row = result if isinstance(result, RowResult) else row_of_exploration(result)
    groups = group_findings(row.findings)
    is_in_doubt = row.verdict is Verdict.INCONCLUSIVE and not groups
    text = render_template(
        "conformance.report",
        "failure.txt.jinja",
        language=say.language,
        labels=say.labels,
        row=row,
        groups=groups,
        excerpt=excerpt,
        doubtful=doubtful_exchange(row) if is_in_doubt else None,
        promise=describe_promise,
        known=describe_known_deviation,
        reason=format_reason,
        describe=describe_group,
        answer=format_answer,
    )
    return text.rstrip("\n")
