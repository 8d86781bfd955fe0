"""Shorter ways to write what rows have in common, and what each stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.jsontools import map_texts, walk_texts

_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z0-9]+)*\Z")
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


def write_out_step(value: Any) -> Any:
    """A step; a name alone is what it calls."""
    return {"call": value} if isinstance(value, str) else value


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
