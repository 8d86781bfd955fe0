"""The error tables of a page: each documented error with its status, code, messages, field, cause and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import PurePath

from conformance.authoring.blocks import Block, Code, Heading, Item, Page, Paragraph, Table, TableRow
from conformance.authoring.columns import (
    IDENTIFIER,
    STATUS,
    Column,
    Role,
    align_cells,
    classify_columns,
    find_statuses,
    is_blank,
    plain_cell,
    role_of_label,
)
from conformance.authoring.envelope import guess_envelope, read_sample

__all__ = ["ErrorRow", "ErrorTable", "find_error_tables", "sample_texts"]

_ABOUT_ERRORS = re.compile(
    r"erro[rs]|errno|exception|\bfault|failure|(status|response|return|http|close|result)[ _-]?(event )?codes?|"
    r"statuscodes|エラー|例外|ステータス|错误|錯誤|异常|状态码|返回码|오류|에러|상태|fehler|erreur|\berro\b|errores|"
    r"ошиб|код|foutcode|błęd|\bhata\b",
    re.IGNORECASE,
)
"""What a title says of a section whose tables and lists are errors."""
_ABOUT_OTHERS = re.compile(
    r"(header|parameter|limit|quota|field|attribute)s?\b|properties|change ?log|パラメータ|ヘッダ|参数",
    re.IGNORECASE,
)
"""What the title of a section says that is about something else on a page of errors."""
_QUOTED = re.compile(r"`([^`]+)`|\"([^\"]{3,})\"|“([^”]+)”|「([^」]+)」")
_IN_TEXT = re.compile(
    r"\((?:HTTP )?([45]\d\d)\b[^)]{0,40}\)|\bHTTP(?: status)?(?: code)?:? ([45]\d\d)\b", re.IGNORECASE
)
"""A status that a cause names."""
_WITH_MESSAGE = re.compile(r"(?:HTTP )?([45]\d\d) [A-Za-z' -]+: (\S.*)")
"""A status with its phrase and a message: `401 Unauthorized: token revoked`."""
_CODE = re.compile(
    r"-?\d{3,9}|[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9]+)+|[a-z]+(?:-[a-z0-9]+)+|[A-Z][A-Z0-9_-]{3,}|"
    r"(?:[A-Z][a-z0-9]+){2,}|[A-Za-z]{1,6}[-_]?\d{1,6}|0x[0-9A-Fa-f]+"
)
"""A text that can only be a code: several parts, capitals, or a number of three digits and more."""
_LEAD = re.compile(
    r"\W{0,3}(?:("
    + _CODE.pattern
    + r")[`*\"]*(?:\s*[:\uff1a\u2013\u2014=]|\s+-|\s*\(|\s*\Z|[`*]+\s)|([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)\s)"
)
"""A code at the beginning of an entry, with what divides it from its cause."""
_CODE_TITLE = re.compile(
    r"(?i:error(?: code)?|code|エラー|错误码?|Fehler)?[\s#:\u30fb]*("
    + _CODE.pattern
    + r")(?!\w)[\s:\uff1a()\u2013\u2014.-]*(.*)"
)
_LABELLED = re.compile(r"\W*([^\n:\uff1a=]{2,40}?)\W*[:\uff1a][\s*]*(\S.*)", re.DOTALL)
_OF_LINES = 7
"""The level of headings that are lines with nothing but a status."""
_MARKS = "`*:-. ()[],;\u2013\u2014\u3001\uff1a"
"""What stands between a status, its phrase and a cause."""
_SUCCESS = re.compile(
    r"ok|success(ful)?|succeeded|no error|(操作|请求)?成功|正常|성공|erfolg|éxito|sucesso|succès|успешно", re.IGNORECASE
)
"""What a row says that documents no error."""
_PHRASES = (
    *((status.value, status.phrase.casefold()) for status in HTTPStatus),
    *((413, text) for text in ("payload too large", "content too large", "request entity too large")),
    *((422, text) for text in ("unprocessable content", "unprocessable entity")),
)
"""Statuses and their reason phrases, of all editions of HTTP."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One documented error; what the page does not say is empty. `messages` pairs texts with languages."""

    status: int | None
    code: str
    field: str
    messages: tuple[tuple[str, str | None], ...]
    cause: str
    note: str
    operation: str
    line: int


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The errors of one section of a page, under the titles of the sections around it."""

    titles: tuple[str, ...]
    rows: tuple[ErrorRow, ...]
    line: int


def find_error_tables(page: Page) -> tuple[ErrorTable, ...]:
    """Every table or list of a page whose entries are errors, in the page's order."""
    found: list[tuple[ErrorTable, bool]] = []
    open_headings: list[Heading] = []
    blocks = _with_headings(_with_paragraph_tables(_with_titles_of_sample(page)))
    of_page = _title_of_page(page, blocks)
    coded = _levels_of_codes(blocks)
    skipped = 0
    for place, block in enumerate(blocks):
        if place < skipped:
            continue
        if isinstance(block, Heading):
            open_headings = [*(one for one in open_headings if one.level < block.level), block]
        titles = [of_page, *(one.text for one in open_headings)]
        about_errors = any(map(_ABOUT_ERRORS.search, [*titles, _text_before(blocks, place)])) and not (
            _ABOUT_OTHERS.search(titles[-1]) and not _ABOUT_ERRORS.search(titles[-1]) and not _code_of_title(titles[-1])
        )
        status = next((said[0] for one in reversed(open_headings) if (said := _statuses_of(one.text))), None)
        section = False
        rows: tuple[ErrorRow, ...] = ()
        if isinstance(block, Heading):
            inside = _section(blocks, place)
            rows = tuple(_of_section(block, inside, status, is_code=about_errors and block.level in coded))
            section = True
            if rows and not any(isinstance(one, Heading) for one in inside):
                skipped = place + 1 + len(inside)
        elif isinstance(block, Table):
            rows = tuple(_of_table(block, status, about_errors=about_errors))
        elif isinstance(block, Item):
            entries = _entries(blocks[place:])
            rows = tuple(_of_list(entries, status, about_errors=about_errors))
            skipped = place + len(entries)
        if rows:
            names = tuple(one.text for one in open_headings)
            found.append((ErrorTable(names[:-1] if section else names, rows, rows[0].line), section))
    return _joined(found)


