"""What belongs together in two results: runs of the same contract and target, and equal requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from conformance.results.model import RecordedExchange, TargetRun
from conformance.results.normalize import Normalizer

RequestKey = tuple[str, str, str, str, tuple[tuple[str, str], ...]]
"""Method, URL, body, vantage and headers, without what is particular to one target."""
_NOT_COMPARED = frozenset({"user-agent", "content-length", "host", "x-request-id", "traceparent"})
"""Headers that say nothing about what was asked."""
Pair = tuple[TargetRun | None, TargetRun | None]


def match_runs(old: Sequence[TargetRun], new: Sequence[TargetRun]) -> tuple[Pair, ...]:
    """Pairs of the same contract: first of the same target, then of the same name, then of the same address.

    Where a contract has one run on each side, those two belong together whatever they were run against. A run without
    a partner comes with None.
    """
    left, right = list(old), list(new)
    pairs: list[Pair] = []
    for key in (_by("name", "base_url"), _by("name"), _by("base_url")):
        pairs += _taken(left, right, key)
    pairs += _taken(left, right, _alone(old, new))
    pairs += [(run, None) for run in left]
    pairs += [(None, run) for run in right]
    order = {id(run): place for place, run in enumerate((*new, *old))}
    return tuple(sorted(pairs, key=lambda pair: order[id(pair[1] or pair[0])]))


def label_run(run: TargetRun) -> str:
    """The target's name, or its address where it has none."""
    return str(run.target.get("name") or run.target.get("base_url") or "?")


def request_key(exchange: RecordedExchange, normalizer: Normalizer) -> RequestKey:
    """Equal for two requests, perhaps of two targets, that ask for the same; `normalizer` is that of the target."""
    request = exchange.request
    headers = tuple(
        sorted(
            (name.lower(), normalizer.normalize(value))
            for name, value in request.headers
            if name.lower() not in _NOT_COMPARED and not value.startswith("multipart/")
        )
    )
    body = normalizer.normalize(request.body or "")
    return request.method, normalizer.normalize(request.url), body, request.vantage, headers


def _taken(left: list[TargetRun], right: list[TargetRun], key: Callable[[TargetRun], Any]) -> Iterator[Pair]:
    for run in tuple(left):
        expected = key(run)
        found = next((one for one in right if expected is not None and key(one) == expected), None)
        if found is not None:
            left.remove(run)
            right.remove(found)
            yield run, found


def _alone(old: Sequence[TargetRun], new: Sequence[TargetRun]) -> Callable[[TargetRun], Any]:
    def key(run: TargetRun) -> Any:
        name = run.contract.name
        sole = all(sum(one.contract.name == name for one in side) == 1 for side in (old, new))
        return name if sole else None

    return key


def _by(*members: str) -> Callable[[TargetRun], Any]:
    """The contract and these members of the profile; None where the last one says nothing."""

    def key(run: TargetRun) -> Any:
        return (run.contract.name, *map(run.target.get, members)) if run.target.get(members[-1]) else None

    return key
