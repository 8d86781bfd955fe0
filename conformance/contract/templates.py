"""Finds and fills the placeholders in texts of a contract.

`{fixture.NAME}` is a value of the profile (dots lead to members), `{capture.NAME}` a value of an earlier response,
`{credential.NAME}` or `{credential.NAME.MEMBER}` a secret. `{query.NAME}`, `{path.NAME}` and `{json.NAME}` are values
of the request itself, `{language}` and `{other}` the requested language and another one, `{unique}` a word never used
before in this run, `{random.NAME}` a word that stays the same for a whole attempt, `{drawn}` the drawn value.
`{text.SCRIPT.NAME}` is letters of a script (one of SCRIPTS), as many as the fixture of that name says. In messages
only, `{any}` is any text, `{rest}` any ending or none.

A modifier may follow a bar: `{fixture.content_id|swap-case}`. A key that ends in `|optional` is left out together with
its member if either has no value.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Mapping
from string import ascii_letters, digits
from typing import Any
from urllib.parse import unquote

HEADS = frozenset(
    "fixture text capture credential query path json language other unique random drawn".split()  # noqa: SIM905
)
MESSAGE_HEADS = frozenset(["any", "rest"])
OPTIONAL = "optional"
_MOST_DIGITS = 4000

PLACEHOLDER = re.compile(r"\{([a-z_]+)((?:\.[A-Za-z0-9_-]+)*)(?:\|([a-z0-9-]+))?\}")

_SHOWN_WITHOUT = MESSAGE_HEADS | {"fixture", "query", "path", "json", "capture", "fields"}

Lookup = Callable[[str, tuple[str, ...]], Any]


def show_placeholders(text: str) -> str:
    """Return a text with readable placeholders: `\u2039limit\u203a` for `{query.limit}`, `…` for any text."""
    return PLACEHOLDER.sub(_show_placeholder, text)


def _show_placeholder(match: re.Match[str]) -> str:
    parts = [part for part in f"{match[1]}{match[2]}".split(".") if part not in _SHOWN_WITHOUT]
    return f"\u2039{' '.join(parts)}\u203a" if parts else "…"


class MissingValue(LookupError):
    """Raised for a placeholder without a value; `str()` is the name of the placeholder."""


def _remove_character(text: str, at: int) -> str:
    return text[:at] + text[at + 1 :] if len(text) > 1 else text + "_"


SCRIPTS = {
    "latin": "abcdefghijklmnopqrstuvwxyz",
    "signs": "&bcdefghijklmnopqrstuvwxyz",
    "digits": "1234567890",
    "kana": "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ",
    "kanji": "日月火水木金土山川田人口車門雨東西南北",
    "emoji": "😀😃😄😁😆😅😂😊🙂😉",
    "combining": "e\u0301a\u0300o\u0302u\u0308n\u0303c\u0327",
}


def letters_of_script(script: str, count: Any) -> str:
    """Return `count` letters of a script; raise MissingValue if the script is unknown or `count` is not a number."""
    if script not in SCRIPTS or not str(count).isdecimal():
        raise MissingValue(f"text.{script}")
    alphabet = SCRIPTS[script]
    return (alphabet * (int(count) // len(alphabet) + 1))[: int(count)]


def _is_number(text: str) -> bool:
    """Return whether a text is a whole number with few enough digits for `int`."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _change_last(text: str) -> str:
    """Change the last character in bits that base64 uses; a hexadecimal digit stays one."""
    end = len(text.rstrip("="))
    last = text[end - 1 : end]
    if re.fullmatch(r"(?=.*[a-f])[0-9a-f-]*[0-9a-f]", text):  # not decimal: the next number may be another's ID
        return text[:-1] + ("0" if last != "0" else "1")
    return text[: max(end - 1, 0)] + ("w" if last < "W" else "A") + text[end:]


