"""Finds the documented errors of a page: status, code, messages, field, cause and line of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import PurePath

from conformance.authoring.blocks import (
    LEVEL_OF_LINES,
    Block,
    Code,
    DocumentPage,
    Heading,
    Item,
    Node,
    Paragraph,
    TableBlock,
    TableRow,
    build_outline,
)
from conformance.authoring.column_titles import RoleTexts, role_of_label
from conformance.authoring.error_entries import list_causes, read_answers, read_body, read_lead, samples_of
from conformance.authoring.error_tables import (
    ErrorRow,
    ErrorTable,
    build_rows,
    classify_columns,
    read_table,
    records_of_table,
)
from conformance.authoring.error_text import (
    ABOUT_ERRORS,
    ABOUT_OTHERS,
    IDENTIFIER,
    STATUS,
    code_of_title,
    error_statuses,
    find_statuses,
    read_labels,
    status_in_text,
    trim,
)
from conformance.authoring.loose_lines import is_code_alone, read_lines, without_section_numbers
from conformance.authoring.states import are_states, without_states
from conformance.errors import ConfigError, Problem

_TitledRow = tuple[tuple[str, ...], ErrorRow]
_ABOUT_RETRIES = re.compile(r"\bretr(y|ies)|\brecover|back-?off|best practice|recommended|guidance", re.IGNORECASE)
_MEMBER = re.compile(r'"(\w+)"\s*:')
"""The name of a member in a sample answer, which an entry of the page may explain."""
_NUMBER = re.compile(r"-?\d{1,9}")
_ANSWERS = frozenset(status.value for status in HTTPStatus if status // 100 in {2, 4, 5})
"""The statuses that an API's documentation lists; other numbers are the vendor's own."""
_MOST_ERRORS = 10_000
_LONGEST_LINE = 30
_MOST_ALIKE = 100
_LONGEST_TITLE = 40


def find_error_tables(page: DocumentPage) -> tuple[ErrorTable, ...]:
    """Return the documented errors of a page in its order, one table for each section.

    Raises ConfigError where there are more of them than any API has, as comparing them would not come to an end.
    """
    lines = [_add_titles(one) if isinstance(one, TableBlock) else one for one in read_lines(page.blocks)]
    blocks = _add_alike([*without_states(without_section_numbers(lines))])
    numbered = _levels_of_numbers(blocks)
    context = _Context((_title_of_page(page, blocks),), _levels_of_codes(blocks) | numbered, numbered)
    members = {name for one in blocks if isinstance(one, Code) for name in _MEMBER.findall(one.text)}
    found = _read_errors(build_outline(blocks), context)
    errors = [each for each in found if each[1].status is not None or each[1].code not in members]
    if len(errors) > _MOST_ERRORS:
        hint = "give the page that lists the errors of one API"
        raise ConfigError([Problem(page.name, f"has more than {_MOST_ERRORS:,} rows of errors", hint)])
    if not errors:  # the page of one error, or of one operation, may show it only in a sample response
        errors = [*_read_samples(blocks, context, different=False)][:1]
    sections = groupby(errors, key=itemgetter(0))
    return tuple(ErrorTable(titles, tuple(row for _, row in rows)) for titles, rows in sections)


def _add_titles(table: TableBlock) -> TableBlock:
    """Add titles to a table without them, which shows in a status or a leading code in its first row."""
    first, width = table.header[0], len(table.header)
    is_code = is_code_alone(first) or re.fullmatch(r"-?\d+", first)
    if not any(map(STATUS.match, table.header)) and (not is_code or any(map(role_of_label, table.header))):
        return table
    titles = ("code", "description") if is_code and width == 2 else ("code" if is_code else "", *[""] * (width - 1))
    return TableBlock(titles, (TableRow(table.header, table.line), *table.rows), table.line)


def _add_alike(blocks: Sequence[Block]) -> list[Block]:
    """Add to each table the first rows of all with the same titles."""
    rows: dict[tuple[str, ...], tuple[TableRow, ...]] = {}
    for one in blocks:
        if isinstance(one, TableBlock):
            rows[one.header] = (*rows.get(one.header, ()), *one.rows)[:_MOST_ALIKE]
    return [replace(one, alike=rows.get(one.header, ())) if isinstance(one, TableBlock) else one for one in blocks]


@dataclass(frozen=True, slots=True)
class _Context:
    """The surroundings of a block: the titles above it, the page's first, and the error that these are about."""

    titles: tuple[str, ...]
    coded: frozenset[int]
    """The levels at which headings are codes."""
    numbered: frozenset[int]
    """Those of them at which all headings are numbers."""
    statuses: tuple[int, ...] = ()
    errors: tuple[str, ...] = ()
    """The titles that are about one status; they are left out of the names of tables."""
    strict: bool = False
    """Whether an entry needs a status, because the whole section is about one error."""

    @property
    def about_errors(self) -> bool:
        own = self.titles[-1]
        others = ABOUT_OTHERS.search(own) and not ABOUT_ERRORS.search(own) and not code_of_title(own)
        return not self.strict and not others and any(map(ABOUT_ERRORS.search, self.titles))

    def below(self, title: str) -> _Context:
        statuses = error_statuses(title)
        errors = (*self.errors, title) if statuses else self.errors
        return replace(self, titles=(*self.titles, title), statuses=statuses or self.statuses, errors=errors)

    def below_line(self, text: str) -> _Context:
        """Return the context of a list or table right below a line such as `Possible errors:` or `Status: 404`."""
        statuses, rest = find_statuses(text)
        if statuses and not trim(rest):
            return replace(self, statuses=error_statuses(text))
        others = len(text) <= _LONGEST_LINE and (ABOUT_OTHERS.search(text) or _ABOUT_RETRIES.search(text))
        if not (others or (ABOUT_ERRORS.search(text) and text[-1:] in {":", "\uff1a"})):
            return self
        statuses = () if others else self.statuses
        return replace(self, titles=(*self.titles, text), errors=(*self.errors, text), statuses=statuses)

    def with_titles(self, rows: Iterable[ErrorRow]) -> Iterator[_TitledRow]:
        names = tuple(title for title in self.titles[1:] if title not in self.errors)
        return ((names, row) for row in rows)


