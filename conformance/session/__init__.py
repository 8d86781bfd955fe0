"""Runs: one run of one contract, a session of several, their results put together, and causes that a whole run has."""
