"""Remediation actions and the executor, which is the only door to a change in a cloud account."""
