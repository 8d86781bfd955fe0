"""Formats results for people and programs: HTML page, terminal, and other forms."""
