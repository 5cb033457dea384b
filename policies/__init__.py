"""Decisions before deeds: the policy bundle, the engine that asks OPA, the record."""
