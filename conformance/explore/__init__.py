"""Exploration: sends inputs beyond the tables to each operation and checks the responses."""
