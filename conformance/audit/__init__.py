"""Audits: runs many targets against their contracts, and compares them in a matrix of rows and targets."""
