"""What changed between two runs: the doing of the target, and apart from it our own."""
