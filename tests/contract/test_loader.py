"""What is wrong with case files is reported before anything is sent: each fault with its line and a hint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError

Shop = Callable[..., Contract]
Problems = Callable[..., list[str]]

CASES = Path(__file__).parents[2] / "cases"
ROW = """\
  - id: limit-below
    cause: The limit is below 0.
    request: {query: {limit: -1}}
    expect: {status: 400, message: Too low}
"""


def with_line(line: str, rows: str = ROW) -> str:
    """The row with one more member; it stands in line 9 of the file."""
    return f"{rows}    {line}\n"


def test_a_contract_without_fault_is_read_in_the_order_of_its_files(shop: Shop) -> None:
    contract = shop(ROW + ROW.replace("below", "above"))
    assert [row.id for row in contract.rows] == ["items/limit-below", "items/limit-above"]
    first = next(contract.rows)
    assert (first.number, first.line, first.file.name) == (1, 5, "items.yaml")
    assert first.excerpt.startswith("  - id: limit-below")
    assert first.excerpt.endswith("message: Too low}")
    assert {name: operation.permission for name, operation in contract.operations.items()} == {
        "list": "read",
        "add": "write",
        "put": "write",
        "remove": "delete",
        "get": "read",
    }
    assert contract.row("items/none") is None


@pytest.mark.parametrize("name", ["microcms-management", "kuroco"])
def test_our_own_contracts_are_without_fault(name: str) -> None:
    assert {"microcms-management": 32, "kuroco": 15}[name] == len(list(read_contract(CASES / name).rows))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("vry: {}", "items.yaml:9: unknown key 'vry' in rows.0; did you mean 'vary'?"),
        ("zzzzzz: 1", "items.yaml:9: unknown key 'zzzzzz' in rows.0; the keys are after, at_once, before, "),
        ("once: 1", "items.yaml:9: rows.0.once must be true or false"),
        (
            "permission: none",
            "items.yaml:9: rows.0.permission is none of 'read', 'write', 'delete' or 'exhaust'",
        ),
        (
            "open: [{vary: {query.limit: nope}, accept: [this]}]",
            "rows.0.open.0.vary.query.limit names no input of the contract; no inputs are known here",
        ),
        ("operations: [lst]", "items.yaml:9: there is no operation 'lst'; did you mean 'list'?"),
        (
            "operations: []",
            "items.yaml:5: items/limit-below names no operation; add `operation` to the table or `operations` to the",
        ),
        ("before: [{call: lits}]", "items.yaml:9: there is no operation or chain 'lits'; did you mean 'list'?"),
        ("after: [{call: list, undo: {call: nothing}}]", "items.yaml:9: there is no operation or chain 'nothing'"),
        (
            "open: [{vary: {query.limit: {edges: {a: 1}}}, accept: [items/limit-belw]}]",
            "items.yaml:9: there is no row 'items/limit-belw'; did you mean 'items/limit-below'?",
        ),
        (
            "before: [{call: get, request: {url: '{fixture.itm}'}}]",
            "items.yaml:9: there is no fixture 'itm'; did you mean 'item'?",
        ),
        (
            "before: [{call: get, request: {url: '{credential.ful}'}}]",
            "items.yaml:9: there is no credential 'ful'; did you mean 'full'?",
        ),
        (
            "before: [{call: get, request: {url: '{fixtures.item}'}}]",
            "items.yaml:9: {fixtures.item} is no placeholder; see docs/cases.md",
        ),
        (
            "before: [{call: get, request: {url: '{fixture.item|upside-down}'}}]",
            "items.yaml:9: {fixture.item|upside-down} is no placeholder",
        ),
        ("vary: {query.limit: {draw: {matching: ['[']}}}", "draw.matching is '[', no regular expression"),
        ("vary: {query.limit: {draw: {matching: [a], except: '('}}}", "draw.except is '(', no regular expression"),
        (
            "control: [{label: a, steps: [{call: list, expect: {status: 200, body: {type: lst}}}]}]",
            "expect.body is no JSON Schema",
        ),
    ],
)
def test_each_fault_is_named_with_its_line_and_a_hint(problems: Problems, line: str, expected: str) -> None:
    found = problems(with_line(line))
    assert len(found) == 1, found
    assert expected in found[0]


def test_a_pace_of_the_contract_is_read_as_that_of_a_profile(problems: Problems) -> None:
    (found,) = problems(ROW, ("operations:\n", "pace: fast\noperations:\n"))
    assert found == "contract.yaml:22: pace is not a pace; write it as 10/10s, 60/m or 5/s"


def test_a_key_of_the_first_version_is_named_with_what_it_is_called_now(problems: Problems) -> None:
    rows = """\
  - id: limit-below
    cause: The limit is below 0.
    cause_ja: limit が 0 未満です。
    operations: [{call: list, beside: {query.offset: [1]}, tier: read}]
    vary: {query.limit: {near: {one: -1}}}
    beside: {query.offset: [1]}
    tier: write
    before: [{call: list, tier: read}]
    expect: {status: 400}
