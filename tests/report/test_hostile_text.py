"""Text from a target can do nothing in any form of the report."""

from __future__ import annotations

import json
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from conformance.report.writers import WRITERS
from conformance.results.serialization import INVISIBLE
from tests.report.hostile import PAYLOADS, hostile_results

JSON_FORMS = ["json", "sarif", "har", "badge", "earl"]
payloads = pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS.keys())


@cache
def drawn(form: str, text: str) -> str:
    return WRITERS[form].write(hostile_results(text), None)


class Tags(HTMLParser):
    """Gathers what a page could do: its elements, their attributes and where they lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: dict[str, int] = {}
        self.attributes: set[str] = set()
        self.targets: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] = self.elements.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}
        self.targets |= {value or "" for name, value in attrs if name in {"href", "src", "action", "srcdoc"}}


class Cells(HTMLParser):
    """Gathers the texts of table cells."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"td", "th"}:
            self.texts.append("")
            self.within = True

    def handle_data(self, data: str) -> None:
        if self.within:
            self.texts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.within = self.within and tag not in {"td", "th"}


@payloads
def test_every_form_encodes_and_holds_nothing_unseen(text: str) -> None:
    for form in WRITERS:
        assert drawn(form, text).encode("utf-8")
        assert (form, INVISIBLE.findall(drawn(form, text))) == (form, [])


@payloads
def test_a_page_has_no_element_attribute_or_link_of_the_target(text: str) -> None:
    page = Tags(drawn("html", text))

    assert page.elements["script"] == 1
    assert not {"img", "svg", "iframe", "base", "object", "embed", "form", "link"} & page.elements.keys()
    assert not [name for name in page.attributes if name.startswith("on") or name in {"autofocus", "x", "srcdoc"}]
    assert all(target.startswith(("#", "https://", "http://")) for target in page.targets)


@payloads
def test_every_json_form_can_be_read_again(text: str) -> None:
    assert all(json.loads(drawn(form, text)) for form in JSON_FORMS)


@payloads
def test_junit_stays_well_formed_and_has_only_its_own_elements(text: str) -> None:
    names = {element.tag for element in ET.fromstring(drawn("junit", text)).iter()}

    assert names <= {
        "testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "skipped",
        "system-out",
    }  # fmt: skip


@payloads
def test_markdown_gets_no_link_image_heading_or_block_of_the_target(text: str) -> None:
    renderer = MarkdownIt("gfm-like", {"linkify": False}) if text != "long" else MarkdownIt()
    page = Tags(renderer.render(drawn("markdown", text)))

    assert page.targets == set()
    assert page.elements.keys() <= {
        "h1", "h2", "h3", "p", "ul", "li", "code", "pre", "strong", "details", "summary",
        "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert page.elements["table"] == 1
    assert page.elements["h1"] == 1


@pytest.mark.parametrize("name", [name for name in PAYLOADS if name.startswith("formula")])
def test_no_cell_of_a_page_begins_like_a_formula(name: str) -> None:
    cells = Cells()
    cells.feed(drawn("html", PAYLOADS[name]))

    assert len(cells.texts) > 50
    assert [text for text in cells.texts if text.strip().startswith(("=", "+", "-", "@"))] == []
