"""What lint finds once all files of a contract are seen together: each fault with its line and a hint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.contract.loader import read_contract
from tests.contract.test_loader import ROW, with_line

Problems = Callable[..., list[str]]
GET = "  - {id: one, cause: a, operations: [get], request: {path: {id: none}}, expect: {status: 404}}\n"
ADD = "  - id: one\n    cause: a\n    operations: [add]\n    expect: {status: 400}\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # A name that nobody has would be dealt no operation at all, or silently leave the request as it was.
        ("vary: {query.limit: {for: [lst], edges: {a: 1}}}", "there is no operation of this row 'lst'"),
        (
            "open: [{for: [lst], vary: {query.limit: {edges: {a: 1}}}, accept: [this]}]",
            "there is no operation of this row 'lst'",
        ),
        ("open: [{for: [], vary: {query.limit: {edges: {a: 1}}}, accept: [this]}]", "open.0.for is empty"),
        ("control: [{label: a, for: [lst], steps: [{call: list}]}]", "there is no operation of this row 'lst'"),
        ("unchanged: [{for: [lst], read: {call: list}, compare: [/a]}]", "there is no operation of this row 'lst'"),
        ("vary: {qeury.limit: {edges: {a: 1}}}", "there is no part of a request 'qeury'; did you mean 'query'?"),
        ("open: [{vary: {bdy: {edges: {a: 1}}}, accept: [this]}]", "there is no part of a request 'bdy'"),
        ("combine: {qeury.offset: [1]}", "there is no part of a request 'qeury'; did you mean 'query'?"),
        ("vary: {request: {edges: {a: 1.5}}}", "a must be a mapping (key: value)"),
        ("open: [{vary: {request: {edges: {a: {qeury: {}}}}}, accept: [this]}]", "unknown key 'qeury' in a"),
        ("vary: {request: {draw: {words: ab, sizes: [1, 2]}}}", "words must be a mapping (key: value)"),
        ("vary: {size: {near_misses: {a: {omit: true}, b: '1'}}}", "b.size must be a whole number"),
        ("vary: {query.limit: {draw: {sizes: [1, 2]}}}", "draw names no kind of value"),
        ("vary: {query.limit: {draw: {integers: [2, 1]}}}", "draw holds nothing from 2 to 1"),
        ("vary: {query.limit: {draw: {words: ab, sizes: [5, 2]}}}", "draw holds nothing from 5 to 2"),
        ("before: [{call: get, request: {credential: ful}}]", "there is no credential 'ful'; did you mean 'full'?"),
        ("before: [{call: get, request: {vantage: outsid}}]", "there is no vantage 'outsid'; did you mean 'outside'?"),
        ("before: [{call: get, request: {hook: bom}}]", "there is no hook 'bom'; did you mean 'boom'?"),
        ("before: [{call: get, unless: {'{fixture.itm}': 1}}]", "there is no fixture 'itm'; did you mean 'item'?"),
        ("needs: [fixture.item]", "there is no need 'fixture.item'; did you mean 'fixtures.item'?"),
        ("needs: [fixtures.itm]", "there is no need 'fixtures.itm'; did you mean 'fixtures.item'?"),
        ("needs: [allow.wirte]", "there is no need 'allow.wirte'; did you mean 'allow.write'?"),
        ("before: [{call: list, expect: {status: 42}}]", "before.0.expect.status must be greater than or equal to 100"),
        (
            "before: [{call: list, expect: {status: 200, envelope: false}}]",
            "before.0.expect has `envelope` beside a success, which is in no error envelope; leave `envelope` out",
        ),
        (
            "before: [{call: list, expect: {status: 200, body: item-lst}}]",
            "rows.0.before.0.expect.body names no schema of the contract; no schemas are known here",
        ),
    ],
)
def test_a_name_that_would_silently_do_nothing_is_refused(problems: Problems, line: str, expected: str) -> None:
    found = problems(with_line(line))
    assert len(found) == 1, found
    assert expected in found[0]
    assert found[0].startswith("items.yaml:")


@pytest.mark.parametrize(
    "line",
    [
        'vary: {query.limit: {draw: {words: ab, except: "(?P<a>x)(?P=a)"}}}',
        'before: [{call: list, expect: {status: 200, headers: {A: {matches: "(?P<a>x)(?P=a)"}}}}]',
        'before: [{call: list, capture: {a: {at: "/items/*/id", matches: "(?P<a>x)(?P=a)"}}}]',
    ],
)
def test_an_expression_that_could_run_for_ever_is_refused(problems: Problems, line: str) -> None:
    (found,) = problems(with_line(line))
    assert "cannot be held against a text in bounded time" in found


def test_a_fault_of_a_shared_input_is_named_once_and_where_it_stands(problems: Problems) -> None:
    rows = ROW + ROW.replace("below", "above")
    found = problems(rows, ("operations:\n", "inputs:\n  bad:\n    draw: {matching: ['[']}\noperations:\n"))
    (problem,) = found
    assert problem.startswith("contract.yaml:24: inputs.bad.draw.matching is '[', no regular expression")


def test_what_the_values_of_a_shared_input_need_is_captured_in_each_row(problems: Problems) -> None:
    shared = ("operations:\n", "inputs:\n  near: {near_misses: {a: '{capture.nme}'}}\noperations:\n")
    rows = with_line("vary: {query.limit: near}")
    before = "    before: [{call: get, capture: {name: /id}}]\n"
    (found,) = [one for one in problems(rows + before, shared) if one.startswith("items.yaml:")]
    assert found == "items.yaml:9: there is no capture 'nme'; did you mean 'name'?"


@pytest.mark.parametrize(
    ("chain", "usual", "expected"),
    [
        ("signin", "header: X-Key", ["there is no chain 'signin'; did you mean 'sign-in'?"]),
        ("nothing", "header: X-Key", ["the chain 'nothing' captures no `token`"]),
        (
            "careless",
            "header: X-Key",
            ["the chain 'careless' captures no `token`; capture it, and name it under `secret`"],
        ),
        ("careful", "header: X-Key", ["add in the chain 'careful' needs a credential that has to be obtained itself"]),
        ("sign-in", "email: {env: EMAIL}", ["`obtain` needs to know the header; write `header` under `usual`"]),
        ("sign-in", "header: X-Key", []),
    ],
)
def test_what_obtains_a_credential_has_all_it_needs(
    problems: Problems, folder: Callable[..., Path], chain: str, usual: str, expected: list[str]
) -> None:
    changes = [
        ("full: {about: A key.}", f"full: {{about: A key., obtain: {chain}, usual: {{{usual}}}}}"),
        ("add: {}", "add: {}" if chain == "careful" else "add: {credential: none}"),
        (
            "operations:\n",
            """chains:
  sign-in: [{call: add, capture: {token: /t}, secret: [token]}]
  careless: [{call: add, capture: {token: /t}}]
  careful: [{call: sign-in, capture: {token: /t}, secret: [token]}]
  nothing: [{call: add}]
