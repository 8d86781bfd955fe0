"""`conformance run`: runs pytest with our progress display, so that there is only one way to run."""

import gc
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from conformance.cli.after_run import AfterRun
from conformance.cli.options import cases, run_option
from conformance.contract.folders import (
    find_all_contract_folders,
    find_contract_folders,
    find_contracts,
    find_shipped_folder,
)
from conformance.errors import ConfigError, Problem
from conformance.run_options import RUN_OPTIONS
from conformance.target.loader import read_profile_document
from conformance.validation import suggest

OPTIONS_WITH_TEXT = ("-k", "-m", "-p", "-o", "-c", "--junitxml", "--html", "--deselect")
"""Options of pytest whose values may look like a row or a folder."""

OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""More frequent garbage collection takes a third of a run and frees little, because results are kept to its end."""

_MISTYPED = 0.88
"""How alike an unknown option and one of ours are (0 to 1) where it is held to be mistyped, and not pytest's."""
_ROW_ID = re.compile(r"^ *- id: (\S+)$", re.MULTILINE)
_FILE = click.Path(dir_okay=False, path_type=Path)


def _options_of_a_run(command: Callable[..., Any]) -> Callable[..., Any]:
    for name in reversed(tuple(RUN_OPTIONS)):
        if name not in {"budget-history", "display"}:
            command = run_option(name)(command)
    return command


@click.command(context_settings={"ignore_unknown_options": True})
@_options_of_a_run
@cases
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE",
              help="Compare with an earlier results.json; exit with 1 where the target got worse.")  # fmt: skip
@click.option("--history", type=_FILE, metavar="FILE", help="Keep the run in a history (SQLite).")
@click.option("--history-keep", metavar="HOW MUCH", help="Delete what is older: `90 days`, `500 runs`.")
@click.option("--metrics", type=_FILE, metavar="FILE", help="Write metrics for Prometheus (OpenMetrics text).")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(pytest_args: tuple[str, ...], **options: Any) -> int:
    """Run the tables against a target, or against the embedded reference servers.

    PYTEST_ARGS are passed on: -k login, -x, --lf, -n 4, --junitxml FILE, a case file. A row is named by its ID
    (contents-get/limit-below-minimum) or as FILE::ROW.

    \b
    Exit codes: 0 conforms or only drifts, 1 violates or inconclusive, 2 interrupted, 3 an internal error,
    4 a contract, target or option is unusable, 5 nothing was exercised.
    """  # noqa: D301 - click reads the escape
    after = {name: options.pop(name) for name in ("baseline", "history", "history_keep", "metrics")}
    then = AfterRun(
        Path(options["output"] or "reports"),
        strict=options["strict"],
        language=options["language"],
        report_assets=options["report_assets"],
        **after,
    )
    if options["budget"] and after["history"]:
        options["budget_history"] = str(after["history"])
    if any(text.startswith(("-n", "--numprocesses")) for text in pytest_args) and find_spec("xdist") is None:
        hint = "install the extra (pip install 'conformance[workers]'), or send rows side by side with --workers"
        raise ConfigError([Problem("-n", "several processes need pytest-xdist", hint)])
    folder: Path | None = options.pop("cases")
    folders = _find_folders(folder, options["contract"], options["target"])
    _refuse_near_options(pytest_args)
    selected = list(resolve_rows(pytest_args, folders))
    arguments = [*_plugins(selected), *pytest_arguments(options), *selected, *places(selected, folders)]
    return then.end(_run_pytest(arguments))


def _refuse_near_options(arguments: Sequence[str]) -> None:
    """Raise ConfigError for what is almost one of our options; pytest would name options and files of its own."""
    for name in (text.partition("=")[0] for text in arguments):
        near = get_close_matches(name, [f"--{each}" for each in RUN_OPTIONS], n=1, cutoff=_MISTYPED)
        if name.startswith("--") and near:
            raise ConfigError([Problem(name, "there is no such option", f"did you mean {near[0]}?")])


def _run_pytest(arguments: list[str]) -> int:
    """Run pytest with fewer garbage collections, because the process is only ours; return its exit code."""
    import pytest  # noqa: PLC0415 - --help needs no pytest

    thresholds = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *thresholds[1:])
    try:
        return int(pytest.main(arguments))
    finally:
        gc.set_threshold(*thresholds)


