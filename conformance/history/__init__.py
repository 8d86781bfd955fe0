"""Keeps every run in one SQLite file, which `--history FILE` writes and `conformance history` reads."""
