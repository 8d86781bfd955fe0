"""What was found of one operation, as results: equal findings once, with a count and the smallest request."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from conformance.checks.model import Level, Verdict, verdict_of_levels
from conformance.explore.checks import ProbeAnswer
from conformance.explore.explorer import Explorer
from conformance.messages import Message
from conformance.results.model import Exploration, ExploredFinding, RecordedExchange, Undocumented

Item = TypeVar("Item")


def build_result(explorer: Explorer, reason: str | None) -> tuple[Exploration, tuple[Undocumented, ...]]:
    """All that was found as results, redacted, with the exchanges that they point at; `reason` is why in doubt."""
    kept: dict[int, RecordedExchange] = {}
    context, sent = explorer.context, explorer.evidence
    redactor, operation = context.run.redactor, context.operation

    def keep(n: int | None) -> RecordedExchange:
        """The exchange of this number, renumbered among those that are kept."""
        one = sent.exchanges[(n or 0) - 1]
        return kept.setdefault(one.n, replace(one, n=len(kept) + 1))

    findings, smaller = list[ExploredFinding](), _group(explorer.smaller, lambda found, _: found.key)
    for key, several in _group(explorer.observed, lambda found, _: found.key).items():
        observation, answer = min([*several, *smaller.get(key, ())], key=lambda pair: pair[1].weight)
        found, n = observation.finding, keep(answer.sent.n).n
        expected, actual = redactor.json(found.expected), redactor.json(found.actual)
        findings.append(ExploredFinding(found.check, found.level, expected, actual, len(several), n, found.detail))
    undocumented = []
    for alike in _group(explorer.undocumented, lambda message, answer: (answer.status, message)).values():
        message, answer = min(alike, key=lambda pair: pair[1].weight)
        shown = keep(answer.sent.n)
        one = Undocumented(operation.id, answer.status, message, len(alike), shown.curl, shown.label)
        undocumented.append(one)
    notes = tuple(replace(note, exchange=keep(note.exchange).n) for note in sent.notes)
    if reason is not None and sent.exchanges:
        keep(len(sent.exchanges))
    exploration = replace(
        describe_exploration(operation.id, operation.method, operation.template, reason=reason),
        verdict=verdict_of_levels(
            [finding.level for finding in findings], in_doubt=reason is not None, exercised=sent.requests > 0
        ),
        requests=sent.requests,
        planned=explorer.planned,
        beyond_plan=sent.beyond_plan,
        statuses=tuple(sorted(explorer.statuses.items())),
        findings=tuple(sorted(findings, key=lambda finding: list(Level).index(finding.level))),
        exchanges=tuple(kept.values()),
        notes=notes,
    )
    return redactor.redact(exploration), redactor.redact(tuple(undocumented))


def _group(
    pairs: Iterable[tuple[Item, ProbeAnswer]], key: Callable[[Item, ProbeAnswer], Hashable]
) -> dict[Hashable, list[tuple[Item, ProbeAnswer]]]:
    """What is one and the same, in the order in which it came."""
    groups: dict[Hashable, list[tuple[Item, ProbeAnswer]]] = {}
    for item, answer in pairs:
        groups.setdefault(key(item, answer), []).append((item, answer))
    return groups


def describe_exploration(
    operation: str, method: str, path: str, lacks: tuple[str, ...] = (), reason: str | None = None
) -> Exploration:
    """The result of an operation to which nothing was sent."""
    reason = reason or (Message("lacks {names}", names=", ".join(lacks)) if lacks else None)
    file = "openapi.yaml"
    return Exploration(operation, method, path, Verdict.NOT_EXERCISED, reason=reason, lacks=lacks, file=file, line=1)
