"""A documentation page of a file or an address as blocks; the format follows from its name and its beginning."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.authoring.blocks import Block, Heading, Page, TableRow, build_table
from conformance.authoring.envelope import find_fault, read_fault
from conformance.authoring.text_page import read_text_page
from conformance.client.download import download
from conformance.errors import ConfigError, Problem
from conformance.jsontools import load_json
from conformance.yaml_document import Document, read_text

__all__ = ["read_openapi_document", "read_page"]

MOST_BYTES = 20 << 20
_SUFFIXES = {
    "html": (".html", ".htm", ".xhtml"),
    "markdown": (".md", ".markdown", ".mdx"),
    "rst": (".rst", ".rest"),
    "csv": (".csv", ".tsv"),
    "openapi": (".json", ".yaml", ".yml"),
}
_INSTALL = "install the extra: pip install 'conformance[authoring]'"


def read_page(where: str) -> Page:
    """Read one page: a file's path, or an http(s) address.

    Raises ConfigError where it cannot be read, or where the library for its format is not installed.
    """
    name, content_type, data = _load(where)
    text = data.decode("utf-8-sig", errors="replace")
    return Page(name, tuple(_read(_format(name, content_type, text), text, name)))


def read_openapi_document(where: str) -> dict[str, Any]:
    """An OpenAPI document of a file or an address, in JSON or YAML; raises ConfigError where it is none."""
    _, _, data = _load(where)
    return _parse_openapi(data.decode("utf-8-sig", errors="replace"), where)[0]


def _load(where: str) -> tuple[str, str, bytes]:
    if where.startswith(("http://", "https://")):
        content_type, data = download(where, MOST_BYTES)
        return where, content_type, data
    path = Path(where)
    if not path.is_file():
        raise ConfigError([Problem(where, "is no file", "give the path or the http(s) address of a page")])
    if path.stat().st_size > MOST_BYTES:
        raise ConfigError([Problem(where, f"is larger than {MOST_BYTES >> 20} MiB", "give the page itself")])
    try:
        return where, "", path.read_bytes()
    except OSError as error:
        raise ConfigError([Problem(where, f"cannot be read: {error.strerror or error}", "check the path")]) from None


def _format(name: str, content_type: str, text: str) -> str:
    suffix = Path(name.partition("?")[0]).suffix.lower()
    by_suffix = next((form for form, suffixes in _SUFFIXES.items() if suffix in suffixes), "")
    looks = {
        "html": "html" in content_type or re.search(r"<(html|table|body|h1)\b", text[:20_000], re.IGNORECASE),
        "csv": "csv" in content_type,
        "openapi": re.match(r"\s*\{\s*\"(openapi|swagger)\"|(openapi|swagger):", text),
        "rst": "\n.. " in text and re.search(r"^(={3,}[ =]*|\+[-=]{3,}[-+=]*\+)\s*$", text, re.MULTILINE),
        "markdown": re.search(r"^#{1,4} \S", text, re.MULTILINE),
    }
    return by_suffix or next((form for form, is_so in looks.items() if is_so), "text")


def _read(form: str, text: str, name: str) -> Iterator[Block]:
    if form in {"html", "markdown", "rst"}:
        yield from _read_rendered(form, text, name)
    elif form == "csv":
        yield from _read_csv(text)
    elif form == "openapi":
        yield from _read_openapi(text, name)
    else:
        yield from read_text_page(text)


def _read_rendered(form: str, text: str, name: str) -> tuple[Block, ...]:
    """The blocks of a page that is HTML, or that a library makes HTML of."""
    try:
        from conformance.authoring.html_page import read_html  # noqa: PLC0415 - an extra may be missing

        if form == "markdown":
            from conformance.authoring.markdown_page import render_markdown  # noqa: PLC0415 - as above

            text = render_markdown(text)
        elif form == "rst":
            from conformance.authoring.rst_page import render_rst  # noqa: PLC0415 - as above

            text = render_rst(text)
    except ModuleNotFoundError as error:
        raise ConfigError([Problem(name, f"a {form} page needs {error.name}", _INSTALL)]) from None
    return read_html(text)


def _read_csv(text: str) -> Iterator[Block]:
    first = [line for line in text.splitlines() if line.strip()][:20]
    counts = {sign: [line.count(sign) for line in first] for sign in ",;\t|"}
    delimiter = max(counts, key=lambda sign: (sum(map(bool, counts[sign])), min(counts[sign], default=0)))
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    rows, line = [], 1
    for cells in reader:
        if len(cells) > 1 and any(cell.strip() for cell in cells):
            rows.append(TableRow(tuple(cells), line))
        line = reader.line_num + 1
    if (table := build_table(rows, 1)) is not None:
        yield table


# --- OpenAPI: the error answers of each operation are a table


_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def _parse_openapi(text: str, name: str) -> tuple[dict[str, Any], Document | None]:
    document, _ = read_text(text, Path(name))
    value: Any = document.value if document is not None else None
    if not isinstance(value, dict):
        try:
            value = load_json(text)
        except ValueError:
            raise ConfigError([Problem(name, "is neither YAML nor JSON", "give an OpenAPI document")]) from None
    if not isinstance(value, dict) or not isinstance(value.get("paths"), dict):
        raise ConfigError(
            [Problem(name, "is no OpenAPI document: it has no `paths`", "give one, or a page of another form")]
        )
    return value, document


def _read_openapi(text: str, name: str) -> Iterator[Block]:
    value, document = _parse_openapi(text, name)
    rows = [TableRow(("operation", "status", "code", "message", "cause"), 1)]
    for path, item in value["paths"].items():
        for method in _METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            if isinstance(operation, dict):
                label = str(operation.get("operationId") or f"{method.upper()} {path}")
                for status, answer in _errors(value, operation):
                    place = ("paths", path, method, "responses", status)
                    line = document.line(place) if document is not None else 1
                    rows += [TableRow((label, status, *answered), line) for answered in _said(value, answer)]
    info = value.get("info")
    title = str(info.get("title", "Errors")) if isinstance(info, dict) else "Errors"
    yield Heading(title, 1, 1)
    if (table := build_table(rows, 1)) is not None:
        yield table


def _errors(document: Any, operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    responses = operation.get("responses")
    for status, answer in responses.items() if isinstance(responses, dict) else ():
        if re.fullmatch(r"[45]\d\d", str(status)) and isinstance(found := _resolve(document, answer), dict):
            yield str(status), found


_CODED = re.compile(r"Error codes?:?[\s*`]*(-?\w+)[`*]*\s*(?:<br\s*/?>)?[\s:*-]*([^\n<]*)", re.IGNORECASE)
"""A code with its message in a description, such as `**Error Code:** `1001`<br>No such user`."""


def _said(document: Any, answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Code, message and cause of each example of an error answer, or of what its description says."""
    description = str(answer.get("description", ""))
    cause = " ".join(description.split())
    contents = answer.get("content")
    media = [one for one in contents.values() if isinstance(one, dict)] if isinstance(contents, dict) else []
    examples = [each for one in media for each in (one.get("example"), *_values(document, one.get("examples")))]
    if isinstance(answer.get("examples"), dict):  # of Swagger 2, by content type
        examples += list(answer["examples"].values())
    schemas = [_resolve(document, one.get("schema")) for one in (*media, answer)]
    examples += [_example_of(document, schema) for schema in schemas if isinstance(schema, dict)]
    bodies = [example for example in examples if isinstance(example, dict)]
    found = [(*read_fault(body, find_fault(body)[1] or {}), cause) for body in bodies]
    if not any(code or message for code, message, _ in found) and (coded := _CODED.findall(description)):
        return [(code, message.strip(" *`"), message.strip(" *`")) for code, message in coded]
    return list(dict.fromkeys(found)) or [("", "", cause)]


def _values(document: Any, examples: Any) -> list[Any]:
    named = examples.values() if isinstance(examples, dict) else examples if isinstance(examples, list) else ()
    return [one.get("value", one) for one in (_resolve(document, each) for each in named) if isinstance(one, dict)]


def _example_of(document: Any, schema: dict[str, Any]) -> Any:
    """A schema's example, or what its properties say where each can be one value alone."""
    if "example" in schema:
        return schema["example"]
    made: dict[str, Any] = {}
    parts = [_resolve(document, part) for part in (*schema.get("allOf", ()), schema)]
    for part in parts:
        properties = part.get("properties", {}) if isinstance(part, dict) else {}
        for name, each in properties.items():
            values = each.get("enum", [each[key] for key in ("const", "example") if key in each])
            if len(values) == 1:
                made[name] = values[0]
    return made or None


def _resolve(document: Any, value: Any) -> Any:
    """What a local `$ref` points to, through at most 20 of them."""
    for _ in range(20):
        if not (isinstance(value, dict) and isinstance(value.get("$ref"), str) and value["$ref"].startswith("#/")):
            break
        found: Any = document
        for part in value["$ref"][2:].split("/"):
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        value = found
    return value