def _with_titles_of_sample(page: Page) -> list[Block]:
    """The blocks, where a column that is called as a key of the sample answer is called what that key says."""
    envelope = guess_envelope(sample_texts(page)) or {}
    named = {envelope[role]: role for role in ("message", "code", "field") if role in envelope}

    def rename(titles: Sequence[str]) -> tuple[str, ...]:
        return tuple(named.get(plain_cell(title), title) for title in titles)

    return [replace(block, header=rename(block.header)) if isinstance(block, Table) else block for block in page.blocks]


def _title_of_page(page: Page, blocks: Sequence[Block]) -> str:
    """What a page is about by its name and first title, where all of it is about that."""
    titles = (block.text for block in blocks if isinstance(block, Heading) and block.level < _OF_LINES)
    first = next(titles, blocks[0].text[:200] if blocks and isinstance(blocks[0], Paragraph) else "")
    return f"{PurePath(page.name.rstrip('/')).stem} {first}"


def _text_before(blocks: Sequence[Block], place: int) -> str:
    """The paragraph right before a block, which may be what a table is called."""
    before = blocks[place - 1] if place else None
    return before.text[-200:] if isinstance(before, Paragraph) and not isinstance(blocks[place], Heading) else ""


def _section(blocks: Sequence[Block], place: int) -> list[Block]:
    """What belongs to a heading: everything until one of its level or above."""
    heading = blocks[place]
    of_lines = isinstance(heading, Heading) and heading.level == _OF_LINES
    inside: list[Block] = []
    for block in blocks[place + 1 :]:
        if isinstance(block, Heading) and isinstance(heading, Heading) and block.level <= heading.level:
            break
        if of_lines and isinstance(block, Item) and _statuses_of(block.text):
            break
        inside.append(block)
    return inside


