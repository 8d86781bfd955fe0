"""What can be known before a byte is sent: list, plan, explain, lint, schema."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from conformance.engine.context import RunContext
from conformance.setup.credentials import SetupResult
from tests.cli.process import CASES, CommandResult, environment

Here = Callable[..., CommandResult]
ROW = "contents-get/limit-below-minimum"


def test_every_row_is_listed_with_what_it_promises(here: Here) -> None:
    result = here("list", "--contract", "microcms-management")
    assert result.code == 0
    assert len(re.findall(r"^    [a-z-]+/[a-z-]+ ", result.out, re.MULTILINE)) == 32
    assert re.search(rf"{ROW} +400  Limit: must be no less than 0\.$", result.out, re.MULTILINE)
    assert "kuroco" not in result.out


def test_unknown_contract_is_named_with_the_near_one(here: Here) -> None:
    result = here("list", "--contract", "microcms")
    assert result.code == 4
    assert "--contract: there is no contract 'microcms'" in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--target"), "Option '--target' requires an argument."),
        (("run", "--target", "--depth", "smoke"), "--target: there is no file --depth; give a profile"),
        (("plan", "--target="), "--target: there is no file ''; give a profile"),
        (("run", "--require"), "Option '--require' requires an argument."),
    ],
)
def test_a_variable_that_is_not_set_never_leads_to_the_embedded_servers(
    here: Here, arguments: tuple[str, ...], said: str
) -> None:
    result = here(*arguments)
    assert (result.code, said in result.all) == (4, True), result.all


def listed(text: str) -> dict[str, tuple[int, int]]:
    """How many requests the plan lists for each row, and how many of them only after a certain answer."""
    named: dict[str, tuple[int, int]] = {}
    found: dict[str, list[int]] = {}
    row = ""
    for line in text.splitlines():
        head = re.match(r"  (\S+/\S+): (\d+) requests?(?:, at most (\d+) more)?$", line)
        if head:
            row = head[1]
            named[row], found[row] = (int(head[2]), int(head[3] or 0)), [0, 0]
        elif row and re.match(r"    [A-Z]\S* +/.*  — ", line):
            found[row]["if it was accepted" in line or "unless it is so already" in line] += 1
    assert named == {name: (certain, conditional) for name, (certain, conditional) in found.items()}
    return named


def test_a_run_sends_no_more_than_its_plan_lists(here: Here, tool: Here, tmp_path: Path) -> None:
    planned = here("plan", "--contract", "microcms-management", "--depth", "smoke")
    assert planned.code == 0, planned.err
    rows = listed(planned.out)
    assert len(rows) == 32
    ran = tool("run", "--contract", "microcms-management", "--depth", "smoke")
    assert ran.code == 0, ran.all
    results = json.loads((tmp_path / "reports" / "results.json").read_text(encoding="utf-8"))
    sent = {row["id"]: row["requests"] for row in results["runs"][0]["rows"]}
    assert len(sent) == 32
    assert {name: count for name, count in sent.items() if not rows[name][0] <= count <= sum(rows[name])} == {}


def test_a_plan_names_what_is_lacking_and_how_long_it_takes_and_shows_no_secret(here: Here, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("canary-4f6d-canary", encoding="utf-8")
    profile = tmp_path / "t.yaml"
    key = "credentials: {full: {header: X-MICROCMS-API-KEY, file: key}}\n"
    text = "contract: microcms-management\nbase_url: https://example.test\npace: 10/10s\nfixtures: {endpoint: news}\n"
    profile.write_text(text + key, encoding="utf-8")
    result = here("plan", "--target", str(profile), "--depth", "smoke")
    assert result.code == 0, result.err
    assert "before the rows\n  GET " in result.out  # fixtures that the profile leaves out are looked for
    assert "media-post/invalid-request: not exercised, lacks allow: write" in result.out
    assert "GET    /api/v1/contents/news?limit=-1  — example" in result.out
    assert re.search(r"in all; \d+ s at 10/10s", result.out)
    assert "canary" not in result.all


def test_a_row_is_explained_by_its_last_part(here: Here) -> None:
    result = here("explain", ROW.rpartition("/")[2], "--contract", "microcms-management")
    assert result.code == 0, result.err
    for expected in (
        "The limit is below 0.",
        "message  Limit: must be no less than 0.  (should)",
        "edition 2025-12-10",
        "documented: the vendor's own words",
        "limit=wrapping",
        "these must not provoke it",
        "accepted: this row, contents-get/limit-not-an-integer",
        "fixtures.endpoint, credentials.full",
    ):
        assert expected in result.out
    assert re.search(r"contents-get\.yaml:\d+\)", result.out)


def test_a_row_that_is_not_there_is_named_with_the_near_one(here: Here) -> None:
    result = here("explain", "contents-get/limit-below-minimun")
    assert result.code == 4
    assert f"did you mean '{ROW}'?" in result.err
    result = here("run", "contents-get/limit-below-minimun")
    assert (result.code, result.err.partition(";")[0]) == (
        4,
        "ROW: there is no row 'contents-get/limit-below-minimun'",
    )


def test_a_fault_of_the_suite_is_one_line_and_no_verdict(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise TypeError("what may hold a secret")

    monkeypatch.setattr("conformance.cli.list.read_contracts", fail)
    result = here("list")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("a fault of the suite itself: TypeError (")


def test_the_shipped_contracts_have_no_problem(here: Here) -> None:
    result = here("lint")
    assert (result.code, result.err) == (0, ""), result.out
    *outdated, last = result.out.splitlines()
    assert last == "16 files, 47 rows, no problem"
    assert [line for line in outdated if not line.endswith("; conformance prove --write-power")] == []


def test_lint_names_every_problem_of_every_file_with_its_line(here: Here, tmp_path: Path) -> None:
    folder = tmp_path / "cases" / "shop"
    shutil.copytree(CASES / "microcms-management", folder)
    table = folder / "contents-get.yaml"
    lines = table.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if "cause: The limit is below 0." in line)
    lines[at] = lines[at].replace("cause:", "causes:")
    table.write_text("\n".join(lines), encoding="utf-8")
    openapi = folder / "openapi.yaml"
    text = openapi.read_text(encoding="utf-8")
    text = text.replace('operationId: "getMember"', 'operationId: "getContent"', 1)
    text = text.replace("#/components/responses/Refused", "#/components/responses/Refusal", 1)
    openapi.write_text(text, encoding="utf-8")
    result = here("lint")
    assert result.code == 4
    assert f"contents-get.yaml:{at + 1}: " in result.out
    assert "unknown key 'causes' in rows.0; did you mean 'cause'?" in result.out
    assert "the operationId 'getContent' stands twice" in result.out
    assert "#/components/responses/Refusal leads nowhere" in result.out
    assert all(re.match(r"\S+\.yaml:\d+: ", line) for line in result.out.splitlines())
    alone = here("lint", str(table))
    assert alone.code == 4
    assert alone.out
    assert all(line.startswith(f"{table}:") for line in alone.out.splitlines())


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("contract.yaml", "  forbidden:\n", '  "forbidden\\e[2J\\u202e\\n::error::x":\n', 4),
        ("openapi.yaml", '#/components/responses/Refused"', '#/components/responses/\\e[2J\\u202e\\n::error::x"', 4),
        ("contents-get.yaml", "title: Content operations, GET", 'title: "\\e[2J\\u202e\\n::error::x"', 0),
        ("contents-get.yaml", "cause: The limit is below 0.", 'cause: "\\e[2J\\u202e\\n::error::x"', 0),
        ("contents-get.yaml", "request: {query: {limit: -1}}", 'request: {headers: {"X-\\e[2J\\u202e": a}}', 4),
    ],
)
def test_no_text_of_a_case_file_commands_a_terminal_or_a_ci_service(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, file: str, old: str, new: str, code: int
) -> None:
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)  # as on a terminal
    folder = tmp_path / "cases" / "microcms-management"
    shutil.copytree(CASES / "microcms-management", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    one = ("--contract", "microcms-management", "--cases", "cases")
    done = [here(*command, *one) for command in (("list",), ("explain", ROW), ("plan", "--depth", "smoke"))]
    done.append(here("lint"))
    assert done[-1].code == code
    shown = "".join(result.all for result in done)
    assert re.findall(r"[\x00-\x08\x0b-\x1f\u202e]|^\s*::error", shown, re.MULTILINE) == []


@pytest.mark.parametrize(
    ("name", "member"), [("results", "runs"), ("case", "rows"), ("contract", "envelope"), ("profile", "base_url")]
)
def test_schemas_are_json_schema(here: Here, name: str, member: str) -> None:
    import jsonschema_rs

    result = here("schema", name)
    schema = json.loads(result.out)
    jsonschema_rs.meta.validate(schema)
    assert member in schema["properties"]


@pytest.mark.parametrize("name", ["contract", "case"])
def test_our_own_files_are_valid_by_the_published_schema(here: Here, name: str) -> None:
    import jsonschema_rs

    from conformance.yaml_document import read

    schema = json.loads(here("schema", name).out)
    validator = jsonschema_rs.validator_for(schema)
    for path in sorted(CASES.glob("*/*.yaml")):
        kind = {"contract": "contract", "openapi": "openapi", "ja": "japanese"}.get(path.stem, "case")
        document, problems = read(path)
        if kind == name and document is not None:
            assert problems == ()
            assert [f"{path}: {error.message}" for error in validator.iter_errors(document.value)] == []


def test_help_loads_nothing_that_it_does_not_need() -> None:
    heavy = {"pytest", "rich", "pydantic", "yaml", "requests", "hypothesis", "schemathesis", "jinja2", "werkzeug"}
    code = (
        "import sys\nfrom conformance.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "conformance run --target https://host --contract kuroco" in done.stdout


def test_init_leaves_out_a_key_that_a_run_can_obtain_and_else_says_that_it_is_not_set(
    here: Here, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = ("init", "--contract", "kuroco", "--base-url", "http://127.0.0.1:9", "--output", "made.yaml")
    monkeypatch.delenv("KUROCO_TOKEN", raising=False)
    asked = here(*arguments)
    assert (asked.code, "KUROCO_TOKEN is not set" in asked.err) == (0, True)
    monkeypatch.setenv("KUROCO_EMAIL", "someone@example.com")
    monkeypatch.setenv("KUROCO_PASSWORD", "not-to-be-written")
    assert here(*arguments, "--force").code == 0
    made = (tmp_path / "made.yaml").read_text(encoding="utf-8")
    assert list(yaml.safe_load(made)["credentials"]) == ["login"]
    assert "  # token:" in made
    assert "not-to-be-written" not in made


def test_init_looks_for_a_minute_and_waits_20_seconds_for_answers_that_do_not_come(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float, float]] = []

    def find_none(context: RunContext, within: float) -> SetupResult:
        limits = context.session.limits
        asked.append((within, limits.longest_wait, limits.patience))
        return SetupResult(context, {}, {}, 0)

    monkeypatch.setattr("conformance.cli.init.discover_fixtures", find_none)
    monkeypatch.setenv("MICROCMS_API_KEY", "some-key-or-other")
    assert here("init", "--contract", "microcms-management", "--base-url", "http://127.0.0.1:9").code == 0
    assert asked == [(60.0, 10.0, 20.0)]


def test_a_profile_is_written_before_its_variables_are_set(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUROCO_TOKEN", "KUROCO_EMAIL", "KUROCO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    result = here("init", "--contract", "kuroco", "--base-url", "https://example.test")
    assert result.code == 0, result.all
    assert "KUROCO_TOKEN is not set: no fixture was looked for on the target" in result.err
    assert yaml.safe_load(result.out)["contract"] == "kuroco"


@pytest.mark.parametrize("url", ["https://me:s3cret@shop.example", "https://shop.example/?key=s3cret"])
def test_what_lets_somebody_in_is_written_into_no_profile(url: str, here: Here, tmp_path: Path) -> None:
    result = here("init", "--contract", "kuroco", "--base-url", url, "--output", str(tmp_path / "made.yaml"))
    assert (result.code, "--base-url: holds a" in result.all, "s3cret" in result.all) == (4, True, False)
    assert not (tmp_path / "made.yaml").exists()


def test_what_lets_a_reader_into_a_page_is_written_into_no_contract(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[1] / "authoring/pages/forms.md").read_bytes()
    monkeypatch.setattr("conformance.authoring.read_page.download", lambda *_: ("text/markdown", page))
    url = "https://docs.example/errors.md?page=2&X-Amz-Signature=s3cret&v=1"
    result = here("new", "shop", "--from", url, "--output", str(tmp_path))
    written = "".join(path.read_text("utf-8") for path in (tmp_path / "shop").iterdir())
    assert (result.code, "s3cret" in written) == (0, False)
    assert "https://docs.example/errors.md?page=2&X-Amz-Signature=…&v=1" in written


def test_cases_of_one_s_own_hide_no_shipped_contract(here: Here, tmp_path: Path) -> None:
    shutil.copytree(CASES.parent / "examples" / "kinto" / "cases", tmp_path / "cases")
    (tmp_path / "page.md").write_text("| HTTP | message |\n| --- | --- |\n| 418 | teapot |\n", encoding="utf-8")
    planned = here("plan", "--depth", "smoke")
    assert planned.err == "kinto is left out: it has no embedded server; give --target\n"
    assert [line.partition(" ·")[0] for line in planned.out.splitlines() if " · seed 0" in line] == [
        "Kuroco API",
        "microCMS Management API",
    ]
    assert here("init", "--contract", "kuroco").code == 0
    assert here("drift", "kuroco", "page.md").code == 1
    assert here("plan", "--contract", "kuroco", "--cases", str(CASES.parent / "examples")).code == 0
