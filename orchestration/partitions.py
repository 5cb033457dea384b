"""Billing months as Dagster partitions, the open month included."""

from __future__ import annotations

import dagster as dg

# Older than any export that a provider still lets one download.
FIRST_BILLING_MONTH = "2018-01"

# Bills of the open month are restated daily, so its partition must exist before it ends.
BILLING_MONTHS = dg.MonthlyPartitionsDefinition(
    start_date=FIRST_BILLING_MONTH, fmt="%Y-%m", end_offset=1, timezone="UTC"
)


def period_range_tags(first: str, last: str) -> dict[str, str]:
    """Run tags that make one run cover the billing months from `first` to `last`, both included."""
    return {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }
