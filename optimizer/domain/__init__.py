"""The vocabulary: places, estates, policies."""
