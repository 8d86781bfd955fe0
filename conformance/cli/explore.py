"""`conformance explore`: explores operations beyond the tables, and drafts rows from undocumented responses."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import click

from conformance.authoring.undocumented import suggest_rows
from conformance.checks.model import Verdict, worst_verdict
from conformance.cli import options
from conformance.cli.contracts import resolve_targets, with_contracts
from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.files import write_text
from conformance.messages import format_count
from conformance.report.failure import format_failure
from conformance.report.sanitize import to_one_line
from conformance.report.translation import Translator
from conformance.results.model import Exploration, Undocumented
from conformance.session.causes.apply import apply_causes
from conformance.session.causes.find import find_causes
from conformance.session.causes.model import RunCause
from conformance.session.target_runner import RunOptions, TargetRunner
from conformance.target.selection import TargetSelection


@click.command("explore")
@with_contracts
@options.depth
@options.allow
@options.seed
@click.option(
    "--write", metavar="FILE", type=click.Path(path_type=Path), help="Undocumented answers as rows to review."
)
def command(
    contracts: Sequence[Contract],
    selection: TargetSelection,
    *,
    depth: Depth | None,
    seed: int | None,
    write: Path | None,
) -> int:
    """Explore each operation beyond the tables, within the budget of the depth and the target's permissions.

    Ends with 1 where a finding is a must, with 5 where nothing could be explored. What no row documents is listed, and
    with --write written as YAML rows to review and complete. What is made on the target stands in the ledger of the
    folder reports, from which sweep deletes what is left.
    """
    found: list[tuple[Contract, Exploration]] = []
    run_options = RunOptions(depth or "standard", seed or 0, relative_to=Path.cwd(), output=Path("reports"))
    for one, resolved in resolve_targets(contracts, selection):
        causes: tuple[RunCause, ...] = ()
        with closing(TargetRunner(one, resolved, run_options, embedded=not selection.real)) as runner:
            runner.begin([], one.explored_operations)
            done: Iterable[Exploration] = map(runner.explore, one.explored_operations)
            if one.gives_secrets:  # which may stand in answers that came before
                done = map(runner.redactor.redact, list(done))
            for explored in done:
                found.append((one, explored))
                if not causes:
                    explorations = [exploration for contract, exploration in found if contract is one]
                    causes = find_causes(runner.describe().target, [], explorations)
                    click.echo("".join(f"! {to_one_line(str(cause.text))}\n" for cause in causes), nl=False)
                [exploration] = apply_causes([explored], causes)
                follows = exploration.reason in [cause.text for cause in causes]
                click.echo("\n".join(_format_exploration(one, exploration, follows=follows)))
    if write is not None:
        _write_rows(write, found)
    return _exit_code(exploration.verdict for _, exploration in found)


def _format_exploration(contract: Contract, found: Exploration, *, follows: bool) -> Iterator[str]:
    """Yield the lines of an explored operation; only its verdict if that `follows` from a cause already shown."""
    statuses = ", ".join(f"{count} x {status}" for status, count in found.statuses)
    requests = format_count(found.requests, "requests")
    yield f"{contract.name} {found.operation}: {found.verdict}, {requests} ({statuses or 'none'})"
    if (found.findings or found.reason) and not follows:
        yield format_failure(found, Translator("en"))
    for pair in found.undocumented:
        yield f"  undocumented: {pair.status} {to_one_line(pair.message)}  {to_one_line(pair.curl)}"


def _write_rows(path: Path, found: Iterable[tuple[Contract, Exploration]]) -> None:
    """Write the drafted rows of each contract; with several contracts, add their names to the file name."""
    pairs: dict[str, list[Undocumented]] = {}
    for contract, exploration in found:
        pairs.setdefault(contract.name, []).extend(exploration.undocumented)
    for name, seen in pairs.items():
        place = path if len(pairs) == 1 else path.with_stem(f"{path.stem}-{name}")
        if not seen:
            click.echo(f"nothing undocumented: {name}")
            continue
        write_text(place, suggest_rows(seen, name, place.stem))
        click.echo(f"rows to review: {place}")


def _exit_code(verdicts: Iterable[Verdict]) -> int:
    verdict = worst_verdict(verdicts)
    if verdict is Verdict.NOT_EXERCISED:
        return 5
    return int(verdict in (Verdict.VIOLATES, Verdict.INCONCLUSIVE))
