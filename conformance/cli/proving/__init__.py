"""`conformance prove`: which servers are tried, the processes that try them, and what is shown meanwhile."""
