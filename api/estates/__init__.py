"""Estates: what the bills say about a company's data platform, as stored."""
