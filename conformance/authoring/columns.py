"""What the columns of an error table hold, recognised by their titles in several languages and by their cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from itertools import combinations
from typing import Final, Literal

from conformance.authoring.blocks import TableBlock

Role = Literal["status", "code", "message", "field", "cause", "note", "operation"]

TITLES: Final[dict[Role, tuple[str, ...]]] = {
    "status": (
        "http status code", "http status", "status code", "http code", "http response code", "response code",
        "http error code", "http response", "status", "http", "statuscode", "http statuscode",
        "ステータスコード", "httpステータス", "ステータス", "状態コード", "レスポンスコード",
        "状态码", "http状态码", "狀態碼",
        "상태 코드", "상태코드", "상태", "código de estado", "código http", "código de status", "estado", "code http",
        "code statut", "statut", "codice di stato", "http-код", "код ответа", "статус", "код состояния",
    ),
    "code": (
        "error code", "errorcode", "errcode", "error number", "errno", "code", "codes", "error name", "error key",
        "error id", "error", "error type", "exception", "name", "key", "identifier", "symbol", "enum", "type", "id",
        "エラーコード", "エラー番号", "コード", "错误码", "错误代码", "返回码", "返回值", "错误编码", "代码", "编码",
        "錯誤代碼", "오류 코드", "에러 코드", "에러코드", "코드", "fehlercode", "fehler", "código de error",
        "código do erro", "código", "codigo", "code d'erreur", "code erreur", "erreur", "codice",
        "код ошибки", "код", "ошибка", "foutcode", "kod błędu", "hata kodu",
    ),
    "message": (
        "error message", "response message", "user message", "status message", "message", "error text", "text",
        "title", "msg", "errmsg", "response body", "response", "reason phrase", "エラーメッセージ", "メッセージ",
        "レスポンスボディ",
        "错误信息", "错误消息", "提示信息", "返回信息", "消息", "信息", "오류 메시지", "에러 메시지", "메시지",
        "fehlermeldung", "fehlertext",
        "meldung", "nachricht", "mensaje de error", "mensaje", "mensagem de erro", "mensagem", "message d'erreur",
        "libellé", "messaggio", "melding", "komunikat", "mesaj",
        "сообщение", "сообщение об ошибке", "текст ошибки",  # noqa: RUF001 - as it is written
    ),
    "field": (
        "field", "parameter", "param", "attribute", "property", "フィールド", "項目", "パラメータ", "パラメーター",
        "字段", "参数", "필드", "feld", "campo", "champ", "поле", "параметр",
    ),
    "cause": (
        "cause and solution", "cause", "causes", "condition", "reason", "description", "error description",
        "meaning", "definition", "when", "explanation", "details", "detail", "possible cause", "possible causes",
        "occurs when",
        "when it happens", "situation", "problem", "additional information",
        "原因と対策", "原因", "条件", "説明", "内容", "意味", "詳細", "発生条件",
        "错误描述", "描述", "释义", "说明", "説明文", "含义", "错误说明", "原因说明", "可能原因",
        "원인", "설명", "의미", "내용", "ursache",
        "beschreibung", "bedeutung", "erläuterung", "erklärung", "causa", "descripción", "descripcion",
        "significado", "descrição", "descricao", "motivo", "description de l'erreur", "signification",
        "descrizione", "significato", "описание", "причина", "значение", "расшифровка", "omschrijving", "betekenis",
        "opis", "açıklama",  # noqa: RUF001 - as it is written
    ),
    "note": (
        "note", "notes", "remark", "remarks", "comment", "comments", "solution", "action", "resolution",
        "how to fix", "what to do", "recommended action", "suggested action", "remedy", "fix", "備考", "対策", "対処",
        "対処方法", "対処法", "対応", "注意",
        "备注", "解决方法", "解决方案", "解决办法", "处理方式", "处理建议", "排查建议", "비고",
        "해결 방법", "조치", "hinweis", "lösung", "maßnahme", "nota", "solución", "solução", "remarque",
        "action à mener", "soluzione", "решение", "примечание", "что делать",
    ),
    "operation": (
        "api", "endpoint", "method", "operation", "resource", "route", "path", "request", "エンドポイント", "操作",
        "メソッド", "対象", "接口", "엔드포인트", "метод",
    ),
}  # fmt: skip
"""Words above a column, the least ambiguous first: in English, East Asian, Romance, Germanic and Slavic languages."""

LANGUAGES: Final = {
    "ja": r"\bja(panese)?\b|日本語|日文",
    "en": r"\ben(glish)?\b|英語|英文",
    "zh": r"\bzh\b|chinese|中文|中国語",
    "ko": r"\bko(rean)?\b|한국어|韓国語",
    "de": r"\bde\b|german|deutsch",
    "fr": r"\bfr(ench|ançais)?\b",
    "es": r"\bes\b|spanish|español",
}
STATUS = re.compile(
    r"(?!\s*-\d)\W*(?:\d{1,2}(?:\.\d{1,2})+\.?\s+)?(?:(?:HTTP(?:/\d(?:\.\d)?)?|status|error|code|response|Fehler|erreur|エラー|ステータス|コード|错误码?|状态码)"
    r"[\s:#\u30fb-]*){0,4}"
    r"([1-5]\d\d)(?!\d|\.\d|\s*[-\u2013]\s*[1-5]\d\d)",
    re.IGNORECASE,
)
"""A status at the beginning of a text: `404`, `404 Not Found`, `HTTP 404`, `2.1 Error 404`; a range of them is none."""
_STATUS_ALONE = re.compile(r"[1-5]\d\d")
_MORE = re.compile(
    r"\s*(?:,|/|\||、|\bor\b|\band\b|\bund\b|\by\b|\bet\b|(?<=\d)\s(?=\d{3}(?:\s|\Z)))\s*`?([45]\d\d)(?!\d)`?",
    re.IGNORECASE,
)
_LAST = re.compile(r"(?:\d{1,2}[.)]\s+)?[^\d\n]{2,60}[\s(\[:\uff08=/]([45]\d\d(?:\s*[,/]\s*[45]\d\d)*)\W*")
"""A status at the end of a text, or several: `Conflict (409)`, `2. Validation errors (400/422)`."""
IDENTIFIER = re.compile(
    r"[A-Za-z_][A-Za-z0-9_]*(?:[_.:/\\-][A-Za-z0-9]+)*(?:\(\))?\*?|-?\d{2,9}(?:[_.:/-][A-Za-z0-9]+)*|"
    r"[A-Z]{1,5}[-_]?\d+|(?:https?://|urn:)\S+|[0-9A-Z]{2,8}\*?|0x[0-9A-Fa-f]+|-?\d"
)
"""What a code looks like: one word, perhaps of several parts, or a number."""


_TITLE_BEGINS = re.compile(r"(?<=[a-z)])(?=[A-Z\u3040-\uffef])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where one title ends and the next begins without a blank: `CodeHTTPMeaning`."""
PHRASES = (
    *((status.value, status.phrase.casefold()) for status in HTTPStatus),
    *((413, text) for text in ("payload too large", "content too large", "request entity too large")),
    *((422, text) for text in ("unprocessable content", "unprocessable entity")),
    *((414, "uri too long"), (416, "range not satisfiable")),
)
"""Statuses and their reason phrases, of all editions of HTTP."""
_PHRASES = frozenset(phrase for _, phrase in PHRASES)
CODE = re.compile(
    r"-?\d{3,9}|[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9]+)+|[a-z]+(?:-[a-z0-9]+)+|[A-Z][A-Z0-9_-]{3,}|"
    r"(?:[A-Z][a-z0-9]+){2,}|[A-Za-z]{1,6}[-_]?\d{1,6}|0x[0-9A-Fa-f]+"
)
"""A text that can only be a code: several parts, capitals, or a number of three digits and more."""
CODE_OF_PARTS = re.compile(r"[A-Za-z]+(_[A-Za-z0-9]+)+\Z|[A-Z]{1,6}[-_]?\d{2,6}\Z")
"""A code that is none of the words of a sentence."""
_REGISTERED = frozenset(status.value for status in HTTPStatus)
_MAYBE_STATUS = frozenset({"status", "code", "message"})
"""What the title of a column of statuses may look like: `Code`, `Error`, `Response`."""


