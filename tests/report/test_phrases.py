"""Whatever sentence of ours can stand in results.json is said in Japanese on a Japanese page."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.contract.loader import read_contract
from conformance.report.translation import Phrases

ROOT = Path(__file__).parents[2]
CODE = ROOT / "conformance"
CATALOGUE: dict[str, dict[str, str]] = json.loads((CODE / "report" / "phrases.json").read_text(encoding="utf-8"))
SLOT = re.compile(r"\{(\w+)\}")
SPOKEN = [
    "checks",
    "plan/controls.py",
    "plan/planner.py",
    "client",
    *(f"{name}.py" for name in ["assemble", "session", "discover", "setup", "rebuild"]),
    *(f"engine/{name}.py" for name in ["steps", "controls", "evidence", "state_guard", "probe", "row", "cleanup"]),
    *(
        f"explore/{name}.py"
        for name in ["effects", "driver", "checks", "links", "reads", "sending", "writes", "results", "cleanup"]
    ),
]
"""Where reasons, details, notes, warnings, labels, wanted and got come from."""
CALLS_OF_OUR_OWN = {
    "compile",
    "Problem",
    "ConfigError",
    "OutputError",
    "ValueError",
    "AssertionError",
    "startswith",
    "Message",
}
"""What is said in these never reaches results."""
NO_SENTENCES = {
    "{} {}", "{}: {}", "{}{}", "{} {}: {}", ", then ", "{}, {}", "{} {} {}",  # joints
    "no answer ({}{})", ": {}",  # one of the two forms of `no answer (…)`
    "RFC 9110, 15.5.6", "RFC 9110, 15.5.2", "RFC 6585, 4", "RFC 9110, 15.6.4", "RFC 9110, 8.3", "RFC 8259, 8.1",
    "RFC 9110, 9.3.2", "RFC 9110, 8.6",
    "RFC 9111, 4.2.1", "RFC 9111, 4.2.2", "Fetch Standard, 3.6 (X-Content-Type-Options); RFC 9110, 8.3",
    "{} at {}={}", "{} {}={}", "{} of {}", "not JSON {}", "not JSON", "lost {}", "does not hold",  # parts, and keys
    "no Content-Type", "depth: {}", "allow: {}", "more than reads", "no message", "; it is one of {} requests",
    "multipart/form-data; boundary={}", 'Content-Disposition: form-data; name="{}"', '; filename="{}"',
    "Content-Type: {}", "gzip, deflate", "Tunnel connection failed:",  # what goes over the wire
    "explore {}", "fixture {}", "undo of {}", "read {}", "looking at {}", "set back", "taken back",
    "after, again", "with nothing sent",
    "what is written cannot be read: {} gave {}", "{}: no answer ({}: {})", "the embedded server of {}",
    "the body", "write it as https://host or http://host:port",
}  # fmt: skip
PARTS_OF_LABELS = {"{}, drawn-{}", "control {}", "passed for {}", "{} (shared)", "{} (the input happens to be valid)"}


def skeleton(pattern: str) -> str:
    return SLOT.sub("{}", pattern)


KNOWN = {skeleton(pattern) for section in CATALOGUE.values() for pattern in section}


def _files() -> Iterator[Path]:
    for name in SPOKEN:
        path = CODE / name
        yield from sorted(path.glob("*.py")) if path.is_dir() else [path]


def _said(path: Path) -> Iterator[tuple[int, str]]:
    """Every text with a space in it that is no docstring, no part of another and not said to ourselves."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {part for node in ast.walk(tree) for part in _silent(node)}
    for node in ast.walk(tree):
        text = "" if node in silent else _text(node)
        if " " in text.strip():
            yield getattr(node, "lineno", 0), text