def _statuses_of(title: str) -> tuple[int, ...]:
    """The error statuses that a heading is about."""
    statuses, _ = find_statuses(title)
    return tuple(status for status in statuses if status >= 400)


def _joined(tables: Sequence[tuple[ErrorTable, bool]]) -> tuple[ErrorTable, ...]:
    """Sections that are about one error each belong to one table: that of the section around them."""
    joined: list[ErrorTable] = []
    for table, section in tables:
        about_status = bool(table.titles) and bool(_statuses_of(table.titles[-1]))
        titles = table.titles[:-1] if about_status else table.titles
        if (section or about_status) and joined and joined[-1].titles == titles:
            joined[-1] = replace(joined[-1], rows=(*joined[-1].rows, *table.rows))
        else:
            joined.append(replace(table, titles=titles))
    return tuple(joined)


# --- a row of what its cells or labels say


def _build_rows(
    held: Mapping[Role, Sequence[str]],
    line: int,
    *,
    status: int | None = None,
    languages: Sequence[str | None] = (),
) -> Iterator[ErrorRow]:
    """The rows of one entry: one for each of its statuses and codes; none where it tells of a success.

    `held` has the cells by role, `status` is that of the section, `languages` those of the messages.
    """
    texts = {role: [" ".join(cell.split()) for cell in cells] for role, cells in held.items()}
    statuses, rest = find_statuses(texts.get("status", [""])[0])
    cause = " ".join(texts.get("cause", [])).replace("`", "")
    messages = [
        (text, language)
        for cell, language in zip(held.get("message", ()), [*languages, *[None] * 9], strict=False)
        for text in _messages(cell)
    ]
    if not statuses and messages and (said := _WITH_MESSAGE.fullmatch(messages[0][0])):
        statuses, messages = (int(said[1]),), [(said[2], messages[0][1]), *messages[1:]]
    elif statuses and not messages and (said := _WITH_MESSAGE.fullmatch(texts["status"][0].replace("`", ""))):
        messages = [(said[2], None)]
    if not statuses:
        named = _IN_TEXT.search(cause)
        statuses = (status,) if status else (int(named[1] or named[2]),) if named else ()
    codes = [plain_cell(part) for part in re.split(r"\n|,\s|\s/\s", (held.get("code") or [""])[0])]
    if not statuses and (
        _tells_success([*codes, cause, *(text for text, _ in messages)]) or not (any(codes) or messages or cause)
    ):
        return
    if not cause and statuses:
        cause = _without_phrase(rest, statuses[0]) or ("" if any(codes) or messages else _trim(rest))
    told = [*codes, cause, *(text for text, _ in messages)]
    for one in statuses or (None,):
        for code in codes:
            if one is not None and one < 400 and (not _is_error_code(code, one) or _tells_success(told)):
                continue
            yield ErrorRow(
                status=one,
                code=code.replace("`", ""),
                field=texts.get("field", [""])[0].replace("`", ""),
                messages=tuple(dict.fromkeys(messages)),
                cause=cause,
                note=" ".join(texts.get("note", [])).replace("`", ""),
                operation=texts.get("operation", [""])[0].replace("`", ""),
                line=line,
            )


def _is_error_code(code: str, status: int) -> bool:
    """Whether a code is one of an error that is answered with a success, as some APIs do: `50007`, `not_in_channel`."""
    return re.fullmatch(r"-?\d{3,}|[A-Za-z]+([_.][A-Za-z0-9]+)+|[A-Z]+-?\d+", code) is not None and code != str(status)


def _tells_success(texts: Sequence[str]) -> bool:
    return any(_SUCCESS.fullmatch(text.strip(" .!\u3002")) for text in texts)