def pytest_arguments(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the given options with the prefix that they have in pytest."""
    for name, value in options.items():
        option = f"--conformance-{name.replace('_', '-')}"
        if value is True:
            yield option
        elif isinstance(value, tuple):
            yield from (f"{option}={each}" for each in value)
        elif value is not None and value is not False:
            yield f"{option}={value}"


def _plugins(arguments: Sequence[str]) -> Iterator[str]:
    """Yield options that load our plugins by name, even with PYTEST_DISABLE_PLUGIN_AUTOLOAD, and disable others."""
    for name in ("metadata", "html", "conformance.pytest_plugin"):
        yield from ("-p", name)
    yield from ("-p", "no:schemathesis", "--conformance-display")
    # pytest warns that the plugin is already imported, which a project may turn into an error.
    yield from ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    if not any(argument.startswith("--hypothesis") for argument in arguments):
        yield from ("-p", "no:hypothesispytest")  # it imports the library at the end of a run, used or not
    yield from ("-p", "no:anyio")  # no row is asynchronous, and asyncio takes an eighth of the start
    # It collects garbage twice at the end, which takes a tenth of the time of a row.
    yield from ("-p", "no:unraisableexception")
    # Rows log nothing, and logs of libraries may contain secrets; capturing takes a fifth of the time of a row.
    if not any(argument.startswith(("--log", "log_", "-olog_")) for argument in arguments):
        yield from ("-p", "no:logging")
    # Rows write only to Python's streams; a later `-s` or `--capture` of the caller overrides this.
    yield "--capture=sys"


def resolve_rows(arguments: Sequence[str], folders: Sequence[Path]) -> Iterator[str]:
    """Yield the arguments with row IDs as pytest node IDs: `cases/kuroco/login.yaml::login`; raise ConfigError."""
    for text, before in zip(arguments, ["", *arguments], strict=False):
        table, slash, row = text.partition("/")
        files = [folder / f"{table}.yaml" for folder in folders if slash and row and table]
        texts = {file: file.read_text("utf-8") for file in files if file.is_file()}
        found = [file for file, written in texts.items() if f"id: {row}\n" in written]
        if before in OPTIONS_WITH_TEXT or Path(text).exists() or not texts:
            yield text
        elif found:
            yield from (f"{file}::{row}" for file in found)
        else:
            known = [f"{table}/{id_}" for id_ in _ROW_ID.findall("".join(texts.values()))]
            raise ConfigError([Problem("ROW", f"there is no row {text!r}", suggest(text, known, "rows of this table"))])


def _find_folders(cases: Path | None, contract: str | None, target: str | None) -> tuple[Path, ...]:
    """Return the folders of own contracts, and of a shipped one that the options name."""
    here = cases or Path.cwd()
    own = find_contract_folders(here)
    profile = Path(target) if target is not None and "://" not in target else None
    if contract is None and profile is not None and profile.is_file():
        document, _ = read_profile_document(profile)
        named = document.members.get("contract") if document else None
        contract = named if isinstance(named, str) else None
    others = [folder for folder in find_all_contract_folders(here) if folder.name == contract]
    return tuple(dict.fromkeys([*own, *others]))


def places(arguments: Sequence[str], folders: Sequence[Path]) -> Iterator[str]:
    """Yield the arguments that tell pytest where the contracts are, unless the given arguments do.

    Shipped contracts are run with the working folder as root, but without its pytest settings, because it may belong to
    anyone, and without writing into the folder of the package.
    """
    here, shipped, pairs = Path.cwd(), find_shipped_folder(), zip(arguments, ["", *arguments], strict=False)
    if any(_leads_to_rows(text) for text, before in pairs if before not in OPTIONS_WITH_TEXT):
        return
    if any(folder.is_relative_to(shipped) for folder in folders) and not shipped.is_relative_to(here):
        yield from ("-c", os.devnull, f"--rootdir={here}", f"--confcutdir={shipped}")
    yield from map(str, folders)


def _leads_to_rows(text: str) -> bool:
    """Return whether an argument is a case file, a row in one, or a folder with contracts."""
    path = Path(text.partition("::")[0])
    return bool(text) and (path.is_dir() or path.suffix == ".yaml") and bool(find_contracts(path))