def _read_errors(nodes: Sequence[Node], context: _Context) -> Iterator[_TitledRow]:
    """Yield each error with the titles of its table; if there are none, each sample error response."""
    found = list(_read_blocks(nodes, context))
    blocks = [node.block for node in nodes]
    is_mixed = any(isinstance(one, TableBlock | Heading) for one in blocks)
    if not any(row.status for _, row in found):
        blocks = [one for node in nodes if not isinstance(node.block, Heading) for one in (node.block, *node.below())]
    elif is_mixed:
        blocks = []
    rows = [*_read_samples(blocks, context)]
    yield from rows
    if is_mixed or not rows:
        yield from found


def _read_samples(blocks: Sequence[Block], context: _Context, *, different: bool = True) -> Iterator[_TitledRow]:
    for held, line in read_answers(blocks, different=different):
        if held["status"] or context.statuses:
            yield from context.with_titles(build_rows(held, line, context.statuses))


def _read_blocks(nodes: Sequence[Node], context: _Context) -> Iterator[_TitledRow]:
    line = ""
    answers = [_count_answers(node, context.statuses) for node in nodes]
    for place, node in enumerate(nodes):
        block = node.block
        here = context.below_line(line) if line else context
        line = block.text if isinstance(block, Paragraph) else line
        if isinstance(block, Heading):
            answered = answers[place] == 1 and sum(map(bool, answers)) > 1
            yield from _read_entry(node, block, context, answered=answered)
        elif _ABOUT_RETRIES.search(here.titles[-1]):
            continue
        elif isinstance(block, TableBlock) and not (here.strict and len(records_of_table(block)) == 1):
            around = here.statuses or (status_in_text(line) if line[-1:] in {":", "\uff1a"} else ())
            rows = [*read_table(block, around, about_errors=here.about_errors)]
            beside = [one.block for one in nodes]
            yield from here.with_titles(_complete(rows[0], beside) if len(rows) == 1 else rows)
        elif isinstance(block, Item):
            yield from _read_entry(node, block, here)


def _complete(row: ErrorRow, beside: Sequence[Block]) -> Iterator[ErrorRow]:
    """Yield the only row of a table, with code and message of the sample response beside it if both are one error."""
    sample: RoleTexts = next((held for held, _ in read_answers(beside, different=False)), {})
    statuses = error_statuses((sample.get("status") or [""])[0])
    has_code = any(row.code in block.text for block in beside if isinstance(block, Code))
    if not statuses or row.status not in {None, *statuses} or not has_code:
        yield row
        return
    own: RoleTexts = {"code": [row.code], "message": [f"`{text}`" for text, _ in row.messages]}
    about: RoleTexts = {"cause": [row.cause], "note": [row.note], "operation": [row.operation]}
    held = {**own, **sample, **{role: texts for role, texts in about.items() if any(texts)}}
    yield from build_rows(held, row.line)


