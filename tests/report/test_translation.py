"""Every sentence of ours has its Japanese, and no Japanese is left over."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).parents[2]
CODE = ROOT / "conformance"
JAPANESE: dict[str, str] = json.loads((CODE / "report" / "translations" / "ja.json").read_text(encoding="utf-8"))
MODULES = [path for path in sorted(CODE.rglob("*.py")) if path != CODE / "messages.py"]


def templates(path: Path) -> Iterator[tuple[int, str | None]]:
    """The template of each message that a module makes, with its line; None where it is no literal."""
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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CODE).as_posix())
def test_every_message_of_a_module_has_its_japanese(path: Path) -> None:
    lacking = [
        f"{path.relative_to(ROOT)}:{line}: {template}"
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
    wrong = [english for english, text in JAPANESE.items() if not re.search(r"[\u3000-\u30ff\u4e00-\u9fff]", text)]
    assert wrong == []
