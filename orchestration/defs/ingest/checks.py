"""Checks on raw assets: what landed still adds up (blocking), and more still arrives."""

from collections.abc import Sequence

import dagster as dg

from orchestration.ingest.contract import Feed
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.silence import silent
from orchestration.ingest.verification import verify
from orchestration.resources import Tollgate

# The metadata that says what a check found, with the remedy; a failed job repeats it.
PROBLEMS = "problems"


def raw_checks() -> list[dg.AssetChecksDefinition]:
    """Two checks per feed; sums that fail stop everything that would be built on them."""
    return [check(feed) for feed in FEEDS.values() for check in (_sums_check, _arrival_check)]


def _sums_check(feed: Feed) -> dg.AssetChecksDefinition:
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
                PROBLEMS: _listed(wrong),
            },
        )

    return equals_control_totals


def _arrival_check(feed: Feed) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(["raw", feed.name]),
        name="still_arrives",
        description="No declared export has been silent for three times as long as it usually is.",
    )
    def still_arrives(tollgate: Tollgate) -> dg.AssetCheckResult:
        settings = tollgate.settings
        exports = silent(settings.exports_file, settings.lake, settings.now(), feed.name)
        problems = [export.problem for export in exports]
        return dg.AssetCheckResult(
            passed=not problems,
            description=" ".join(problems) or None,
            # What has arrived is as good as before.
            severity=dg.AssetCheckSeverity.WARN,
            metadata={PROBLEMS: _listed(problems)},
        )

    return still_arrives


def _listed(problems: Sequence[str]) -> dg.MetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {text}" for text in problems) or "none")
