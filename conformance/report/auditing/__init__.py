"""Many targets side by side: the matrix of rows and targets, and what their open choices and costs are."""

from conformance.report.auditing.machine import write as json
from conformance.report.auditing.matrix import matrix
from conformance.report.auditing.model import Matrix
from conformance.report.auditing.page import audit_html
from conformance.report.auditing.sheet import write as csv

__all__ = ["Matrix", "audit_html", "csv", "json", "matrix"]
