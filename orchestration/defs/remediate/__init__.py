"""Proposals, decisions, actions."""
