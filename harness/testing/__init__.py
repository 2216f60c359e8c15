"""Doubles and conformance suites, for this project's tests and for those of its users."""
