"""What rows have in common is written once: each shorter form reads as what it stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.contract import Contract
from conformance.contract.short_forms import fill_variables, write_out_message
from conformance.errors import ConfigError
from conformance.plan.variants import operation_variants

Shop = Callable[..., Contract]
Problems = Callable[..., list[str]]

SHARED = """\
inputs:
  not-a-size: {edges: {letters: "{item.valid|letters}"}}
chains:
  look: [{call: list}]
controls:
  limit=0: {steps: [{call: this, request: {query: {limit: 0}}}]}
  its valid value: {depth: standard, steps: [{call: list, request: {query: {"{item.name}": "{item.valid}"}}}]}
guards:
  the list: {read: look, compare: [/items]}
open_choices:
  a sign before it: {vary: {query.limit: {edges: {plus: "+{length}"}}}, accept: [this, above]}
wordings:
  bad-format:
    en: "{item.title} must be a {format}."
    ja old: ["{item.title}が不正です。", 不正です。]
operations:
  list: {}
"""
SHORT = """\
  - id: below
    cause: The limit is below 0.
    vars: {item: "{fixture.sizes.length}", format: number, length: "5"}
    request: {query: {"{item.name}": -1}}
    vary: {"query.{item.name}": not-a-size}
    expect: {status: 400, field: "{item.name}", wordings: bad-format}
    open: [a sign before it]
    unchanged: [the list]
    before: [look]
    control: [limit=0, its valid value]
  - id: above
    cause: Too much.
    vars: {format: letter}
    expect: {status: 400, message: {table: Too high, observed: Too much}}
"""
LONG = """\
  - id: below
    cause: The limit is below 0.
    request: {query: {"{fixture.sizes.length.name}": -1}}
    vary: {"query.{fixture.sizes.length.name}": {edges: {letters: "{fixture.sizes.length.valid|letters}"}}}
    expect:
      status: 400
      field: "{fixture.sizes.length.name}"
      message:
        - {text: "{fixture.sizes.length.title} must be a number.", language: en}
        - {text: "{fixture.sizes.length.title}が不正です。", language: ja, edition: old}
        - {text: 不正です。, language: ja, edition: old}
    open: [{vary: {query.limit: {edges: {plus: "+5"}}}, accept: [this, items/above]}]
    unchanged: [{read: {call: look}, compare: [/items]}]
    before: [{call: look}]
    control:
      - label: limit=0
        steps: [{call: this, request: {query: {limit: 0}}}]
      - label: its valid value
        depth: standard
        steps: [{call: list, request: {query: {"{fixture.sizes.length.name}": "{fixture.sizes.length.valid}"}}}]
  - id: above
    cause: Too much.
    expect: {status: 400, message: [{text: Too high, edition: table}, {text: Too much, edition: observed}]}
