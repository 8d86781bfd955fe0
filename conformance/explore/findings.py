"""Findings of one operation gathered as they come: equal ones once, with a count and the smallest request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from conformance.checks.http_notes import check_http_notes
from conformance.checks.model import Finding, Level, Verdict, verdict_of_levels
from conformance.engine.evidence import Evidence
from conformance.explore.checks import Observation, ProbeAnswer
from conformance.explore.context import ExploreContext
from conformance.messages import Message
from conformance.results.model import Exploration, ExploredFinding, RecordedExchange, Undocumented
from conformance.results.redaction import Redactor

Item = TypeVar("Item")


@dataclass(slots=True)
class FindingCollector:
    """What has been found so far of one operation; exchanges and remarks on HTTP are in the evidence."""

    evidence: Evidence
    statuses: Counter[int] = field(default_factory=Counter)
    observed: list[tuple[Observation, ProbeAnswer]] = field(default_factory=list)
    smaller: list[tuple[Observation, ProbeAnswer]] = field(default_factory=list)
    """The same again, seen on simpler requests that were tried for this alone: they are not counted."""
    undocumented: list[tuple[str, ProbeAnswer]] = field(default_factory=list)
    """Messages with a status that no row documents."""

    def count_answer(self, answer: ProbeAnswer) -> None:
        """Count the status of an answer, and keep the remarks on it as HTTP."""
        if answer.status:
            self.statuses[answer.status] += 1
            self.evidence.add_notes(check_http_notes(answer.exchange), answer.sent.n)

    def build_result(
        self, context: ExploreContext, planned: int, reason: str | None
    ) -> tuple[Exploration, tuple[Undocumented, ...]]:
        """All of it as results, redacted, with the exchanges that it points at."""
        kept: dict[int, RecordedExchange] = {}
        redactor, operation, sent = context.run.redactor, context.operation, self.evidence

        def keep(n: int | None) -> RecordedExchange:
            """The exchange of this number, renumbered among those that are kept."""
            one = sent.exchanges[(n or 0) - 1]
            return kept.setdefault(one.n, replace(one, n=len(kept) + 1))

        findings, smaller = list[ExploredFinding](), _group(self.smaller, lambda found, _: found.key)
        for key, several in _group(self.observed, lambda found, _: found.key).items():
            observation, shown = min([*several, *smaller.get(key, ())], key=lambda pair: pair[1].weight)
            findings.append(_explored(observation.finding, len(several), keep(shown.sent.n).n, redactor))
        undocumented = []
        for alike in _group(self.undocumented, lambda message, answer: (answer.status, message)).values():
            message, answer = min(alike, key=lambda pair: pair[1].weight)
            shown, text = keep(answer.sent.n), redactor.text(message)
            one = Undocumented(operation.id, answer.status, text, len(alike), shown.curl, shown.label)
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
            planned=planned,
            beyond_plan=sent.beyond_plan,
            statuses=tuple(sorted(self.statuses.items())),
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


def _explored(found: Finding, count: int, n: int, redactor: Redactor) -> ExploredFinding:
    expected, actual = redactor.json(found.expected), redactor.json(found.actual)
    return ExploredFinding(found.check, found.level, expected, actual, count, n, redactor.text(found.detail))
