"""Compares how two targets answer the same requests, and formats the differences as text, JSON and HTML."""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from conformance.checks.model import Level, Verdict
from conformance.jsontools import load_json, map_texts
from conformance.messages import Message, drop_zeros
from conformance.report.format import format_answer, format_finding
from conformance.report.page import render_template
from conformance.report.sanitize import format_json
from conformance.report.words import VERDICTS
from conformance.results.matching import RequestKey, request_key
from conformance.results.model import RecordedExchange, Results, TargetRun
from conformance.results.normalize import Normalizer
from conformance.results.serialization import format_json_text


class RightSide(StrEnum):
    """The target whose answer the contract documents."""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"
    BOTH = "both"
    """Neither answer is wrong: the documents leave it open, or one did not answer."""


@dataclass(frozen=True, slots=True)
class PairDifference:
    """A request that the two targets answer differently."""

    contract: str
    row: str
    label: str
    first: str
    """The answer in a few words."""
    second: str
    right: RightSide
    why: tuple[str, ...] = ()
    """The findings about both answers, one line each."""
    first_repeat: str = ""
    second_repeat: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    first: str
    second: str
    differences: tuple[PairDifference, ...]
    compared: int
    """The number of requests that were sent to both and answered by at least one."""
    alone: int
    """The number of requests that were sent to only one."""
    unanswered: int = 0
    """The number of requests that neither answered."""


def compare_pair(first: Results, second: Results, names: tuple[str, str] = ("first", "second")) -> Pairing:
    """Compare two runs of one contract, ignoring identifiers, times and names particular to a target.

    Bodies of errors are compared fully, those of successes only by shape, because two sites have different contents.
    Steps and clean-up are not compared. Differences in which one of the two is wrong come first.
    """
    sides = _Side(first.runs[0]), _Side(second.runs[0])
    left, right = (dict(_number_exchanges(side.run)) for side in sides)
    sent = [key for key in left if key in right]
    both = [key for key in sent if left[key].response is not None or right[key].response is not None]
    differences = [
        _build_difference(key[0], (left[key], right[key]), sides)
        for key in both
        if _comparable_answer(left[key], sides[0].normalizer) != _comparable_answer(right[key], sides[1].normalizer)
    ]
    order = [RightSide.FIRST, RightSide.SECOND, RightSide.NEITHER, RightSide.BOTH]
    blamed = {one.row for one in differences if one.right is not RightSide.BOTH}
    differences += _find_unanswered_faults(sides, blamed)
    differences.sort(key=lambda one: order.index(one.right))
    alone = len(left) + len(right) - 2 * len(sent)
    return Pairing(*names, tuple(differences), len(both), alone, len(sent) - len(both))


class _Side:
    """A target's run, with the findings about each answer."""

    def __init__(self, run: TargetRun) -> None:
        self.run = run
        self.normalizer = Normalizer(run.target)
        self._against: dict[RequestKey, list[str]] = {}
        for row in run.rows:
            exchanges = {exchange.n: exchange for exchange in row.exchanges}
            reported: set[tuple[RequestKey, str, str]] = set()
            for finding in row.findings:
                if finding.level is not Level.NOTE and finding.exchange in exchanges:
                    key = request_key(exchanges[finding.exchange], self.normalizer)
                    once = (key, finding.check, format_json((finding.expected, finding.actual)))
                    if once not in reported:  # the same finding about a repeated request is reported once
                        self._against.setdefault(key, []).append(format_finding(finding))
                    reported.add(once)

    def findings(self, exchange: RecordedExchange, other: RecordedExchange) -> list[str]:
        """Return the findings of all rows about the answer to a request; `other` is the other target's exchange.

        A control is a valid request, so refusing it is wrong if the other target serves it.
        """
        found = list(dict.fromkeys(self._against.get(request_key(exchange, self.normalizer), [])))
        refused = exchange.response is not None and exchange.response.status >= 400
        served = other.response is not None and other.response.status < 400
        if not found and exchange.role == "control" and refused and served:
            found = [Message("{label} was refused: {answer}", label=exchange.label, answer=format_answer(exchange))]
        return found


