"""What the titles of the columns of an error table mean, in several languages."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

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
        "error code", "errorcode", "errcode", "error number", "errno", "code", "response code", "codes",
        "error name", "error key", "error id", "error", "error type", "exception",
        "name", "key", "identifier", "symbol", "enum", "type", "id",
        "エラーコード", "エラー番号", "コード", "错误码", "错误代码", "返回码", "返回值", "错误编码", "代码", "编码",
        "錯誤代碼", "오류 코드", "에러 코드", "에러코드", "코드", "fehlercode", "fehler", "código de error",
        "código do erro", "código", "codigo", "code d'erreur", "code erreur", "erreur", "codice",
        "код ошибки", "код", "ошибка", "foutcode", "kod błędu", "hata kodu",
    ),
    "message": (
        "error message", "response message", "user message", "status message", "message", "error text", "text",
        "title", "msg", "errmsg", "response body", "response", "reason phrase", "エラーメッセージ", "メッセージ",
        "エラー名称", "レスポンスボディ",
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
        "occurs when", "scenario", "scenarios",
        "when it happens", "situation", "problem", "additional information", "further information",
        "原因と対策", "原因", "理由", "エラー理由", "条件", "説明", "内容", "意味", "詳細", "発生条件",
        "错误描述", "描述", "释义", "说明", "説明文", "含义", "错误说明", "原因说明", "可能原因",
        "원인", "상황", "발생 상황", "설명", "의미", "내용", "ursache",
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
_TITLE_BEGINS = re.compile(r"(?<=[a-z)])(?=[A-Z\u3040-\uffef])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where one title ends and the next begins without a blank: `CodeHTTPMeaning`."""
_LONGEST_OF_ONE = 60
_LONGEST_TITLE = 200
"""Characters of the titles of columns: every place at which a line could be cut into several is tried."""


def role_of_label(text: str) -> Role | None:
    """The role whose word a text is, and nothing else: `Message`, `HTTP status`, `原因`."""
    plain = plain_title(text) if len(text) <= _LONGEST_TITLE else ""
    return next((role for role, words in TITLES.items() if {plain, plain.removesuffix("s")} & set(words)), None)


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


def plain_title(title: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\w)[_-](?=\w)", " ", title)
    return re.sub(r"[(\uff08\[].*?[)\uff09\]]", "", words).replace("`", "").strip(" *:\uff1a'\"").casefold()


@lru_cache(maxsize=1024)
def roles_of_title(title: str) -> tuple[tuple[float, Role], ...]:
    """Roles that a title may mean, with how much it tells of each: most as a whole, less by a word in it.

    A word at its end leaves the others out: a `Field error` is an error.
    """
    text = plain_title(title)
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


def language_of_title(title: str) -> str | None:
    return next((name for name, words in LANGUAGES.items() if re.search(words, title, re.IGNORECASE)), None)
