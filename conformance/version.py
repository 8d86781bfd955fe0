"""The version of the suite."""

VERSION = "0.1.0"
