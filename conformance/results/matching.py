"""What belongs together in two results: runs of the same contract and target, and equal requests."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from conformance.results.model import RecordedExchange, RowResult, TableName, TargetRun
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
    left, right, pairs = list(old), list(new), list[Pair]()
    counts = [Counter(run.contract.name for run in side) for side in (old, new)]
    for is_same in (
        _have_same("name", "base_url"),
        _have_same("name"),
        _have_same("base_url"),
        lambda run, _: all(count[run.contract.name] == 1 for count in counts),
    ):
        for run in tuple(left):
            mates = (one for one in right if one.contract.name == run.contract.name and is_same(run, one))
            if (mate := next(mates, None)) is not None:
                left.remove(run)
                right.remove(mate)
                pairs.append((run, mate))
    pairs += [(run, None) for run in left]
    pairs += [(None, run) for run in right]
    order = {id(run): place for place, run in enumerate((*new, *old))}
    return tuple(sorted(pairs, key=lambda pair: order[id(pair[1] or pair[0])]))


def label_run(run: TargetRun) -> str:
    """The target's name, or its address where it has none."""
    return str(run.target.get("name") or run.target.get("base_url") or "?")


def group_by_table(
    rows: Iterable[RowResult], tables: Iterable[TableName]
) -> Iterator[tuple[TableName, tuple[RowResult, ...]]]:
    """The tables that have rows, in their order, each with its own in the vendor's; then those that only rows name."""
    rows = tuple(rows)
    names = {table.name: table for table in tables}
    names |= {row.table: TableName(row.table, row.table) for row in rows if row.table not in names}
    for name, table in names.items():
        if own := tuple(sorted((row for row in rows if row.table == name), key=lambda row: row.row)):
            yield table, own


def collect_choices(run: TargetRun) -> dict[tuple[str, str], set[str]]:
    """What the target made of each open choice, by row and input; nothing in it is particular to the target."""
    normalizer, found = Normalizer(run.target), dict[tuple[str, str], set[str]]()
    for row in run.rows:
        for choice in row.choices:
            answers = found.setdefault((row.id, normalizer.normalize(choice.input)), set())
            answers.add(normalizer.normalize(choice.answer))
    return found


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


def _have_same(*members: str) -> Callable[[TargetRun, TargetRun], bool]:
    """Whether these members of two profiles are equal; not where the last one says nothing."""
    return lambda one, other: (
        bool(one.target.get(members[-1]))
        and all(one.target.get(member) == other.target.get(member) for member in members)
    )
