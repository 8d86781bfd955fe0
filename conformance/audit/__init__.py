"""Audits: many targets held against their contracts, and the matrix of rows by targets that comes of it."""