"""


OPERATIONS = "operations:\n  list: {}\n"


def read_cases(contract: Contract) -> list[dict[str, Any]]:
    return [row.case.model_dump(exclude={"vars", "operations"}) for row in contract.rows]


def test_every_short_form_reads_as_what_it_stands_for(shop: Shop) -> None:
    short = shop(SHORT, (OPERATIONS, SHARED))
    written_out = shop(LONG, (OPERATIONS, f"chains:\n  look: [{{call: list}}]\n{OPERATIONS}"))
    assert read_cases(short) == read_cases(written_out)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("No.", "No."),
        (["No.", "Not"], [{"text": "No."}, {"text": "Not"}]),
        (
            {"en": "No.", "pt-BR middle": "Não.", "2025-12-10": "Nope."},
            [
                {"text": "No.", "language": "en"},
                {"text": "Não.", "language": "pt-BR", "edition": "middle"},
                {"text": "Nope.", "edition": "2025-12-10"},
            ],
        ),
    ],
)
def test_a_message_is_written_by_language_and_edition(message: Any, expected: Any) -> None:
    assert write_out_message(message) == expected


def test_a_variable_that_is_a_placeholder_takes_members_and_changes() -> None:
    variables = {"item": "{fixture.fields.tel}", "format": "telephone"}
    filled = fill_variables({"{item.name|optional}": ["{format} of {item}", "{query.item}", 5]}, variables)
    assert filled == {"{fixture.fields.tel.name|optional}": ["telephone of {fixture.fields.tel}", "{query.item}", 5]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[limit=0, its", "[limit=1, its", "items.yaml:14: rows.0.control names no control of the contract; did you"),
        ("[the list]", "[the lst]", "items.yaml:12: rows.0.unchanged names no guard of the contract; did you"),
        ("bad-format}", "bad-formt}", "items.yaml:10: rows.0.expect names no wordings of the contract; did you"),
        (
            "before: [look]",
            "before: [lok]",
            "items.yaml:13: there is no operation or chain 'lok'; did you mean 'look'?",
        ),
        ("[a sign", "[the sign", "items.yaml:11: rows.0.open names no open choice of the contract; did you"),
        (
            ", format: number,",
            ",",
            "items.yaml:5: {format} has no value in the row below; write it under `vars: {f",
        ),
        ('{item: "', '{fixture: "', "is what placeholders are called already; name it other than fixture"),
        (
            "control: [",
            "control: [{steps: [look]}, ",
            "items.yaml:14: rows.0.control has no label; write {label: …, steps: [{call: …}]}, or a name",
        ),
    ],
)
def test_a_name_that_is_not_known_is_named_with_its_line(problems: Problems, old: str, new: str, expected: str) -> None:
    assert old in SHORT
    found = problems(SHORT.replace(old, new), (OPERATIONS, SHARED))
    assert any(expected in one for one in found), found


def test_what_is_wrong_in_a_shared_control_is_named_where_it_stands(problems: Problems) -> None:
    found = problems(SHORT, (OPERATIONS, SHARED.replace("steps: [{call: list,", "steps: [{call: lits,")))
    assert found == ["contract.yaml:28: there is no operation or chain 'lits'; did you mean 'list'?"]


def test_operations_of_a_table_hold_for_rows_that_name_none(shop: Shop) -> None:
    rows = "[{id: a, cause: A., expect: {status: 400}}, {id: b, cause: B., operations: [get], expect: {status: 400}}]"
    contract = shop(more={"items.yaml": f"table: items\ntitle: Items\noperations: [list, get]\nrows: {rows}\n"})
    assert [[ref.call for ref in row.operations] for row in contract.rows] == [["list", "get"], ["get"]]


def test_one_file_holds_what_reports_say_in_japanese(shop: Shop) -> None:
    japanese = "titles: {items: 商品}\ncauses: {items/below: 小さい。}\nlabels: {limit=0: 上限=0}\n"
    contract = shop(SHORT, (OPERATIONS, SHARED), more={"ja.yaml": japanese})
    assert contract.japanese.causes == {"items/below": "小さい。"}
    assert (contract.japanese.titles, contract.japanese.labels) == ({"items": "商品"}, {"limit=0": "上限=0"})


def test_what_is_translated_and_not_there_is_named(problems: Problems) -> None:
    japanese = "titles: {itms: 商品}\ncauses:\n  items/belw: 小さい。\n"
    assert problems(SHORT, (OPERATIONS, SHARED), more={"ja.yaml": japanese}) == [
        "ja.yaml:3: there is no row 'items/belw'; did you mean 'items/below'?",
    ]


def test_an_operation_of_the_table_is_named_by_its_label_and_combines_what_the_row_does_not_vary(
    shop: Shop,
) -> None:
    table = "operations: [{call: list, label: whole, combine: {query.limit: [1], query.offset: [3]}}, get]"
    row = "{id: a, cause: A., operations: [whole], vary: {query.limit: {edges: {low: -1}}}, expect: {status: 400}}"
    contract = shop(more={"items.yaml": f"table: items\ntitle: Items\n{table}\nrows: [{row}]\n"})
    (variant,) = operation_variants(contract, next(contract.rows))
    assert (variant.label, variant.combine) == ("whole", (("query.offset", 3),))


def test_what_no_row_names_may_hold_variables_that_no_row_has(shop: Shop, problems: Problems) -> None:
    rows = "  - {id: a, cause: A., expect: {status: 400}}\n"
    assert [row.id for row in shop(rows, (OPERATIONS, SHARED)).rows] == ["items/a"]
    (found,) = problems(rows.replace("400}", "400, wordings: bad-format}"), (OPERATIONS, SHARED))
    assert found == "items.yaml:5: {item} has no value in the row a; write it under `vars: {item: …}`"


LIKE = """\
  - id: below
    cause: The limit is below 0.
    source: {note: Of the list alone.}
    operations: [list]
    request: {query: {limit: -1}}
    expect: {status: 400, message: Nope}
  - id: far-below
    like: below
    request: {query: {limit: -1000}}
  - {id: farthest, like: items/far-below, operations: [get]}
"""


def test_a_row_has_what_the_row_that_it_is_like_says_but_for_what_is_of_one_row(shop: Shop) -> None:
    _, far, farthest = shop(LIKE).rows
    assert (far.case.cause, far.case.request.query, far.case.expect.status) == (
        "The limit is below 0.",
        {"limit": -1000},
        400,
    )
    assert (far.case.source.note, [one.call for one in farthest.operations]) == (None, ["get"])
    assert list(farthest.inherited) == ["cause", "request", "expect"]
    assert farthest.excerpt.endswith("    # of items/far-below:\n" + farthest.excerpt.partition(":\n")[2])
    assert "message: Nope" in farthest.excerpt
    with pytest.raises(ConfigError, match="`expect` is that of below; change it there"):
        far.own_place("expect")


@pytest.mark.parametrize(
    ("like", "expected"),
    [
        ("items/belo", ["items.yaml:12: no row is named 'items/belo'; did you mean 'items/below'?"]),
        ("far-below", ["items.yaml:12: 'far-below' is like this row"]),
    ],
)
def test_a_row_that_is_like_none_or_itself_is_refused_with_its_line(
    problems: Problems, like: str, expected: list[str]
) -> None:
    assert problems(LIKE.replace("like: below", f"like: {like}")) == expected
