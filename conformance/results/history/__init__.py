"""Every run kept in one SQLite file: what `--history FILE` writes and `conformance history` reads."""

from conformance.results.history.keeping import Keep, append, let_go
from conformance.results.history.lines import Cell, History, Line, RunPoint, TargetHistory
from conformance.results.history.reading import read

__all__ = ["Cell", "History", "Keep", "Line", "RunPoint", "TargetHistory", "append", "let_go", "read"]
