"""Converts an XML body to a JSON value, so that JSON pointers and schemas apply to it.

`<error code="7"><message>no</message></error>` becomes `{"error": {"@code": "7", "message": "no"}}`: an element without
attributes and children becomes its text, a repeated element a list, text next to children the member `#text`.
Prefixes of namespaces are left out.
"""

from typing import Any
from xml.parsers import expat

from conformance.jsontools import DEEPEST


def is_xml(content_type: str | None) -> bool:
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind in ("application/xml", "text/xml") or kind.endswith("+xml")


def parse_xml(body: bytes) -> Any:
    """Parse an XML document; raise ValueError if it is not XML, declares a DOCTYPE, or nests too deeply."""
    builder = _XmlBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise ValueError(f"not XML: {error}") from None
    return builder.root


def _refuse_doctype(*_: object) -> None:
    raise ValueError("XML with a DOCTYPE is not read")


class _XmlBuilder:
    """Builds the value from parser events. Each open element has its members and texts."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEEPEST:
            raise ValueError("nested too deeply to be read")
        self._open.append((_local_name(name), {f"@{_local_name(key)}": value for key, value in attributes.items()}, []))

    def end(self, _: str) -> None:
        name, members, texts = self._open.pop()
        text = "".join(texts)
        if members and text.strip():
            members["#text"] = text.strip()
        above = self._open[-1][1] if self._open else self.root
        value = members or text
        if name not in above:
            above[name] = value
        elif isinstance(above[name], list):
            above[name].append(value)
        else:
            above[name] = [above[name], value]

    def text(self, data: str) -> None:
        if self._open:
            self._open[-1][2].append(data)


def _local_name(name: str) -> str:
    return name.rpartition(":")[2]