def find_statuses(text: str) -> tuple[tuple[int, ...], str]:
    """The statuses that a text begins or ends with, and the rest of it; none where it names none.

    `500, 502 Server errors` has two, `Conflict (409)` one.
    """
    plain = text.replace("`", "")
    if (first := STATUS.match(plain)) is not None:
        found, at = [int(first[1])], first.end()
        while (more := _MORE.match(plain, at)) is not None:
            found.append(int(more[1]))
            at = more.end()
        return tuple(found), plain[at:]
    if (last := _LAST.fullmatch(plain)) is not None:
        return tuple(map(int, re.findall(r"\d+", last[1]))), plain[: last.start(1)].rstrip(" ([:=/\uff08")
    return (), text


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds; a message column may be in one language."""

    role: Role | None
    language: str | None = None


def classify_columns(table: TableBlock) -> tuple[Column, ...]:
    """The role of each column: the title that tells most of a role has it; message, cause and note may be several."""
    cells = [_cells_of(table, place) for place in range(len(table.header))]
    roles: list[Role | None] = [None] * len(table.header)
    bids = [(score, place, role) for place, title in enumerate(table.header) for score, role in _bids(title)]
    bids.sort(key=lambda bid: (-bid[0], bid[1]))
    best = [next((role for _, at, role in bids if at == place), None) for place in range(len(cells))]
    untitled = "status" if "field" not in best else None  # numbers beside parameters are their defaults or limits
    for place, texts in enumerate(cells):
        named = best[place] or untitled
        if (
            named in _MAYBE_STATUS
            and "status" not in roles
            and (
                _share(texts, _is_http_status) > 0.6
                or (named == "code" and _are_mixed(texts))
                or (best[place] is None and len(texts) > 2 and all(map(_STATUS_ALONE.fullmatch, texts)))
            )
        ):
            roles[place] = "status"
    for _, place, role in bids:
        several = role in {"message", "cause", "note"}
        if roles[place] is None and (several or role not in roles) and _suits(role, cells[place]):
            roles[place] = role
    for place, title in enumerate(table.header):
        plain = _plain_title(title)
        says_so = role_of_label(title) or "erro" in plain or "code" in plain
        if roles[place] is not None or best[place] != "code" or not says_so:
            continue
        if {"code", "message"} & set(roles) == {"message"} and "code" in plain:
            roles[place] = "code"  # whatever it looks like, for the message has a column of its own
        elif cells[place] and _share(cells[place], _is_code) <= 0.5:
            roles[place] = "cause" if _share(cells[place], is_phrase) > 0.5 else "message"
    columns = [
        Column(role, _language(title) if role == "message" else None)
        for role, title in zip(roles, table.header, strict=True)
    ]
    complete = _complete(columns, table)
    causes = [place for place, column in enumerate(complete) if column.role == "cause"]
    names = [place for place in causes if _share(cells[place], is_phrase) >= 0.5] if len(causes) > 1 else []
    return tuple(Column(None) if place in names[: len(causes) - 1] else one for place, one in enumerate(complete))


_LONGEST_OF_ONE = 60
_LONGEST_TITLE = 200
"""Characters of the titles of columns: every place at which a line could be cut into several is tried."""


def role_of_label(text: str) -> Role | None:
    """The role whose word a text is, and nothing else: `Message`, `HTTP status`, `原因`."""
    plain = _plain_title(text) if len(text) <= _LONGEST_TITLE else ""
    return next((role for role, words in TITLES.items() if {plain, plain.removesuffix("s")} & set(words)), None)


def roles_of_titles(table: TableBlock) -> set[Role]:
    """The roles that the titles of a table's columns may mean."""
    return {role for title in table.header for _, role in _bids(title)}


