"""Lineage events (OpenLineage): received, checked, stored."""
