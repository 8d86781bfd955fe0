"""Formats a summary in GitHub's Markdown for a pull request or `$GITHUB_STEP_SUMMARY` (at most 1 MiB)."""

from conformance.report.evidence import group_findings, list_rows
from conformance.report.format import describe_group, format_promise, format_reason, format_repeat_command
from conformance.report.page import render_template
from conformance.report.translation import collect_labels
from conformance.report.view import collect_sentences, count_verdicts
from conformance.results.model import Results


def format_markdown(results: Results, language: str | None = None) -> str:
    """Return the verdict, a table of counts, and each violation with expected and actual value and its command."""
    return render_template(
        "conformance.report",
        "summary.md.jinja",
        language=language,
        labels=collect_labels(results.runs),
        results=results,
        sentences=collect_sentences(results.runs),
        counts=count_verdicts,
        rows_of=list_rows,
        groups=group_findings,
        describe=describe_group,
        promise=format_promise,
        reason=format_reason,
        repeat=format_repeat_command,
    )
