"""Every sentence of ours has its Japanese, and no Japanese is left over."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment, nodes

from conformance.contract.loader import read_contract
from conformance.errors import ConfigError
from conformance.messages import Message, join_messages
from conformance.report.translation import check_language, translate

ROOT = Path(__file__).parents[2]
CODE = ROOT / "conformance"
JAPANESE: dict[str, str] = json.loads((CODE / "report" / "translations" / "ja.json").read_text(encoding="utf-8"))
MAKERS = {CODE / "messages.py", CODE / "results" / "stored_messages.py", CODE / "report" / "page.py"}
"""Modules that make messages of templates which others give them."""
MODULES = [path for path in sorted([*CODE.rglob("*.py"), *CODE.rglob("*.jinja")]) if path not in MAKERS]
SAME = {"content-type", "tls"}
"""Words that are the same in Japanese."""


@cache
def templates(path: Path) -> tuple[tuple[int, str | None], ...]:
    return tuple(find_templates(path))


def find_templates(path: Path) -> Iterator[tuple[int, str | None]]:
    """The template of each message that a module or a page makes, with its line; None where it is no literal."""
    if path.suffix == ".jinja":
        for call in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_":
                yield from ((call.lineno, one.value if isinstance(one, nodes.Const) else None) for one in call.args)
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        given = {"Message": node.args[:1], "plural_message": node.args[1:3]}.get(name, [])
        for argument in given:
            literal = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            yield node.lineno, argument.value if literal else None


def placeholders(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def has_words(template: str) -> bool:
    return any(re.search("[A-Za-z]", text) for text, *_ in Formatter().parse(template))


def test_every_message_has_its_japanese() -> None:
    lacking = [
        f"{path.relative_to(ROOT)}:{line}: {template}"
        for path in MODULES
        for line, template in templates(path)
        if template is None or (has_words(template) and template not in JAPANESE)
    ]
    assert lacking == [], "add them to conformance/report/translations/ja.json; a template must be a literal"


def test_no_japanese_is_left_over() -> None:
    known = {template for path in MODULES for _, template in templates(path)}
    assert sorted(JAPANESE.keys() - known) == []


def test_japanese_has_the_same_placeholders() -> None:
    wrong = [english for english, japanese in JAPANESE.items() if placeholders(english) != placeholders(japanese)]
    assert wrong == []


def test_japanese_is_japanese() -> None:
    wrong = {
        english for english, text in JAPANESE.items() if not re.search(r"[\u3000-\u30ff\u4e00-\u9fff\uff08]", text)
    }
    assert wrong == SAME


def test_messages_are_translated_with_those_among_their_values() -> None:
    message = Message("control {label} was refused: {answer}", label="a URL", answer=Message("no answer"))
    assert translate(message, "ja", {"a URL": "URL"}) == "対照「URL」が拒否されました: 応答なし"
    assert translate(message, "en") == "control a URL was refused: no answer"


def test_joined_messages_are_translated_one_by_one() -> None:
    text = join_messages("; ", [Message("interrupted"), "400 Bad Request"])
    assert translate(text, "ja") == "中断されました; 400 Bad Request"


@pytest.mark.parametrize("text", ["400 Limit: must be no less than 0.", "<script>", "timed out", "", "x" * 5000])
def test_text_of_a_target_stays_as_it_is(text: str) -> None:
    assert translate(text, "ja") == text


def test_a_language_without_translation_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no translation into 'fr'"):
        check_language("fr")
    assert check_language(None) == "en"


@pytest.mark.parametrize("name", ["kuroco", "microcms-management"])
def test_a_contract_has_every_cause_note_control_and_title_in_japanese(name: str) -> None:
    contract = read_contract(ROOT / "cases" / name)
    japanese = contract.japanese
    lacking = [row.id for row in contract.rows if row.id not in japanese.causes]
    lacking += [row.id for row in contract.rows if row.case.source.note and row.id not in japanese.notes]
    labels = {control.label for row in contract.rows for control in row.case.control}
    lacking += [label for label in labels if " " in label and label not in japanese.labels]
    lacking += [table.name for table in contract.tables if table.name not in japanese.titles]
    assert lacking == []


@pytest.mark.parametrize("name", ["kuroco", "microcms-management"])
def test_a_contract_translates_no_label_that_nothing_has(name: str) -> None:
    contract = read_contract(ROOT / "cases" / name)
    labels = {control.label for row in contract.rows for control in row.case.control}
    labels |= {ref.label for row in contract.rows for ref in row.case.operations or () if not isinstance(ref, str)}
    assert contract.japanese.labels.keys() - labels == set()
