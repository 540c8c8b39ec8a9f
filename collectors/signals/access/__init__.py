"""Readers of who accessed what: one module a format, pure functions from lines or rows to events."""
