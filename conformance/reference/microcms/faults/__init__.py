"""The faults of the microCMS service as tables."""