MODIFIERS: Mapping[str, Callable[[str], Any]] = {
    OPTIONAL: lambda text: text,
    "text": lambda text: text,
    "number": lambda text: int(text) if _is_number(text) else text,
    "base64": lambda text: b64encode(text.encode()).decode("ascii"),
    "wrapped": lambda text: str(int(text) + 2**32) if _is_number(text) else text + "4294967296",
    "letters": lambda text: "".join("lkjhgqwrtz"[at % 10] for at in range(len(text))),
    "capitals": lambda text: "".join("LKJHGQWRTZ"[at % 10] for at in range(len(text))),
    "one-more": lambda text: text + text[-1:],
    "double-first": lambda text: text[:1] + text,
    "one-less": lambda text: text[:-1],
    "two-more": lambda text: text + text[-1:] * 2,
    "two-less": lambda text: text[:-2],
    "eleven-times": lambda text: text * 11,
    "hundred-times": lambda text: text * 100,
    "and-256": lambda text: text + text[-1:] * 256,
    "and-65536": lambda text: text + text[-1:] * 65536,
    "wide": lambda text: text.translate(
        {ord(char): ord(char) + 0xFEE0 for char in (digits if re.search(r"[0-9]", text) else ascii_letters)}
    ),
    "blanks-between": lambda text: re.sub(r"[^\w]|_", " ", text),
    "nothing-between": lambda text: re.sub(r"[^\w]|_", "", text),
    "swap-last-case": lambda text: re.sub(
        r"[A-Za-z](?=[^A-Za-z]*\Z)", lambda match: match[0].swapcase(), text, flags=re.DOTALL
    ),
    "drop-first": lambda text: _remove_character(text, 0),
    "drop-last": lambda text: _remove_character(text, len(text) - 1),
    "swap-case": lambda text: _change_last(text) if text.swapcase() == text else text.swapcase(),
    "change-first": lambda text: ("q" if text[:1] != "q" else "z") + text[1:],
    "change-end": _change_last,
    "change-middle": lambda text: (
        text[: len(text) // 2] + ("_" if text[len(text) // 2 :][:1] != "_" else "-") + text[len(text) // 2 + 1 :]
    ),
    "file-name": lambda text: unquote(text.rsplit("/", 1)[-1]),
    "rename": lambda text: "/".join([*text.split("/")[:-1], f"q{text.rsplit('/', 1)[-1]}"]),
    "other-folder": lambda text: re.sub(r"/?([^/]*)\Z", r"q/\1", text, count=1),
    "url-path": lambda text: re.sub(r"\A[^/]*//[^/]*", "", text),
}


_LENGTH = re.compile("length-([1-9][0-9]{0,4})")


def find_modifier(name: str) -> Callable[[str], Any] | None:
    """Return what a name behind a bar makes of a text: one of `MODIFIERS`, or `length-255`; None if it is neither."""
    if (length := _LENGTH.fullmatch(name)) is None:
        return MODIFIERS.get(name)
    count = int(length[1])
    return lambda text: (text + text[-1:] * count)[:count]


def captures_used(value: Any) -> Iterator[str]:
    """Yield the names of the captures that the placeholders of a value need."""
    return (".".join(members) for head, members, _ in find_placeholders(value) if head == "capture")


def find_placeholders(value: Any) -> Iterator[tuple[str, tuple[str, ...], str | None]]:
    """Yield head, members and modifier of every placeholder in a JSON value; not of optional keys and members."""
    found: list[str] = []
    _collect_texts(value, found)
    for text in found:
        for match in PLACEHOLDER.finditer(text):
            if match[1] in HEADS or match[1] in MESSAGE_HEADS:
                yield match[1], tuple(match[2].split(".")[1:]), match[3]


def _collect_texts(value: Any, found: list[str]) -> None:
    """Append the texts of a value that may contain placeholders to `found`; faster than a generator."""
    if isinstance(value, str):
        if "{" in value:
            found.append(value)
    elif isinstance(value, dict | Mapping):
        for key, member in value.items():
            if isinstance(key, str) and "{" in key:
                if _is_optional(key):
                    continue
                found.append(key)
            if member is not None:
                _collect_texts(member, found)
    elif isinstance(value, list | tuple):
        for member in value:
            _collect_texts(member, found)


def unknown_placeholders(text: str, variables: Collection[str] | None = ()) -> Iterator[str]:
    """Yield what looks like a placeholder but is not one: a dotted name with an unknown head, or an unknown modifier.

    `variables` are further known heads; with None, every head is known.
    """
    for match in PLACEHOLDER.finditer(text):
        known = variables is None or match[1] in HEADS or match[1] in MESSAGE_HEADS or match[1] in variables
        if (not known and match[2]) or (known and match[3] and find_modifier(match[3]) is None):
            yield match[0]


def fill(value: Any, lookup: Lookup) -> Any:
    """Fill every placeholder of a JSON value; a text that is only one becomes its value, of any type."""
    if isinstance(value, str):
        if "{" not in value:
            return value
        match = PLACEHOLDER.fullmatch(value)
        if match and match[1] in HEADS:
            return _resolve_placeholder(match, lookup)
        return fill_text(value, lookup)
    if isinstance(value, Mapping):
        return dict(_fill_members(value, lookup))
    if isinstance(value, list | tuple):
        return [fill(member, lookup) for member in value]
    return value


def fill_text(text: str, lookup: Lookup) -> str:
    """Fill the placeholders of a text, each written by `write_value`."""
    if "{" not in text:
        return text
    return PLACEHOLDER.sub(
        lambda match: write_value(_resolve_placeholder(match, lookup)) if match[1] in HEADS else match[0], text
    )


def _fill_members(value: Mapping[str, Any], lookup: Lookup) -> Iterator[tuple[str, Any]]:
    for key, member in value.items():
        try:
            filled = fill_text(key, lookup), fill(member, lookup)
        except MissingValue:
            if not _is_optional(key):
                raise
            continue
        yield filled


def _is_optional(key: Any) -> bool:
    return isinstance(key, str) and key.endswith(f"|{OPTIONAL}}}")


def _resolve_placeholder(match: re.Match[str], lookup: Lookup) -> Any:
    value = lookup(match[1], tuple(match[2].split(".")[1:]))
    modifier = find_modifier(match[3]) if match[3] else None
    return modifier(write_value(value)) if modifier else value


def write_value(value: Any) -> str:
    """Return a value as text, with true, false and null as in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
