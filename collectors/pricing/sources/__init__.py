"""Readers of the source tables from which the embedded price book is built: one module per source."""