def _messages(cell: str) -> list[str]:
    """The wordings in a message cell: each text in backticks on a line of its own, or else the whole cell."""
    lines = [line.strip() for line in cell.split("\n") if line.strip()]
    if len(lines) > 1 and all(re.fullmatch(r"`[^`]+`", line) for line in lines):
        return [plain_cell(line) for line in lines]
    whole = " ".join(lines)
    coded = re.findall(r"`([^`]+)`", whole)
    if len(coded) == 1 and not whole.startswith('"') and len(coded[0]) * 2 > len(whole):
        return [coded[0]]
    text = plain_cell(whole).replace("`", "")
    return [text] if text else []


# --- tables


def _of_table(table: Table, status: int | None, *, about_errors: bool) -> Iterator[ErrorRow]:
    if (labels := _labels_of_table(table)) is not None:
        yield from _build_rows(labels, table.line, status=status)
        return
    columns = classify_columns(table)
    roles = {column.role for column in columns}
    about_errors = about_errors or any(map(_ABOUT_ERRORS.search, table.header))
    if not (
        "status" in roles
        or (status is not None and roles & {"code", "message", "cause"})
        or (about_errors and _is_coded(roles, table))
        or (about_errors and {"message", "cause"} <= roles and any(map(_ABOUT_ERRORS.search, table.header)))
    ):
        return
    mixed = "status" not in roles and _is_mixed(table, columns)
    above: dict[int, str] = {}
    for row in _with_entries_joined(table.rows):
        cells = align_cells(row.cells, columns)
        held: dict[Role, list[str]] = {}
        for place, (cell, column) in enumerate(zip(cells, columns, strict=False)):
            if column.role == "operation":
                above[place] = text = cell or above.get(place, "")
            else:
                text = cell if column.role == "message" else plain_cell(cell)
            if column.role is not None and not is_blank(plain_cell(text)):
                held.setdefault(column.role, []).append(text)
        if any(re.fullmatch(r"[1-5]xx\b.*", cell, re.IGNORECASE) for cell in row.cells[:1]):
            continue  # a class of statuses
        if mixed and re.fullmatch(r"[1-5]\d\d", (held.get("code") or [""])[0]):
            held["status"] = held.pop("code")
        languages = [column.language for cell, column in zip(cells, columns, strict=False)
                     if column.role == "message" and not is_blank(plain_cell(cell))]  # fmt: skip
        yield from _build_rows(held, row.line, status=status, languages=languages)


def _with_entries_joined(rows: Sequence[TableRow]) -> Iterator[TableRow]:
    """Rows whose last cell is a list that the page broke into lines are one row again."""
    last: TableRow | None = None
    for row in rows:
        told = [cell for cell in row.cells if cell]
        if last is not None and len(told) == 1 and re.match(r"[\u2022\u30fb*-]\s", row.cells[0]):
            place = max(n for n, cell in enumerate(last.cells) if cell)
            cells = (*last.cells[:place], f"{last.cells[place]} {told[0]}", *last.cells[place + 1 :])
            last = TableRow(cells, last.line)
            continue
        if last is not None:
            yield last
        last = row
    if last is not None:
        yield last


def _is_coded(roles: set[Role | None], table: Table) -> bool:
    """Codes with messages or causes: a table of errors without statuses, and none of parameters or fields."""
    has_field = "field" in roles and not any(map(_ABOUT_ERRORS.search, table.header))
    return "code" in roles and bool(roles & {"message", "cause"}) and not has_field


def _is_mixed(table: Table, columns: Sequence[Column]) -> bool:
    """Whether the codes of a table are statuses as well as longer numbers of the vendor's own."""
    place = next((place for place, column in enumerate(columns) if column.role == "code"), None)
    cells = [plain_cell(row.cells[place]) for row in table.rows if place is not None and place < len(row.cells)]
    statuses = {str(status.value) for status in HTTPStatus if status >= 400}
    return sum(cell in statuses for cell in cells) > 2 and all(re.fullmatch(r"\d+", cell) for cell in cells if cell)


