"""A comparison in GitHub's Markdown: what a job writes into its summary, or as a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.compare.format import (
    explain_not_blamed,
    format_change_value,
    format_heading,
    format_headline,
    format_turn,
    list_sections,
)
from conformance.compare.model import Comparison, Kind, OurChange, RowChange, RunChange
from conformance.report.sanitize import clip_text, format_json, show_invisible, to_one_line
from conformance.report.view import SYMBOLS

__all__ = ["format_markdown_comparison"]

_MARKUP = re.compile(r"[^\w\s,/%⟨⟩⏎…“”→—-]|[_-]", re.ASCII)
_LONGEST = 300
_MOST_ROWS = 40


def format_markdown_comparison(comparison: Comparison) -> str:
    """The headline, a table per kind of change with old and new side by side, and what we did otherwise."""
    return "\n".join(_lines(comparison)).rstrip() + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    symbol = "✗" if comparison.worse else "≈" if comparison.changed else "✓"
    yield f"# {symbol} {_text(format_headline(comparison))}\n"
    yield f"Then {_code(comparison.old.started)}, now {_code(comparison.new.started)}.\n"
    for run in comparison.runs:
        if run.changed:
            yield f"## {_code(run.contract)} on {_code(run.target)}: {run.old} → {run.new}\n"
            yield from _run(run, (*comparison.ours, *run.ours))
    yield from _our_side(comparison)


def _run(run: RunChange, changes: tuple[OurChange, ...]) -> Iterator[str]:
    for kind, rows in list_sections(run):
        yield from _rows(kind, rows, changes)
    yield from _table(
        "Wordings that changed",
        ("Row", "At", "Then", "Now"),
        ((_code(one.row), _text(f"{one.about} {one.where}"), _code(one.old), _code(one.new)) for one in run.wordings),
    )
    yield from _table(
        "Open choices that changed",
        ("Row", "Input", "Then", "Now"),
        ((_code(one.row), _code(one.input), _code(one.old), _code(one.new)) for one in run.choices),
    )
    yield from _table(
        "Undocumented answers",
        ("", "Operation", "Status", "Message"),
        ((_new(one.new), _code(one.operation), str(one.status), _code(one.message)) for one in run.undocumented),
    )
    yield from _table(
        "Exploration beyond the tables",
        ("", "Operation", "Aspect", "Wanted", "Got", "Explained by our side"),
        (
            (_new(one.new), _code(one.operation), _text(one.check), _code(format_json(one.expected)),
             _code(format_json(one.actual)), _text(", ".join(one.ours)))
            for one in run.explored
        ),
    )  # fmt: skip


def _rows(kind: Kind, rows: tuple[RowChange, ...], changes: tuple[OurChange, ...]) -> Iterator[str]:
    yield from _table(
        format_heading(kind),
        ("Row", "Verdict", "Then", "Now", "Why"),
        (
            (_code(row.id), f"{SYMBOLS[row.new] if row.new else ''} {format_turn(row)}", _code(row.was), _code(row.now),
             _text(clip_text(explain_not_blamed(row, changes) or row.why, _LONGEST)))
            for row in rows[:_MOST_ROWS]
        ),
    )  # fmt: skip
    if len(rows) > _MOST_ROWS:
        yield f"And {len(rows) - _MOST_ROWS} more.\n"
    for row in rows:
        if row.worse and row.repeat:
            yield f"Repeat {_code(row.id)}:\n\n{_fenced(row.repeat)}\n"


def _our_side(comparison: Comparison) -> Iterator[str]:
    rows = [("all", one) for one in comparison.ours]
    rows += [(f"{run.contract} on {run.target}", one) for run in comparison.runs for one in run.ours]
    yield from _table(
        "What changed on our side (no target is blamed for it)",
        ("Run", "What", "Then", "Now"),
        (
            (
                _text(name),
                _text(f"{one.row} {one.what}".strip()),
                _code(format_change_value(one.old)),
                _code(format_change_value(one.new)),
            )
            for name, one in rows
        ),
    )
    for name in comparison.only_old:
        yield f"- {_text(name)}: not in the new run"
    for name in comparison.only_new:
        yield f"- {_text(name)}: not in the old run"


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if lines:
        yield f"### {title}\n"
        yield f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}"
        yield "\n".join(lines) + "\n"


def _new(is_new: bool) -> str:
    return "new" if is_new else "gone"


def _text(text: str) -> str:
    """Prose in which every character that Markdown or HTML could read as markup is a character reference."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", to_one_line(text))


def _code(text: str) -> str:
    return f"<code>{_text(clip_text(text, _LONGEST))}</code>" if text else ""


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}sh\n{show_invisible(clip_text(text, 4000))}\n{fence}"
