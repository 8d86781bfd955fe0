"""What one heading, or one entry of a list, says of an error, with what stands below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableBlock
from conformance.authoring.columns import (
    IDENTIFIER,
    STATUS,
    Role,
    classify_columns,
    find_statuses,
    is_phrase,
    role_of_label,
    split_codes,
)
from conformance.authoring.envelope import read_sample
from conformance.authoring.error_tables import labels_of_table
from conformance.authoring.error_text import (
    ABOUT_ERRORS,
    LEADING_CODE,
    MARKS,
    QUOTED,
    STATUS_IN_TEXT,
    code_of_title,
    error_statuses,
    follows_status,
    is_code_in_text,
    read_labels,
    strip_phrase,
    strip_status,
    trim,
)

_LONGEST_LEAD = 25
RoleTexts = dict[Role, list[str]]
"""What is said of one error, by role: as the cells of a table say it."""


def levels_of_codes(blocks: Sequence[Block]) -> frozenset[int]:
    """The levels at which at least two headings are codes; half of them, where they may as well be names.

    Where one stands right above a table with a column of codes, the headings of its level are no codes.
    """
    titles = [(block.level, code_of_title(block.text)) for block in blocks if isinstance(block, Heading)]
    of_tables = {
        one.level
        for one, after in pairwise(blocks)
        if isinstance(one, Heading) and code_of_title(one.text) and isinstance(after, TableBlock) and _has_codes(after)
    }
    every = [level for level, _ in titles]
    coded = [level for level, code in titles if code]
    sure = [level for level, code in titles if code and re.search(r"[_\d.]|(Error|Exception|Fault)$", code[0])]
    return frozenset(
        level
        for level in {*coded} - of_tables
        if sure.count(level) > 1 or (coded.count(level) > 1 and 2 * coded.count(level) >= every.count(level))
    )


def _has_codes(table: TableBlock) -> bool:
    return labels_of_table(table) is None and "code" in {column.role for column in classify_columns(table)}


def read_lead(text: str, around: Sequence[int], *, about_errors: bool, title: bool = False) -> RoleTexts | None:
    """What a title or an entry of a list says of an error: its status or code, a quoted text as message, its cause.

    `around` are the statuses of its section. None where it is about no error.
    """
    text = " ".join(text.split())
    first = STATUS.match(text)
    statuses, rest = find_statuses(text) if first or title else ((), text)
    if first and len(statuses) == 1:
        rest = text[first.end() :]
    known = title or about_errors or bool(around)
    if (statuses and statuses[0] < 400) or (first and not known and not follows_status(rest, statuses[0])):
        return None
    if not statuses and (title or read_labels(text)):
        coded = code_of_title(text) if about_errors and title else None
        return {"code": [coded[0]], "cause": [coded[1]]} if coded else None
    lead = LEADING_CODE.match(rest) if known or first else None
    if lead and lead[2] and not first:
        lead = None  # a word with nothing that divides it from a sentence
    if not statuses and not (lead or (around and QUOTED.match(text))):
        return None
    if not statuses:
        named = STATUS_IN_TEXT.search(text)
        statuses = (int(named[1] or named[2]),) if named else tuple(around)
    if first and rest.startswith("`"):
        rest = rest[1:]  # only the status is code
    elif rest.count("`") % 2:
        rest = f"`{rest.lstrip()}"  # the status stood within the same code
    phrase = rest
    rest = strip_phrase(rest, statuses[0]) if statuses else trim(rest)
    quoted = [next(filter(None, groups)).strip() for groups in QUOTED.findall(rest)]
    first_quoted = quoted[0] if quoted and QUOTED.match(rest.lstrip(MARKS.replace("`", "") + '"')) else None
    codes = [
        one
        for one in quoted
        if (is_code_in_text(one) and _leads_to_code(rest.partition(one)[0]))
        or (one == first_quoted and IDENTIFIER.fullmatch(one))
    ]
    own = str(statuses[0]) if statuses else None
    if not codes and (lead := LEADING_CODE.match(rest)) is not None and own != lead[1]:
        codes, rest = [lead[1] or lead[2]], rest[lead.end(1 if lead[1] else 2) :]
    elif title and re.fullmatch("[a-z]{4,}", rest) and not ABOUT_ERRORS.search(rest):
        codes, rest = [rest], ""
    if title and first and codes and is_phrase(codes[0].replace("_", " ")):
        codes = []
    messages = [one for one in quoted if one not in codes and (" " in one or not one.isascii())]
    taken = {*codes[:1], *messages[:1]}
    cause = QUOTED.sub(lambda match: " " if match[0].strip('`"“”「」') in taken else match[0], rest)
    cause = trim(re.sub(r"\s+(?=[.,;:]|\Z)", "", " ".join(cause.replace("`", "").split())))
    return {
        "status": [", ".join(map(str, statuses)) + (f" {phrase}" if first and not taken and not cause else "")],
        "code": codes[:1] or [""],
        "message": [f"`{one}`" for one in messages[:1]],
        "cause": [cause] if cause else [],
    }


def _leads_to_code(before: str) -> bool:
    """Whether what stands before a quoted word leaves it the code of the entry, rather than a name in its sentence."""
    return len(before) <= _LONGEST_LEAD or ABOUT_ERRORS.search(before) is not None


def read_body(blocks: Sequence[Block]) -> RoleTexts:
    """What stands below a title or an entry: labels and what is under them, a sample answer, its text."""
    held: RoleTexts = {}
    prose: list[Paragraph | Item] = []
    label: Role | None = None
    for block in blocks:
        said: RoleTexts = {}
        if isinstance(block, TableBlock):
            said = labels_of_table(block) or {}
        elif not isinstance(block, Code):
            named = None if isinstance(block, Item) else role_of_label(block.text)
            said = {} if named or isinstance(block, Heading) else read_labels(block.text)
            if label and not named and not said and not isinstance(block, Heading):
                said = {label: [block.text]}
            elif isinstance(block, Paragraph | Item) and not (named or said or is_phrase(block.text)):
                prose.append(block)
            label = named or (label if isinstance(block, Item) else None)
        for role, texts in said.items():
            held.setdefault(role, []).extend(texts)
    if not any(map(IDENTIFIER.fullmatch, split_codes("\n".join(held.get("code", []))))):
        held.pop("code", None)  # a sentence about it
    samples = (read_sample(block.text) for block in blocks if isinstance(block, Code))
    sample = next(filter(None, samples), None)
    if sample and sample.code and not sample.code.isdigit():
        held.setdefault("code", [sample.code])
    quoted = [
        one
        for block in prose[:3]
        for one in re.findall(r"`([^`]+)`", block.text)
        if " " in one and (len(one) * 2 > len(block.text) or "message" in block.text.casefold())
    ]
    quoted += [sample.message] if sample and sample.message else []
    if quoted:
        held.setdefault("message", [f"`{quoted[0]}`"])
    if prose:
        several = [one.text for one in prose if isinstance(one, Item)] if isinstance(prose[0], Item) else [prose[0].text]
        held.setdefault("cause", [strip_status(" ".join(several))])
        named_status = next(filter(None, (STATUS_IN_TEXT.search(one.text) for one in prose)), None)
        held.setdefault("status", [named_status[1] or named_status[2]] if named_status else [])
    return {role: texts for role, texts in held.items() if texts}


def read_samples(blocks: Sequence[Block]) -> list[tuple[RoleTexts, int]]:
    """Sample answers that are an error each, with their lines: the status in them or above, the text before as cause.

    None where there is but one, or where they show the same.
    """
    found: list[tuple[RoleTexts, int]] = []
    before: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph | Item):
            before.append(block.text)
        sample = read_sample(block.text) if isinstance(block, Code) else None
        if sample is not None and (sample.code or sample.message):
            above = [str(status) for text in before for status in error_statuses(text)]
            causes = [text for text in before if not error_statuses(text)]
            status = [str(sample.status)] if sample.status else above[-1:]
            held: RoleTexts = {"status": status, "code": [sample.code], "message": [f"`{sample.message}`"]}
            found.append(({**held, "cause": causes[:1]}, block.line))
        before = [] if isinstance(block, Code) else before
    return found if len({str((one["code"], one["message"])) for one, _ in found}) > 1 else []
