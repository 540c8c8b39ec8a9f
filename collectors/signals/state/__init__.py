"""Readers of what is stored: one module a format, pure functions from rows to states of datasets."""
