"""Brings bills, marts, analytics, policies and actions together under Dagster and the CLI."""
