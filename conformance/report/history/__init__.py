"""Rows over time, as text and as a page."""

from conformance.report.history.page import write as html
from conformance.report.history.text import write as text

__all__ = ["html", "text"]
