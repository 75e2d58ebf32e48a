"""Fixtures, factories and personas, for this package's tests and for those of plugin authors."""
