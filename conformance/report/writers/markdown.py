"""A summary in GitHub's Markdown, for a pull request or `$GITHUB_STEP_SUMMARY` (which holds 1 MiB)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks.model import Level, Verdict
from conformance.report.evidence import group_findings
from conformance.report.format import format_exploration_finding, format_promise, format_reason, format_repeat_command
from conformance.report.sanitize import clip_text, format_json, show_invisible, to_one_line
from conformance.report.translation import checked_language, translate, translate_results
from conformance.report.view import SYMBOLS, WORST_FIRST, collect_sentences, count_verdicts
from conformance.results.model import Results, RowResult, TargetRun

__all__ = ["format_markdown"]

_MARKUP = re.compile(r"[\\`*_\[\]<>&|~:@#$]|(?<=www)\.", re.IGNORECASE)
_MOST_SHOWN = 20
_LONGEST = 300


def format_markdown(results: Results, language: str | None = None) -> str:
    """The verdict, a table of counts, then each violation with what was wanted, what came and how to repeat it."""
    chosen = checked_language(language)
    return "\n".join(_summary(translate_results(results, chosen), chosen)).rstrip() + "\n"


def _summary(results: Results, language: str) -> Iterator[str]:
    verdict = results.verdict
    yield f"# {SYMBOLS[verdict]} {translate('report.name', language)}: {translate(f'verdict.{verdict}', language)}\n"
    yield " ".join(translate(key, language, **values) for key, values in collect_sentences(results.runs)) + "\n"
    if results.partial:
        yield f"**{translate('report.partial', language)}** {_text(results.why_partial)}\n"
    heads = [translate("fact.contract", language), translate("fact.target", language)]
    heads += [f"{SYMBOLS[one]} {translate(f'verdict.{one}', language)}" for one in WORST_FIRST]
    heads.append(translate("fact.requests", language))
    yield _line(heads)
    yield _line(["---", "---", *["---:"] * (len(heads) - 2)])
    for run in results.runs:
        name = f"{_text(run.contract.title or run.contract.name)} {_text(run.contract.edition)}"
        counts = [str(count) for _, count in count_verdicts(run.rows)]
        yield _line([name, _code(str(run.target.get("base_url", "-"))), *counts, str(run.requests)])
    depth = f"{translate('fact.depth', language)}: {_text(results.depth)}"
    seed = f"{translate('fact.seed', language)}: {results.seed}"
    yield f"\n{depth} · {seed} · {translate('fact.time', language)}: {results.seconds:.1f} s\n"
    for run in results.runs:
        yield from _run(run, language)


def _run(run: TargetRun, language: str) -> Iterator[str]:
    bad = [row for row in run.rows if row.verdict is Verdict.VIOLATES]
    if bad:
        yield f"## {_text(run.contract.title or run.contract.name)}: {translate('section.first', language)}\n"
    for row in bad[:_MOST_SHOWN]:
        yield from _violation(row, language)
    if len(bad) > _MOST_SHOWN:
        yield translate("first.more", language, n=len(bad) - _MOST_SHOWN) + "\n"
    if strayed := [one for one in run.explored if one.verdict is Verdict.VIOLATES]:
        yield f"### {translate('section.explored', language)}\n"
        yield from (
            f"- {SYMBOLS[one.verdict]} {_text(format_exploration_finding(one))}" for one in strayed[:_MOST_SHOWN]
        )
        yield ""
    for verdict in (Verdict.INCONCLUSIVE, Verdict.DRIFTS, Verdict.NOT_EXERCISED):
        rows = [row for row in run.rows if row.verdict is verdict]
        if rows:
            title = translate(f"verdict.{verdict}", language)
            yield f"<details><summary>{SYMBOLS[verdict]} {title}: {len(rows)}</summary>\n"
            yield from (f"- {_code(row.id)} {_text(clip_text(format_reason(row, language), _LONGEST))}" for row in rows)
            yield "\n</details>\n"


def _violation(row: RowResult, language: str) -> Iterator[str]:
    known = f" ({translate('row.known', language)}: {_text(row.known.reason)})" if row.known else ""
    yield f"### {SYMBOLS[row.verdict]} {_code(row.id)} {_text(row.cause)}{known}\n"
    yield f"- {translate('finding.expected', language)}: {_code(format_promise(row))}"
    for group in [one for one in group_findings(row.findings) if one.first.level is Level.MUST][:3]:
        finding, more = group.first, len(group.all) - 1
        expected, actual = (
            _code(clip_text(format_json(value), _LONGEST)) for value in (finding.expected, finding.actual)
        )
        times = f" ({_text(finding.times)})" if finding.times else ""
        times += f" {translate('finding.more', language, n=more)}" if more else ""
        yield (
            f"- {_text(finding.check)} {translate('finding.at', language)} {_code(finding.where)}{times}:"
            f" {translate('finding.expected', language)} {expected}, {translate('finding.actual', language)} {actual}."
            f" {_text(finding.detail)}".rstrip()
        )
    if curl := format_repeat_command(row):
        yield "\n" + _fenced(clip_text(curl, 4000))
    yield ""


def _text(text: str) -> str:
    """Prose in which every character that Markdown or HTML could read as markup is a character reference."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", to_one_line(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}sh\n{show_invisible(text)}\n{fence}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
