"""Decides which values the site accepts as an e-mail address, a telephone number, and so on.

The documents do not give the patterns. Every site rejects clearly wrong values and accepts plain ones; between the two,
the variants decide.
"""

import re
import unicodedata
from collections.abc import Mapping

from conformance.reference.catalogue import Row
from conformance.reference.kuroco import rows
from conformance.reference.kuroco.fields import Field

_PATTERNS: dict[str, dict[Row, re.Pattern[str]]] = {
    "strict": {
        rows.EMAIL: re.compile(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        rows.TEL: re.compile(r"[0-9]{2,5}-[0-9]{1,4}-[0-9]{3,4}"),
        rows.ZIP: re.compile(r"[0-9]{3}-[0-9]{4}"),
        rows.URL: re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][^\s<>]*)?"),
        rows.NUMBER: re.compile(r"-?[0-9]+"),
    },
    "lenient": {
        rows.EMAIL: re.compile(r"[^@\s<>]+@[^@\s<>]+"),
        rows.TEL: re.compile(r"\+?[0-9()][0-9()./ -]*"),
        rows.ZIP: re.compile(r"[0-9]{3}-?[0-9]{4}|[0-9]{5}(?:-[0-9]{4})?|[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}"),
        rows.URL: re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>/]+[^\s<>]*"),
        rows.NUMBER: re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"),
    },
}


def breaks_rule(check: rows.Check, field: Field | None, choices: Mapping[str, str]) -> bool:
    """Return whether `check.value` breaks `check.row`; `field` is the extension field, None for the title."""
    if check.row in (rows.TITLE, rows.MISSING, rows.EMPTY):
        return _lacks_text(check, choices)
    if check.value is None or check.value is rows.ABSENT or field is None:
        return False
    value = str(check.value)
    if value == "":
        return choices["empty_optional"] == "refused"
    if check.row == rows.REGEX:
        if choices["regex_line_end"] == "accepted":
            value = value.removesuffix("\n")
        return re.fullmatch(field.pattern, value) is None or value.endswith("\n")
    if check.row == rows.LENGTH:
        return not field.least <= text_length(value, choices["length_unit"]) <= field.most
    return _PATTERNS[choices["formats"]][check.row].fullmatch(value) is None


def text_length(value: str, unit: str) -> int:
    """Return the length of `value` in code points, UTF-16 units, or characters with their combining marks."""
    if unit == "utf-16 units":
        return len(value.encode("utf-16-le", "surrogatepass")) // 2
    if unit == "characters":
        return max(1, sum(not unicodedata.combining(char) for char in value)) if value else 0
    return len(value)


def _lacks_text(check: rows.Check, choices: Mapping[str, str]) -> bool:
    subject = "title" if check.row == rows.TITLE else "required"
    if check.value is rows.ABSENT:
        kept = check.operation == "update" and choices[f"absent_{subject}_on_update"] == "kept"
        return check.row != rows.EMPTY and not kept
    if check.row == rows.MISSING:
        return False
    if check.value is None:
        return choices[f"null_{subject}"] == "refused"
    value = str(check.value)
    return value == "" or (value.isspace() and choices[f"spaces_{subject}"] == "refused")
