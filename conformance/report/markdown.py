"""A summary in GitHub's Markdown, for a pull request or `$GITHUB_STEP_SUMMARY` (which holds 1 MiB)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.report.evidence import grouped
from conformance.report.harmless import as_json, clip, one_line, visible
from conformance.report.saying import promise_of, reason_of, repeat_of, stray_line
from conformance.report.speaking import spoken
from conformance.report.view import SYMBOLS, WORST_FIRST, sentences, tally
from conformance.report.words import checked_language, say
from conformance.results.model import Level, Results, RowResult, TargetRun, Verdict

__all__ = ["write"]

_MARKUP = re.compile(r"[\\`*_\[\]<>&|~:@#$]|(?<=www)\.", re.IGNORECASE)
_MOST_SHOWN = 20
_LONGEST = 300


def write(results: Results, language: str | None = None) -> str:
    """The verdict, a table of counts, then each violation with what was wanted, what came and how to repeat it."""
    chosen = checked_language(language)
    return "\n".join(_summary(spoken(results, chosen), chosen)).rstrip() + "\n"


def _summary(results: Results, language: str) -> Iterator[str]:
    verdict = results.verdict
    yield f"# {SYMBOLS[verdict]} {say('report.name', language)}: {say(f'verdict.{verdict}', language)}\n"
    yield " ".join(say(key, language, **values) for key, values in sentences(results.runs)) + "\n"
    if results.partial:
        yield f"**{say('report.partial', language)}** {_text(results.why_partial)}\n"
    heads = [say("fact.contract", language), say("fact.target", language)]
    heads += [f"{SYMBOLS[one]} {say(f'verdict.{one}', language)}" for one in WORST_FIRST]
    heads.append(say("fact.requests", language))
    yield _line(heads)
    yield _line(["---", "---", *["---:"] * (len(heads) - 2)])
    for run in results.runs:
        name = f"{_text(run.contract.title or run.contract.name)} {_text(run.contract.edition)}"
        counts = [str(count) for _, count in tally(run.rows)]
        yield _line([name, _code(str(run.target.get("base_url", "-"))), *counts, str(run.requests)])
    depth = f"{say('fact.depth', language)}: {_text(results.depth)}"
    seed = f"{say('fact.seed', language)}: {results.seed}"
    yield f"\n{depth} · {seed} · {say('fact.time', language)}: {results.seconds:.1f} s\n"
    for run in results.runs:
        yield from _run(run, language)


def _run(run: TargetRun, language: str) -> Iterator[str]:
    bad = [row for row in run.rows if row.verdict is Verdict.VIOLATES]
    if bad:
        yield f"## {_text(run.contract.title or run.contract.name)}: {say('section.first', language)}\n"
    for row in bad[:_MOST_SHOWN]:
        yield from _violation(row, language)
    if len(bad) > _MOST_SHOWN:
        yield say("first.more", language, n=len(bad) - _MOST_SHOWN) + "\n"
    if strayed := [one for one in run.explored if one.verdict is Verdict.VIOLATES]:
        yield f"### {say('section.explored', language)}\n"
        yield from (f"- {SYMBOLS[one.verdict]} {_text(stray_line(one))}" for one in strayed[:_MOST_SHOWN])
        yield ""
    for verdict in (Verdict.INCONCLUSIVE, Verdict.DRIFTS, Verdict.NOT_EXERCISED):
        rows = [row for row in run.rows if row.verdict is verdict]
        if rows:
            yield f"<details><summary>{SYMBOLS[verdict]} {say(f'verdict.{verdict}', language)}: {len(rows)}</summary>\n"
            yield from (f"- {_code(row.id)} {_text(clip(reason_of(row, language), _LONGEST))}" for row in rows)
            yield "\n</details>\n"


def _violation(row: RowResult, language: str) -> Iterator[str]:
    known = f" ({say('row.known', language)}: {_text(row.known.reason)})" if row.known else ""
    yield f"### {SYMBOLS[row.verdict]} {_code(row.id)} {_text(row.cause)}{known}\n"
    yield f"- {say('finding.wanted', language)}: {_code(promise_of(row))}"
    for group in [one for one in grouped(row.findings) if one.first.level is Level.MUST][:3]:
        finding, more = group.first, len(group.all) - 1
        wanted, got = (_code(clip(as_json(value), _LONGEST)) for value in (finding.wanted, finding.got))
        times = f" ({_text(finding.times)})" if finding.times else ""
        times += f" {say('finding.more', language, n=more)}" if more else ""
        yield (
            f"- {_text(finding.aspect)} {say('finding.at', language)} {_code(finding.where)}{times}:"
            f" {say('finding.wanted', language)} {wanted}, {say('finding.got', language)} {got}."
            f" {_text(finding.detail)}".rstrip()
        )
    if curl := repeat_of(row):
        yield "\n" + _fenced(clip(curl, 4000))
    yield ""


def _text(text: str) -> str:
    """Prose in which every character that Markdown or HTML could read as markup is a character reference."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", one_line(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}sh\n{visible(text)}\n{fence}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
