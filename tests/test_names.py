"""Packages offer what is there, and no file tells of a machine or holds a key."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(part for part in path.relative_to(ROOT).with_suffix("").parts if part != "__init__")
    for path in (ROOT / "conformance").rglob("*.py")
    if path.name != "__main__.py"
)


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Every file that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_what_a_module_offers_is_there_and_named_once() -> None:
    for name in MODULES:
        module = importlib.import_module(name)
        offered = getattr(module, "__all__", ())
        assert [f"{name}.{each}" for each in offered if not hasattr(module, each)] == []
        assert len(set(offered)) == len(offered), name


def test_a_class_name_stands_once_in_the_package() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "conformance").rglob("*.py")]
    counted = Counter(name for text in texts for name in re.findall(r"^class (\w+)", text, re.MULTILINE))
    assert [name for name, count in counted.items() if count > 1] == []


# Put together here, so that this file does not hold them itself.
MACHINE = ["/" + "work/", "/" + "home/", "/" + "Users/", "/" + "root/", "C:" + "\\Users"]
HOSTS = [
    "pypi" + ".org",
    "files.python" + "hosted",
    "registry" + ".npmjs",
    "arti" + "factory",
    "nex" + "us.",
    "/sim" + "ple/",
]


@pytest.mark.parametrize("word", [*MACHINE, *HOSTS])
def test_no_file_names_a_machine_s_folders_or_a_registry(files: list[Path], word: str) -> None:
    found = [path.relative_to(ROOT).as_posix() for path in files if word.encode() in path.read_bytes()]
    assert found == []


def test_no_file_holds_what_looks_like_a_key(files: list[Path]) -> None:
    forms = [
        r"AKIA[0-9A-Z]{16}",
        r"ghp_[0-9A-Za-z]{36}",
        r"-----BEGIN [A-Z ]*PRIVATE " + "KEY-----",
        r"xox[bp]-[0-9A-Za-z-]{20,}",
    ]
    pattern = re.compile("|".join(forms).encode())
    assert [path.relative_to(ROOT).as_posix() for path in files if pattern.search(path.read_bytes())] == []
