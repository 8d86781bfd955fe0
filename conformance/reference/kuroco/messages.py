"""Messages in two languages and in each edition that the vendor has published ("API error response").

`old` is the table on which the contract is based, which leaves `{1}` for the format in English. `middle` has a dot
after the item's name and still leaves `{1}`. `current` names the format in words.
"""

import json
from collections.abc import Mapping
from typing import Any

from conformance.reference.catalogue import Row
from conformance.reference.kuroco import rows

_EN_LABELS = dict(zip(rows.FORMATS, ("E-mail", "Contact number", "ZIP code", "URL", "Numeric value"), strict=True))
_JA_LABELS = dict(zip(rows.FORMATS, ("E-mail形式", "電話番号形式", "郵便番号形式", "URL形式", "数値形式"), strict=True))
_LOGIN = {
    "documented": "Invalid credentials",
    "observed": "The password or e-mail (Login ID) is incorrect.",
}
_SCHEMA = {rows.MISSING: "Required property missing", rows.EMPTY: "String is too short"}
_WITHOUT_TITLE = {
    "en": {rows.NO_GROUP: "Content Structure does not exist.", rows.TITLE: "Title is required"},
    "ja": {rows.NO_GROUP: "コンテンツ定義は存在しません。", rows.TITLE: "タイトルは必須項目です。"},
}
_SUCCESS = {
    "ja": {"insert": "追加しました。", "update": "更新しました。", "delete": "削除しました。"},
    "en": {"insert": "Added.", "update": "Updated", "delete": "Deleted"},
}


def row_message(row: Row, title: str, language: str, choices: Mapping[str, str]) -> str:
    """Return the message of a row for the item with this title, in `ja` or `en`, in the edition of `choices`."""
    if row == rows.LOGIN:
        return _LOGIN[choices["login_wording"]]
    if row == rows.TOKEN:
        return "Grant token is invalid, revoked or expired"
    if row in _SCHEMA:
        return _required(row, title, language, choices)
    fixed = _WITHOUT_TITLE[language].get(row)
    if fixed is not None:
        return fixed
    return _japanese(row, title, choices) if language == "ja" else _english(row, title, choices)


def error_message(error: rows.ValidationError, language: str, choices: Mapping[str, str]) -> str:
    """Return the message of one error. A message of the schema may continue with the key and the data."""
    if error.message is not None or error.row is None:
        return error.message or ""
    message = _SCHEMA[rows.MISSING] if error.from_schema and error.row == rows.TITLE else None
    message = message or row_message(error.row, error.title, language, choices)
    if error.from_schema and choices["schema_message"] == "with data":
        message += f": {error.field}, data: {json.dumps(error.data, ensure_ascii=True)}"
    return message


def title_code(choices: Mapping[str, str]) -> str:
    """Return an empty title's code: `required` in the current edition's table, `invalid` in its sample and before."""
    return "required" if choices["edition"] == "current" else "invalid"


def success_messages(operation: str, language: str, choices: Mapping[str, str]) -> list[Any]:
    """Return the messages of a successful write."""
    return [_SUCCESS[language if choices["done_messages"] == "localised" else "en"][operation]]


def _required(row: Row, title: str, language: str, choices: Mapping[str, str]) -> str:
    if choices["schema_message"] != "item":
        return _SCHEMA[row]
    return f"{title}は必須項目です。" if language == "ja" else f"{title} is required"


def _japanese(row: Row, title: str, choices: Mapping[str, str]) -> str:
    if row == rows.REGEX:
        return f"{title}が不正です。" + _space(choices)
    if row == rows.LENGTH:
        return f"{title}の文字数が不正です。"
    label = "メールアドレス形式" if row == rows.EMAIL and choices["edition"] == "current" else _JA_LABELS[row]
    return f"{title}が不正です。 {label}で入力してください。"


def _english(row: Row, title: str, choices: Mapping[str, str]) -> str:
    edition = choices["edition"]
    if row == rows.LENGTH:
        current = f"Invalid The Number of characters of {title}"
        return current if edition == "current" else f"The number of characters in {title} is invalid."
    if row == rows.REGEX and edition != "old":
        return f"Invalid {title}" + _space(choices)
    item = f"{title}." if choices["item_dot"] == "present" or edition == "middle" else title
    label = _EN_LABELS[row] if edition == "current" else "{1}"
    return f"Invalid {item} Please enter in a {label} format."


def _space(choices: Mapping[str, str]) -> str:
    return " " if choices["regex_space"] == "present" else ""
