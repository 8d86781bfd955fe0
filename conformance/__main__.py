"""Runs the command line with `python -m conformance`."""

from conformance.cli import main

main()
