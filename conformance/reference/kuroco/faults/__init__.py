"""The faults of the Kuroco site as tables."""
