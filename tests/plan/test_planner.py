"""What will be tried: all of it planned before a byte is sent, and what lacks is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.contract.schema import Depth
from conformance.plan.model import RowPlan
from conformance.plan.planner import Planner, plan_row
from conformance.plan.steps import DEPTHS
from conformance.session.contract_run import plan_rows
from conformance.target.loader import Target, target_from_mapping
from tests.conftest import PROFILE

Shop = Callable[..., Contract]
MakeTarget = Callable[..., Target]
Plan = Callable[..., RowPlan]

CASES = Path(__file__).parents[2] / "cases"
TWO = """\
  - id: two
    cause: Two operations.
    operations: [list, {call: get, label: one}]
    request: {query: {limit: -1}}
    expect: {status: 400, message: Nope}
"""


@pytest.fixture
def plan(shop: Shop, target: MakeTarget) -> Plan:
    """Plans the first row of a contract."""

    def planned(
        rows: str, *changes: tuple[str, str], depth: Depth = "standard", seed: int = 0, **profile: Any
    ) -> RowPlan:
        contract = shop(rows, *changes)
        first = next(contract.rows)
        return plan_rows(contract, target(**profile), [first], depth, seed)[first.id]

    return planned


def labels(plan: RowPlan, role: str | None = None) -> list[str]:
    return [probe.label for probe in plan.probes if role in (None, probe.role)]


def row(more: str, request: str = "{query: {limit: -1}}") -> str:
    text = "\n".join(f"    {line}" for line in more.splitlines())
    return f"  - id: one\n    cause: a\n    request: {request}\n    expect: {{status: 400, message: Nope}}\n{text}\n"


# --- our own contracts ---------------------------------------------------------------------------------------------


FIELDS = {
    name: {"name": f"ext_{name}", "title": name, "valid": "5", "min": 2, "max": 8, "pattern": "[0-9]+", "mismatch": "x"}
    for name in ("required", "email", "tel", "zip", "url", "number", "regex", "length")
}


def full(contract: Contract) -> Target:
    """A target that has all that the contract names."""
    file = contract.file
    credentials: dict[str, Any] = {}
    for name, named in file.credentials.items():
        secret = {"value": f"secret-{name}"}
        credentials[name] = dict.fromkeys(named.fields, secret) if named.fields else {"header": "X-Key", **secret}
    fixtures: dict[str, Any] = {
        name: named.example if named.example is not None else "word" for name, named in file.fixtures.items()
    }
    if "fields" in fixtures:
        fixtures["fields"] = FIELDS
    profile = {
        "contract": contract.name,
        "base_url": "http://127.0.0.1:9",
        "credentials": credentials,
        "fixtures": fixtures,
        "vantages": {name: {"source_address": "127.0.0.9"} for name in file.vantages},
        "hooks": {name: {"headers": {"X-Fault": "1"}} for name in file.hooks},
        "allow": ["write", "delete", "exhaust"],
    }
    return target_from_mapping(profile, where="test", environ={})


@pytest.fixture(scope="module", params=["microcms-management", "kuroco"])
def ours(request: pytest.FixtureRequest) -> Contract:
    return read_contract(CASES / request.param)


def test_every_row_can_be_planned_at_every_depth_for_a_target_that_has_all(ours: Contract) -> None:
    target = full(ours)
    for depth in ("smoke", "standard"):
        plans = plan_rows(ours, target, ours.rows, depth, 0)
        assert {name: plan.lacks for name, plan in plans.items() if plan.lacks} == {}
        assert all(plan.probes and plan.probes[0].role != "open" for plan in plans.values())


def test_smoke_costs_three_requests_a_row_but_for_rows_made_of_repetition(ours: Contract) -> None:
    plans = plan_rows(ours, full(ours), ours.rows, "smoke", 0)
    counts = [len(list(plan.schedule())) for plan in plans.values() if plan.repeat is None]
    assert sum(counts) <= 3 * len(counts)


def test_every_row_has_four_firm_probes_and_a_control_at_standard(ours: Contract) -> None:
    plans = plan_rows(ours, full(ours), ours.rows, "standard", 0)
    for name, plan in plans.items():
        case = plan.row.case
        assert bool(case.control) == bool(plan.controls), name
        if not (case.once or case.repeat):
            assert sum(probe.role != "open" for probe in plan.probes) >= 4, name


def test_deeper_is_never_less(ours: Contract) -> None:
    target = full(ours)
    counts = [{found.id: len(plan_row(ours, target, found, depth).probes) for found in ours.rows} for depth in DEPTHS]
    for less, more in pairwise(counts):
        assert [name for name in less if less[name] > more[name]] == []


def test_labels_tell_the_probes_of_a_row_apart(ours: Contract) -> None:
    for name, plan in plan_rows(ours, full(ours), ours.rows, "standard", 0).items():
        reported = [(probe.label, probe.operation) for probe in plan.probes if "example again" not in probe.label]
        assert sorted(set(reported)) == sorted(reported), name


def test_without_any_permission_nothing_but_reads_is_planned(ours: Contract) -> None:
    target = full(ours)
    bare = target_from_mapping(
        {"contract": ours.name, "base_url": "http://127.0.0.1:9", "fixtures": dict(target.fixtures)},
        where="t",
        environ={},
    )
    for plan in plan_rows(ours, bare, ours.rows, "standard", 0).values():
        assert plan.lacks or plan.permissions <= {"read"}


# --- seeds ---------------------------------------------------------------------------------------------------------

DRAWING = row("vary: {query.limit: {draw: {integers: [-1000000, -1]}}}")


def values(plan: RowPlan) -> list[str]:
    return [probe.value for probe in plan.probes if probe.role == "drawn"]


def test_the_same_seed_draws_the_same_values_and_another_seed_others(plan: Plan) -> None:
    assert values(plan(DRAWING, seed=7)) == values(plan(DRAWING, seed=7))
    assert values(plan(DRAWING, seed=7)) != values(plan(DRAWING, seed=8))


def test_drawn_values_are_there_before_anything_is_sent_and_differ(plan: Plan) -> None:
    found = plan(DRAWING, depth="thorough")
    assert len(values(found)) == len(set(values(found))) == 100
    assert all(-1000000 <= probe.request.query["limit"] <= -1 for probe in found.probes if probe.role == "drawn")
    assert values(plan(DRAWING, depth="smoke")) == []
    assert len(values(plan(DRAWING))) == 1


def test_a_draw_that_has_fewer_values_gives_what_there_is(plan: Plan) -> None:
    found = plan(row("vary: {query.limit: {draw: {matching: [a, b]}}}"), depth="thorough")
    assert sorted(values(found)) == ["a", "b"]


def test_a_draw_that_names_a_fixture_is_drawn_of_what_the_profile_says(plan: Plan) -> None:
    text = row('vary: {query.limit: {draw: {words: ab, outside: [1, "{fixture.sizes.max}"]}}}')
    assert all(len(value) > 5 for value in values(plan(text)))
    assert values(plan(text, fixtures={"item": "spoon"})) == []


# --- what is tried -------------------------------------------------------------------------------------------------


def test_each_call_has_the_query_and_the_headers_of_its_operation(plan: Plan) -> None:
    usual = ("  list: {}", '  list: {query: {limit: 1, version: "2"}, headers: {X-Version: "2"}}')
    (example,) = plan(row(""), usual, depth="smoke").probes
    assert (example.request.query, example.request.headers) == ({"limit": -1, "version": "2"}, {"X-Version": "2"})


def test_the_written_example_comes_first_on_each_operation(plan: Plan) -> None:
    found = plan(TWO)
    assert labels(found)[:2] == ["example (list)", "example (one)"]
    assert labels(found)[2:] == ["example again (list)", "example again (one)"]


def test_edges_are_tried_on_each_operation_and_spread_ones_are_dealt_out(plan: Plan) -> None:
    edges = "    vary: {query.limit: {edges: {a: 1, b: 2, c: 3}%s}}\n"
    each = labels(plan(TWO + edges % ""), "boundary")
    assert [f"limit={name} ({on})" for name in "abc" for on in ("list", "one")] == each
    spread = labels(plan(TWO + edges % ", spread: true"), "boundary")
    assert spread == ["limit=a (list)", "limit=b (one)", "limit=c (list)"]
    named = labels(plan(TWO + edges % ", for: [one]"), "boundary")
    assert [f"limit={name} (one)" for name in "abc"] == named


def test_near_misses_come_first_and_only_they_may_turn_out_to_be_valid(plan: Plan) -> None:
    text = row('vary: {query.id: {near_misses: {n: "{fixture.item}x"}, edges: {e: zz}, unless: {/id: "{query.id}"}}}')
    found = plan(text)
    assert labels(found, "boundary") == ["id=n", "id=e"]
    near, edge = (probe for probe in found.probes if probe.role == "boundary")
    assert near.unless == {"/id": "{query.id}"}
    assert edge.unless is None


def test_shared_edges_are_dealt_out_over_rows_but_for_those_that_each_row_tries(shop: Shop, target: MakeTarget) -> None:
    rows = "".join(
        f"  - id: {name}\n    cause: a\n    vary: {{query.limit: some}}\n    expect: {{status: 400}}\n"
        for name in ("x", "z")
    )
    inputs = ("operations:\n", "inputs:\n  some: {always: 1, edges: {a: 1, b: 2, c: 3}}\noperations:\n")
    contract = shop(rows, inputs)
    tried = {
        depth: [labels(plan_row(contract, target(), found, depth), "boundary") for found in contract.rows]
        for depth in ("standard", "thorough")
    }
    assert tried["standard"] == [["limit=a", "limit=b"], ["limit=a", "limit=c"]]
    assert tried["thorough"] == [["limit=a", "limit=b", "limit=c"]] * 2


def test_valid_neighbours_stand_beside_in_turn(plan: Plan) -> None:
    found = plan(row("vary: {query.limit: {edges: {a: 1, b: 2, c: 3}}}\ncombine: {query.offset: [0, 3]}"))
    assert labels(found, "boundary") == ["limit=a beside offset=0", "limit=b beside offset=3", "limit=c"]
    first, second = (p.request.query or {} for p in found.probes if "beside" in p.label)
    assert list(first.items()) == [("limit", 1), ("offset", 0)]
    assert list(second.items()) == [("offset", 3), ("limit", 2)]


def test_of_several_varied_parts_one_at_a_time_is_wrong(plan: Plan) -> None:
    """The edges of a name were sent beside the wrong kind of the example, for which they were refused."""
    body = '{json: {name: fork, kind: 7}, query: {deep: maybe}, path: {id: "{random.word}"}}'
    edges = {"json.kind": "{a: 8}", "json.name": "{b: 9}", "query.deep": "{c: 2}", "path.id": "{d: 3}"}
    vary = ", ".join(f"{part}: {{edges: {each}}}" for part, each in edges.items())
    usual = '{path: {id: "{capture.name}"}, json: {name: spoon, kind: soup}}'
    found = plan(
        row(f"operations: [put]\nvary: {{{vary}}}", body), ('put: {path: {id: "{fixture.item}"}}', f"put: {usual}")
    )
    sent = {probe.label: probe.request for probe in found.probes if probe.role == "boundary"}
    assert {label: (asked.json_, asked.query.get("deep"), asked.path["id"]) for label, asked in sent.items()} == {
        "kind=a": ({"name": "spoon", "kind": 8}, {"omit": True}, "{random.word}"),
        "name=b": ({"name": 9, "kind": "soup"}, {"omit": True}, "{random.word}"),
        "deep=c": ({"name": "spoon", "kind": "soup"}, 2, "{random.word}"),
        "id=d": ({"name": "spoon", "kind": "soup"}, {"omit": True}, 3),
    }


def test_near_misses_and_edges_beside_them_are_read_after_the_controls(plan: Plan) -> None:
    control = "\ncontrol: [{label: one, steps: [{call: this, request: {query: {limit: 1}}}]}]"
    found = plan(row("vary: {query.limit: {near_misses: {n: 9}, edges: {e: 8}}}" + control))
    sent = [request.label for request in found.schedule()]
    assert sent == ["example", "one", "limit=n", "limit=e", "example again"]


def test_of_several_that_are_sent_again_the_last_comes_after_the_controls_though_it_is_guarded(plan: Plan) -> None:
    control = "\ncontrol: [{label: one, steps: [{call: this, request: {query: {limit: 1}}}]}]"
    found = plan(row("unchanged: [{read: {call: get}, compare: [/name]}]" + control))
    sent = [request.label for request in found.schedule() if request.role != "guard"]
    assert sent == ["example", *["example again"] * 2, "one", "example again"]


def test_open_choices_come_after_all_else_but_the_example_again_and_are_never_held_to_the_guards(plan: Plan) -> None:
    text = row(
        "open:\n"
        "  - {vary: {query.limit: {edges: {o: -0}}}, accept: [accepted, this]}\n"
        "  - {vary: {query.limit: {edges: {deep: 5}}}, accept: [this], depth: thorough}\n"
        "unchanged: [{read: {call: get}, compare: [/name]}]\n"
    )
    found = plan(text)
    *_, choice, last = found.probes
    assert (choice.label, choice.role, choice.accept, choice.guards) == ("limit=o", "open", ("accepted", "this"), ())
    assert (last.label, last.role) == ("example again", "example")
    assert all(probe.guards == (0,) for probe in found.probes if probe.role != "open")
    assert "limit=deep" in labels(plan(text, depth="thorough"))
    assert labels(plan(text, depth="smoke"), "open") == []


def test_an_absent_member_is_an_edge_like_any_other(plan: Plan) -> None:
    found = plan(row("vary: {query.limit: {edges: {absent: {omit: true}}}}"))
    (edge,) = (probe for probe in found.probes if probe.role == "boundary")
    assert (edge.value, edge.request.query) == ("(absent)", {"limit": {"omit": True}})


def test_what_may_be_sent_only_once_is_sent_once(plan: Plan) -> None:
    once = plan(row("once: true\nvary: {query.limit: {edges: {a: 1}}}"), depth="thorough")
    assert labels(once) == ["example"]
    assert not once.probes[0].repeatable
    edge = row("vary: {query.limit: {once: true, edges: {a: 1}}}")
    assert [probe.repeatable for probe in plan(edge).probes if probe.role == "boundary"] == [False]
    assert "limit=a" not in labels(plan(edge, depth="smoke"))


def test_edges_that_an_expression_of_the_profile_matches_are_left_out(plan: Plan) -> None:
    text = row('vary: {query.limit: {edges: {a: "1", b: x}, except: "{fixture.sizes.pattern}"}}')
    given = {"item": "spoon", "sizes": {"pattern": "[0-9]+"}}
    assert labels(plan(text, fixtures=given), "boundary") == ["limit=b"]
    assert labels(plan(text, fixtures={"item": "spoon", "sizes": {"pattern": "("}}), "boundary") == []
    assert labels(plan(text, fixtures={"item": "spoon"}), "boundary") == []


# --- languages --------------------------------------------------------------------------------------------------------

SPOKEN = """\
  - id: spoken
    cause: a
    expect: {status: 400, message: [{text: Nope, language: en}, {text: だめ, language: ja}]}
