"""Drafts contracts, profiles and rows from vendors' pages, and compares contracts with later editions of them."""
