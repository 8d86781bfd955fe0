"""Every run kept in one SQLite file: what `--history FILE` writes and `conformance history` reads."""
