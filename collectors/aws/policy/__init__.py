"""Least-privilege policy documents, one a purpose; ``${...}`` is filled in from a connection by ``grants``."""
