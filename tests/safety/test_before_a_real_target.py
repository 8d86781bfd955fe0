"""doctor, init and discovery: what a person does before a real target is run, with reads alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.doctor.examine import examine_target
from conformance.doctor.format import format_diagnosis
from conformance.doctor.model import Diagnosis
from conformance.plan.steps import DRAWN
from conformance.reference.http import WireResponse
from conformance.report.page import render_template
from conformance.session.contract_run import build_context
from conformance.session.target_runner import RunOptions
from conformance.setup.fixtures import discover_fixtures
from conformance.target.loader import read_profile, target_from_mapping
from conformance.yaml_document import read_text
from tests.safety.watched import CONTRACTS, contract, ran, saved, watched

DISCOVERED = {
    "kuroco": {"topics_id"},
    "microcms-management": {"content_id", "draft_content_id", "member_id", "media_file_name", "missing_media_url"},
}


@pytest.fixture(autouse=True)
def few_drawn_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not 100 of each kind at thorough: drawing them takes ten seconds."""
    monkeypatch.setitem(DRAWN, "thorough", 5)


def examined(profile: Path, name: str) -> Diagnosis:
    held = contract(name)
    budgets = {**held.file.exploration, "thorough": 24}  # what is drawn for the real one takes twenty seconds
    held = replace(held, file=held.file.model_copy(update={"exploration": budgets}))
    return examine_target(held, read_profile(profile, environ={}))


def states(diagnosis: Diagnosis, section: str) -> dict[str, str]:
    return {fact.about: fact.state for fact in diagnosis.facts if fact.section == section}


@pytest.mark.parametrize("name", CONTRACTS)
def test_doctor_finds_nothing_wrong_with_a_complete_target_and_sends_reads_only(name: str, tmp_path: Path) -> None:
    with watched(name) as server:
        found = examined(saved(tmp_path, server.profile), name)
        assert server.methods == {"GET"}
        assert found.requests == len(server.actual)
    assert found.possible
    assert (found.rows, ()) == (found.exercised, found.missing)
    assert "bad" not in {fact.state for fact in found.facts}
    assert sorted(load.requests for load in found.loads) == [load.requests for load in found.loads]


