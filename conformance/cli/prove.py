"""`conformance prove`: run the suite against servers that are wrong on purpose, and right ones that differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import click

from conformance.contract.schema import Depth
from conformance.files import write_text
from conformance.interrupts import interrupt_on_signals
from conformance.prove.model import Proof, proof_json
from conformance.prove.page import render_proof
from conformance.prove.progress import show_trials
from conformance.prove.proof import ProofDuration, build_proof
from conformance.prove.subjects import (
    Subject,
    choose_faults,
    contract_folders_of,
    right_servers,
    sample_faults,
    wrong_servers,
)
from conformance.prove.text import format_proof
from conformance.prove.trials import Trial, TrialOptions, run_trials
from conformance.reference import Fault

__all__ = ["command"]

BROKEN, INTERRUPTED = 1, 2
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("prove")
@click.option("--contract", metavar="C", help="only this contract")
@click.option("--depth", type=click.Choice(["smoke", "standard", "thorough"]), default="standard", show_default=True)
@click.option("--fault", "names", multiple=True, metavar="NAME", help="only this fault; may be given more than once")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="only N faults of each contract, of every kind")
@click.option(
    "--seeds", type=click.IntRange(min=0), default=20, show_default=True, metavar="N", help="how many right servers"
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="same seed, same requests")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, metavar="N", help="processes")
@click.option("--output", type=_FOLDER, default=Path("reports"), show_default=True, metavar="DIR", help="for the proof")
@click.option("--cases", type=_FOLDER, default=Path("cases"), hidden=True)
def command(  # noqa: PLR0917 - click gives them by name
    contract: str | None,
    depth: Depth,
    names: Sequence[str],
    sample: int | None,
    seeds: int,
    seed: int,
    workers: int,
    output: Path,
    cases: Path,
) -> int:
    """Run the suite against servers that are wrong on purpose and right ones that differ.

    Prints and writes (proof.json, proof.html) which faults were caught, by which row and after how many requests;
    which right servers were blamed; and which rows catch nothing. Ends with 1 where a fault survives, a right server
    is blamed or a row catches no fault. Ctrl-C writes what there is.
    """
    found = contract_folders_of(cases, contract)
    faults = choose_faults(found, names)
    if sample is not None:
        faults = {name: sample_faults(catalogue, sample, seed) for name, catalogue in faults.items()}
    chosen = {name: found[name] for name in faults}
    options = TrialOptions(depth, seed)
    subjects = [
        *_wrong(chosen, faults),
        *(one for name in chosen for one in right_servers(name, chosen[name], seeds, seed)),
    ]
    proof = _run(chosen, subjects, options, workers)
    click.echo(format_proof(proof), nl=False)
    _write(proof, output)
    if proof.partial:
        return INTERRUPTED
    return 0 if proof.stands else BROKEN


def _wrong(chosen: Mapping[str, Path], faults: Mapping[str, Sequence[Fault]]) -> Iterable[Subject]:
    return (subject for name, folder in chosen.items() for subject in wrong_servers(folder, faults[name]))


def _run(chosen: Mapping[str, Path], subjects: Sequence[Subject], options: TrialOptions, workers: int) -> Proof:
    started, began = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), perf_counter()
    done: list[Trial] = []
    partial = False
    try:
        with interrupt_on_signals():
            for trial in show_trials(run_trials(subjects, options, workers), len(subjects)):
                done.append(trial)  # noqa: PERF402 - an interrupted loop keeps what it has
    except KeyboardInterrupt:
        partial = True
    return build_proof(chosen, done, options, ProofDuration(started, round(perf_counter() - began, 1), partial))


def _write(proof: Proof, output: Path) -> None:
    """`proof.json` and `proof.html`; raises OutputError."""
    texts = {
        "proof.json": json.dumps(proof_json(proof), ensure_ascii=False, indent=1) + "\n",
        "proof.html": render_proof(proof),
    }
    for name, text in texts.items():
        write_text(output / name, text)
