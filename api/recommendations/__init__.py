"""Recommendations: what each run advised, and where each piece of advice stands in its review."""