def _labels_of_table(table: Table) -> dict[Role, list[str]] | None:
    """A table of two columns that is about one error: `Status | 404`, `Message | …`."""
    if len(table.header) != 2:
        return None
    pairs = [table.header, *(row.cells for row in table.rows if len(row.cells) == 2)]
    labels: dict[Role, list[str]] = {}
    for label, value in pairs:
        if (role := role_of_label(label)) is not None:
            labels.setdefault(role, []).append(value)
    told = set(labels) & {"status", "code", "message", "cause"}
    is_record = len(told) > 1 and len(labels) * 2 > len(pairs) and role_of_label(table.header[1]) is None
    return labels if is_record else None


# --- lists


def _entries(blocks: Sequence[Block]) -> list[Block]:
    """The entries of the list at the beginning, with the code and tables within them."""
    end = 0
    for place, block in enumerate(blocks):
        if isinstance(block, Item):
            end = place + 1
        elif not isinstance(block, Code):
            break
    return list(blocks[:end])


def _of_list(entries: Sequence[Block], status: int | None, *, about_errors: bool) -> Iterator[ErrorRow]:
    items = [entry for entry in entries if isinstance(entry, Item)]
    at = 0
    while at < len(items):
        item = items[at]
        below = []
        for one in items[at + 1 :]:
            if one.level <= item.level:
                break
            below.append(one)
        rows = list(_of_item(item, status, about_errors=about_errors))
        if rows and below:
            own = rows[0].status or status
            inner = list(_of_list(below, own, about_errors=about_errors)) if not rows[0].code else []
            rows = inner or [_with_entries(row, below) for row in rows]
            at += len(below)
        phrase = _trim(find_statuses(item.text)[1])
        yield from (one if one.cause or one.code or one.messages else replace(one, cause=phrase) for one in rows)
        at += 1


def _with_entries(row: ErrorRow, below: Sequence[Item]) -> ErrorRow:
    """A row with what the entries below it say: labels such as `Message: …`, or else its cause."""
    labels = _labels_of([item.text for item in below])
    plain = [" ".join(item.text.split()).replace("`", "") for item in below]
    told = next(iter(_build_rows({**labels, "code": ["x"]}, row.line, status=row.status)), row)
    cause = row.cause or " ".join(labels.get("cause", [])) or ("" if labels else " ".join(plain))
    code = row.code or plain_cell(" ".join(labels.get("code", [])))
    return replace(row, cause=cause, code=code, messages=row.messages or told.messages, note=row.note or told.note)


def _labels_of(texts: Sequence[str]) -> dict[Role, list[str]]:
    """What texts such as `Status: 404` say, by the role of their label."""
    labels: dict[Role, list[str]] = {}
    for text in texts:
        for line in re.sub(r"([:\uff1a][\s*]*)\n", r"\1 ", text).split("\n"):
            match = _LABELLED.match(line)
            role = role_of_label(match[1]) if match else None
            if match and role is not None:
                labels.setdefault(role, []).append(match[2].strip().strip("*"))
    return labels


