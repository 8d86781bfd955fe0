"""Set-up before the rows of a run (credentials, fixtures), renewal of credentials during it, and clean-up after it."""
