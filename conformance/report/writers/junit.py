"""Formats JUnit XML for CI systems: a suite for each table, a case for each row.

violates → failure · inconclusive → error · not-exercised → skipped, with the reason · drifts → passed, with a note in
the output · a known deviation → skipped, with its reason, link and expiry.
"""

from collections import Counter

from conformance.checks.model import Verdict
from conformance.report.evidence import list_rows
from conformance.report.failure import format_failure
from conformance.report.format import describe_known_deviation, format_reason
from conformance.report.page import render_template
from conformance.report.translation import collect_labels
from conformance.results.model import Results, RowResult

_KINDS = {Verdict.VIOLATES: "failure", Verdict.INCONCLUSIVE: "error", Verdict.NOT_EXERCISED: "skipped"}


def format_junit(results: Results, language: str | None = None, *, places: bool = False) -> str:
    """Return the document; characters that XML does not allow are shown as `⟨U+0000⟩`.

    It conforms to the schema of Jenkins' xUnit plugin; with `places`, which that schema does not allow, each case has
    the `file` and `line` of its row, which GitLab shows.
    """
    tables = [(run, name) for run in results.runs for name in dict.fromkeys(row.table for row in list_rows(run))]
    return render_template(
        "conformance.report",
        "junit.xml.jinja",
        language=language,
        labels=collect_labels(results.runs),
        results=results,
        suites=[(run, name, [row for row in list_rows(run) if row.table == name]) for run, name in tables],
        places=places,
        kind_of=_kind_of,
        count_kinds=lambda rows: Counter(map(_kind_of, rows)),
        known=describe_known_deviation,
        reason=format_reason,
        failure=format_failure,
    )


def _kind_of(row: RowResult) -> str:
    return "skipped" if row.known else _KINDS.get(row.verdict, "")