"""
    operations = (
        "operations:\n  list: {}\n",
        "traces: {}\noperations:\n  list: {lane: things, own: true, tier: read}\n",
    )
    assert sorted(problems(rows, operations)) == [
        "contract.yaml:22: 'traces' is called 'created_resources'",
        "contract.yaml:24: 'lane' is called 'resource'",
        "contract.yaml:24: 'own' is called 'isolated'",
        "contract.yaml:24: 'tier' is called 'permission'",
        "items.yaml:10: 'beside' is called 'combine'",
        "items.yaml:11: 'tier' is called 'permission'",
        "items.yaml:12: 'tier' is called 'permission'",
        "items.yaml:7: 'cause_ja' in rows.0 now stands in ja.yaml (`causes`, by the row's ID)",
        "items.yaml:8: 'beside' is called 'combine'",
        "items.yaml:8: 'tier' is called 'permission'",
        "items.yaml:9: 'near' is called 'near_misses'",
    ]


def test_problems_of_all_files_come_at_once(folder: Callable[..., Path]) -> None:
    made = folder(
        with_line("vry: 1"), ("title: Shop", "titel: Shop"), more={"stray.yaml": "a: 1\n", "openapi.yaml": "a: on\n"}
    )
    with pytest.raises(ConfigError) as caught:
        read_contract(made)
    names = {problem.where.rpartition("/")[2].partition(":")[0] for problem in caught.value.problems}
    assert names == {"contract.yaml", "items.yaml", "stray.yaml", "openapi.yaml"}


def test_several_faults_of_one_row_come_at_once(problems: Problems) -> None:
    assert len(problems(ROW.replace("status: 400", "statsu: 400") + "    vry: 1\n")) == 3


@pytest.mark.parametrize("name", ["stray.yaml", "stray.yml", "items.yml"])
def test_a_file_that_no_table_is_called_after_is_a_problem(problems: Problems, name: str) -> None:
    (problem,) = problems(ROW, more={name: "a: 1\n"})
    assert problem == f"{name}:1: no table of contract.yaml is called so; add it to `tables` or move the file"


def test_a_table_that_is_listed_and_not_there_is_a_problem(problems: Problems) -> None:
    (problem,) = problems(ROW, ("[items]", "[items, orders]"))
    assert problem.startswith("orders.yaml: cannot be read")


def test_a_table_must_be_called_as_its_file(problems: Problems) -> None:
    (problem,) = problems(more={"items.yaml": f"table: things\ntitle: A\noperation: list\nrows:\n{ROW}"})
    assert problem == "items.yaml:1: `table` is 'things'; name it as its file"


def test_an_id_is_lower_case_and_hyphens(problems: Problems) -> None:
    assert problems(ROW.replace("limit-below", "Limit_below"))[0].startswith(
        "items.yaml:5: rows.0.id is no name; use a-z"
    )


def test_an_operation_that_openapi_does_not_have_is_found_where_it_is_named(problems: Problems) -> None:
    (problem,) = problems(ROW, ("  list: {}\n", "  list: {}\n  sell: {}\n"))
    assert problem.startswith("contract.yaml:24: there is no operation of openapi.yaml 'sell'; ")


@pytest.mark.parametrize(
    "openapi",
    [
        "[]\n",
        "openapi: 3.0.3\n",
        "paths: []\n",
        "paths: [1]\n",
        "paths: {/a: null}\n",
        "paths: {/a: {get: null}}\n",
        "5\n",
    ],
)
def test_an_openapi_file_of_another_form_is_a_problem_and_no_crash(problems: Problems, openapi: str) -> None:
    assert any("openapi.yaml" in problem for problem in problems(ROW, more={"openapi.yaml": openapi}))


@pytest.mark.parametrize("openapi", ["nonsense\n", "a: b\n", "[1]\n", "paths: []\n"])
def test_a_file_without_paths_is_one_problem_whoever_names_its_operations(problems: Problems, openapi: str) -> None:
    assert problems(ROW, more={"openapi.yaml": openapi}) == [
        "openapi.yaml:1: this is no OpenAPI document with `paths`; write its operations there"
    ]


@pytest.mark.parametrize("text", ["[]\n", "5\n", "rows: 5\n", "table: items\ntitle: A\nrows: []\n", "- a\n"])
def test_a_table_of_another_form_is_a_problem_and_no_crash(problems: Problems, text: str) -> None:
    assert all(problem.startswith("items.yaml:") for problem in problems(more={"items.yaml": text}))


def test_a_body_may_be_the_name_of_a_schema_of_the_contract(shop: Shop) -> None:
    rows = "  - {id: one, cause: a, expect: {status: 404, body: refusal}}\n"
    schemas = """schemas:
  refusal: {type: object, required: [message]}