def _of_item(item: Item, status: int | None, *, about_errors: bool) -> Iterator[ErrorRow]:
    text = " ".join(item.text.split())
    if _labels_of([text]):
        return
    first = STATUS.match(text)
    statuses, rest = find_statuses(text) if first else ((), text)
    if first and (int(first[1]) < 400 or not (about_errors or status or _divides(text[first.end() :], int(first[1])))):
        return
    if first:
        rest = text[first.end() :] if len(statuses) == 1 else rest
    lead = _LEAD.match(rest) if about_errors or status or first else None
    if lead and lead[2] and not first:
        lead = None  # a word with nothing that divides it from a sentence
    if not statuses and not (lead or (status and _QUOTED.match(text))):
        return
    if not statuses:
        named = _IN_TEXT.search(text)
        statuses = (int(named[1] or named[2]),) if named else (status,) if status else ()
    if rest.count("`") % 2:
        rest = f"`{rest.lstrip()}"  # the status stood within the same code
    own = statuses[0] if statuses else None
    rest = _without_phrase(rest, own) if own else _trim(rest)
    quoted = [next(filter(None, groups)).strip() for groups in _QUOTED.findall(rest)]
    first_quoted = quoted[0] if quoted and _QUOTED.match(rest.lstrip(_MARKS.replace("`", "") + '"')) else None
    codes = [one for one in quoted if _is_code_in_text(one) or (one == first_quoted and IDENTIFIER.fullmatch(one))]
    if not codes and (lead := _LEAD.match(rest)) is not None and own != lead[1]:
        codes, rest = [lead[1] or lead[2]], rest[lead.end(1 if lead[1] else 2) :]
    messages = [one for one in quoted if one not in codes and (" " in one or not one.isascii())]
    taken = {*codes[:1], *messages[:1]}
    cause = _QUOTED.sub(lambda match: " " if match[0].strip('`"“”「」') in taken else match[0], rest)
    cause = _trim(" ".join(cause.replace("`", "").split()))
    for one in statuses or (None,):
        yield ErrorRow(
            one, codes[0] if codes else "", "", tuple((text, None) for text in messages[:1]), cause, "", "", item.line
        )


def _is_code_in_text(text: str) -> bool:
    """Whether a quoted word within a sentence is a code: `invalid_token`, and not `PUT` or `limit`."""
    return _CODE.fullmatch(text) is not None and not re.fullmatch("[A-Z]+|[A-Z][a-z-]+(-[A-Z][a-z]+)+", text)


def _divides(rest: str, status: int) -> bool:
    """Whether what follows a number shows that it is a status: nothing, its phrase, a mark, a capital letter."""
    plain = rest.strip().strip("`*").strip()
    return (
        not plain
        or rest[:1] in "`*"
        or not plain[0].isalnum()
        or plain[0].isupper()
        or not plain[0].isascii()
        or any(plain.casefold().startswith(phrase) for number, phrase in _PHRASES if number == status)
    )


def _without_phrase(text: str, status: int) -> str:
    """A text without the marks at its ends and without the reason phrase of its status."""
    plain = " ".join(text.split())
    bare = plain.lstrip(_MARKS)
    for number, phrase in _PHRASES:
        if number != status:
            continue
        after = bare[len(phrase) :].lstrip()
        glued = re.match(r"\w", bare[len(phrase) :]) is not None
        if bare.casefold().startswith(phrase) and not glued and not (after[:1].isalnum() and after[0].islower()):
            plain = after if bare[len(phrase) :][:1] != "`" else after[1:]
            break
    return _trim(plain)


def _trim(text: str) -> str:
    """A text without the marks around it; brackets and backticks stay where both of a pair do."""
    plain = text.strip().lstrip(_MARKS.replace("`", "").replace("(", "").replace("[", ""))
    plain = plain.rstrip(_MARKS.replace("`", "").replace(")", "").replace("]", "").replace(".", ""))
    for first, last in ("()", "[]"):
        if plain.startswith(first) and plain.rstrip(".").endswith(last) and plain.count(first) == 1:
            plain = plain.rstrip(".")[1:-1]
        elif plain.endswith(last) and plain.count(last) > plain.count(first):
            plain = plain[:-1]
        elif plain.startswith(first) and plain.count(first) > plain.count(last):
            plain = plain[1:]
    return plain.strip()


# --- sections that are about one error


def _levels_of_codes(blocks: Sequence[Block]) -> frozenset[int]:
    """The levels at which at least two headings are codes; half of them, where they may as well be names."""
    titles = [(block.level, _code_of_title(block.text)) for block in blocks if isinstance(block, Heading)]
    every = [level for level, _ in titles]
    coded = [level for level, code in titles if code]
    sure = [level for level, code in titles if code and re.search(r"[_\d.]|(Error|Exception|Fault)$", code[0])]
    return frozenset(
        level
        for level in coded
        if sure.count(level) > 1 or (coded.count(level) > 1 and 2 * coded.count(level) >= every.count(level))
    )


