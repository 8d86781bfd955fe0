"""Faults of the microCMS service, as tables."""