def split_titles(text: str) -> tuple[str, ...]:
    """The titles of columns that stand in one line with a blank or nothing between them: `CodeStatusMessage`.

    Empty where the line is anything else.
    """
    if len(text) > _LONGEST_TITLE:
        return ()
    pieces = tuple(_TITLE_BEGINS.split(text))
    if len(pieces) > 1 and all(map(role_of_label, pieces[1:])) and (role_of_label(pieces[0]) or not text.isascii()):
        return pieces
    for end in range(len(text) - 1, 1, -1):
        first, rest = text[:end], text[end:].lstrip()
        if first.strip() == first and (role := role_of_label(first)) is not None:
            others = (rest,) if role_of_label(rest) is not None else split_titles(rest)
            if others and (role not in {"status", "code"} or role not in map(role_of_label, others)):
                return (first, *others)
    return ()


def _cells_of(table: TableBlock, place: int) -> list[str]:
    cells = (plain_cell(row.cells[place]) for row in table.rows if place < len(row.cells))
    return [cell for cell in cells if cell]


def _suits(role: Role, cells: Sequence[str]) -> bool:
    if role == "code":
        return _share(cells, _is_code) >= 0.5
    if role == "status":
        return not cells or any(find_statuses(cell)[0] for cell in cells)
    return role != "message" or not cells or not all(re.fullmatch(r"-?\d+", cell) for cell in cells)


def _is_code(cell: str) -> bool:
    return not is_phrase(cell) and all(IDENTIFIER.fullmatch(code) for code in split_codes(cell))


