"""Shorter ways to write what rows have in common, and what each stands for."""

from __future__ import annotations

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
"""Keys of a row that say what is its own alone."""
_OF_EVERY_ROW = {"cause": "", "expect": {"status": 400}}
"""What stands for the keys that a row lacks because of a wrong `like`, so that nothing else is said of them."""
_PLACEHOLDER = re.compile(r"\{([a-z_]+)((?:\.[A-Za-z0-9_-]+)*)((?:\|[a-z0-9-]+)?)\}")


def write_out_message(value: Any) -> Any:
    """A message as one text, or as a list of wordings with `text`, `language` and `edition`.

    It may be written as a list of texts, or as a mapping whose keys name a language (two letters, `en` or `pt-BR`), an
    edition, or both (`en current`), and whose values are a text or several.
    """
    if isinstance(value, list):
        return [{"text": one} if isinstance(one, str) else one for one in value]
    return list(_wordings(value)) if isinstance(value, Mapping) else value


def _wordings(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, texts in value.items():
        first, _, rest = key.partition(" ")
        language, edition = (first, rest) if _LANGUAGE.match(first) else ("", key)
        named = {name: text for name, text in (("language", language), ("edition", edition)) if text}
        for text in texts if isinstance(texts, list) else [texts]:
            yield {"text": text, **named}


def fill_variables(value: Any, variables: Mapping[str, str]) -> Any:
    """A value of JSON types in which each text, keys included, has the variables of a row filled in.

    Of a variable that is itself a placeholder, `{item}` being `{fixture.fields.tel}`, members may be named and changes
    may follow: `{item.name|text}` becomes `{fixture.fields.tel.name|text}`.
    """
    return map_texts(value, lambda text: _PLACEHOLDER.sub(lambda match: _filled(match, variables), text))


def _filled(match: re.Match[str], variables: Mapping[str, str]) -> str:
    text = variables.get(match[1])
    if text is None:
        return match[0]
    if inner := _PLACEHOLDER.fullmatch(text):
        return f"{{{inner[1]}{inner[2]}{match[2]}{match[3] or inner[3]}}}"
    return match[0] if match[2] or match[3] else text


def list_variables(value: Any, known: frozenset[str]) -> set[str]:
    """Those of the known variables that the texts of a value of JSON types hold, keys included."""
    texts = (text for text in walk_texts(value) if "{" in text)
    return {match[1] for text in texts for match in _PLACEHOLDER.finditer(text)} & known


def write_out_likes(documents: Mapping[str, Document]) -> tuple[dict[str, Document], list[Problem]]:
    """The documents of tables, by name, each row with what the row that it is `like` says and it does not say itself.

    Beside them what is wrong: a row that is not there, and one that is like itself.
    """
    rows = {f"{table}/{row.get('id')}": row for table, one in documents.items() for row in _rows_of(one)}
    problems: list[Problem] = []

    def written(table: str, row: Mapping[str, Any], where: str, seen: tuple[str, ...]) -> dict[str, Any]:
        named = row.get("like")
        if not isinstance(named, str):
            return dict(row)
        name = named if "/" in named else f"{table}/{named}"
        if name not in rows or name in seen:
            what = f"{named!r} is like this row" if name in rows else f"no row is named {named!r}"
            if len(seen) == 1 or name in seen[:1]:
                problems.append(Problem(where, what, suggest(name, rows, "rows") if name not in rows else ""))
            return {**_OF_EVERY_ROW, **row}
        there = written(name.partition("/")[0], rows[name], where, (*seen, name))
        return {**{key: value for key, value in there.items() if key not in _OF_ONE_ROW}, **row}

    made = {}
    for table, one in documents.items():
        listed = [
            written(table, row, one.where(("rows", place, "like")), (f"{table}/{row.get('id')}",))
            for place, row in enumerate(_rows_of(one))
        ]
        made[table] = replace(one, value={**one.value, "rows": listed}) if any("like" in row for row in listed) else one
    return made, problems


def _rows_of(table: Document) -> list[Mapping[str, Any]]:
    rows = table.members.get("rows")
    return rows if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows) else []
