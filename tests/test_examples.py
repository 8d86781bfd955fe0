"""Each example is what its own tool takes, and its shell does what the README says when it is really run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent / "report"))

from conformance.report.writers import metrics
from tests.report.made_up import sample_results

EXAMPLES = Path(__file__).parents[1] / "examples"
NIGHTLY = EXAMPLES / "nightly.sh"
LINKS = tempfile.TemporaryDirectory()
LINKED = Path(LINKS.name) / "examples"
"""The examples under a path without a space, as it is where they are meant to be installed."""
LINKED.symlink_to(EXAMPLES)

FAKE = """#!/bin/sh
[ "$1" = sweep ] && exec echo "$@" >> swept
echo "$@" >> calls
[ "$(cat code)" = 4 ] && exit 4
while [ $# -gt 0 ]; do
    case $1 in
        --baseline) cat "$2" > seen-baseline ;;
        --output) mkdir -p "$2"; cat tonight > "$2/results.json"; echo "# summary" > "$2/summary.md" ;;
        --history) echo night >> "$2" ;;
        --metrics) echo metrics > "$2" ;;
    esac
    shift
done
exit "$(cat code)"
"""
"""Stands in for the suite: does to the folder what `conformance run` does, and exits as the test says."""


class Nights:
    """A folder in which one night after another is run, with a stand-in for the suite on the path."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.folder, self.command = folder, command
        programs = folder / "bin"
        programs.mkdir()
        (programs / "conformance").write_text(FAKE)
        (programs / "conformance").chmod(0o755)
        self.environment = {"PATH": f"{programs}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(folder / "step.md")}

    def run(self, results: str, code: int = 0) -> int:
        (self.folder / "tonight").write_text(results)
        (self.folder / "code").write_text(str(code))
        (self.folder / "step.md").write_text("")
        done = subprocess.run(self.command, cwd=self.folder, env=self.environment, check=False, capture_output=True)
        return done.returncode

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text().strip() if path.exists() else ""

    @property
    def calls(self) -> list[str]:
        return self.text("calls").splitlines()


def document(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text())


def github_shell() -> list[str]:
    steps = document("github-actions.yaml")["jobs"]["nightly"]["steps"]
    (step,) = [step for step in steps if "conformance run" in str(step)]
    return ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]


def gitlab_shell() -> list[str]:
    return ["sh", "-e", "-c", "\n".join(document("gitlab-ci.yaml")["conformance"]["script"])]


def kubernetes_shell() -> list[str]:
    container = cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    (script,) = container["args"]
    return [*container["command"], script.replace("/opt/conformance/examples", str(LINKED))]


def cron_shell() -> list[str]:
    (line,) = cron_lines()
    command = line.split(None, 6)[6]
    for there, here in (
        ("/var/lib/conformance", "."), ("/opt/conformance/examples", str(LINKED)), ("/etc/conformance/", "./"),
    ):  # fmt: skip
        command = command.replace(there, here)
    return ["sh", "-c", f"touch staging.env; {command}"]


def cron_lines() -> list[str]:
    lines = (EXAMPLES / "cron" / "conformance").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#") and not re.match(r"[A-Z]+=", line)]


def cronjob() -> dict[str, Any]:
    (job,) = [one for one in kubernetes_objects() if one["kind"] == "CronJob"]
    return job


def kubernetes_objects() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((EXAMPLES / "kubernetes" / "cronjob.yaml").read_text()))


SHELLS = {
    "nightly": lambda: ["sh", str(NIGHTLY)],
    "github": github_shell,
    "gitlab": gitlab_shell,
    "kubernetes": kubernetes_shell,
    "cron": cron_shell,
}


@pytest.fixture(params=SHELLS)
def nights(request: pytest.FixtureRequest, tmp_path: Path) -> Nights:
    command = SHELLS[request.param]()
    if request.param == "cron" and shutil.which("flock") is None:
        pytest.skip("flock is not installed")
    return Nights(tmp_path, command)


def test_the_first_night_has_no_baseline_and_the_second_has_the_first(nights: Nights) -> None:
    assert nights.run("first") == 0
    assert "--baseline" not in nights.calls[0]
    assert nights.run("second") == 0
    assert "--baseline reports/previous/results.json" in nights.calls[1]
    assert (nights.text("seen-baseline"), nights.text("reports/results.json")) == ("first", "second")


def test_what_a_killed_night_left_is_deleted_first(nights: Nights) -> None:
    nights.run("first")
    assert "sweep --target targets/staging.yaml --output reports" in nights.text("swept")


