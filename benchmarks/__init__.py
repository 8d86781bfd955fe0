"""What the suite itself costs, each figure a ratio within one run: `python -m benchmarks`, or `make bench`."""
