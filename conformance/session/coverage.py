"""`--require`: how much of the contracts a run must have exercised, whatever the verdicts are."""

from collections.abc import Collection, Iterable, Iterator

from conformance.checks.model import Verdict
from conformance.errors import ConfigError, Problem
from conformance.messages import format_count
from conformance.results.model import TargetRun
from conformance.validation import suggest

_LONGEST = 12
"""Row IDs that one message names."""


def check_requirements(requirements: Iterable[str], rows: Collection[str]) -> None:
    """Raise ConfigError for a requirement that is neither `all`, nor a number, nor the ID of one of these rows."""
    problems = [
        Problem("--require", f"{text!r} is neither all, nor a number, nor a row", suggest(text, rows, "rows"))
        for text in requirements
        if text != "all" and not text.isdecimal() and text not in rows
    ]
    if problems:
        raise ConfigError(problems)


def find_missing_coverage(
    requirements: Iterable[str], runs: Iterable[TargetRun], rows: Collection[str]
) -> Iterator[str]:
    """A sentence for each requirement that these runs do not meet; `rows` are the IDs of every row of the contracts."""
    exercised = {row.id for run in runs for row in run.rows if row.verdict is not Verdict.NOT_EXERCISED}
    for text in requirements:
        if text == "all":
            missing = [row for row in rows if row not in exercised]
            if missing:
                names = ", ".join(missing[:_LONGEST]) + (", …" if len(missing) > _LONGEST else "")
                yield f"--require all: {len(missing)} of {format_count(len(rows), 'rows')} not exercised: {names}"
        elif text.isdecimal():
            if len(exercised) < int(text):
                yield f"--require {text}: only {len(exercised)} of {format_count(len(rows), 'rows')} exercised"
        elif text not in exercised:
            yield f"--require {text}: the row was not exercised"
