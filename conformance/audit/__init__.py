"""Audits: many targets run against their contracts, and a matrix of rows by targets."""
