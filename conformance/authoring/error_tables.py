"""Reads the rows of a table as documented errors, after classifying its columns."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import combinations

from conformance.authoring.blocks import TableBlock, TableRow
from conformance.authoring.column_titles import Role, language_of_title, plain_title, role_of_label, roles_of_title
from conformance.authoring.error_text import (
    ABOUT_ERRORS,
    CLASS_OF_STATUSES,
    CODE,
    CODE_OF_PARTS,
    IDENTIFIER,
    TYPES_OF_JSON,
    find_statuses,
    is_blank,
    is_error_code,
    is_phrase,
    plain_cell,
    split_codes,
    status_in_text,
    strip_phrase,
    strip_title,
    tells_success,
    trim,
)

_REGISTERED = frozenset(status.value for status in HTTPStatus)
_SEVERAL = frozenset({"message", "cause", "note"})
"""Roles that several columns of a table may have."""
_MAY_BE_STATUS = frozenset({"status", "code", "message", "field", "cause"})
"""The roles that the title of a column of statuses may suggest."""
_NAMED = re.compile(r"(.*?)\s*[(\[]([A-Z]+(?:_[A-Z\d]+)+)[)\]]\.?")
"""A cause with its code at the end: `The ID is invalid (INVALID_ID)`."""
_WIDEST = 12
"""The most columns of a table in which lost cells are located."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One documented error; missing parts are empty. `messages` pairs texts with languages."""

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
    """The errors of one section of a page, with the titles of the enclosing sections."""

    titles: tuple[str, ...]
    rows: tuple[ErrorRow, ...]


# --- one error


def build_rows(
    held: Mapping[Role, Sequence[str]],
    line: int,
    around: Sequence[int] = (),
    *,
    languages: Sequence[str | None] = (),
) -> Iterator[ErrorRow]:
    """Yield a row for each combination of an entry's statuses and codes; none if it describes a success.

    `held` has the cells by role, `around` the statuses of the section, `languages` those of the messages.
    """
    texts = {role: [" ".join(cell.split()) for cell in cells] for role, cells in held.items()}
    first = {role: cells[0].replace("`", "") for role, cells in texts.items() if cells}
    statuses, rest = find_statuses(first.get("status", ""))
    causes = [text.replace("`", "") for text in texts.get("cause", [])]
    cause = " ".join(causes)
    cells = [plain_cell(text).replace("`", "") for text in texts.get("message", [])]
    messages = [pair for pair in zip(cells, [*languages, *[None] * 9], strict=False) if pair[0]]
    messages = [pair for pair in messages if not is_phrase(pair[0])] or messages
    statuses = statuses or tuple(around) or (() if first.get("status") else status_in_text(cause))
    below = rest if all(map(CODE_OF_PARTS.match, split_codes(rest))) else ""  # codes below the status in its cell
    codes = split_codes((held.get("code") or [below])[0]) or [""]
    codes = ["" if code.isdigit() and int(code) in statuses else code.replace("`", "") for code in codes]
    if not statuses and not (any(codes) or messages or cause):
        return
    parts = [*codes, *causes, *(text for text, _ in messages)]
    if statuses:
        cause = strip_title(cause, statuses[0]) or ("" if any(codes) or messages else trim(rest))
    if not any(codes) and (statuses or (400,))[0] >= 400 and (named := _NAMED.fullmatch(cause)):
        codes, cause = [named[2]], strip_phrase(named[1], (*statuses, 0)[0])
    note = " ".join(texts.get("note", [])).replace("`", "")
    if not messages and (not cause or (note and statuses and is_phrase(cause))):
        cause, note = note, ""
    for one in statuses or (None,):
        for code in codes:
            if (one or 0) < 400 and (tells_success(parts) or (one is not None and not is_error_code(code, one))):
                continue
            if (own := {each for each in statuses if code.startswith(str(each))}) and one not in own:
                continue  # where codes begin with statuses, each belongs to its own
            yield ErrorRow(
                status=one,
                code=code,
                field=first.get("field", ""),
                messages=tuple(dict.fromkeys(messages)),
                cause=cause,
                note=note,
                operation=first.get("operation", ""),
                line=line,
            )


# --- a table


