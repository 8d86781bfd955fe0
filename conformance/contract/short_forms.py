"""Expands the short forms of case files: messages, variables of a row, and `like`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.errors import Problem
from conformance.jsontools import map_texts, walk_texts
from conformance.validation import suggest
from conformance.yaml_document import Document

_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z0-9]+)*\Z")
_OF_ONE_ROW = frozenset(["id", "source", "operations"])
"""Keys of a row that are not taken from the row named under `like`."""
_OF_EVERY_ROW = {"cause": "", "expect": {"status": 400}}
"""Values for the required keys of a row with an unknown `like`, so that only the `like` is reported."""
_PLACEHOLDER = re.compile(r"\{([a-z_]+)((?:\.[A-Za-z0-9_-]+)*)((?:\|[a-z0-9-]+)?)\}")


def write_out_message(value: Any) -> Any:
    """Return a message as one text, or as a list of wordings with `text`, `language` and `edition`.

    A file may write a list of texts, or a mapping whose keys are a language (`en` or `pt-BR`), an edition, or both
    (`en current`), and whose values are one or several texts. Other values are returned unchanged.
    """
    if isinstance(value, list):
        return [{"text": one} if isinstance(one, str) else one for one in value]
    return list(_expand_wordings(value)) if isinstance(value, Mapping) else value


def _expand_wordings(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, texts in value.items():
        first, _, rest = key.partition(" ")
        language, edition = (first, rest) if _LANGUAGE.match(first) else ("", key)
        named = {name: text for name, text in (("language", language), ("edition", edition)) if text}
        for text in texts if isinstance(texts, list) else [texts]:
            yield {"text": text, **named}


def fill_variables(value: Any, variables: Mapping[str, str]) -> Any:
    """Fill in the variables of a row in each text of a JSON value, keys included.

    If a variable is itself a placeholder, such as `{fixture.fields.tel}` for `{item}`, members and a modifier may be
    added: `{item.name|text}` becomes `{fixture.fields.tel.name|text}`.
    """
    return map_texts(value, lambda text: _PLACEHOLDER.sub(lambda match: _fill_variable(match, variables), text))


def _fill_variable(match: re.Match[str], variables: Mapping[str, str]) -> str:
    text = variables.get(match[1])
    if text is None:
        return match[0]
    if inner := _PLACEHOLDER.fullmatch(text):
        return f"{{{inner[1]}{inner[2]}{match[2]}{match[3] or inner[3]}}}"
    return match[0] if match[2] or match[3] else text


def list_variables(value: Any, known: frozenset[str]) -> set[str]:
    """Return the known variables that occur in the texts of a JSON value, keys included."""
    texts = (text for text in walk_texts(value) if "{" in text)
    return {match[1] for text in texts for match in _PLACEHOLDER.finditer(text)} & known


def write_out_likes(documents: Mapping[str, Document]) -> tuple[dict[str, Document], list[Problem]]:
    """Return the documents of tables with every `like` expanded, and the problems found.

    A row takes the keys that it does not have from the row that `like` names. Problems are an unknown row, and a row
    that is like itself.
    """
    rows = {f"{table}/{row.get('id')}": row for table, one in documents.items() for row in _rows_of(one)}
    problems: list[Problem] = []

    def expand_row(table: str, row: Mapping[str, Any], where: str, seen: tuple[str, ...]) -> dict[str, Any]:
        named = row.get("like")
        if not isinstance(named, str):
            return dict(row)
        name = named if "/" in named else f"{table}/{named}"
        if name not in rows or name in seen:
            what = f"{named!r} is like this row" if name in rows else f"no row is named {named!r}"
            if len(seen) == 1 or name in seen[:1]:
                problems.append(Problem(where, what, suggest(name, rows, "rows") if name not in rows else ""))
            return {**_OF_EVERY_ROW, **row}
        inherited = expand_row(name.partition("/")[0], rows[name], where, (*seen, name))
        return {**{key: value for key, value in inherited.items() if key not in _OF_ONE_ROW}, **row}

    full = {}
    for table, one in documents.items():
        listed = [
            expand_row(table, row, one.where(("rows", place, "like")), (f"{table}/{row.get('id')}",))
            for place, row in enumerate(_rows_of(one))
        ]
        full[table] = replace(one, value={**one.value, "rows": listed}) if any("like" in row for row in listed) else one
    return full, problems


def _rows_of(table: Document) -> list[Mapping[str, Any]]:
    rows = table.members.get("rows")
    return rows if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows) else []
