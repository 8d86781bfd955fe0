"""A profile on disk, and what reading it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.errors import ConfigError
from conformance.target.loader import Target, read_profile

Problems = Callable[..., list[str]]

HEAD = "contract: microcms-management\nbase_url: https://example.test\n"


@pytest.fixture
def profile(tmp_path: Path) -> Callable[..., Target]:
    """Reads a profile of a head (two lines) and what follows."""

    def reading(text: str, *, head: str = HEAD, environ: dict[str, str] | None = None, **options: object) -> Target:
        path = tmp_path / "staging.yaml"
        path.write_text(head + text, encoding="utf-8")
        return read_profile(path, environ=environ or {}, **options)  # type: ignore[arg-type]

    return reading


@pytest.fixture
def problems(profile: Callable[..., Target]) -> Problems:
    """As `profile`, of a profile that is refused: each problem as `LINE: text`."""

    def refused(text: str, **options: object) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            profile(text, **options)
        assert caught.value.problems
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        return [f"{problem.where.rpartition('/')[2]}: {problem}" for problem in caught.value.problems]

    return refused
