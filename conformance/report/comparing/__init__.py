"""What changed since the last run: the target's doing, and kept apart from it our own."""

from conformance.report.comparing.compare import compare
from conformance.report.comparing.machine import write as json
from conformance.report.comparing.markdown import write as markdown
from conformance.report.comparing.model import Comparison
from conformance.report.comparing.page import write as html
from conformance.report.comparing.text import write as text

__all__ = ["Comparison", "compare", "html", "json", "markdown", "text"]
