"""Checks by reads alone whether a target is ready for a run; reports facts, never a verdict."""
