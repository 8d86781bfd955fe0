"""Tells whether a server answers errors the way its vendor promises."""

__version__ = "0.1.0"