def read_table(table: TableBlock, around: Sequence[int], *, about_errors: bool) -> Iterator[ErrorRow]:
    """Yield the rows of a table of errors, none of another; `around` are the statuses of the section."""
    if records := records_of_table(table):
        for labels, line in records:
            yield from build_rows(labels, line, around)
        return
    columns = classify_columns(table)
    if not _is_about_errors(table, {role for role, _ in columns}, around, about_errors=about_errors):
        return
    texts = _find_texts_of_statuses(table, columns)
    operation = code = ""
    for row in table.rows:
        if CLASS_OF_STATUSES.fullmatch(row.cells[0].strip()):
            continue
        if section := _read_section(row):
            around, code = section
            continue
        held: dict[Role, list[str]] = {}
        languages = []
        for cell, (role, language) in zip(align_cells(row.cells, columns), columns, strict=True):
            text = plain_cell(cell)
            operation = cell or operation if role == "operation" else operation
            if role is not None and role != "operation" and text:
                held.setdefault(role, []).append(cell if role == "message" else text)
                languages += [language] if role == "message" else []
        held["operation"] = [operation]
        if code:
            held.setdefault("code", [code])
        number = (held.get("status") or [""])[0]
        if number in texts:
            held["message"] = [texts[number]]
        if "code" not in held and re.fullmatch(r"-?\d+", number) and not find_statuses(number)[0]:
            held["code"] = held.pop("status")  # a column of statuses and the vendor's own numbers
        yield from build_rows(held, row.line, around, languages=languages)


def _read_section(row: TableRow) -> tuple[tuple[int, ...], str] | None:
    """Return statuses and code for the rows below a heading row: `BadName (status code 400)`; None for other rows."""
    said = [text for text in map(plain_cell, row.cells) if text]
    statuses, rest = find_statuses(said[0]) if len(said) == 1 < len(row.cells) else ((), "")
    word = rest.partition("(")[0].strip()
    is_code = IDENTIFIER.fullmatch(word) and not is_phrase(word)
    return (statuses, word if is_code else "") if statuses and rest.strip()[:1].isalpha() else None


def _is_about_errors(table: TableBlock, roles: set[Role | None], around: Sequence[int], *, about_errors: bool) -> bool:
    """Return whether the rows are errors; a column of JSON types shows that they are parameters or members."""
    if any(_share(cells, lambda cell: cell.lower() in TYPES_OF_JSON) > 0.5 for cells in _columns(table)):
        return False
    titled = any(map(ABOUT_ERRORS.search, table.header))
    return (
        "status" in roles
        or any(map(_read_section, table.rows))
        or (bool(around) and bool(roles & {"code", "message"}))
        or ((about_errors or titled) and "code" in roles)
        or ((about_errors or titled) and {"message", "cause"} <= roles)
    )


def records_of_table(table: TableBlock) -> list[tuple[dict[Role, list[str]], int]]:
    """Return the errors of a table with a label in each row (`Status | 404`, `Message | …`), with their lines.

    A repeated label begins another error.
    """
    if len(table.header) != 2:
        return []
    rows = [TableRow(table.header, table.line), *(row for row in table.rows if len(row.cells) == 2)]
    rows = [row for row in rows if any(row.cells)]
    found: list[tuple[dict[Role, list[str]], int]] = []
    seen: set[str] = set()
    for row in rows:
        label, value = row.cells
        if (role := role_of_label(label)) is not None:
            if label in seen or not found:
                found.append(({}, row.line))
                seen = set()
            seen.add(label)
            found[-1][0].setdefault(role, []).append(value)
    are_records = all(len(set(labels) - {"field", "operation"}) > 1 for labels, _ in found)
    are_labels = 2 * sum(len(labels) for labels, _ in found) > len(rows) and role_of_label(rows[0].cells[1]) is None
    values = [value.lower() for labels, _ in found for texts in labels.values() for value in texts]
    return found if are_records and are_labels and not set(values) <= TYPES_OF_JSON else []


# --- classifying columns

Column = tuple[Role | None, str | None]
"""The role of a column, and for messages their language."""


