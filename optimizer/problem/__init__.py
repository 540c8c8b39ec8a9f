"""The problem in columns, its builder and its validation."""
