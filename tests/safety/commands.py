"""Every command that there is, as a person calls it, each with as few requests as it can do with."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from conformance.cli import group
from conformance.engine.journal import LEDGER_FILE, Ledger, LedgerEntry

ONE = {"kuroco": "topics-read/not-found", "microcms-management": "contents-get/limit-below-minimum"}
"""The row for the commands that take one."""
RUN = {
    "kuroco": "login or not-found or title or number",
    "microcms-management": "forbidden or invalid-url or token-invalid or limit-below or status-not-allowed",
}
FORMS = ("junit", "markdown", "sarif", "har", "badge", "earl", "table")


def sending(name: str, profile: str, base_url: str) -> dict[str, list[str]]:
    """The commands that talk to a target; `sweep` reads what `leave_ledger` wrote."""
    forms = [f"--also-write={form}" for form in FORMS]
    kept = ["--history", "history.db", "--write-expectations", "known.yaml", "--metrics", "metrics.txt"]
    paths = ["list_path=rcms-api/1/topics1", "detail_path=rcms-api/1/topics1/{topics_id}"]
    few = ["--budget", "20", "--no-explore"]
    known = paths if name == "kuroco" else ["endpoint=news"]
    found = [part for fixture in known for part in ("--fixture", fixture)]
    return {
        "doctor": ["doctor", "--target", profile],
        "init": ["init", "--contract", name, "--base-url", base_url, *found, "--output", "made.yaml"],
        "run": ["run", "--target", profile, *few, "-p", "no:cacheprovider", "-k", RUN[name], *forms, *kept],
        "try": ["try", ONE[name], "--target", profile],
        "explore": ["explore", "--target", profile, "--write", "found.yaml"],
        "audit": ["audit", profile, *few],
        "pair": ["audit", "--pair", profile, profile, *few, "--output", "paired"],
        "prove": ["prove", "--target", profile, "--depth", "smoke", "--output", "proven"],
        "sweep": ["sweep", "--target", profile, "--output", "killed"],
    }


def silent(name: str, profile: str) -> dict[str, list[str]]:
    """The commands that send nothing; most read what `run` has written."""
    return {
        "plan": ["plan", "--target", profile],
        "list": ["list"],
        "explain": ["explain", ONE[name]],
        "lint": ["lint"],
        "rejudge": ["rejudge", "reports", "--output", "judged-again"],
        "report": ["report", "reports/results.jsonl", "--output", "drawn-again"],
        "compare": ["compare", "reports", "judged-again"],
        "page": ["compare", "reports", "judged-again", "--form", "html", "--output", "compared.html"],
        "history": ["history", "history.db", "--html", "history.html"],
        "prove of results": ["prove", "--recorded", "reports/results.json", "--output", "proven-again"],
        "drift": ["drift", name, "page.md"],
        "new": ["new", "another", "--from", "page.md", "--output", "drafted"],
        "schema": ["schema", "profile"],
    }


def leave_ledger(folder: Path, name: str, base_url: str) -> None:
    """What a run that was killed leaves in `killed`: something that may have been made, and nobody knows."""
    operation, ending = ("insertTopic", "") if name == "kuroco" else ("uploadMedia", ".png")
    (folder / "killed").mkdir()
    ledger = Ledger(folder / "killed" / LEDGER_FILE)
    ledger.record_intent(LedgerEntry(name, base_url, operation, names=(f"conformance-abc123-0123456789ab{ending}",)))
    ledger.close()


def call(arguments: list[str]) -> Result:
    """Run one in this process; its output has both streams."""
    return CliRunner().invoke(group, arguments)