def classify_columns(table: TableBlock) -> tuple[Column, ...]:
    """Return the role of each column: the best of its title that the cells fit, or else what the cells look like.

    A table in which no column has codes is read as those with the same titles, if its cells may be codes.
    """
    columns = _classify(table)
    is_unsure = ("code", None) not in columns and len(table.alike) > len(table.rows)
    alike = _classify(replace(table, rows=table.alike)) if is_unsure else ()
    statuses = [[role == "status" for role, _ in one] for one in (columns, alike)]
    codes = [texts for texts, column in zip(_columns(table), alike, strict=False) if column[0] == "code"]
    return alike if codes and all(map(_is_code, codes[0])) and statuses[0] == statuses[1] else columns


def _classify(table: TableBlock) -> tuple[Column, ...]:
    cells = _columns(table)
    bids = [(score, place, role) for place, title in enumerate(table.header) for score, role in roles_of_title(title)]
    bids.sort(key=lambda bid: (-bid[0], bid[1]))
    best = {place: role for _, place, role in reversed(bids)}
    roles: dict[int, Role] = {}
    for place in sorted(range(len(cells)), key=lambda place: best.get(place) != "status"):
        if (
            best.get(place, "status") in _MAY_BE_STATUS
            and "status" not in roles.values()
            and _are_statuses(cells[place], best.get(place))
        ):
            roles[place] = "status"
    for _, place, role in bids:
        is_kind = plain_title(table.header[place]) in {"name", "type"} and 2 * len({*cells[place]}) < len(cells[place])
        if is_kind or place in roles or (role not in _SEVERAL and role in roles.values()):
            continue
        if _fits_role(role, cells[place]):
            roles[place] = role
    for place, title in enumerate(table.header):
        if place in roles or best.get(place) != "code" or not _names_code(title):
            continue
        if "code" in plain_title(title) and "code" not in roles.values() and "message" in roles.values():
            roles[place] = "code"  # regardless of the cells, because messages have another column
        elif cells[place] and _share(cells[place], _is_code) <= 0.5:
            roles[place] = "cause" if _share(cells[place], is_phrase) > 0.5 else "message"
    _assign_untitled(roles, cells)
    phrases = {place for place, texts in enumerate(cells) if _share(texts, is_phrase) >= 0.5}
    causes = [place for place, role in sorted(roles.items()) if role == "cause"]
    useless = [place for place in causes if place in phrases][: len(causes) - 1]
    if {*causes} - phrases:
        titled = [place for place, role in roles.items() if role == "message" and place in phrases]
        useless += [place for place in titled if "message" not in plain_title(table.header[place])]
    for place in useless:
        del roles[place]
    return tuple(
        (roles.get(place), language_of_title(title) if roles.get(place) == "message" else None)
        for place, title in enumerate(table.header)
    )


def _find_texts_of_statuses(table: TableBlock, columns: Sequence[Column]) -> dict[str, str]:
    """Return the texts in cells of statuses (`401 - No key`, `401 - Old key`) if one has several: they are messages."""
    if {role for role, _ in columns} & {"code", "message"}:
        return {}
    place = next((n for n, (role, _) in enumerate(columns) if role == "status"), None)
    cells = dict.fromkeys(_columns(table)[place]) if place is not None else ()
    found = {cell: find_statuses(cell.replace("`", "")) for cell in cells}
    texts = {
        cell: (statuses, strip_phrase(rest, statuses[0]))
        for cell, (statuses, rest) in found.items()
        if statuses and not all(map(CODE_OF_PARTS.match, split_codes(rest)))
    }
    several = [statuses for statuses, text in texts.values() if text]
    return {cell: text for cell, (_, text) in texts.items() if len({*several}) < len(several)}


def _names_code(title: str) -> bool:
    return role_of_label(title) is not None or re.search("erro|code", plain_title(title)) is not None


def _assign_untitled(roles: dict[int, Role], cells: Sequence[Sequence[str]]) -> None:
    """Assign the roles code and cause to columns without a role, from their cells, if no other column has them."""
    codes = [n for n, texts in enumerate(cells) if len(texts) > 1 and _share(texts, _is_sure_code) >= 0.8]
    texts = [n for n, texts in enumerate(cells) if _share(texts, _is_text) > 0.5]
    wanted: tuple[tuple[Role, list[int], set[Role | None]], ...] = (
        ("code", codes, {None, "message", "cause"}),
        ("cause", texts, {None}),
    )
    for role, places, free in wanted:
        given = [cells[n] for n, other in roles.items() if other == role]
        place = next((n for n in places if roles.get(n) in free), None)
        if place is not None and all(_share(texts, is_phrase) > 0.5 for texts in given):  # phrases add nothing
            roles[place] = role