def _code_of_title(title: str) -> tuple[str, str] | None:
    """The code that a heading is, and what it says beside it; a date or a plain word in capitals is none."""
    match = _CODE_TITLE.fullmatch(title.replace("`", "").strip())
    is_date = re.match(r"(19|20)\d\d([-/.]\d|\W*$)", title)
    if match is None or is_date or re.fullmatch("[A-Z]+", match[1]):
        return None
    return match[1], match[2].strip()


def _of_section(heading: Heading, inside: Sequence[Block], status: int | None, *, is_code: bool) -> Iterator[ErrorRow]:
    """A heading with a status or a code whose section has no rows of its own: it is one error, or one each sample."""
    statuses = _statuses_of(heading.text)
    coded = _code_of_title(heading.text) if is_code and not statuses else None
    if not (statuses or coded):
        return
    record = next((found for one in inside if isinstance(one, Table) and (found := _labels_of_table(one))), None)
    if record is None and _has_rows(inside, statuses[0] if statuses else None):
        return
    if statuses and len(parts := _parts_with_samples(inside)) > 0:
        for part_title, part in parts:
            labels = {**_labels_of_section(part), "status": [", ".join(map(str, statuses))]}
            labels.setdefault("cause", [part_title.text])
            yield from _build_rows(labels, part_title.line)
        return
    labels = {**_labels_of_section(inside), **(record or {})}
    title = _without_phrase(find_statuses(heading.text)[1], statuses[0]) if statuses else ""
    code = coded[0] if coded else title if _CODE.fullmatch(title) and not _ABOUT_ERRORS.search(title) else ""
    if code:
        labels["code"] = [code]
    if statuses:
        labels["status"] = [", ".join(map(str, statuses))]
    labels.setdefault("cause", [coded[1] if coded else "" if code else title])
    if coded and "status" not in labels:
        prose = [block.text for block in inside if isinstance(block, Paragraph | Item)]
        named = next((match for text in prose if (match := _IN_TEXT.search(text))), None)
        status = int(named[1] or named[2]) if named else status
    yield from _build_rows(labels, heading.line, status=status)


def _parts_with_samples(inside: Sequence[Block]) -> list[tuple[Heading, Sequence[Block]]]:
    """The sections within one about a status that show a sample answer each."""
    places = [place for place, block in enumerate(inside) if isinstance(block, Heading)]
    parts = [(inside[place], _section(inside, place)) for place in places]
    return [(title, part) for title, part in parts if isinstance(title, Heading) and _sample_of(part) is not None]


def _sample_of(inside: Sequence[Block]) -> tuple[str, str] | None:
    return next((said for one in inside if isinstance(one, Code) and (said := read_sample(one.text)) is not None), None)


def _labels_of_section(inside: Sequence[Block]) -> dict[Role, list[str]]:
    """What a section says: by its labels, the titles within it, its sample answer, and its first paragraph or list."""
    texts = [block.text for block in inside if isinstance(block, Paragraph | Item)]
    titled = _labels_of_titles(inside)
    labels: dict[Role, list[str]] = {**_labels_of(texts), **titled}
    held = {text for told in titled.values() for text in told}
    prose = [text for text in texts if not _labels_of([text]) and role_of_label(text) is None and text not in held]
    code, message = _sample_of(inside) or ("", "")
    if code and not code.isdigit():
        labels.setdefault("code", [code])
    if "message" not in labels:
        quoted = [
            one
            for text in prose[:3]
            for one in re.findall(r"`([^`]+)`", text)
            if " " in one and (len(one) * 2 > len(text) or "message" in text.casefold())
        ]
        labels.update({"message": [f"`{(quoted or [message])[0]}`"]} if quoted or message else {})
    if prose:
        entries = [block.text for block in inside if isinstance(block, Item) and block.text in prose]
        labels.setdefault("cause", [" ".join(entries) if prose[0] in entries else prose[0]])
    return labels


