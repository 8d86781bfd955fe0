"""A comparison in GitHub's Markdown: what a job writes into its summary, or as a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.compare.format import (
    HEADINGS,
    describe_change,
    explain_not_blamed,
    format_headline,
    format_our_names,
    format_turn,
    list_sections,
)
from conformance.compare.model import Comparison, Kind, OurChange, RowChange, RunChange
from conformance.messages import Message, join_messages
from conformance.report.format import format_choice, format_value
from conformance.report.markdown_text import escape_prose, format_code, format_code_block, format_table_lines
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS, VERDICTS, name_of

_LONGEST = 300
_MOST_ROWS = 40


def format_markdown_comparison(comparison: Comparison, language: str | None = None) -> str:
    """The headline, a table per kind of change with old and new side by side, and what we did otherwise."""
    say = Translator(check_language(language), comparison.labels_ja)
    return "\n".join(_Markdown(say).lines(comparison)).rstrip() + "\n"


class _Markdown:
    def __init__(self, say: Translator) -> None:
        self._say = say

    def lines(self, comparison: Comparison) -> Iterator[str]:
        say = self._say
        symbol = "✗" if comparison.worse else "≈" if comparison.changed else "✓"
        yield f"# {symbol} {self._prose(format_headline(comparison))}\n"
        then = f"{say(Message('Then'))}: {self._code(comparison.old.started)}"
        yield f"{then} · {say(Message('Now'))}: {self._code(comparison.new.started)}\n"
        for run in comparison.runs:
            if run.changed:
                verdicts = say(join_messages(" → ", [VERDICTS[run.old], VERDICTS[run.new]]))
                yield f"## {self._prose(run.name)}: {verdicts}\n"
                yield from self._run(run, (*comparison.ours, *run.ours))
        yield from self._our_side(comparison)

    def _run(self, run: RunChange, changes: tuple[OurChange, ...]) -> Iterator[str]:
        code, prose, say = self._code, self._prose, self._say
        for kind, rows in list_sections(run):
            yield from self._rows(kind, rows, changes)
        yield from self._table(
            Message("Wordings that changed"),
            (Message("Row"), Message("Input"), Message("Then"), Message("Now")),
            (
                (code(one.row), f"{prose(name_of(one.about))} {code(one.where)}", code(one.old), code(one.new))
                for one in run.wordings
            ),
        )
        yield from self._table(
            Message("Open choices that changed"),
            (Message("Row"), Message("Input"), Message("Then"), Message("Now")),
            (
                (code(one.row), code(one.input), prose(format_choice(one.old)), prose(format_choice(one.new)))
                for one in run.choices
            ),
        )
        yield from self._table(
            Message("Undocumented answers"),
            (Message("Since then"), Message("Operation"), Message("Status"), Message("Message")),
            (
                (self._since(new=one.new), code(one.operation), str(one.status), code(one.message))
                for one in run.undocumented
            ),
        )
        heads = (Message("Since then"), Message("Operation"), Message("Check"), Message("Expected"), Message("Got"))
        yield from self._table(
            Message("Exploration beyond the tables"),
            (*heads, Message("Explained by our side")),
            (
                (
                    self._since(new=one.new),
                    code(one.operation),
                    say(name_of(one.check)),
                    code(format_value(one.expected)),
                    code(format_value(one.actual)),
                    prose(format_our_names(one.ours)),
                )
                for one in run.explored
            ),
        )

    def _rows(self, kind: Kind, rows: tuple[RowChange, ...], changes: tuple[OurChange, ...]) -> Iterator[str]:
        code = self._code
        yield from self._table(
            HEADINGS[kind],
            (Message("Row"), Message("Verdict"), Message("Then"), Message("Now"), Message("Why")),
            (
                (
                    code(row.id),
                    f"{SYMBOLS[row.new] if row.new else ''} {self._say(format_turn(row))}",
                    code(row.was),
                    code(row.now),
                    self._prose(explain_not_blamed(row, changes) or row.why),
                )
                for row in rows[:_MOST_ROWS]
            ),
        )
        if len(rows) > _MOST_ROWS:
            yield self._say(Message("And {n} more.", n=len(rows) - _MOST_ROWS)) + "\n"
        for row in rows:
            if row.worse and row.repeat:
                yield f"{self._say(Message('Repeat it'))} ({code(row.id)}):\n\n{format_code_block(row.repeat)}\n"

    def _our_side(self, comparison: Comparison) -> Iterator[str]:
        changes: list[tuple[str, OurChange]] = [(Message("all"), one) for one in comparison.ours]
        changes += [(run.name, one) for run in comparison.runs for one in run.ours]
        yield from self._table(
            Message("What changed on our side (no target is blamed for it)"),
            (Message("Run"), Message("Row"), Message("What")),
            (
                (self._prose(name), self._code(change.row), self._prose(describe_change(change)))
                for name, change in changes
            ),
        )
        for name in comparison.only_old:
            yield f"- {self._prose(Message('{run}: not in the new run', run=name))}"
        for name in comparison.only_new:
            yield f"- {self._prose(Message('{run}: not in the old run', run=name))}"

    def _table(self, title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
        cells = list(rows)
        if cells:
            yield f"### {self._say(title)}\n"
            yield "\n".join(format_table_lines([self._say(head) for head in heads], cells)) + "\n"

    def _since(self, *, new: bool) -> str:
        return self._say(Message("new") if new else Message("gone"))

    def _prose(self, text: str) -> str:
        return escape_prose(self._say(text, _LONGEST))

    def _code(self, text: str) -> str:
        return format_code(self._say(text), _LONGEST)