def _columns(table: TableBlock) -> list[list[str]]:
    """Return the non-blank cells of each column."""
    places = range(len(table.header))
    return [list(filter(None, (plain_cell(row.cells[n]) for row in table.rows if n < len(row.cells)))) for n in places]


def _are_statuses(cells: Sequence[str], title: Role | None) -> bool:
    """Return whether most cells are statuses; in a column titled as codes, some; without a title, all."""
    numbers = {int(cell) for cell in cells if re.fullmatch("[1-5]\\d\\d", cell)}
    known = sum(number >= 400 for number in numbers & _REGISTERED)
    others = {int(cell) for cell in cells if len(cell) == 3 and cell.isdigit()} - _REGISTERED
    low = {number for number in numbers if number < 400}
    are_low = title != "status" and min(numbers, default=400) < 200 and 2 * len(low) > len(numbers)
    are_short = title == "code" and any(re.fullmatch("[1-9]\\d?", cell) for cell in cells)
    if are_low or are_short or (numbers - _REGISTERED and low == numbers):
        return False  # numbers of the vendor's own
    if title == "cause" and not all(map(str.isdigit, cells)):
        return False
    return (
        _share(cells, lambda cell: bool(_REGISTERED.intersection(find_statuses(cell)[0][:1]))) > 0.6
        or (title == "code" and all(map(str.isdigit, cells)) and (known > 2 or (known and not others)))
        or (title is None and len(cells) > 2 and all(re.fullmatch(r"[1-5]\d\d", cell) for cell in cells))
    )


def _fits_role(role: Role, cells: Sequence[str]) -> bool:
    if role == "code":
        return _share(cells, _is_code) >= 0.5
    if role == "operation":
        return _share(cells, _is_constant) < 0.8
    numbers = {int(cell) for cell in cells if re.fullmatch("[1-9]\\d{2,3}", cell)}
    of_vendor = len(numbers) > 9 and 2 * len(numbers - _REGISTERED) > len(numbers)
    return role != "status" or not cells or (not of_vendor and any(find_statuses(cell)[0] for cell in cells))


def _is_code(cell: str) -> bool:
    return (not is_phrase(cell) or cell.isupper()) and all(IDENTIFIER.fullmatch(code) for code in split_codes(cell))


def _is_sure_code(cell: str) -> bool:
    return CODE.fullmatch(cell) is not None and not cell.isdigit()


def _is_constant(cell: str) -> bool:
    return CODE_OF_PARTS.match(cell) is not None and cell.isupper()


def _is_text(cell: str) -> bool:
    return (" " in cell or not cell.isascii()) and not is_phrase(cell)


def _share(cells: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, cells)) / len(cells) if cells else 0.0


# --- cells that were lost


def align_cells(cells: Sequence[str], columns: Sequence[Column]) -> tuple[str, ...]:
    """Assign the cells of a row, of which a page saved as text has lost some, to the columns that they fit best."""
    width = len(columns)
    row = list(cells)
    while len(row) > width and is_blank(row[-1]):
        row.pop()
    if len(row) >= width:
        row = [*row[: width - 1], " ".join(row[width - 1 :])]
    misfit = any(_fit(cell, column) < 0 for cell, column in zip(row, columns, strict=False))
    if len(row) == width and not misfit:
        return tuple(row)
    while row and not row[-1]:
        row.pop()
    places = max(
        combinations(range(width), len(row)) if width <= _WIDEST else [range(len(row))],
        key=lambda places: sum(_fit(cell, columns[place]) for cell, place in zip(row, places, strict=True)),
    )
    placed = dict(zip(places, row, strict=True))
    return tuple(placed.get(place, "") for place in range(width))


def _fit(cell: str, column: Column) -> float:
    """Return how well a cell fits a column; negative if it does not."""
    if is_blank(cell):
        return 0.1
    is_status = bool(find_statuses(plain_cell(cell))[0])
    if column[0] == "status" or is_status:
        return 3.0 if (column[0] == "status") == is_status else -3.0
    if column[0] in {"code", "field"}:
        return 2.0 if _is_code(plain_cell(cell)) else -2.0
    return 0.6 if column[0] in {"cause", "message"} else 0.4