def _number_exchanges(run: TargetRun) -> Iterator[tuple[tuple[str, str, str, int], RecordedExchange]]:
    """Yield each exchange with its key: row, label, role, and the number of earlier exchanges with the same ones."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for row in run.rows:
        for exchange in row.exchanges:
            if exchange.role not in {"step", "clean-up", "guard"}:
                key = row.id, exchange.label, exchange.role
                yield (*key, seen[key]), exchange
                seen[key] += 1


def _comparable_answer(exchange: RecordedExchange, normalizer: Normalizer) -> Any:
    response = exchange.response
    if response is None:
        return "no answer"
    try:
        body = load_json(response.body)
    except ValueError:
        return response.status, normalizer.normalize(response.body) if response.status >= 400 else type(response.body)
    return response.status, map_texts(body, normalizer.normalize) if response.status >= 400 else _shape(body)


def _shape(value: Any) -> Hashable:
    """Return the shape of a JSON value: names and shapes of members, the set of shapes of an array's items."""
    if isinstance(value, dict):
        return "object", frozenset((name, _shape(each)) for name, each in value.items())
    if isinstance(value, list):
        return "array", frozenset(map(_shape, value))
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _build_difference(
    row: str, exchanges: tuple[RecordedExchange, RecordedExchange], sides: tuple[_Side, _Side]
) -> PairDifference:
    first, second = exchanges
    against = sides[0].findings(first, second), sides[1].findings(second, first)
    verdicts = {(False, False): RightSide.BOTH, (True, False): RightSide.SECOND, (False, True): RightSide.FIRST}
    return PairDifference(
        contract=sides[0].run.contract.name,
        row=row,
        label=first.label,
        first=format_answer(first),
        second=format_answer(second),
        right=verdicts.get((bool(against[0]), bool(against[1])), RightSide.NEITHER),
        why=(*against[0], *against[1]),
        first_repeat=first.curl,
        second_repeat=second.curl,
    )


def _find_unanswered_faults(sides: tuple[_Side, _Side], blamed: set[str]) -> Iterator[PairDifference]:
    """Yield rows that only one violates though the answers are equal, such as a refused write that has an effect."""
    others = {row.id: row for row in sides[1].run.rows}
    for row in sides[0].run.rows:
        pair = row, others.get(row.id, row)
        wrong = [one for one in pair if one.verdict is Verdict.VIOLATES]
        if row.id not in blamed and len(wrong) == 1 and all(one.verdict in _DECIDED for one in pair):
            found = [one for one in wrong[0].findings if one.level is Level.MUST]
            first, second = (VERDICTS[one.verdict] for one in pair)
            right = RightSide.SECOND if wrong[0] is row else RightSide.FIRST
            why = tuple(dict.fromkeys(map(format_finding, found)))
            yield PairDifference(sides[0].run.contract.name, row.id, found[0].where, first, second, right, why)


_FORMAT: Final = 1
_DECIDED: Final = frozenset({Verdict.CONFORMS, Verdict.DRIFTS, Verdict.VIOLATES})


def format_pair(pairing: Pairing, form: str = "txt", language: str | None = None) -> str:
    """Format the differences as `txt`, `json` or `html`."""
    if form == "json":
        return format_json_text({"format": _FORMAT, **asdict(pairing)})
    return render_template(
        "conformance.audit",
        f"pairing.{form}.jinja",
        title=_headline(pairing),
        language=language,
        pairing=pairing,
        notes=_notes(pairing),
        right_side=lambda difference: _right_side(difference, pairing),
    )


def _headline(pairing: Pairing) -> Message:
    names = {"first": pairing.first, "second": pairing.second, "total": pairing.compared}
    if not pairing.compared:
        return Message(
            "{first} and {second} have answered nothing that was sent to both: nothing is compared.", **names
        )
    otherwise = sum(bool(one.first_repeat) for one in pairing.differences)
    if not otherwise:
        return Message("Sent the same {total} requests, {first} and {second} answer them alike.", **names)
    return Message(
        "Sent the same {total} requests, {first} and {second} answer {n} of them differently.", n=otherwise, **names
    )


def _notes(pairing: Pairing) -> list[Message]:
    """Return notes on differences without a request, and on requests that were not compared."""
    one_sided = sum(not one.first_repeat for one in pairing.differences)
    return drop_zeros((
        Message("{n} rows are violated by one of them only, although it answers as the other.", n=one_sided),
        Message("{n} requests were sent to one of them only and not compared.", n=pairing.alone),
        Message("{n} requests were answered by neither and not compared.", n=pairing.unanswered),
    ))  # fmt: skip


def _right_side(one: PairDifference, pairing: Pairing) -> Message:
    return {
        RightSide.FIRST: Message("{name} is right", name=pairing.first),
        RightSide.SECOND: Message("{name} is right", name=pairing.second),
        RightSide.NEITHER: Message("neither is right"),
        RightSide.BOTH: Message("both answers are allowed"),
    }[one.right]