def _read_entry(
    node: Node, block: Heading | Item, context: _Context, *, answered: bool = False
) -> Iterator[_TitledRow]:
    """Yield the errors below a heading or list entry, or else the error that it describes itself.

    `answered`: whether a sample response shows that a heading is about an error.
    """
    title = isinstance(block, Heading)
    below = node.below()
    within = context.below(block.text) if isinstance(block, Heading) else context
    coded = isinstance(block, Heading) and block.level in context.coded
    about_errors = replace(within, strict=within.strict and not coded).about_errors and (coded or not title)
    held = read_lead(block.text, context.statuses, about_errors=about_errors, title=title)
    if title and block.level in context.numbered:
        held = {"code": [block.text]}
        within = replace(within, statuses=context.statuses)
    if held is None and title and coded and block.text.strip("` ") in _codes_below(below):
        held = {"code": [block.text]}
    if held is None and title and (answered or _is_labelled(node)):
        held = {"cause": [block.text]}
    success = STATUS.match(block.text)
    if (success is not None and int(success[1]) < 400 and not title) or (block.text.strip().isdigit() and not below):
        return  # about a success; or only a number, such as that of a tab
    if held is None:
        yield from _read_errors(node.inside, within)
        return
    statuses = error_statuses((held.get("status") or [""])[0])
    within = replace(within, statuses=statuses or within.statuses)
    if inner := list(_read_errors(node.inside, replace(within, strict=True))):
        yield from inner
        return
    sure = {role: texts for role, texts in held.items() if any(texts) and not (title and role == "cause")}
    parts = {**held, **read_body(below, next(iter(held.get("cause", ())), "") if title else ""), **sure}
    is_bare = title and statuses and not any(parts.get("code", ())) and not any(parts.get("message", ()))
    causes: Sequence[Heading | Item] = list_causes(below) if is_bare else []
    for one in causes or [block]:
        own: RoleTexts = {"cause": [one.text]} if causes else {}
        yield from context.with_titles(build_rows({**parts, **own}, one.line, within.statuses))


def _codes_below(blocks: Sequence[Block]) -> list[str]:
    return [code for sample in samples_of(blocks) for code in sample.get("code", ())]


def _is_labelled(node: Node) -> bool:
    """Return whether a code and a message are labelled below a title: `errorID: 2`, `errorText: …`."""
    texts = [one.block.text for one in node.inside if isinstance(one.block, Item | Paragraph)]
    labels = {role: said[0] for text in texts for role, said in read_labels(text).items()}
    return "message" in labels and IDENTIFIER.fullmatch(labels.get("code", "")) is not None


def _count_answers(node: Node, around: Sequence[int]) -> int:
    """Return the number of sample error responses in a section; 0 if nothing in or above it shows their status."""
    samples = samples_of(node.below()) if isinstance(node.block, Heading) else []
    texts = [one.block.text for one in node.inside if isinstance(one.block, Paragraph)]
    has_status = around or any(map(status_in_text, texts)) or any("status" in sample for sample in samples)
    return len(samples) if has_status else 0


def _levels_of_codes(blocks: Sequence[Block]) -> frozenset[int]:
    """Return the levels at which at least two headings are codes, and half of all if they may also be names.

    Not if one is right above a table with a column of codes.
    """
    of_tables = {
        one.level
        for one, after in pairwise(blocks)
        if isinstance(one, Heading)
        and code_of_title(one.text)
        and isinstance(after, TableBlock)
        and not records_of_table(after)
        and "code" in {role for role, _ in classify_columns(after)}
    }
    titles = [(block.level, code_of_title(block.text)) for block in blocks if isinstance(block, Heading)]
    every = [level for level, _ in titles]
    coded = [level for level, code in titles if code]
    sure = [level for level, code in titles if code and re.search(r"[_\d.]|(Error|Exception|Fault)$", code[0])]
    return frozenset(
        level
        for level in {*coded} - of_tables
        if not are_states([code[0] for one, code in titles if code and one == level])
        and (sure.count(level) > 1 or (coded.count(level) > 1 and 2 * coded.count(level) >= every.count(level)))
    )


def _levels_of_numbers(blocks: Sequence[Block]) -> frozenset[int]:
    """Return the levels at which several headings are numbers, no other ones are there, and some are no answers."""
    levels: dict[int, list[str]] = {}
    for block in blocks:
        if isinstance(block, Heading):
            levels.setdefault(block.level, []).append(block.text)
    return frozenset(
        level
        for level, texts in levels.items()
        if len(texts) > 2 and all(map(_NUMBER.fullmatch, texts)) and {*map(int, texts)} - _ANSWERS
    )


def _title_of_page(page: DocumentPage, blocks: Sequence[Block]) -> str:
    """Return the name, first title and introductory line of a page, which tell what it is about."""
    titles = (block.text for block in blocks if isinstance(block, Heading) and block.level < LEVEL_OF_LINES)
    lines = [block.text for block in blocks if isinstance(block, Paragraph)]
    line = next((text for text in lines[:6] if len(text) <= _LONGEST_TITLE and ABOUT_ERRORS.search(text)), "")
    return f"{PurePath(page.name.rstrip('/')).stem} {next(titles, ''.join(lines[:1])[:200])} {line}"