def _silent(node: ast.AST) -> Iterator[ast.AST]:
    """The docstring, the parts of an f-string, what a call says to ourselves."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield from (part for part in node.values if isinstance(part, ast.Constant))
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        yield from ast.walk(node) if name in CALLS_OF_OUR_OWN else ()


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return skeleton(re.sub(r"\{(\w+)!r\}", r"{\1}", node.value))
    return ""


@pytest.mark.parametrize("path", list(_files()), ids=lambda path: path.relative_to(CODE).as_posix())
def test_every_sentence_that_the_code_can_say_has_its_japanese(path: Path) -> None:
    lacking = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for line, text in _said(path)
        if text not in KNOWN | NO_SENTENCES | PARTS_OF_LABELS
        and not text.endswith(": ")  # the beginning of one that goes on elsewhere
    ]
    assert [] == lacking, "add them to conformance/report/phrases.json"


@pytest.mark.parametrize("section", CATALOGUE)
def test_japanese_has_the_same_slots_and_is_japanese(section: str) -> None:
    for english, japanese in CATALOGUE[section].items():
        assert sorted(SLOT.findall(english)) == sorted(SLOT.findall(japanese)), english
        assert re.search(r"[\u3000-\u30ff\u4e00-\u9fff\uff08]", japanese) or english in {"content-type", "tls"}, english


@pytest.mark.parametrize("section", ["sentences", "answers", "labels", "values"])
def test_every_pattern_is_found_by_a_text_of_its_own(section: str) -> None:
    """No pattern is hidden by another, and what stands in a slot is said again as it is."""
    filled = {"op": "listContents", "n": "37", "status": "418", "kind": "timeout", "seconds": "2.5", "why": "timed out"}
    filled["lacks"] = "fixtures.endpoint, allow: write"
    phrases = Phrases({"a URL that is right": "正しいURL"})
    find = {
        "sentences": phrases.sentence, "answers": phrases.answer, "labels": phrases.label, "values": phrases.value,
    }[section]  # fmt: skip
    for english, japanese in CATALOGUE[section].items():
        slots = {name: filled.get(name, f"<{name}>") for name in SLOT.findall(english)}
        if "label" in slots:
            slots["label"] = "a URL that is right"
        said = {**slots, "kind": "時間切れ", "why": "時間切れです", "label": "正しいURL"}
        assert japanese.format_map(said) == find(english.format_map(slots)), english


def test_parts_between_semicolons_are_said_one_by_one() -> None:
    phrases = Phrases({"a URL that is right": "正しいURL"})
    text = "control a URL that is right was refused: 403 Forbidden; nothing that was sent was answered"
    expected = "対照「正しいURL」が拒否されました: 403 Forbidden; 送ったリクエストに一つも応答がありませんでした"
    assert expected == phrases.sentence(text)


def test_a_silence_is_ours_whatever_was_tried() -> None:
    phrases = Phrases()
    for text, expected in {
        "key=wrong (getMember): no answer (refused: Connection refused)": "「key=wrong (getMember)」: 応答なし",
        "example: no answer (timeout: timed out)": "記載例: 応答なし（時間切れ: 時間切れです）",  # noqa: RUF001
        "3 requests in a row did not reach it: Connection refused": "続けて 3 件のリクエストが届きません",
    }.items():
        assert phrases.sentence(text).startswith(expected)


def test_what_a_target_says_stays_as_it_is() -> None:
    phrases = Phrases()
    for text in ("400 Limit: must be no less than 0.", "<script>alert(1)</script>", "limit=min-1", "", "x" * 5000):
        assert text == phrases.sentence(text) == phrases.answer(text) == phrases.label(text) == phrases.value(text)


@pytest.mark.parametrize("name", ["kuroco", "microcms-management"])
def test_a_contract_says_every_cause_note_and_control_in_japanese(name: str) -> None:
    contract = read_contract(ROOT / "cases" / name)
    lacking = [row.id for row in contract.rows if not row.case.cause_ja]
    lacking += [row.id for row in contract.rows if row.case.source.note and not row.case.source.note_ja]
    labels = {control.label for row in contract.rows for control in row.case.control}
    lacking += [label for label in labels if " " in label and label not in contract.file.labels_ja]
    lacking += [table.name for table in contract.tables if not table.title_ja]
    assert [] == lacking


@pytest.mark.parametrize("name", ["kuroco", "microcms-management"])
def test_no_label_is_said_in_japanese_that_no_control_and_no_operation_has(name: str) -> None:
    contract = read_contract(ROOT / "cases" / name)
    labels = {control.label for row in contract.rows for control in row.case.control}
    labels |= {ref.label for row in contract.rows for ref in row.case.operations or () if not isinstance(ref, str)}
    assert set() == contract.file.labels_ja.keys() - labels
