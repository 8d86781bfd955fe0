"""Before the rows of a run: credentials obtained, fixtures found or created, and their clean-up after it."""