"""
WAYS = (
    "operations:\n",
    """\
language_fixture: tongues
languages:
  - {label: "in {language}", query: {_lang: "{language}"}}
  - {label: "header {language}", headers: {Accept-Language: "{language}"}}
operations:
""",
)
TONGUES = ("  sizes:", "  tongues: {about: Its languages.}\n  sizes:")


def test_each_language_is_asked_for_in_each_way(plan: Plan) -> None:
    found = plan(SPOKEN, WAYS, TONGUES, fixtures={"item": "spoon", "tongues": ["en", "ja"]})
    *examples, last = labels(found)
    assert examples == ["example [in en]", "example [in ja]", "example [header en]", "example [header ja]"]
    assert last == "example again [in en]"
    assert [(probe.language, probe.other_language) for probe in found.probes[:2]] == [("en", "ja"), ("ja", "en")]


def test_an_edge_asks_a_write_in_a_further_language_in_place_of_the_example() -> None:
    ours = read_contract(CASES / "kuroco")
    rows = {name: ours.row(name) for name in ("topics-write/email", "topics-write/no-group", "topics-read/not-found")}
    plans = plan_rows(ours, full(ours), [one for one in rows.values() if one], "standard", 0)
    counts = {name: sum(label.startswith("example [") for label in labels(each)) for name, each in plans.items()}
    assert counts == {"topics-write/email": 2, "topics-write/no-group": 4, "topics-read/not-found": 6}
    again = {probe.operation for plan in plans.values() for probe in plan.probes if probe.is_repetition}
    assert again == {"insertTopic", "insertMissingGroup", "getTopic"}


def test_a_probe_that_asks_for_languages_of_its_own_is_named_without_the_one_it_replaces() -> None:
    ours = read_contract(CASES / "kuroco")
    plans = plan_rows(ours, full(ours), ours.rows, "standard", 0)
    assert [label for plan in plans.values() for label in labels(plan) if "browser" in label] == [
        "request=languages-of-a-browser (detail)",
        "request=languages-of-a-browser (insertTopic)",
    ]


def test_a_control_of_a_contract_asks_in_one_language_whatever_row_names_it() -> None:
    ours = read_contract(CASES / "kuroco")
    plans = plan_rows(ours, full(ours), ours.rows, "standard", 0)
    asked: dict[str, set[object]] = {}
    for control in (control for each in plans.values() for control in each.controls):
        languages = {(step.request.query or {}).get("_lang") for step in control.steps}
        asked.setdefault(str(control.label), set()).update(languages)
    assert (asked["the title 0 inserted"], asked["the title 0 set by an update"]) == ({"ja"}, {"en"})
    assert len(asked["its valid value set by an update"]) == 1


@pytest.mark.parametrize("fixtures", [{"item": "spoon"}, {"item": "spoon", "tongues": []}])
def test_a_target_that_lists_no_language_is_asked_in_none(plan: Plan, fixtures: dict[str, Any]) -> None:
    found = plan(SPOKEN, WAYS, TONGUES, fixtures=fixtures)
    assert list({probe.language for probe in found.probes}) == [None]


# --- what lacks ----------------------------------------------------------------------------------------------------


def test_what_lacks_is_named_and_nothing_is_planned(plan: Plan) -> None:
    found = plan(row("", '{query: {id: "{fixture.item}"}, vantage: outside, hook: boom, credential: guest}'),
                 fixtures=None, vantages=None, hooks=None, credentials=None)  # fmt: skip
    assert found.lacks == ("fixtures.item", "credentials.guest", "vantages.outside", "hooks.boom")
    assert (found.probes, found.controls) == ((), ())


@pytest.mark.parametrize(("languages", "lacks"), [(["ja", "en"], ()), (["ja"], ("fixtures.tongues.1",))])
def test_an_item_of_a_list_is_named_by_its_number(plan: Plan, languages: list[str], lacks: tuple[str, ...]) -> None:
    found = plan(row("", '{query: {id: "{fixture.tongues.1}"}}'), TONGUES, fixtures={"tongues": languages})
    assert found.lacks == lacks


@pytest.mark.parametrize("need", ["fixtures.sizes", "credentials.guest", "vantages.outside", "hooks.boom"])
def test_what_a_row_needs_must_be_in_the_profile_although_no_request_names_it(plan: Plan, need: str) -> None:
    kind, _, name = need.partition(".")
    text = row(f"needs: [{need}]")
    assert plan(text).lacks == ()
    assert plan(text, **{kind: {key: value for key, value in PROFILE[kind].items() if key != name}}).lacks == (need,)
    assert plan(row("needs: [allow.exhaust]"), allow=["write"]).lacks == ("allow.exhaust",)


def test_what_uses_an_allowance_up_needs_that_permission_whatever_its_operations_need() -> None:
    contract = read_contract(CASES / "microcms-management")
    target = replace(full(contract), allow=("write", "delete"))
    row = contract.row("common/too-many-requests")
    assert row is not None
    assert plan_rows(contract, target, [row], "standard", 0)[row.id].lacks == ("allow: exhaust",)


def test_a_row_that_repeats_needs_the_permission_to_exhaust_whatever_it_says(plan: Plan) -> None:
    repeated = row("permission: read\nrepeat: {at_most: 25}")
    assert plan(repeated, allow=["write", "delete"]).lacks == ("allow: exhaust",)
    assert plan(repeated, allow=["exhaust"]).lacks == ()


def test_a_default_is_no_lack(plan: Plan) -> None:
    assert plan(row("", '{query: {id: "{fixture.missing}"}}'), fixtures=None).lacks == ()


def test_of_two_operations_the_one_that_lacks_is_skipped_and_named(plan: Plan) -> None:
    found = plan(TWO, fixtures=None)
    assert found.lacks == ()
    assert labels(found)[:2] == ["example (list)", "example again (list)"]
    assert "example (one): lacks fixtures.item" in found.skipped


def test_the_least_that_a_profile_would_have_to_add_is_named(plan: Plan) -> None:
    text = """\
  - id: two
    cause: a
    operations: [{call: put, request: {query: {x: "{fixture.sizes.max}"}}}, {call: remove}]
    expect: {status: 400}
