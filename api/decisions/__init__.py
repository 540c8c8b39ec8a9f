"""Decisions: what people decided about recommendations, and what runs did to them; append-only."""
