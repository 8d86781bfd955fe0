"""Compares two runs, and separates changes of the target from changes on our side."""
