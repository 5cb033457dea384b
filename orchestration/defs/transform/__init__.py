"""dbt as assets."""
