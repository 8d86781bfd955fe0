"""What travels to a worker: never a secret."""

from __future__ import annotations

import pickle
import threading
import time
from concurrent.futures import Executor, Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from conformance import yaml_document
from conformance.audit import dispatch
from conformance.audit.dispatch import ExecutorPool, JobDispatcher, dask_executor
from conformance.audit.jobs import AuditOptions, Job, JobOutcome, build_jobs, find_profiles
from conformance.errors import ConfigError
from conformance.quantities import Pace
from tests.shipped_contracts import shipped_contract

FULL = {"contract": "kuroco", "base_url": "https://shop.example"}
CONTRACTS = {"kuroco": shipped_contract("kuroco")}


def read_jobs(*paths: Path) -> tuple[Job, ...]:
    return build_jobs(paths, CONTRACTS, AuditOptions(), Path("out"))


def written(folder: Path, **more: Any) -> Path:
    path = folder / f"{len(list(folder.iterdir()))}.yaml"
    path.write_text(yaml_document.dump({**FULL, **more}), encoding="utf-8")
    return path


def test_a_profile_travels_with_the_names_of_variables_only(tmp_path: Path) -> None:
    path = written(tmp_path, credentials={"full": {"header": "X-Key", "env": "SHOP_KEY"}})
    (one,) = read_jobs(path)
    assert one.document is not None
    assert "SHOP_KEY" in one.document


@pytest.mark.parametrize(
    "secret",
    [
        {"credentials": {"full": {"header": "X-Key", "value": "s3cr3t"}}},
        {"credentials": {"login": {"email": {"env": "MAIL"}, "password": {"value": "s3cr3t"}}}},
        {"credentials": {"full": "s3cr3t"}},
        {"credentials": {"full": {"header": "X-Key", "env": "s3cr3t-in-the-wrong-place"}}},
        {"credentials": ["s3cr3t"]},
        {"vantages": {"outside": {"proxy": "http://user:s3cr3t@proxy.example:3128"}}},
    ],
)
def test_a_profile_in_which_a_secret_stands_does_not_travel(tmp_path: Path, secret: dict[str, Any]) -> None:
    (one,) = read_jobs(written(tmp_path, **secret))
    assert one.document is None
    assert b"s3cr3t" not in pickle.dumps(one)


def test_equal_names_get_folders_of_their_own(tmp_path: Path) -> None:
    paths = [written(tmp_path, name=name) for name in ("Shop", "shop", "../shop", "店")]
    folders = [one.folder for one in read_jobs(*paths)]
    assert len(folders) == len({name.lower() for name in folders})
    assert all("/" not in name and not name.startswith(".") for name in folders)


def test_a_folder_without_profiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no profile in this folder"):
        find_profiles([tmp_path])


def job(name: str, pace: Pace | None = None) -> Job:
    return Job(name, "p", options=AuditOptions(seconds=0.1), pace=pace)


class Odd(Executor):
    """Refuses one, loses another, never ends a third."""

    def submit(self, _: Any, one: Job, /) -> Future[JobOutcome]:  # type: ignore[override]
        future: Future[JobOutcome] = Future()
        if one.name == "refused":
            raise RuntimeError
        if one.name == "died":
            future.set_exception(OSError("worker is gone"))
        if one.name == "fine":
            threading.Timer(0.05, future.set_result, (JobOutcome("fine"),)).start()
        return future


def test_every_order_has_one_outcome_whatever_the_executor_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.audit.dispatch._CLEANUP_SECONDS", 1.9)
    executor = Odd()
    names = ["fine", "refused", "died", "never"]
    dispatch = JobDispatcher(
        [[job(name)] for name in names], ExecutorPool(lambda one: executor.submit(None, one), lambda: 9)
    )
    found = {one.name: one.problem for one in dispatch.outcomes()}
    assert found == {
        "fine": "",
        "refused": "could not be submitted: RuntimeError",
        "died": "the worker died: OSError",
        "never": "not done after 2 s",
    }


def test_a_group_is_handed_out_one_after_the_other_with_a_rest_between() -> None:
    begun: dict[str, float] = {}

    def submit(one: Job) -> Future[JobOutcome]:
        begun[one.name] = time.monotonic()
        future: Future[JobOutcome] = Future()
        future.set_result(JobOutcome(one.name))
        return future

    groups = [[job("a", Pace(1, 1.0)), job("b", Pace(1, 1.0))], [job("alone")]]
    assert [one.name for one in JobDispatcher(groups, ExecutorPool(submit, lambda: 9)).outcomes()] == [
        "a",
        "alone",
        "b",
    ]
    assert begun["b"] - begun["a"] >= 1.0
    assert begun["alone"] - begun["a"] < 1.0


def test_dask_starts_a_job_four_times_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    client = MagicMock()
    monkeypatch.setattr(dispatch, "_distributed", lambda: SimpleNamespace(Client=lambda *_, **__: client))
    with dask_executor("tcp://127.0.0.1:8786") as pool:
        assert (pool.attempts, client.get_executor.call_args.kwargs["retries"]) == (4, 3)
