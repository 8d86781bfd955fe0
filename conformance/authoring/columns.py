"""What the columns of an error table hold, recognised by their titles in several languages and by their cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal

from conformance.authoring.blocks import Table

__all__ = ["IDENTIFIER", "STATUS", "Column", "Role", "align_cells", "classify_columns", "is_blank", "plain_cell"]

Role = Literal["status", "code", "message", "field", "cause", "note", "operation"]

TITLES: Final[dict[Role, tuple[str, ...]]] = {
    "status": (
        "http status code", "http status", "status code", "http code", "http response code", "response code",
        "status", "http", "ステータスコード", "ステータス", "状態コード", "状态码", "狀態碼", "상태 코드", "상태",
        "statuscode", "código de estado", "código http", "estado", "code http", "statut", "codice di stato",
    ),
    "code": (
        "error code", "error number", "error name", "error type", "error id", "error", "errno", "code", "type",
        "name", "key", "identifier", "id", "エラーコード", "エラー番号", "コード", "错误码", "错误代码",
        "錯誤代碼", "오류 코드", "코드", "fehlercode", "código de error", "código", "code d'erreur", "codice",
    ),
    "message": (
        "error message", "response message", "message", "text", "title", "response body", "response",
        "エラーメッセージ", "メッセージ", "错误信息", "错误消息", "消息", "오류 메시지", "메시지", "fehlermeldung",
        "meldung", "mensaje de error", "mensaje", "message d'erreur", "messaggio",
    ),
    "field": (
        "field", "parameter", "param", "attribute", "property", "フィールド", "項目", "パラメータ", "パラメーター",
        "字段", "参数", "필드", "feld", "campo", "champ",
    ),
    "cause": (
        "cause and solution", "cause", "causes", "condition", "reason", "description", "meaning", "when",
        "explanation", "details", "detail", "possible cause", "occurs when", "原因と対策", "原因", "条件", "説明",
        "内容", "意味", "発生条件", "描述", "说明", "説明文", "原因说明", "원인", "설명", "ursache",
        "beschreibung", "bedeutung", "causa", "descripción", "descripcion", "significado", "signification",
        "descrizione",
    ),
    "note": (
        "note", "notes", "remark", "remarks", "comment", "comments", "solution", "action", "resolution",
        "how to fix", "what to do", "recommended action", "備考", "対策", "対処", "対処方法", "注意", "备注",
        "解决方法", "비고", "해결 방법", "hinweis", "lösung", "maßnahme", "nota", "solución", "remarque",
        "action à mener",
    ),
    "operation": (
        "api", "endpoint", "method", "operation", "resource", "route", "path", "request", "エンドポイント", "操作",
        "メソッド", "対象", "接口", "엔드포인트",
    ),
}  # fmt: skip
"""Words above a column, the most telling first: English, Japanese, Chinese, Korean, German, Romance languages."""

LANGUAGES: Final = {
    "ja": r"\bja(panese)?\b|日本語|日文",
    "en": r"\ben(glish)?\b|英語|英文",
    "zh": r"\bzh\b|chinese|中文|中国語",
    "ko": r"\bko(rean)?\b|한국어|韓国語",
    "de": r"\bde\b|german|deutsch",
    "fr": r"\bfr(ench|ançais)?\b",
    "es": r"\bes\b|spanish|español",
}
STATUS = re.compile(r"\W*(?:HTTP(?:/\d(?:\.\d)?)?\s*)?([1-5]\d\d)(?!\d)")
"""A status at the beginning of a text: `404`, `404 Not Found`, `HTTP 404`."""
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.:/-][A-Za-z0-9]+)*|\d{2,8}|[A-Z]{1,5}[-_]?\d+")
"""What a code looks like: one word, perhaps of several parts, or a number."""


_REGISTERED = frozenset(status.value for status in HTTPStatus)
_MAYBE_STATUS = frozenset({"status", "code", "message"})
"""What the title of a column of statuses may look like: `Code`, `Error`, `Response`."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds; a message column may be in one language."""

    role: Role | None
    language: str | None = None


def classify_columns(table: Table) -> tuple[Column, ...]:
    """The role of each column; each role but message, cause and note is given once."""
    columns: list[Column] = []
    taken: set[Role] = set()
    for place, title in enumerate(table.header):
        cells = [row.cells[place] for row in table.rows if place < len(row.cells)]
        role = _role(title, [cell for cell in map(plain_cell, cells) if cell], taken)
        if role is not None and role not in {"message", "cause", "note"}:
            taken.add(role)
        columns.append(Column(role, _language(title) if role == "message" else None))
    return _complete(columns, table)


