"""Files of ours with anything at all in them: each command says what is wrong, or reads them; none breaks."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from click import ClickException
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance import yaml_document
from conformance.cli import group
from conformance.contract.power import FILE as POWER_FILE
from conformance.contract.power import read_power
from conformance.engine.journal import LEDGER_FILE, Ledger, LedgerEntry, read_open_entries
from conformance.errors import ConformanceError
from conformance.history.store import append_results
from conformance.results.serialization import format_results, read_results
from conformance.target.loader import read_profile

ROOT = Path(__file__).parents[2]
FIRST_FORMAT = ROOT / "tests/results/format_1"
KINTO = ROOT / "examples/kinto/cases/kinto"
TEXTS = ["", "x" * 5000, "\ud800", "\x00\x1b[2J", "../../etc/passwd", "(a+)+b", "{fixture.x}", "{capture.a|optional}"]
TEXTS += ["9" * 30, "2026-13-45", "/dev/zero", "[", "http://[", "https://h:99999", "0-99999999999"]
ODD: list[Any] = [
    *TEXTS,
    None,
    True,
    -1,
    0,
    10**20,
    10**4000,
    1.5,
    1e308,
    [],
    {},
    [[]],
    {"": {}},
    {"a": [None]},
    ["x", 1],
]
PIECES = [b"", b"[", b"{", b'"', b"\xff\xfe", b"\x00", b"9" * 5000, b"[" * 2000, b": ", b"\n", b"\t"]
PIECES += [b"- &a [*a]", b"!!python/object:os.system x"]


def damage_bytes(data: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(data) + 1), chance.choice([0, 1, 2, 10, 200, len(data)])
    return data[:at] + chance.choice([*PIECES, data[at : at + 40]]) + data[at + length :]


def damage_value(value: Any, chance: random.Random) -> Any:
    """The value with something odd in one place of it."""
    places: list[tuple[Any, Any]] = []
    left = [value]
    while left:
        one = left.pop()
        inner = list(one.items()) if isinstance(one, dict) else list(enumerate(one)) if isinstance(one, list) else []
        places += [(one, key) for key, _ in inner]
        left += [each for _, each in inner]
    if not places:
        return chance.choice(ODD)
    holder, key = chance.choice(places)
    if chance.random() < 0.2 and isinstance(holder, dict):
        holder[chance.choice(["", "x", "a/b", "\u202e", key * 2 if isinstance(key, str) else "y"])] = holder.pop(key)
    elif chance.random() < 0.15:
        del holder[key]
    else:
        holder[key] = chance.choice(ODD)
    return value


def damage_json(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines() if b"\n{" in data else [data]
    n = chance.randrange(len(lines))
    lines[n] = json.dumps(damage_value(json.loads(lines[n]), chance)).encode()
    return b"\n".join(lines)


def damage_yaml(data: bytes, chance: random.Random) -> bytes:
    value = damage_value(yaml.safe_load(data), chance)
    return yaml.safe_dump(value, allow_unicode=False, sort_keys=False).encode("utf-8", "surrogatepass")


def damage_history(data: bytes, chance: random.Random) -> bytes:
    """A database of the same form, with something odd in one column."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite"
        path.write_bytes(data)
        with closing(sqlite3.connect(path)) as connection:
            table = chance.choice(["runs", "rows", "choices", "tried"])
            column = chance.choice([name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")])
            value = chance.choice([*(text for text in TEXTS if text.isprintable()), b"\xff", None, -1, 2**62, 1e308])
            with suppress(sqlite3.Error):
                connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
            connection.commit()
        return path.read_bytes()


def run_command(*arguments: object) -> None:
    """A command of ours; raises what is no answer to a person."""
    with suppress(ConformanceError, ClickException, SystemExit):
        group.main([str(one) for one in arguments], prog_name="conformance", standalone_mode=False)


def use_results(path: Path) -> None:
    run_command("report", path, "--output", path.parent / "drawn", "--form", "markdown", "--form", "html")
    run_command("compare", path, FIRST_FORMAT)
    run_command("compare", FIRST_FORMAT, path, "--form", "html", "--output", path.parent / "compared.html")
    run_command("rejudge", path)


def use_history(path: Path) -> None:
    run_command("history", path, "--html", path.parent / "history.html", "--keep", "90 days")


def use_contract(path: Path) -> None:
    folder = path.parent / "kinto"
    shutil.copytree(KINTO, folder)
    shutil.copy(path, folder / path.name)
    run_command("lint", folder)


def use_document(path: Path) -> None:
    drafted = ["--output", path.parent / "drafted"]
    run_command("new", "another", "--from", path, *drafted)
    run_command("new", "one-more", "--from", ROOT / "tests/authoring/pages/forms.md", "--openapi", path, *drafted)


def use_profile(path: Path) -> None:
    with suppress(ConformanceError):
        read_profile(path, environ={"KEY": "secret-value-1"})


def use_ledger(path: Path) -> None:
    with suppress(ConformanceError):
        read_open_entries(path)


def use_power(path: Path) -> None:
    with suppress(ConformanceError):
        read_power(path.parent)


@cache
def samples() -> dict[str, tuple[str, bytes, Callable[[bytes, random.Random], bytes], Callable[[Path], None]]]:
    """By kind: the name of the file, what is in it, how it is damaged beside any bytes, and who reads it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        append_results(folder / "history.sqlite", read_results(FIRST_FORMAT))
        ledger = Ledger(folder / LEDGER_FILE)
        entry = LedgerEntry("kuroco", "http://127.0.0.1:9", "insertTopic", names=("conformance-abc123-0123456789ab",))
        ledger.record_intent(entry)
        ledger.close()
        history, kept = (folder / "history.sqlite").read_bytes(), (folder / LEDGER_FILE).read_bytes()
    today = format_results(read_results(FIRST_FORMAT)).encode()
    profile = {
        "contract": "kuroco", "base_url": "http://127.0.0.1:9", "allow": ["write"], "pace": "10/10s", "timeout": "10s",
        "credentials": {"token": {"header": "X-RCMS-API-ACCESS-TOKEN", "env": "KEY", "allowance": "3/60s"}},
        "fixtures": {"list_path": "/a", "languages": ["ja"], "fields": {"regex": {"pattern": "a+", "mismatch": "b"}}},
        "vantages": {"outside": {"source_address": "127.0.0.9"}}, "hooks": {"x": {"headers": {"A": "b"}}},
        "patience": {"per_wait": "1s", "in_all": "5m"}, "settle": "2s", "expectations": [
            {"row": "login/token", "check": "status", "value": 401, "reason": "known", "expires": "2030-01-01"}],
    }  # fmt: skip
    document = json.dumps(yaml.safe_load((ROOT / "cases/microcms-management/openapi.yaml").read_bytes())).encode()
    power = json.dumps({"made_by": "x", "cases": "ab", "probes": {"a/b": {"limit=1": "0 3-7", "x": "1"}}}).encode()
    return {
        "results 1": ("results.json", (FIRST_FORMAT / "results.json").read_bytes(), damage_json, use_results),
        "results 2": ("results.json", today, damage_json, use_results),
        "events": ("results.jsonl", (FIRST_FORMAT / "results.jsonl").read_bytes(), damage_json, use_results),
        "history": ("history.sqlite", history, damage_bytes, use_history),
        "history values": ("history.sqlite", history, damage_history, use_history),
        "ledger": (LEDGER_FILE, kept, damage_json, use_ledger),
        "profile": ("target.yaml", yaml_document.dump(profile).encode(), damage_yaml, use_profile),
        "power": (POWER_FILE, power, damage_json, use_power),
        "document": ("api.json", document, damage_json, use_document),
        **{
            name: (name, (KINTO / name).read_bytes(), damage_yaml, use_contract)
            for name in ("contract.yaml", "errors.yaml", "openapi.yaml", "resources.yaml")
        },
    }


def read_damaged(kind: str, seed: int) -> None:
    """Damage a file of this kind, and let its readers have it."""
    name, data, damage, use = samples()[kind]
    chance = random.Random(seed)
    damaged = (damage if chance.random() < 0.7 else damage_bytes)(data, chance)
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(damaged)
        use(path)


CHEAP = ["results 1", "results 2", "events", "history", "history values", "ledger", "profile", "power"]
CHEAP += ["openapi.yaml", "document"]


@given(st.sampled_from(CHEAP), st.integers(0, 10**6))
@example("openapi.yaml", 2049)
@example("openapi.yaml", 5311)
@example("profile", 2204)
@example("events", 2187)
@example("history", 5084)
@example("history values", 85)
@example("results 1", 700120)
@example("events", 700225)
@settings(max_examples=20, deadline=None, database=None)
def test_a_damaged_file_is_read_or_refused(kind: str, seed: int) -> None:
    read_damaged(kind, seed)