"""
    assert plan(text, allow=[], fixtures={"item": "spoon"}).lacks == ("allow: delete",)


@pytest.mark.parametrize(
    ("request_", "permission"),
    [
        ("{method: PUT}", "write"),
        ("{method: OPTIONS}", "read"),
        ("{method: HEAD}", "read"),
        ("{method: FROB}", "write"),
    ],
)
def test_a_method_of_its_own_makes_it_a_write_unless_it_only_reads(plan: Plan, request_: str, permission: str) -> None:
    found = plan(row("", request_), allow=["write"])
    assert {probe.permission for probe in found.probes} == {permission}


@pytest.mark.parametrize(
    ("request_", "permission"),
    [
        ("{method: PUT, url: /items/5}", "delete"),
        ('{method: PUT, url: "/items/{fixture.item}?a=/b"}', "delete"),
        ("{method: PUT, url: /items}", "write"),
        ("{url: /items/5}", "read"),
        ("{method: POST, url: /away}", "exhaust"),
        ('{method: POST, url: "/away{random.word}"}', "write"),
        *(
            (f'{{method: {method}, url: "{url}"}}', permission)
            for method, permission, urls in (
                (
                    "PUT",
                    "delete",
                    ("/ITEMS/5", "/items/5/", "//items//5", "/%69tems/5", "/items;a=b/5", "/x/../items/./5"),
                ),
                ("post", "exhaust", ("/Away/", "/%61way", "/away;", "/away%20")),
                ("PUT", "write", ("/items/5/6", "/xitems/5", "/items/../5")),
            )
            for url in urls
        ),
    ],
)
def test_a_url_of_a_row_needs_what_the_operation_needs_that_it_leads_to(
    plan: Plan, request_: str, permission: str
) -> None:
    put, add = (
        ("  put: {path", "  put: {permission: delete, path"),
        ("add: {}", "add: {url: /away, permission: exhaust}"),
    )
    text = row(f"vary: {{request: {{edges: {{elsewhere: {request_}}}}}}}")
    found = plan(text, put, add)
    assert [probe.permission for probe in found.probes if "elsewhere" in probe.label] == [permission]
    stated = plan(f"{text}    permission: write\n", put, add)
    at_least = "write" if permission == "read" else permission
    assert [probe.permission for probe in stated.probes if "elsewhere" in probe.label] == [at_least]


def test_a_row_whose_every_control_lacks_lacks_it(plan: Plan) -> None:
    text = row('control: [{label: c, steps: [{call: get, request: {path: {id: "{fixture.sizes.id}"}}}]}]')
    found = plan(text, fixtures={"item": "spoon"})
    assert found.lacks == ("fixtures.sizes.id",)
    assert found.skipped == ("control c: lacks fixtures.sizes.id",)


def test_a_fallback_is_tried_only_where_the_controls_before_it_lack(plan: Plan) -> None:
    text = row(
        "control:\n  - {label: first, steps: [{call: get}]}\n"
        "  - {label: second, fallback: true, steps: [{call: list}]}\n"
    )
    assert [control.label for control in plan(text).controls] == ["first"]
    assert [control.label for control in plan(text, fixtures=None).controls] == ["second"]


def test_smoke_may_send_the_whole_of_a_control_but_what_needs_more_of_a_set_up(shop: Shop, target: MakeTarget) -> None:
    text = row(
        "before: [{call: get, depth: standard, capture: {seen: /id}}]\n"
        "control:\n  - {label: short, steps: [{call: get}, {call: list, depth: standard}]}\n"
        "  - {label: late, steps: [{call: get}, {call: list, depth: standard, "
        'expect: {status: 200, equals: {/a: "{capture.seen}"}}}]}\n'
    )
    contract = shop(text)
    found = Planner(contract, target(), next(contract.rows), "smoke").whole_controls()
    assert [(one.label, len(one.steps)) for one in found] == [("short", 2)]


def test_an_optional_set_up_that_lacks_is_left_out_with_what_needs_it(plan: Plan) -> None:
    text = row(
        "before: [{call: get, optional: true, capture: {seen: /id}}]\n"
        'vary: {query.limit: {edges: {a: "{capture.seen}", b: 2}}}\n'
    )
    assert (len(plan(text).before), labels(plan(text), "boundary")) == (1, ["limit=a", "limit=b"])
    bare = plan(text, fixtures=None)
    assert (bare.before, labels(bare, "boundary")) == ((), ["limit=b"])
    assert bare.skipped == ("limit=a: lacks fixtures.item",)


@pytest.mark.parametrize(
    ("allow", "steps"), [(["write"], ["listTopics"]), (["write", "delete"], ["insertTopic", "listTopics"])]
)
def test_an_optional_set_up_makes_nothing_that_may_not_be_deleted(allow: list[str], steps: list[str]) -> None:
    contract = read_contract(CASES / "kuroco")
    first = next(row for row in contract.rows if row.id == "login/profile")
    found = plan_rows(contract, replace(full(contract), allow=frozenset(allow)), [first], "standard", 0)[first.id]
    assert [step.operation for step in found.before] == steps


def test_what_takes_a_write_back_must_be_allowed_too(plan: Plan) -> None:
    text = "  - id: one\n    cause: a\n    operations: [put]\n    expect: {status: 400}\n    after: [{call: remove}]\n"
    assert plan(text, allow=["write"]).lacks == ("allow: delete",)
    assert len(plan(text).after) == 1


def test_a_row_that_only_reads_has_nothing_to_put_back(plan: Plan) -> None:
    assert plan(row("after: [{call: remove}]")).after == ()


def test_requests_are_counted_before_they_are_sent(plan: Plan) -> None:
    found = plan(row("repeat: {at_most: 25}\nbefore: [{call: list}]\ncontrol: [{label: c, steps: [{call: list}]}]"))
    requests = list(found.schedule())
    assert len(requests) == 1 + 1 + 24 + 1 + 1
    assert [request.role for request in requests if request.condition] == []


def test_a_row_that_sends_delete_needs_the_permission_for_it_whatever_it_says(plan: Plan) -> None:
    text = row("permission: write\n", "{method: DELETE}")
    assert plan(text, allow=["write"]).lacks == ("allow: delete",)
