"""The frame of pages beside the report: its style sheet, and an environment in which no text can do harm."""

from conformance.report.framing.pages import drawn, drawn_in, environment

__all__ = ["drawn", "drawn_in", "environment"]
