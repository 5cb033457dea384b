"""Capacity forecasts and plans."""
