"""Reads the error that a heading or a list entry describes, with the blocks below it."""

import re
from collections.abc import Sequence
from itertools import takewhile

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableBlock
from conformance.authoring.column_titles import Role, RoleTexts, role_of_label
from conformance.authoring.envelope import read_samples
from conformance.authoring.error_tables import records_of_table
from conformance.authoring.error_text import (
    ABOUT_ERRORS,
    LEADING_CODE,
    QUOTED,
    STATUS,
    SUBSTATUS,
    code_of_title,
    error_statuses,
    find_statuses,
    follows_status,
    is_code_in_text,
    is_phrase,
    read_labels,
    split_status,
    status_in_text,
    strip_phrase,
    trim,
)

_LONGEST_LEAD = 25
_WORDS = re.compile(r"\w \w")
"""The title of an error that is a text, not a name."""
_TERM = re.compile(r"`(\w+(?: \w+)+)`: ")
"""A term of several words, with its definition after it."""
_CAUSES_FOLLOW = re.compile(
    r"(\b(causes?|reasons?|when|if)\b|原因|理由|場合|情况)[^.\u3002]*[:\uff1a]\Z", re.IGNORECASE
)
"""The end of a text with a list of causes below it."""


def read_lead(text: str, around: Sequence[int], *, about_errors: bool, title: bool = False) -> RoleTexts | None:
    """Return the parts of an error in a heading or entry, or None; `around` are the statuses of its section."""
    text = " ".join(text.split())
    first = STATUS.match(text)
    statuses, rest = find_statuses(text) if first or title else ((), text)
    known = title or about_errors or bool(around)
    if (statuses and statuses[0] < 400) or (first and not known and not follows_status(rest, statuses[0])):
        return None
    if not title and read_labels(text):
        return None
    if title and not statuses:
        coded = code_of_title(text) if about_errors else None
        below = SUBSTATUS.fullmatch(coded[0]) if coded else None
        return {"status": [below[1]] if below else [], "code": [coded[0]], "cause": [coded[1]]} if coded else None
    if not statuses:
        lead = LEADING_CODE.match(text) if known else None
        if about_errors and not around and (term := _TERM.match(text)) and not is_phrase(term[1]):
            return {"code": [term[1]], "cause": [text[term.end() :]]}
        if not (lead and (lead[1] or lead[2].isdigit())) and not (around and QUOTED.match(text)):
            return None  # or a word that is not separated from the sentence after it
        statuses = tuple(around)
    phrase = rest
    rest = strip_phrase(rest, statuses[0]) if statuses else trim(rest)
    code, message = _find_quoted(rest)
    if not code:
        code, rest = _split_leading_code(rest, statuses, title=title)
    taken = {code, message} - {""}
    cause = QUOTED.sub(lambda match: " " if match[0].strip('`"“”「」') in taken else match[0], rest)
    cause = trim(re.sub(r"\s+(?=[.,;:]|\Z)", "", " ".join(cause.replace("`", "").split())))
    if code and not first:
        found, cause = split_status(cause)
        statuses = found or statuses
    return {
        "status": [", ".join(map(str, statuses)) + (f" {phrase}" if first and not taken and not cause else "")],
        "code": [code],
        "message": [f"`{message}`"] if message else [],
        "cause": [cause] if cause else [],
    }


def _split_leading_code(rest: str, statuses: Sequence[int], *, title: bool) -> tuple[str, str]:
    """Split the code off the beginning of a text from which the status was removed."""
    lead = LEADING_CODE.match(rest)
    if lead is not None and lead[1] not in map(str, statuses[:1]):
        return lead[1] or lead[2], rest[lead.end(1 if lead[1] else 2) :]
    is_word = title and re.fullmatch("[a-z]{4,}", rest) and not ABOUT_ERRORS.search(rest)
    return (rest, "") if is_word else ("", rest)


def _find_quoted(text: str) -> tuple[str, str]:
    """Return the quoted code and message of a text; a word quoted far inside its sentence is not a code."""
    quoted = [next(filter(None, groups)).strip() for groups in QUOTED.findall(text)]
    codes = [one for one in quoted if is_code_in_text(one) and text.find(one) <= _LONGEST_LEAD]
    messages = [one for one in quoted if one not in codes and (" " in one or not one.isascii())]
    return next(iter(codes), ""), next(iter(messages), "")