chains:
  c: [{call: list, expect: {status: 404, body: refusal}}]
operations:
"""
    contract = shop(rows, ("operations:\n", schemas))
    assert next(contract.rows).case.expect.body == {"type": "object", "required": ["message"]}
    assert contract.file.chains["c"][0].expect.body == {"type": "object", "required": ["message"]}


@pytest.mark.parametrize(
    ("expect", "in_envelope"),
    [
        ("{status: 400}", True),
        ("{status: [400, 599]}", True),
        ("{status: 404, envelope: false}", False),
        ("{status: 200}", False),
        ("{status: [200, 404]}", False),
    ],
)
def test_an_error_is_in_the_envelope_and_a_success_never(shop: Shop, expect: str, in_envelope: bool) -> None:
    (row,) = shop(f"  - {{id: one, cause: a, expect: {expect}}}\n").rows
    assert row.case.expect.in_envelope is in_envelope


@pytest.mark.parametrize("path", sorted(CASES.rglob("*.yaml")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_line_of_a_case_file_is_longer_than_120_characters(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []


SHARED = """\
table: items
title: Items
operation: list
before: [{call: list, capture: {first: /items/0}}]
undo: {for: [add], capture: {id: /id}, steps: [{call: remove, request: {path: {id: "{capture.id}"}}}]}
unchanged:
  - {for: [list, add], read: {call: list}, compare: [/total]}
  - {for: [add], read: {call: list}, compare: [/items]}
control: [{label: all, steps: [{call: list}]}]
rows:
  - {id: one, cause: a, expect: {status: 400}}
  - {id: two, cause: a, operations: [add], expect: {status: 400}, control: [], before: [{call: get}]}
"""


def test_what_a_table_says_holds_for_each_row_that_does_not_say_it_itself(shop: Shop) -> None:
    one, two = shop(more={"items.yaml": SHARED}).rows
    assert [step.call for step in one.case.before] == ["list"]
    assert [step.call for step in two.case.before] == ["get"]
    assert ([each.label for each in one.case.control], two.case.control) == (["all"], [])
    assert [(each.for_, each.compare) for each in one.case.unchanged] == [(["list"], ["/total"])]
    assert [(each.for_, each.compare) for each in two.case.unchanged] == [(["add"], ["/total"]), (["add"], ["/items"])]
    assert one.case.undo is None
    assert two.case.undo is not None
    assert two.case.undo.for_ == ["add"]
    assert (one.shared, two.shared) == ({"before", "undo", "unchanged", "control"}, {"undo", "unchanged"})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("[{call: list, capture", "[{call: lits, capture", "items.yaml:4: there is no operation or chain 'lits'"),
        ("steps: [{call: list}]", "steps: [{call: lits}]", "items.yaml:9: there is no operation or chain 'lits'"),
        ("for: [list, add]", "for: [list, ad]", "items.yaml:7: there is no operation of this row 'ad'"),
        ('"{capture.id}"', '"{capture.di}"', "items.yaml:5: there is no capture 'di'; the captures are"),
    ],
)
def test_a_fault_of_what_a_table_says_is_one_problem(
    problems: Problems, before: str, after: str, expected: str
) -> None:
    found = problems(more={"items.yaml": SHARED.replace(before, after, 1)})
    assert [expected in each for each in found if "may create" not in each] == [True], found


@pytest.mark.parametrize("name", ["contract.yaml", "openapi.yaml", "items.yaml", "power.json"])
def test_a_contract_is_read_again_once_a_file_has_changed(folder: Callable[..., Path], name: str) -> None:
    path = folder()
    (path / "power.json").write_text("{}")
    first = read_contract(path)
    assert read_contract(path) is first
    with (path / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert read_contract(path) is not first
