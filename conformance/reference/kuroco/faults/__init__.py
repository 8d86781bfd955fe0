"""Faults of the Kuroco site, as tables."""
