"""A summary in GitHub's Markdown, for a pull request or `$GITHUB_STEP_SUMMARY` (which holds 1 MiB)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.model import Level, Verdict
from conformance.messages import Message, plural_message
from conformance.report.evidence import group_findings, list_rows
from conformance.report.format import (
    describe_group,
    format_duration,
    format_promise,
    format_reason,
    format_repeat_command,
)
from conformance.report.markdown_text import escape_prose, format_code, format_code_block, format_table_lines
from conformance.report.translation import Translator
from conformance.report.view import collect_sentences, count_verdicts
from conformance.report.words import SYMBOLS, VERDICTS, WORST_FIRST
from conformance.results.model import Results, RowResult, TargetRun

_MOST_SHOWN = 20
_LONGEST = 300


def format_markdown(results: Results, language: str | None = None) -> str:
    """The verdict, a table of counts, then each violation with what was expected, what came and how to repeat it."""
    return "\n".join(_summary(results, Translator.of(results.runs, language))).rstrip() + "\n"


def _summary(results: Results, say: Translator) -> Iterator[str]:
    verdict = results.verdict
    yield f"# {SYMBOLS[verdict]} {say(Message('Conformance report'))}: {say(VERDICTS[verdict])}\n"
    yield " ".join(map(say, collect_sentences(results.runs))) + "\n"
    if results.partial:
        broken = say(Message("This run was broken off; what it had found is below."))
        yield f"**{broken}** {escape_prose(say(results.why_partial))}\n"
    heads = [say(Message("Contract")), say(Message("Target"))]
    heads += [f"{SYMBOLS[one]} {say(VERDICTS[one])}" for one in WORST_FIRST]
    heads.append(say(Message("Requests")))
    yield from format_table_lines(heads, map(_counts, results.runs), numbers=len(heads) - 2)
    depth = f"{say(Message('Depth'))}: {escape_prose(results.depth)}"
    seed = f"{say(Message('Seed'))}: {results.seed}"
    yield f"\n{depth} · {seed} · {say(Message('Time'))}: {format_duration(results.seconds)}\n"
    for run in results.runs:
        yield from _run(run, say)


def _counts(run: TargetRun) -> list[str]:
    name = f"{escape_prose(run.contract.title or run.contract.name)} {escape_prose(run.contract.edition)}"
    target = format_code(str(run.target.get("base_url", "-")), _LONGEST)
    return [name, target, *(str(count) for _, count in count_verdicts(run.rows)), str(run.requests)]


def _run(run: TargetRun, say: Translator) -> Iterator[str]:
    every = list_rows(run)
    bad = [row for row in every if row.verdict is Verdict.VIOLATES]
    if run.warnings:
        yield f"**{say(Message('Warnings'))}**\n"
        yield from (f"- {escape_prose(say(text, _LONGEST))}" for text in run.warnings[:_MOST_SHOWN])
        yield ""
    if bad:
        yield f"## {escape_prose(run.contract.title or run.contract.name)}: {say(Message('What is broken'))}\n"
    for row in bad[:_MOST_SHOWN]:
        yield from _violation(row, say)
    if more := len(bad[_MOST_SHOWN:]):
        message = plural_message(
            more, "{n} more violation is in the tables below.", "{n} more violations are in the tables below."
        )
        yield say(message) + "\n"
    for verdict in (Verdict.INCONCLUSIVE, Verdict.DRIFTS, Verdict.NOT_EXERCISED):
        rows = [row for row in every if row.verdict is verdict]
        if rows:
            yield f"<details><summary>{SYMBOLS[verdict]} {say(VERDICTS[verdict])}: {len(rows)}</summary>\n"
            yield from (f"- {format_code(row.id)} {escape_prose(say(format_reason(row), _LONGEST))}" for row in rows)
            yield "\n</details>\n"


def _violation(row: RowResult, say: Translator) -> Iterator[str]:
    known = f" ({say(Message('Known deviation'))}: {escape_prose(row.known.reason)})" if row.known else ""
    cause = escape_prose(say.choose(row.cause, row.cause_ja))
    yield f"### {SYMBOLS[row.verdict]} {format_code(row.id)} {cause}{known}\n"
    if row.expected:
        yield f"- {say(Message('expected'))}: {format_code(say(format_promise(row)), _LONGEST)}"
    for group in [one for one in group_findings(row.findings) if one[0].level is Level.MUST][:3]:
        yield f"- {format_code(say(describe_group(group)), 2 * _LONGEST)}"
    if curl := format_repeat_command(row):
        yield "\n" + format_code_block(curl)
    yield ""
