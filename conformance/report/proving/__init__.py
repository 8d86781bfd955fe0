"""A proof of the suite: as text, and as a page with the curve of faults caught after so many requests."""

from conformance.report.proving.page import write as page
from conformance.report.proving.text import headline, line_of
from conformance.report.proving.text import write as text

__all__ = ["headline", "line_of", "page", "text"]
