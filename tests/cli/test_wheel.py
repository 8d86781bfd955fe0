"""The wheel alone is enough: no repository, any folder."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from conformance import __version__
from tests.cli.process import CASES, CommandResult, ended, environment

ROOT = CASES.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; what it depends on is lent by the surrounding one.

    It is built from what the Dockerfile copies for its build, and nothing else.
    """
    place = tmp_path_factory.mktemp("wheel")
    copy = place / "source"
    build_stage = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[1]
    copy.mkdir()
    for names, folder in re.findall(r"^COPY (.+) (\S+)$", build_stage, re.MULTILINE):
        for name in names.split():
            source, target = ROOT / name, copy / folder
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", str(copy), "--no-deps", "-q"]
    built = ended([*pip, "-w", str(place)], place, environment())
    if "No matching distribution found for setuptools" in built.err:
        pytest.skip("setuptools cannot be fetched")
    assert built.code == 0, built.err
    (wheel,) = place.glob("*.whl")
    venv.create(place / "env", with_pip=False)
    home = Path(sysconfig.get_path("purelib", vars={"base": str(place / "env"), "platbase": str(place / "env")}))
    unzip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(home), str(wheel)]
    subprocess.run(unzip, check=True, env=environment(), capture_output=True)
    # A line of a .pth file lends modules, and none of the .pth files beside them: no editable install comes along.
    (home / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return place / "env" / "bin" / "python"


def call(python: Path, cwd: Path, *arguments: str) -> CommandResult:
    cwd.mkdir(exist_ok=True)
    env = {name: text for name, text in environment().items() if name != "PYTHONPATH"}
    return ended([str(python), "-m", *arguments], cwd, env)


def test_contracts_come_along_and_run_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    place = tmp_path / "an empty folder"
    listed = call(installed, place, "conformance", "list")
    assert listed.code == 0, listed.all
    assert "contents-get/limit-below-minimum" in listed.out
    where = call(installed, place, "conformance", "explain", "member-not-found").out
    assert f"({installed.parent.parent}" in where
    ran = call(installed, place, "conformance", "run", "--depth", "smoke", "-k", "member-not-found")
    assert ran.code == 0, ran.all
    assert "✓ conforms  members-get/member-not-found" in ran.out
    assert {"reports", ".pytest_cache", ".hypothesis"} >= {path.name for path in place.iterdir()}
    assert list(installed.parent.parent.rglob(".pytest_cache")) == []


def test_the_images_command_works_and_types_come_along(installed: Path, tmp_path: Path) -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    entry, arguments = (
        json.loads(re.findall(rf"^{word} (\[.+\])$", text, re.MULTILINE)[0]) for word in ("ENTRYPOINT", "CMD")
    )
    result = call(installed, tmp_path / "data", *entry, *arguments)
    assert (result.code, result.out.startswith("Usage:")) == (0, True), result.all
    version = call(installed, tmp_path / "data", *entry, "--version")
    assert version.out == f"conformance, version {__version__}\n"
    (package,) = installed.parents[1].rglob("conformance/py.typed")
    assert sorted(path.parent.name for path in package.parent.glob("cases/*/contract.yaml")) == [
        "kuroco",
        "microcms-management",
    ]
    assert all((path.parent / "power.json").is_file() for path in package.parent.glob("cases/*/contract.yaml"))


def test_any_folder_of_cases_is_run_in_a_project_for_which_warnings_are_errors(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(CASES / "microcms-management", tmp_path / "mine" / "tables")
    (tmp_path / "mine" / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    for command in (["pytest", "--conformance-depth"], ["conformance", "run", "--depth"]):
        ran = call(installed, tmp_path / "mine", *command, "smoke", "tables", "-k", "member-not-found")
        assert ran.code == 0, ran.all
    assert (tmp_path / "mine" / "reports" / "report.html").is_file()