operations:
""",
        ),
    ]
    if not expected:
        assert read_contract(folder(ROW, *changes))
        return
    found = problems(ROW, *changes)
    assert [True] * len(expected) == [one in line for one, line in zip(expected, found, strict=True)], found
    assert found[0].startswith("contract.yaml:")


def test_a_header_that_the_credential_replaces_is_refused(problems: Problems) -> None:
    usual = ("full: {about: A key.}", "full: {about: A key., usual: {header: X-Key, env: KEY}}")
    (problem,) = problems(ROW.replace("request: {", "request: {headers: {X-Key: a}, "), usual)
    assert "the header x-key is replaced by that of the credential; name another `credential`" in problem
    header = "request: {credential: none, headers: {X-Key: a}, "
    assert not any("x-key" in one for one in problems(ROW.replace("request: {", header) + "  - {id: two}\n", usual))


def test_a_duplicate_id_names_both_places(problems: Problems) -> None:
    (problem,) = problems(ROW + ROW)
    assert problem.startswith("items.yaml:9: the ID items/limit-below stands twice; see ")
    assert "items.yaml:5" in problem


def test_chains_may_only_call_what_there_is(problems: Problems) -> None:
    (problem,) = problems(ROW, ("operations:\n", "chains:\n  buy:\n    - call: lst\noperations:\n"))
    assert problem == "contract.yaml:24: there is no operation or chain 'lst'; did you mean 'list'?"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "before: [{call: get, request: {url: '/{capture.nme}'}, capture: {name: /id}}]",
            "items.yaml:9: there is no capture 'nme'; did you mean 'name'?",
        ),
        ("request: {headers: {content-length: 0}}", "content-length is set by the suite alone; leave it out"),
        ("before: [{call: list, request: {headers: {HOST: a}}}]", "HOST is set by the suite alone; leave it out"),
        ("before: [{call: list, request: {headers: {'a b': a}}}]", "is not the name of a header"),
        ("vary: {headers.Transfer-Encoding: {edges: {a: b}}}", "Transfer-Encoding is set by the suite alone; leave it"),
        (
            "vary: {request: {edges: {a: {headers: {Connection: close}}}}}",
            "items.yaml:9: a.headers.Connection is set by the suite alone; leave it out",
        ),
        (
            "before: [{call: list, expect: {status: 200, body: {$ref: 'http://127.0.0.1/schema'}}}]",
            "expect.body refers to http://127.0.0.1/schema; write what it names into the schema",
        ),
        (
            "before: [{call: list, expect: {status: 200, body: {properties: {a: {$ref: 'file:///etc/passwd'}}}}}]",
            "body refers to file:///etc/passwd",
        ),
        (
            "before: [{call: list, expect: {status: 200, body: {$schema: 'http://127.0.0.1/dialect'}}}]",
            "body refers to http://127.0.0.1/dialect",
        ),
        (
            "before: [{call: list, expect: {status: 200, body: {$ref: '#/nothing'}}}]",
            "body is no JSON Schema: Pointer '/nothing' does not exist",
        ),
        ("before: [{call: get, request: {path: {idd: a}}}]", "there is no path parameter 'idd'; did you mean 'id'?"),
        ("before: [{call: list, request: {path: {id: a}}}]", "there is no path parameter 'id'"),
        ("before: [{call: get, request: {path: {id: '{path.idd}'}}}]", "there is no path parameter 'idd'; did you"),
        ("before: [{call: get, capture: {a: id}}]", "before.0.capture.a is no JSON pointer; write it as /member/0"),
        ("control: [{label: a, steps: [{call: this, expect: {status: 200, equals: {id: 1}}}]}]", "is no JSON pointer"),
        ("unchanged: [{read: {call: list}, compare: [items]}]", "is no JSON pointer; write it as /member/0"),
        ("open: [{vary: {query.limit: {edges: {a: 1}}}, accept: [4000]}]", "must be less than or equal to 599"),
    ],
)
def test_what_only_a_run_would_show_is_found_before(problems: Problems, line: str, expected: str) -> None:
    rows = ROW.replace("    request: {query: {limit: -1}}\n", "") if line.startswith("request:") else ROW
    found = problems(with_line(line, rows))
    assert [expected in one for one in found] == [True], found


def test_a_path_parameter_that_nothing_gives_is_missing(problems: Problems) -> None:
    bare = ('get: {path: {id: "{fixture.item}"}}', "get: {}")
    (problem,) = problems(GET.replace("request: {path: {id: none}}, ", ""), bare)
    assert problem == (
        "items.yaml:5: get is called without the path parameter id; give it under `path`, here or in operations.get"
    )


@pytest.mark.parametrize(
    "request_", ["{path: {id: none}}", "{url: /items/none}", "{}\n    vary: {path.id: {edges: {a: none}}}"]
)
def test_a_path_parameter_may_come_from_the_request_or_from_what_is_varied(
    folder: Callable[..., Path], request_: str
) -> None:
    bare = ('get: {path: {id: "{fixture.item}"}}', "get: {}")
    row = f"  - id: one\n    cause: a\n    operations: [get]\n    expect: {{status: 404}}\n    request: {request_}\n"
    assert len(list(read_contract(folder(row, bare)).rows)) == 1


def test_a_probe_that_may_create_something_needs_a_way_to_take_it_back(
    problems: Problems, folder: Callable[..., Path]
) -> None:
    (problem,) = problems(ADD)
    assert problem == (
        "items.yaml:7: a probe of add that is wrongly accepted may create something, and nothing takes it back; "
        "add `undo` or `after` to the row, or `created_resources` for the operation; "
        "if it creates nothing, `permission: read`, or `delete` where it changes something"
    )
    remove = "[{call: remove, request: {path: {id: '{capture.id}'}}}]"
    for line in (
        f"undo: {{capture: {{id: /id}}, steps: {remove}}}",
        "permission: read",
        "permission: delete",
        "after: [{call: list}]",
    ):
        assert len(list(read_contract(folder(f"{ADD}    {line}\n")).rows)) == 1
    (problem,) = problems(f"{ADD}    undo: {{for: [], capture: {{id: /id}}, steps: {remove}}}\n")
    assert "may create something" in problem


def test_a_fault_behind_an_alias_names_the_line_where_it_is_used(problems: Problems) -> None:
    rows = """\
  - id: first
    cause: a
    operations: [get]
    request: &request {path: {id: none}}
    expect: {status: 404}
  - id: second
    cause: a
    request: *request
    expect: {status: 404}
"""
    (problem,) = problems(rows)
    assert problem.startswith("items.yaml:8: there is no path parameter 'id' (used in line 12); no path parameters")


def test_a_fault_of_form_that_many_aliases_repeat_is_one_problem(problems: Problems) -> None:
    rows = """\
  - id: first
    cause: a
    before: &before [{call: list, expect: {status: 42}}, {call: list, depht: smoke}]
    expect: {status: 404}
  - {id: second, cause: a, before: *before, expect: {status: 404}}
  - {id: third, cause: a, before: *before, expect: {status: 404}}
"""
    assert problems(rows) == [
        "items.yaml:7: rows.0.before.0.expect.status must be greater than or equal to 100",
        "items.yaml:7: unknown key 'depht' in rows.0.before.1; did you mean 'depth'?",
    ]


def test_a_fault_that_many_aliases_repeat_is_one_problem(problems: Problems) -> None:
    rows = """\
  - id: first
    cause: a
    before: &before [{call: lits}]
    expect: {status: 404}
  - id: second
    cause: a
    before: *before
    expect: {status: 404}
"""
    assert problems(rows) == ["items.yaml:7: there is no operation or chain 'lits'; did you mean 'list'?"]
