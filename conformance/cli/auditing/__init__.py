"""`conformance audit`: profiles become orders, outcomes become files, files become the matrix."""
