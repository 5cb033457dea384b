"""Capacity: demand forecasts, and how many units they ask for within guardrails."""
