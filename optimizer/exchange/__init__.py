"""The published problem and plan formats, version 1: documents (JSON) and tables (Parquet), both ways."""