def _has_rows(inside: Sequence[Block], status: int | None) -> bool:
    """Whether a section about an error lists others: then they are its rows, and it is none itself."""
    levels = _levels_of_codes(inside)
    return any(
        (isinstance(block, Table) and any(_of_table(block, status, about_errors=status is not None)))
        or (
            isinstance(block, Item)
            and any(_of_item(block, status, about_errors=False))
            and not _labels_of([block.text])
        )
        or (isinstance(block, Heading) and block.level in levels)
        for block in inside
    )


def _labels_of_titles(inside: Sequence[Block]) -> dict[Role, list[str]]:
    """What stands under headings and lines such as `Cause` within a section: a paragraph, or a list."""
    labels: dict[Role, list[str]] = {}
    for place, title in enumerate(inside[:-1]):
        role = role_of_label(title.text) if isinstance(title, Heading | Paragraph) else None
        below = [] if role is None else _entries(inside[place + 1 :]) or inside[place + 1 : place + 2]
        texts = [block.text for block in below if isinstance(block, Paragraph | Item)]
        if role is not None and texts:
            labels.setdefault(role, []).extend(texts)
    return labels


def _with_headings(blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs that are nothing but a status and its phrase are headings; several that begin with one are a list."""
    made: list[Block] = []
    for place, block in enumerate(blocks):
        if (
            isinstance(block, Paragraph)
            and (statuses := _statuses_of(block.text))
            and STATUS.match(block.text.replace("`", ""))
        ):
            only = not _labels_of([block.text]) and not _without_phrase(find_statuses(block.text)[1], statuses[0])
            near = [one for one in blocks[max(place - 2, 0) : place + 3] if isinstance(one, Paragraph)]
            if only:
                made.append(Heading(block.text, _OF_LINES, block.line))
                continue
            if sum(bool(STATUS.match(one.text)) for one in near) > 1 and _divides(
                find_statuses(block.text)[1], statuses[0]
            ):
                made.append(Item(block.text, block.line))
                continue
        made.append(block)
    return made


# --- tables whose cells became paragraphs


def _with_paragraph_tables(blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs that are the titles of columns, and those after them as rows of so many cells."""
    made: list[Block] = []
    at = 0
    while at < len(blocks):
        run = _paragraphs(blocks, at)
        width = _width(run)
        if width >= 2 and len(run) >= 2 * width:
            rows = [run[n : n + width] for n in range(width, len(run) - width + 1, width)]
            table_rows = tuple(TableRow(tuple(one.text for one in row), row[0].line) for row in rows)
            made.append(Table(tuple(one.text for one in run[:width]), table_rows, run[0].line))
            at += width * (1 + len(rows))
        else:
            made.append(blocks[at])
            at += 1
    return made


def _paragraphs(blocks: Sequence[Block], at: int) -> list[Paragraph]:
    run: list[Paragraph] = []
    for block in blocks[at:]:
        if not isinstance(block, Paragraph):
            break
        run.append(block)
    return run


def _width(run: Sequence[Paragraph]) -> int:
    """How many paragraphs at the beginning are the titles of columns, a status among them; 0 where they are none."""
    texts = [paragraph.text for paragraph in run]
    count = next(
        (
            n
            for n, text in enumerate(texts[:8])
            if len(text) > 40 or "`" in text or is_blank(text) or STATUS.match(text)
        ),
        min(len(texts), 8),
    )
    for width in range(count, 1, -1):
        columns = classify_columns(Table(tuple(texts[:width]), (TableRow(tuple(texts[width : 2 * width]), 0),), 0))
        roles = [column.role for column in columns]
        first = [bool(STATUS.match(text)) for text in texts[width : 2 * width]]
        if role_of_label(texts[0]) and first == [role == "status" for role in roles] and any(first):
            return width
    return 0


def sample_texts(page: Page) -> tuple[str, ...]:
    """The code blocks of a page, in order: sample answers may be among them."""
    return tuple(block.text for block in page.blocks if isinstance(block, Code))