def test_a_night_that_is_stopped_tells_the_run_and_waits_for_it(tmp_path: Path) -> None:
    slow = "#!/bin/sh\n[ \"$1\" = sweep ] && exit 0\ntrap 'echo cleaned > cleaned; exit 2' TERM\ntouch started\n"
    slow += "while :; do sleep 0.05; done\n"
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "conformance").write_text(slow)
    (programs / "conformance").chmod(0o755)
    process = subprocess.Popen(
        ["sh", str(NIGHTLY)], cwd=tmp_path, env={"PATH": f"{programs}:{os.environ['PATH']}"}, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 30
    while not (tmp_path / "started").exists() and time.monotonic() < end:
        time.sleep(0.02)
    process.terminate()
    assert process.wait(30) == 2
    assert (tmp_path / "cleaned").read_text() == "cleaned\n"


def test_every_night_uses_the_profile_and_keeps_history_metrics_and_a_summary(nights: Nights) -> None:
    nights.run("first")
    (call,) = nights.calls
    for words in (
        "run --target targets/staging.yaml --output reports", "--history history.sqlite",
        "--metrics reports/metrics.prom", "--also-write markdown",
    ):  # fmt: skip
        assert words in call
    assert [nights.text(name) for name in ("history.sqlite", "reports/metrics.prom", "reports/summary.md")] == [
        "night",
        "metrics",
        "# summary",
    ]


def test_a_night_that_got_worse_fails_and_what_it_found_is_kept(nights: Nights) -> None:
    nights.run("first")
    code = nights.run("worse", 1)
    assert (code, nights.text("reports/results.json")) == (1, "worse")


def test_a_night_that_could_not_run_leaves_the_baseline_to_the_next(nights: Nights) -> None:
    nights.run("first")
    assert nights.run("none", 4) != 0
    assert nights.run("third") == 0
    assert nights.text("seen-baseline") == "first"


def test_nightly_keeps_a_dated_copy_of_each_night_and_lets_old_ones_go(tmp_path: Path) -> None:
    nights = Nights(tmp_path, ["sh", str(NIGHTLY), "targets/other.yaml"])
    old = tmp_path / "nights" / "2020-01-01T000000Z"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    nights.run("first")
    (kept,) = (tmp_path / "nights").iterdir()
    assert (kept / "results.json").read_text() == "first"
    assert "--target targets/other.yaml" in nights.calls[0]


def test_github_gets_the_summary_once(tmp_path: Path) -> None:
    nights = Nights(tmp_path, github_shell())
    nights.run("first", 1)
    assert nights.text("step.md") == "# summary"
    tells_itself = FAKE.replace('exit "$(cat code)"\n', 'echo own > "$GITHUB_STEP_SUMMARY"\n')
    (tmp_path / "bin" / "conformance").write_text(tells_itself)
    nights.run("second")
    assert nights.text("step.md") == "own"


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("vendor.github-workflows", "github-actions.yaml"),
        ("vendor.github-workflows", "drift.yaml"),
        ("vendor.gitlab-ci", "gitlab-ci.yaml"),
    ],
)
def test_a_ci_file_fits_the_schema_of_its_service(schema: str, name: str) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(EXAMPLES / name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_kubernetes_takes_the_manifest() -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for one in kubernetes_objects():
        validator.validate(one, validator.latest_version(), strict=True)


def test_the_pod_writes_only_where_a_volume_is_and_every_volume_is_there() -> None:
    pod = cronjob()["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in container["volumeMounts"]}
    assert container["workingDir"] == container["volumeMounts"][0]["mountPath"]
    claims = {one["metadata"]["name"] for one in kubernetes_objects() if one["kind"] == "PersistentVolumeClaim"}
    assert {volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"][:1]} == claims
    assert "/" not in container["image"]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    units = []
    for name in ("conformance.service", "conformance.timer"):
        text = (EXAMPLES / "systemd" / name).read_text()
        units.append(tmp_path / name)
        units[-1].write_text(text.replace("/opt/conformance/examples", str(LINKED)))
    command = ["systemd-analyze", "verify", "--man=no", *map(str, units)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "conformance." in line]
    assert (done.returncode, ours) == (0, [])


def test_systemd_wakes_the_timer_every_night() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = (EXAMPLES / "systemd" / "conformance.timer").read_text()
    (when,) = re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE)
    command = ["systemd-analyze", "calendar", "--iterations=2", when]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0
    days = re.findall(r"(?:Next elapse|Iteration #2|Iter\. #2): \w+ (\d{4}-\d\d-\d\d) 03:10:00", done.stdout)
    assert len(set(days)) == 2, done.stdout


LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def schedules() -> list[str]:
    triggers = document("github-actions.yaml")[True]
    return [cron_lines()[0], cronjob()["spec"]["schedule"], triggers["schedule"][0]["cron"]]


def test_every_crontab_schedule_is_once_a_night() -> None:
    for schedule in schedules():
        fields = schedule.split()[:5]
        for field, (least, most) in zip(fields, LIMITS, strict=True):
            assert field == "*" or least <= int(field) <= most
        assert [field != "*" for field in fields] == [True, True, False, False, False]


def test_the_cron_file_names_a_user_and_has_no_percent_sign_that_cron_would_take_for_a_line_end() -> None:
    (line,) = cron_lines()
    assert line.split()[5] == "conformance"
    assert "%" not in line


def test_alerts_ask_for_metrics_that_there_are() -> None:
    rules = [rule for group in document("prometheus/alerts.yaml")["groups"] for rule in group["rules"]]
    written = metrics.format_metrics(sample_results())
    names = {name for rule in rules for name in re.findall(r"conformance_\w+", rule["expr"])}
    assert len(names) == 4
    assert [name for name in names if f"# TYPE {name} gauge" not in written] == []
    labels = {label for rule in rules for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])}
    assert [label for label in labels if f'{label}="' not in written] == []


def test_the_script_is_executable_and_plain_shell() -> None:
    assert os.access(NIGHTLY, os.X_OK)
    assert subprocess.run(["sh", "-n", str(NIGHTLY)], check=False).returncode == 0
