"""Opens a page in headless Chromium and gives back what has become of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from html import unescape
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in _NAMES if (path := shutil.which(name))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium was found on the PATH")

NO_SCRIPT = '<meta http-equiv="Content-Security-Policy" content="script-src \'none\'">'
DARK = "--blink-settings=preferredColorScheme=0"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--lang=en", "--virtual-time-budget=4000",
)  # fmt: skip


def with_probe(page: str, script: str) -> str:
    """The page with a script at its end; what the script puts into `document.documentElement.dataset` can be read."""
    end = page.rindex("</body>")
    probe = f"<script>addEventListener('load', () => setTimeout(async () => {{ {script} }}, 50))</script>"
    return page[:end] + probe + page[end:]


def opened(page: Path, *flags: str, fragment: str = "", width: int = 1280) -> str:
    """The document as HTML, after its scripts have run."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as profile:
        command = [CHROMIUM, *_FLAGS, f"--window-size={width},900", f"--user-data-dir={profile}", *flags]
        command += ["--dump-dom", page.as_uri() + fragment]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, encoding="utf-8"
        )
        try:
            return process.communicate(timeout=90)[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def reported(dom: str, name: str) -> Any:
    """What a probe wrote down."""
    match = re.search(rf'<html[^>]* data-{name}="([^"]*)"', dom)
    assert match, f"the probe wrote no {name}"
    return json.loads(unescape(match[1]))


_AXE = """
for (const box of document.querySelectorAll("#cf details")) box.open = true;
const found = await axe.run(document, {resultTypes: ["violations"]});
document.documentElement.dataset.axe = JSON.stringify(found.violations.map((one) => ({
  id: one.id, impact: one.impact, nodes: one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)) })));
"""


def with_axe(page: str, axe: str) -> str:
    """The page with everything open and axe-core run over it; what it found is reported as `axe`."""
    return with_probe(page, _AXE).replace("<head>", f"<head><script>{axe}</script>", 1)
