"""Dagster definitions by stage: thin declarations over the libraries beside this package."""
