"""Files that people begin with, drafted: contracts from vendors' pages, profiles, rows; and what drifts from them."""
