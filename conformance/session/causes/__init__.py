"""Causes of what went wrong in a whole run: a module a kind; `find` looks for all, `apply` says what they explain."""
