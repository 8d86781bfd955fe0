"""Makes rows and explorations inconclusive that rest on a cause of the whole run, with the cause as their reason."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from conformance.checks.model import Finding, Level, Verdict
from conformance.engine.cleanup import NOTHING_MORE
from conformance.messages import Message
from conformance.results.model import Exploration, ExploredFinding, RecordedExchange, RowResult
from conformance.session.causes.model import Call, RunCause

Result = TypeVar("Result", bound=RowResult | Exploration)


def apply_causes(results: Iterable[Result], causes: Sequence[RunCause]) -> tuple[Result, ...]:
    """Rows or explorations, inconclusive where all that speaks against the target rests on what never worked.

    Where something else speaks against it, too, only that is kept.
    """
    given = tuple(results)
    clean_ups = [one for each in given for one in each.exchanges if one.role == "clean-up"] if causes else []
    return tuple(_apply(result, causes, clean_ups) for result in given) if causes else given


def _apply(result: Result, causes: Sequence[RunCause], clean_ups: Sequence[RecordedExchange]) -> Result:
    by_number = {one.n: one for one in result.exchanges}
    against: list[tuple[RecordedExchange | None, Finding | ExploredFinding | None]] = []
    if result.verdict is Verdict.VIOLATES:
        musts = [one for one in result.findings if one.level is Level.MUST]
        decisive = [one for one in musts if one.check != "leak"] or musts
        against = [(by_number.get(one.exchange or 0), one) for one in decisive]
    elif result.verdict is Verdict.INCONCLUSIVE:
        is_left = getattr(result.reason, "template", "") == NOTHING_MORE
        against = [(one, None) for one in (clean_ups if is_left else refused_at_last(result))]
    if result.verdict is Verdict.VIOLATES and any(one is not None and one.role != "guard" for one, _ in against):
        # What a look shows afterwards follows from a faulty request that was accepted.
        against = [each for each in against if each[0] is None or each[0].role != "guard"]
    # A valid request may be answered 404 as it should, such as a look at what was deleted: one refusal is enough.
    enough = any if result.verdict is Verdict.INCONCLUSIVE else all
    field = result.expected.field if isinstance(result, RowResult) and result.expected is not None else None
    explaining = [[cause for cause in causes if _explains(cause, one, finding)] for one, finding in against]
    about = [cause for cause in causes if field is not None and field == cause.names]
    if against and (about or enough(explaining)):
        cause = max(about or causes, key=lambda one: sum(one in found for found in explaining))
        stays = "leak" if cause.key.startswith(("fixtures.", "credentials.")) else None
        kept = tuple(
            one
            for one in result.findings
            if one.level is not Level.MUST
            or (one.check == stays and not _is_no_secret(cause, by_number.get(one.exchange or 0), one))
        )
        changes: dict[str, Any] = {"findings": kept}
        if all(one.level is not Level.MUST for one in kept):
            changes |= {"verdict": Verdict.INCONCLUSIVE, "reason": cause.text}
        return replace(result, **changes)
    explained = [finding for (_, finding), found in zip(against, explaining, strict=True) if finding and found]
    unexplained: Any = tuple(one for one in result.findings if one not in explained)
    return replace(result, findings=unexplained)


def _explains(cause: RunCause, exchange: RecordedExchange | None, finding: Finding | ExploredFinding | None) -> bool:
    if finding is not None and finding.check == "leak" and _is_no_secret(cause, exchange, finding):
        return True
    if cause.names and finding is not None and (finding.expected == cause.names or cause.names in finding.detail):
        return True
    if cause.check and finding is not None and finding.check != cause.check:
        return False
    return exchange is not None and cause.affects(Call(exchange, finding if isinstance(finding, Finding) else None))


def _is_no_secret(cause: RunCause, exchange: RecordedExchange | None, finding: Finding | ExploredFinding) -> bool:
    """Whether an answer shows what the target does not know as a credential, and was not sent with the request."""
    shown = str(finding.actual.values.get("name")) if isinstance(finding.actual, Message) else ""
    is_of_cause = cause.key == f"credentials.{shown.partition('.')[0]}"
    return is_of_cause and (exchange is None or not cause.affects(Call(exchange)))


def refused_at_last(result: RowResult | Exploration) -> list[RecordedExchange]:
    """The exchanges that made a result inconclusive: valid requests without a success, or else the last refusal."""
    if result.verdict is not Verdict.INCONCLUSIVE:
        return []
    if isinstance(result, Exploration):
        return list(result.exchanges[-1:])
    calls = list(map(Call, result.exchanges))
    refused = [one for one in calls if not one.succeeded]
    valid = [one for one in refused if one.is_valid]
    unanswered = [one for one in refused if not one.status]
    return [one.exchange for one in valid or unanswered or refused[-1:]]
