"""`conformance serve`: runs an embedded reference server, conforming or faulty, until it is stopped."""

import contextlib
import threading

import click

from conformance import reference
from conformance.errors import ConfigError, Problem
from conformance.yaml_document import dump


@click.command("serve")
@click.argument("contract")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Listen there; default: any free port.")
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME", help="Be wrong in this way; may be given several times."
)
@click.option("--list", "listing", is_flag=True, help="List the faults of this contract instead.")
def command(contract: str, port: int, faults: tuple[str, ...], *, listing: bool) -> int:
    """Start a reference server of CONTRACT on 127.0.0.1, and print the target profile to use with it.

    \b
    conformance serve kuroco > kuroco.yaml &
    conformance run --target kuroco.yaml

    It runs until Ctrl-C.
    """  # noqa: D301 - click reads the escape
    if listing:
        for fault in reference.faults(contract):
            click.echo(f"{fault.name}  ({', '.join(f'{table} {number}' for table, number in fault.rows)})")
        return 0
    try:
        server = reference.start(contract, port=port, faults=faults)
    except OSError as error:
        what = f"port {port} cannot be had: {error.strerror}"
        raise ConfigError([Problem("--port", what, "leave it out for a free one")]) from None
    with server, contextlib.suppress(KeyboardInterrupt):  # raised for every stop signal
        click.echo(dump(server.profile), nl=False)
        click.echo(f"{contract} listens at {server.base_url}; Ctrl-C stops it", err=True)
        threading.Event().wait()
    return 0
