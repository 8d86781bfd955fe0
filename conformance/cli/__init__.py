"""The command `conformance`; the module of each subcommand is imported only when it is called.

What goes wrong with us is shown as a message, never as a traceback; the exit codes are those of the design:
0 conforms or drifts, 1 violates or inconclusive, 2 interrupted, 3 an internal error, 4 unusable, 5 nothing exercised.
"""

import atexit
import gc
import importlib
import sys
from collections.abc import Mapping
from typing import Any, Final

import click

from conformance.errors import ConformanceError, InternalError, format_internal_error
from conformance.interrupts import interrupt_on_signals
from conformance.version import VERSION

COMMANDS: Final[Mapping[str, str]] = {
    "run": "Run the tables against a target, or against the embedded reference servers.",
    "doctor": "Tell whether a target is ready: reachable, keys good, fixtures there; sends reads only.",
    "init": "Write a commented profile for a target, with the fixtures that could be found.",
    "plan": "List every request that a run would send, before any is sent.",
    "list": "List every row of every contract.",
    "explain": "Tell what a row promises, in whose words, and what is sent for it.",
    "new": "Draft a contract from the pages on which a vendor documents its errors.",
    "drift": "Tell where a vendor's page and a contract's rows differ.",
    "try": "Send one row's example and control, and show both whole with the expect that would hold.",
    "lint": "Report every problem in case files at once.",
    "serve": "Start an embedded reference server, and print the profile to use with it.",
    "report": "Draw reports again from results.json or results.jsonl.",
    "rejudge": "Judge the evidence of an earlier run by today's cases; sends nothing.",
    "compare": "Tell what changed between two results.",
    "history": "Tell what changed over time.",
    "audit": "Run many targets at once and compare them.",
    "explore": "Explore a target beyond the tables.",
    "sweep": "Delete what a killed run has left behind, and nothing else.",
    "prove": "Run the suite against servers that are wrong on purpose and right ones that differ.",
    "schema": "Print the JSON Schema of results, cases, contracts or profiles.",
}

MODULES: Final[Mapping[str, str]] = {"try": "try_row"}
"""The modules of commands whose names are reserved in Python."""


class _Commands(click.Group):
    """Lists each command with its help line, and imports it when it is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(commands=dict.fromkeys(COMMANDS, click.Command(None)), **settings)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"conformance.cli.{MODULES.get(cmd_name, cmd_name)}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="conformance")
def group() -> None:
    """Tell whether a server answers errors the way its vendor promises.

    \b
    conformance run                                   the embedded reference servers
    conformance run --target targets/staging.yaml     a real target
    conformance run --target https://host --contract kuroco
    """  # noqa: D301 - click reads the escape


def main(arguments: list[str] | None = None) -> Any:
    # Skip Python's last garbage collection at exit, which takes a fifth of a second, and more after many rows.
    atexit.register(gc.freeze)
    try:
        with interrupt_on_signals(ends_process=arguments is None):
            code = group.main(args=arguments, prog_name="conformance", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(4)
    except ConformanceError as error:
        from conformance.report.sanitize import show_invisible  # noqa: PLC0415 - only if there is something to show

        click.echo(show_invisible(str(error)), err=True)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - any error; the default exit code 1 would look like a verdict
        click.echo(format_internal_error(error, lambda text: text.partition(": ")[0]), err=True)
        sys.exit(InternalError.exit_code)
    sys.exit(code if isinstance(code, int) else 0)
