"""Ingest: from delivered bill files to typed Parquet that adds up to them."""
