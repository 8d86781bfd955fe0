"""Formats a diagnosis for a terminal."""

import click

from conformance.doctor.model import Diagnosis
from conformance.report.page import render_template

_MOST_ROWS = 4
_MARKS = {"good": ("✓", "green"), "bad": ("✗", "red"), "unknown": ("?", "yellow"), "note": ("·", None)}


def format_diagnosis(diagnosis: Diagnosis) -> str:
    marks = {state: click.style(mark, fg=colour) for state, (mark, colour) in _MARKS.items()}
    return render_template(
        "conformance.doctor", "diagnosis.txt.jinja", diagnosis=diagnosis, marks=marks, most=_MOST_ROWS
    )
