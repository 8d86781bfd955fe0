"""Measures the suite: servers that are wrong on purpose must be caught, right ones must not be blamed."""
