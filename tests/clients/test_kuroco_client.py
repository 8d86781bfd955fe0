"""A client that others wrote for the vendor's own service reads our Kuroco server: the PyPI package `kuroco-py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import reference

pytestmark = pytest.mark.timeout(400)
"""Longer than both installations may take, after which the test is skipped."""

SCRIPT = """
import asyncio, json, sys
from kuroco_api import KurocoAPI

async def read():
    api = KurocoAPI(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    listed = await api.get(sys.argv[4], {"cnt": 2})
    detail = await api.get(sys.argv[5], {})
    return {
        "listed": [int(number) for number in listed.data.index],
        "status": [listed.status, detail.status],
        "subjects": [str(text) for text in detail.data["subject"]],
    }

print(json.dumps(asyncio.run(read())))
"""


@pytest.fixture(scope="module")
def client() -> Path:
    """A folder with the client and only what it imports: the whole of its dependencies is half a gigabyte.

    It stays in the environment that the tests run in: to install it takes as long as a dozen other tests.
    """
    folder = Path(sys.prefix, "kuroco-py")
    if (folder / "complete").exists():
        return folder
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    pip += ["--upgrade", "--target", str(folder)]
    try:
        for packages in (["--no-deps", "kuroco-py==0.0.3.1"], ["aiohttp", "pandas"]):
            subprocess.run([*pip, *packages], check=True, capture_output=True, timeout=120)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"kuroco-py could not be installed: {type(error).__name__}")
    (folder / "complete").touch()
    return folder


def test_kuroco_py_reads_list_and_detail(client: Path) -> None:
    with reference.start("kuroco") as server:
        fixtures = server.profile["fixtures"]
        _, version, listed = fixtures["list_path"].split("/", 2)
        detail = fixtures["detail_path"].split("/", 2)[2].format(topics_id=fixtures["topics_id"])
        token = server.profile["credentials"]["token"]["value"]
        arguments = [token, f"{server.base_url}/rcms-api", version, listed, detail]
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(client)},
        )
    assert done.returncode == 0, done.stderr[-1500:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["status"] == [200, 200]
    assert len(seen["listed"]) == 2
    assert all(seen["subjects"])
