"""The ledger: what was reported when."""