def split_codes(cell: str) -> list[str]:
    """The codes of a cell, which may be several: by lines, commas, slashes, or words between texts in backticks."""
    parts = re.split(r"\n|,\s|\s/\s|(?<=`)\s(?:or|and|und|y|ou|et)\s(?=`)", cell)
    return [plain_cell(part).rstrip(":") for part in parts if part.strip()]


def is_phrase(text: str) -> bool:
    """Whether a text is nothing but the reason phrase of a status."""
    return text.strip(" .").casefold() in _PHRASES


def _is_http_status(cell: str) -> bool:
    statuses, _ = find_statuses(cell)
    return bool(statuses) and statuses[0] in _REGISTERED


def _are_mixed(cells: Sequence[str]) -> bool:
    """Whether numbers are error statuses as well as the vendor's own."""
    statuses = {str(status) for status in _REGISTERED if status >= 400}
    return all(map(str.isdigit, cells)) and sum(cell in statuses for cell in cells) > 2


def _plain_title(title: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\w)[_-](?=\w)", " ", title)
    return re.sub(r"[(\uff08\[].*?[)\uff09\]]", "", words).replace("`", "").strip(" *:\uff1a'\"").casefold()


@lru_cache(maxsize=1024)
def _bids(title: str) -> tuple[tuple[float, Role], ...]:
    """Roles that a title may mean, with how much it tells of each: most as a whole, less by a word in it.

    A word at its end leaves the others out: a `Field error` is an error.
    """
    text = _plain_title(title)
    if len(text) > _LONGEST_OF_ONE:
        return ()
    whole = {text, text.replace(" ", "")}
    bids: list[tuple[float, Role]] = []
    heads: set[Role] = set()
    for role, words in TITLES.items():
        found = [
            (100.0 if word in whole else float(min(len(word) * (1 if word.isascii() else 3), 90))) - place / 100
            for place, word in enumerate(words)
            if word in whole or _holds(text, word)
        ]
        if found:
            bids.append((max(found), role))
        if any(word in whole or (word.isascii() and re.search(rf"\b{re.escape(word)}\Z", text)) for word in words):
            heads.add(role)
    return tuple(bid for bid in bids if not heads or bid[1] in heads)


def _holds(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text) is not None if word.isascii() else word in text


def _complete(columns: list[Column], table: TableBlock) -> tuple[Column, ...]:
    """What no title explains: a column of codes where there is none, a column of texts as the cause."""
    wanted: tuple[tuple[Role, set[Role | None], Callable[[str], bool], float], ...] = (
        ("code", {None, "message"}, lambda cell: CODE.fullmatch(cell) is not None and not cell.isdigit(), 0.8),
        ("cause", {None}, lambda cell: (" " in cell or not cell.isascii()) and not is_phrase(cell), 0.5),
    )
    for role, free, holds, share in wanted:
        held = {place: _cells_of(table, place) for place, column in enumerate(columns) if column.role in free}
        place = next(
            (n for n, cells in held.items() if _share(cells, holds) > share and len(cells) > (role == "code")), None
        )
        given = [_cells_of(table, n) for n, column in enumerate(columns) if column.role == role]
        if place is not None and not any(_share(cells, is_phrase) <= 0.5 for cells in given):  # phrases tell nothing
            columns[place] = Column(role)
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
    return text.strip().casefold() in _NOTHING


_WIDEST = 12
"""Columns of a table in which the places of lost cells are sought."""


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
    places = max(
        combinations(range(width), len(row)) if width <= _WIDEST else [range(len(row))],
        key=lambda places: sum(_fit(cell, columns[place]) for cell, place in zip(row, places, strict=True)),
    )
    placed = dict(zip(places, row, strict=True))
    return tuple(placed.get(place, "") for place in range(width))


def _fit(cell: str, column: Column) -> float:
    """How well a cell fits a column; below 0 where it cannot be meant."""
    text = plain_cell(cell)
    if not text:
        return 0.1
    is_status, is_word = bool(find_statuses(text)[0]), _is_code(text)
    if column.role == "status":
        return 3.0 if is_status else -3.0
    if column.role in {"code", "field"}:
        return (2.0 if is_word else -2.0) - (4.0 if is_status else 0.0)
    if is_status:
        return -2.0
    if column.language is not None:
        return 1.0 if (column.language in {"ja", "zh", "ko"}) != text.isascii() else 0.5
    return 0.6 if column.role in {"cause", "message"} else 0.4
