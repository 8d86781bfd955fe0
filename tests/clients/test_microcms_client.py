"""The vendor's own client uploads to our microCMS server, and shows its error message: npm's `microcms-js-sdk`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from conformance import reference

HOOK = """
const own = globalThis.fetch;
globalThis.fetch = (url, options) =>
  own(String(url).replace("https://example.microcms-management.io", process.env.BASE_URL), options);
"""
SCRIPT = """
import { createManagementClient } from "microcms-js-sdk";
const say = async (what) => { try { return await what(); } catch (error) { return { error: error.message }; } };
const client = (apiKey) => createManagementClient({ serviceDomain: "example", apiKey });
const image = () => new Blob([new Uint8Array(600)], { type: "image/png" });
const upload = (key, data) => say(() => client(key).uploadMedia({ data, name: "from-the-client.png" }));
console.log(JSON.stringify({
  stored: await upload(process.env.API_KEY, image()),
  refused: await upload("nobody-has-this-key", image()),
  large: await upload(process.env.API_KEY, new Blob([new Uint8Array(5400000)], { type: "image/png" })),
}));
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which node finds the client."""
    if not (npm := shutil.which("npm")) or not shutil.which("node"):
        pytest.skip("node and npm are not there")
    folder = tmp_path_factory.mktemp("js")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "microcms-js-sdk@3.5.1"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=90)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"microcms-js-sdk could not be installed: {type(error).__name__}")
    (folder / "hook.mjs").write_text(HOOK, encoding="utf-8")
    (folder / "upload.mjs").write_text(SCRIPT, encoding="utf-8")
    return folder


def test_microcms_js_sdk_uploads_and_shows_error_messages(client: Path) -> None:
    with reference.start("microcms-management") as server:
        done = subprocess.run(
            [str(shutil.which("node")), "--import", "./hook.mjs", "upload.mjs"],
            cwd=client,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            env={
                "PATH": str(Path(str(shutil.which("node"))).parent),
                "BASE_URL": server.base_url,
                "API_KEY": server.profile["credentials"]["full"]["value"],
            },
        )
    assert done.returncode == 0, done.stderr[-1500:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["stored"]["url"].endswith(".png")
    assert "Forbidden" in seen["refused"]["error"]
    assert "request body too large" in seen["large"]["error"]
