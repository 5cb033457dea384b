"""Forecasts and back-tests."""
