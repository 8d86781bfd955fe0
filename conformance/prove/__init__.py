"""Measures the suite itself: faulty servers must be caught, and conforming ones must not be blamed."""
