"""The power of the suite, measured: servers that are wrong on purpose, and right ones that must not be blamed."""