def test_doctor_tells_a_key_that_does_not_work_and_one_that_is_let_in(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        keys = server.profile["credentials"]
        keys["forbidden"]["value"], keys["full"]["value"] = keys["full"]["value"], "nobody-knows-this-key"
        found = examined(saved(tmp_path, server.profile), "microcms-management")
    assert states(found, "credentials") == {"full": "bad", "forbidden": "bad", "throttled": "unknown"}
    assert not found.possible


def test_doctor_shows_no_key_that_a_redirect_leads_to(tmp_path: Path) -> None:
    def redirecting(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        key = incoming.headers.get("x-microcms-api-key", "")
        headers = [("Location", f"http://elsewhere.test/?k={key}"), ("Content-Length", "0")]
        return WireResponse("HTTP/1.1 307 Temporary Redirect", headers)

    with watched("microcms-management", redirecting) as server:
        found = examined(saved(tmp_path, server.profile), "microcms-management")
        key = server.profile["credentials"]["full"]["value"]
    assert states(found, "credentials")["full"] == "bad"
    assert "http://elsewhere.test/" in repr(found)
    assert key not in repr(found)


def test_doctor_never_uses_up_the_throttled_key(tmp_path: Path) -> None:
    heard: list[str] = []

    def listening(incoming: object, answer: object) -> object:
        heard.append(incoming.headers.get("x-microcms-api-key", ""))  # type: ignore[attr-defined]
        return answer(incoming)  # type: ignore[operator]

    with watched("microcms-management", listening) as server:
        throttled = server.profile["credentials"]["throttled"]["value"]
        examined(saved(tmp_path, server.profile), "microcms-management")
    assert heard
    assert throttled not in heard


@pytest.mark.parametrize(
    ("fixture", "value"),
    [
        ("content_id", "is-not-there"),
        ("missing_content_id", "harbour"),
        ("media_url", "https://images.microcms-assets.io/assets/a/b/gone.png"),
        ("draft_content_id", "harbour"),
        ("object_endpoint", "news"),
    ],
)
def test_doctor_tells_a_fixture_that_is_not_as_it_should_be(fixture: str, value: str, tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        server.profile["fixtures"][fixture] = value
        found = examined(saved(tmp_path, server.profile), "microcms-management")
    wrong = [about for about, state in states(found, "fixtures").items() if state == "bad"]
    assert wrong == [fixture]
    assert (found.possible, found.wrong) == (True, True)
    last = format_diagnosis(found).splitlines()[-1]
    assert last.startswith("a run is possible, but what needs what is marked ✗ will be inconclusive")


def test_doctor_names_what_is_lacking_with_the_line_to_add(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        del server.profile["vantages"], server.profile["fixtures"]["referenced_media_url"]
        server.profile["allow"] = ["write"]
        found = examined(saved(tmp_path, server.profile), "microcms-management")
    lines = {lack.name: lack.line for lack in found.missing}
    assert lines["allow: delete"] == "allow: [delete, write]"
    assert lines["vantages.outside"] == "vantages: {outside: {source_address: 192.0.2.9}}"
    for line in lines.values():
        document, problems = read_text(line, tmp_path / "x.yaml")
        assert document is not None
        assert not problems
    assert found.exercised < found.rows


def test_a_target_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        profile = server.profile
    profile["timeout"] = "500ms"
    found = examined(saved(tmp_path, profile), "microcms-management")
    assert not found.possible
    assert states(found, "reachable")["answer"] == "bad"


@pytest.mark.parametrize("name", CONTRACTS)
def test_what_a_profile_leaves_out_is_found_by_reads(name: str, tmp_path: Path) -> None:
    with watched(name) as server:
        for fixture in DISCOVERED[name]:
            del server.profile["fixtures"][fixture]
        target = read_profile(saved(tmp_path, server.profile), environ={})
        context = build_context(contract(name), target, "smoke", 0)
        discovery = discover_fixtures(context)
        assert DISCOVERED[name] == set(discovery.found)
        assert server.methods == {"GET"}
        assert discovery.requests == len(server.actual)


def test_of_each_fixture_three_candidates_are_checked_and_no_more(tmp_path: Path) -> None:
    def hiding(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        is_detail = incoming.path.startswith("/api/v1/contents/news/")
        return answer(replace(incoming, path="/api/v1/contents/news/never-was-here") if is_detail else incoming)

    with watched("microcms-management", hiding) as server:
        del server.profile["fixtures"]["content_id"]
        target = read_profile(saved(tmp_path, server.profile), environ={})
        discovery = discover_fixtures(build_context(contract("microcms-management"), target, "smoke", 0))
        tried = [path for _, path in server.actual if path.startswith("/api/v1/contents/news/")]
    assert (len(tried), dict(discovery.missed)) == (3, {"content_id": "what was found is not as it should be"})


def test_no_look_for_a_fixture_begins_when_the_time_is_over(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        del server.profile["fixtures"]["content_id"]
        target = read_profile(saved(tmp_path, server.profile), environ={})
        discovery = discover_fixtures(build_context(contract("microcms-management"), target, "smoke", 0), within=0.0)
        assert server.actual == []
    assert dict(discovery.missed) == {"content_id": "the 0 s of looking for fixtures were over"}


def test_a_run_says_what_it_found_and_makes_the_medium_that_may_be_deleted(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        for fixture in (*DISCOVERED["microcms-management"], "media_url"):
            del server.profile["fixtures"][fixture]
        done = ran(saved(tmp_path, server.profile), "microcms-management", RunOptions("smoke", 0), explore=False)
    assert set(done.verdicts.values()) == {"conforms"}
    warnings = "\n".join(done.run.warnings)
    assert "found on the target by" in warnings
    assert "media_url was made for this run" in warnings
    assert done.run.target["fixtures"]["content_id"] == "harbour"


def test_with_a_url_a_key_and_an_endpoint_name_most_rows_run(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        keep = {key: server.profile[key] for key in ("contract", "base_url")}
        keep |= {"credentials": {"full": server.profile["credentials"]["full"]}, "fixtures": {"endpoint": "news"}}
        keep["allow"] = ["write", "delete"]
        done = ran(saved(tmp_path, keep), "microcms-management", RunOptions("smoke", 0), explore=False)
    verdicts = list(done.verdicts.values())
    assert set(verdicts) == {"conforms", "not-exercised"}
    assert verdicts.count("conforms") >= 28


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_profile_that_init_writes_is_one_that_can_be_read(name: str, tmp_path: Path) -> None:
    held = contract(name)
    usual = {each: dict(named.usual) for each, named in held.file.credentials.items() if named.usual}
    known = {"base_url": "http://127.0.0.1:9", "credentials": usual, "fixtures": {}, "notes": {}}
    text = render_template("conformance.authoring", "profile.yaml.jinja", file=held.file, **known)
    document, problems = read_text(text, tmp_path / "made.yaml")
    assert document is not None
    assert not problems
    env = {"MICROCMS_API_KEY": "k" * 20, "MICROCMS_READONLY_KEY": "r" * 20, "KUROCO_TOKEN": "t" * 20}
    env |= {"KUROCO_EMAIL": "someone@example.com", "KUROCO_PASSWORD": "p" * 12}
    target = target_from_mapping(document.value, where="made", environ=env)
    assert name == target.contract
    for fixture in held.file.fixtures:
        assert f"# {fixture}:" in text
