"""Blocking checks on raw assets: what landed must still add up to what its manifest says."""

import dagster as dg

from orchestration.ingest.contract import Feed
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.verification import verify
from orchestration.resources import Tollgate

# The metadata that says what a check found, with the remedy; a failed job repeats it.
PROBLEMS = "problems"


def raw_checks() -> list[dg.AssetChecksDefinition]:
    """One check per feed; a failed one stops everything that would be built on it."""
    return [_raw_check(feed) for feed in FEEDS.values()]


def _raw_check(feed: Feed) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(["raw", feed.name]),
        name="equals_control_totals",
        blocking=True,
        description="Every landed partition, read again, is the file and has the sums that landed.",
    )
    def equals_control_totals(tollgate: Tollgate) -> dg.AssetCheckResult:
        verified = verify(tollgate.settings.lake, feed.name)
        wrong = [found.problem for found in verified if not found.ok]
        return dg.AssetCheckResult(
            passed=not wrong,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={
                "partitions": len(verified),
                "rows": sum(found.rows for found in verified),
                PROBLEMS: dg.MetadataValue.md("\n".join(f"- {text}" for text in wrong) or "none"),
            },
        )

    return equals_control_totals
