"""Exploration: what a target answers beyond the tables."""
