"""Whether a target is ready to be run: facts found by reads alone, and never a verdict."""