def read_body(blocks: Sequence[Block], title: str = "") -> RoleTexts:
    """Return the parts of an error below a heading or entry: from labels, a sample response, and text.

    The text of its title is the message if there is a label for the cause.
    """
    held, prose = _read_below(blocks)
    sample: RoleTexts = next(iter(samples_of(blocks)), {})
    if "cause" in held and "message" not in sample and _WORDS.search(title):
        held.setdefault("message", [title])
    quoted = [
        one
        for block in prose[:3]
        for one in re.findall(r"`([^`]+)`", block.text)
        if " " in one and (len(one) * 2 > len(block.text) or "message" in block.text.casefold())
    ]
    if quoted:
        held.setdefault("message", [f"`{quoted[0]}`"])
    if prose:
        causes = [text for one in prose if (text := split_status(one.text)[1])]
        held.setdefault("cause", [" ".join(causes)] if isinstance(prose[0], Item) else causes[:1])
        held.setdefault("status", [str(status) for one in prose for status in status_in_text(one.text)][:1])
    status: RoleTexts = {"status": sample["status"]} if "status" in sample else {}
    return {**sample, **held, **status}


def list_causes(blocks: Sequence[Block]) -> list[Item]:
    """Return the entries of a list of two or more causes, of which the text above it tells."""
    lists = (
        list(takewhile(lambda block: isinstance(block, Item), blocks[place:]))
        for place, before in enumerate(blocks, start=1)
        if isinstance(before, Paragraph) and _CAUSES_FOLLOW.search(before.text)
    )
    entries = [one for one in next(lists, []) if isinstance(one, Item)]
    return [one for one in entries if one.level == entries[0].level] if len(entries) > 1 else []


def _read_below(blocks: Sequence[Block]) -> tuple[RoleTexts, list[Paragraph | Item]]:
    """Return the labelled parts (in a line, below it or in a table), and the other text."""
    held: RoleTexts = {}
    prose: list[Paragraph | Item] = []
    label: Role | None = None
    closed: set[str] = set()
    for block in blocks:
        said: RoleTexts = {}
        if isinstance(block, TableBlock):
            records = records_of_table(block)
            said = records[0][0] if len(records) == 1 else {}
        elif not isinstance(block, Code):
            named = None if isinstance(block, Item) else role_of_label(block.text)
            said = {} if named or isinstance(block, Heading) else read_labels(block.text)
            if label and not named and not said and not isinstance(block, Heading):
                said = {label: [block.text]}
            elif isinstance(block, Paragraph | Item) and not (named or said or is_phrase(block.text)):
                prose.append(block)
            if named:
                closed = {"message"} & set(held)  # the first wording is the message
            label = named or (label if isinstance(block, Item) else None)
        for role, texts in said.items():
            if role not in closed:
                held.setdefault(role, []).extend(texts)
    return held, prose


def samples_of(blocks: Sequence[Block]) -> list[RoleTexts]:
    return [sample for block in blocks if isinstance(block, Code) for sample in read_samples(block.text)]


def read_answers(blocks: Sequence[Block], *, different: bool = True) -> list[tuple[RoleTexts, int]]:
    """Return the sample error responses with their lines; status from the sample or above, cause from the text before.

    Empty if all samples show the same error, or unless they do if `different` is False.
    """
    found: list[tuple[RoleTexts, int]] = []
    before: list[str] = []
    for block in blocks:
        if isinstance(block, Heading):
            before = []
        elif isinstance(block, Paragraph | Item):
            before.append(block.text)
        samples = samples_of([block])
        for sample in samples:
            above = [str(status) for text in before for status in error_statuses(text)]
            causes = [text for text in before if not error_statuses(text) and text[-1:] not in {":", "\uff1a"}]
            if len(sample) > ("status" in sample):
                found.append(({"status": above[-1:], "cause": causes[:1], **sample}, block.line))
        if isinstance(block, Code):
            before = [] if samples else [*before, block.text]  # a separate status line belongs to the next body
    errors = {str((one.get("code"), one.get("message"))) for one, _ in found}
    return found if (len(errors) > 1) == different else []
