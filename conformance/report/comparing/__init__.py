"""What changed since the last run: the target's doing, and kept apart from it our own."""

from conformance.report.comparing.compare import compare
from conformance.report.comparing.model import Comparison

__all__ = ["Comparison", "compare"]