def _role(title: str, cells: Sequence[str], taken: set[Role]) -> Role | None:
    said = [role for role in _roles_of_title(title) if role not in taken]
    if "status" not in taken and _share(cells, _is_http_status) > 0.6 and (said or ["status"])[0] in _MAYBE_STATUS:
        return "status"
    for role in said:
        if role == "code" and _share(cells, lambda cell: IDENTIFIER.fullmatch(cell) is not None) < 0.5:
            continue
        if role == "status" and cells and not any(map(STATUS.match, cells)):
            continue
        return role
    return "message" if said == ["code"] and cells else None


def _is_http_status(cell: str) -> bool:
    match = STATUS.match(cell)
    return match is not None and int(match[1]) in _REGISTERED


def _roles_of_title(title: str) -> list[Role]:
    """Roles that a title may mean, the likeliest first: by its whole text, then by the longest words in it."""
    text = re.sub(r"[(\uff08\[].*?[)\uff09\]]", "", title).replace("`", "").strip().casefold()
    whole: list[Role] = [role for role, words in TITLES.items() if text in words]
    inside = sorted(
        ((len(word), role) for role, words in TITLES.items() for word in words if _holds(text, word)),
        reverse=True,
    )
    return list(dict.fromkeys([*whole, *(role for _, role in inside)]))


def _holds(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text) is not None if word.isascii() else word in text


def _complete(columns: list[Column], table: Table) -> tuple[Column, ...]:
    """A text column that no title explains is the cause where there is none."""
    if not any(column.role == "cause" for column in columns):
        for place, column in enumerate(columns):
            cells = [row.cells[place] for row in table.rows if place < len(row.cells) and row.cells[place]]
            if column.role is None and _share(cells, lambda cell: " " in cell or not cell.isascii()) > 0.5:
                columns[place] = Column("cause")
                break
    return tuple(columns)


def _language(title: str) -> str | None:
    return next((name for name, words in LANGUAGES.items() if re.search(words, title, re.IGNORECASE)), None)


def _share(cells: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, cells)) / len(cells) if cells else 0.0


def plain_cell(cell: str) -> str:
    """A cell without the marks around it: backticks, quotes, and the dash that stands for nothing."""
    text = cell.strip()
    if len(text) > 1 and text.count(text[0]) == 2 and text[0] == text[-1] and text[0] in "`\"'*":
        text = text[1:-1].strip()
    return "" if is_blank(text) else text


_NOTHING = frozenset({"", "-", "--", "\u2013", "\u2014", "\u2015", "n/a", "none", "なし", "無し", "null", "*"})


def is_blank(text: str) -> bool:
    """Whether a cell says nothing: empty, a dash, `n/a`, `none`."""
    return text.strip().casefold() in {
        "",
        "-",
        "--",
        "\u2013",
        "\u2014",
        "\u2015",
        "n/a",
        "none",
        "なし",
        "無し",
        "null",
        "*",
    }


def align_cells(cells: Sequence[str], columns: Sequence[Column]) -> tuple[str, ...]:
    """The cells of a row under their columns, where a page saved as text lost some of them.

    Cells keep their order; of all ways to leave columns empty the one is taken in which what stands in the cells fits
    the columns best.
    """
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
    best: list[list[tuple[float, tuple[str, ...]]]] = [[(0.0, ())]]
    for place in range(1, width + 1):
        line = []
        for used in range(min(place, len(row)) + 1):
            ways = []
            if used < len(best[place - 1]):
                score, given = best[place - 1][used]
                ways.append((score, (*given, "")))
            if used and used - 1 < len(best[place - 1]):
                score, given = best[place - 1][used - 1]
                ways.append((score + _fit(row[used - 1], columns[place - 1]), (*given, row[used - 1])))
            line.append(max(ways, key=lambda way: way[0]) if ways else (float("-inf"), ()))
        best.append(line)
    return best[width][len(row)][1]


def _fit(cell: str, column: Column) -> float:
    """How well a cell fits a column; below 0 where it cannot be meant."""
    text = plain_cell(cell)
    if not text:
        return 0.1
    is_status, is_word = STATUS.match(text) is not None, IDENTIFIER.fullmatch(text) is not None
    if column.role == "status":
        return 3.0 if is_status else -3.0
    if column.role in {"code", "field"}:
        return (2.0 if is_word else -2.0) - (4.0 if is_status else 0.0)
    if is_status:
        return -2.0
    if column.language is not None:
        return 1.0 if (column.language in {"ja", "zh", "ko"}) != text.isascii() else 0.5
    return 0.6 if column.role in {"cause", "message"} else 0.4
