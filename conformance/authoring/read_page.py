"""Reads a documentation page from a file or URL as blocks; detects the format by its name, type and beginning."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from conformance.authoring.blocks import Block, DocumentPage, Heading, TableRow, build_table
from conformance.authoring.openapi_document import parse_openapi, read_openapi
from conformance.authoring.text_page import read_text_page
from conformance.client.download import download, mask_address
from conformance.errors import ConfigError, Problem
from conformance.files import read_bytes

MOST_BYTES = 20 << 20
_MOST_PARTS = 250_000
"""Lines, and tags of HTML, of a page: as many take 300 MB of memory, or a minute."""
_SUFFIXES = {
    "html": (".html", ".htm", ".xhtml"),
    "markdown": (".md", ".markdown", ".mdx"),
    "rst": (".rst", ".rest"),
    "csv": (".csv", ".tsv"),
    "openapi": (".json", ".yaml", ".yml"),
    "text": (".adoc", ".asciidoc"),
}
_MARKDOWN = re.compile(r"\A\s*#{1,4} \S|^#{1,4} \S.*\n(?:\s*\n|\||[*-] )", re.MULTILINE)
"""A title of Markdown; other lines such as `# Usage` are comments in sample programs."""
_INSTALL = "install the extra: pip install 'conformance[authoring]'"


def read_page(where: str) -> DocumentPage:
    """Read a page from a file or URL; raises ConfigError if it, or the library for its format, cannot be read."""
    content_type, data = _load(where)
    name = mask_address(where)
    text = re.sub("\r\n?", "\n", data.decode("utf-8-sig", errors="replace"))
    form = _detect_format(name, content_type, text)
    if form != "openapi" and text.count("\n") + (text.count("<") if form == "html" else 0) > _MOST_PARTS:
        what = f"has more than {_MOST_PARTS:,} lines and tags"
        raise ConfigError([Problem(name, what, "give the part of it that is about errors")])
    return DocumentPage(name, tuple(_read(form, text, name)))


def read_openapi_document(where: str) -> dict[str, Any]:
    """Read an OpenAPI document from a file or URL, in JSON or YAML; raise ConfigError if it is not one."""
    _, data = _load(where)
    return parse_openapi(data.decode("utf-8-sig", errors="replace"), mask_address(where))[0]


def _load(where: str) -> tuple[str, bytes]:
    """Return the content type of a page from a URL, and the bytes of a page."""
    is_address = where.startswith(("http://", "https://"))
    return download(where, MOST_BYTES) if is_address else ("", read_bytes(Path(where), MOST_BYTES))


def _detect_format(name: str, content_type: str, text: str) -> str:
    suffix = Path(name.partition("?")[0]).suffix.lower()
    by_suffix = next((form for form, suffixes in _SUFFIXES.items() if suffix in suffixes), "")
    looks = {
        "html": "html" in content_type or re.search(r"<(html|table|body|h1)\b", text[:20_000], re.IGNORECASE),
        "csv": "csv" in content_type,
        "openapi": re.match(r"\s*\{\s*\"(openapi|swagger)\"|(openapi|swagger):", text),
        "rst": "\n.. " in text and re.search(r"^(={3,}[ =]*|\+[-=]{3,}[-+=]*\+)\s*$", text, re.MULTILINE),
        "markdown": _MARKDOWN.search(text),
    }
    return by_suffix or next((form for form, is_so in looks.items() if is_so), "text")


def _read(form: str, text: str, name: str) -> Iterator[Block]:
    if form == "csv":
        yield from _read_csv(text)
    elif form == "openapi":
        yield from read_openapi(text, name)
    elif form == "text":
        yield from read_text_page(text)
    else:
        try:
            reader = import_module(f"conformance.authoring.{form}_page")
        except ModuleNotFoundError as error:  # its library belongs to an extra
            raise ConfigError([Problem(name, f"a {form} page needs {error.name}", _INSTALL)]) from None
        yield from getattr(reader, f"read_{form}")(text)


def _read_csv(text: str) -> Iterator[Block]:
    first = [line for line in text.splitlines() if line.strip()][:20]
    counts = {sign: [line.count(sign) for line in first] for sign in ",;\t|"}
    delimiter = max(counts, key=lambda sign: (sum(map(bool, counts[sign])), min(counts[sign], default=0)))
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    rows, line = [], 1
    with suppress(csv.Error):  # binary data, or a cell of more than 128 KiB: the table ends there
        for cells in reader:
            if len(cells) > 1 and any(cell.strip() for cell in cells):
                rows.append(TableRow(tuple(cells), line))
            line = reader.line_num + 1
    if (table := build_table(rows, 1)) is not None:
        yield Heading("Errors", 1)
        yield table
