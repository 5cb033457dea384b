"""Raw assets: one per feed, a partition per billing month, replaced whole when a bill changes."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.groups import LAND
from orchestration.ingest.contract import Feed
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import Export, exports_of, land_export
from orchestration.ingest.landing import LandingResult
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.stores import Interrupted
from orchestration.ingest.warehouse import ensure_contracts, load
from orchestration.partitions import BILLING_MONTHS
from orchestration.resources import Tollgate

# A network that is down for a moment must not cost a night; a wrong bill is not tried again.
_RETRIES, _RETRY_SECONDS = 2, 120


def raw_assets() -> list[dg.AssetsDefinition]:
    """Every feed of the registry, and the control totals over all of them."""
    return [*(_raw_asset(feed) for feed in FEEDS.values()), control_totals]


def _raw_asset(feed: Feed) -> dg.AssetsDefinition:
    @dg.asset(
        key=["raw", feed.name],
        group_name=LAND,
        kinds={"parquet"},
        description=f"{feed.description}. Landed as delivered, typed, one partition per month.",
        partitions_def=BILLING_MONTHS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={"kind": feed.kind, "columns": len(feed.columns)},
    )
    def raw(context: dg.AssetExecutionContext, tollgate: Tollgate) -> dg.MaterializeResult[None]:
        settings = tollgate.settings
        ensure_contracts(settings.lake)
        chosen = context.has_partition_key or context.has_partition_key_range
        # A run that names no months takes every month that the exports hold.
        periods = set(context.partition_keys) if chosen else None
        landed: list[LandingResult] = []
        exports = exports_of(settings.exports_file, feed.name)
        problems: list[tuple[str, IngestError]] = []
        for export in exports:
            try:
                landed += land_export(
                    export,
                    periods,
                    settings.lake,
                    now=settings.now(),
                    kept_versions=settings.kept_versions,
                    progress=context.log.info,
                )
            except IngestError as error:
                context.log.warning(f"{export.name}: {error}")
                problems.append((export.name, error))
        if problems:
            # After the others have landed: one that cannot be read must not keep them waiting.
            said = IngestError("\n".join(f"{name}: {error}" for name, error in problems))
            if any(isinstance(error, Interrupted) for _, error in problems):
                raise dg.RetryRequested(_RETRIES, _RETRY_SECONDS) from said
            raise said
        if not chosen:
            for period in sorted({result.billing_period for result in landed}):
                of_period = [result for result in landed if result.billing_period == period]
                context.log_event(
                    dg.AssetMaterialization(
                        context.asset_key, partition=period, metadata=_metadata(of_period)
                    )
                )
        return dg.MaterializeResult(metadata={**_metadata(landed), "read_from": _places(exports)})

    return raw


def _metadata(landed: list[LandingResult]) -> dict[str, dg.MetadataValue]:
    lines = ["| export | period | status | rows | totals |", "|---|---|---|---:|---|"]
    for result in landed:
        totals = ", ".join(
            f"{total.measure} {total.amount:,.2f} {total.currency or ''}".strip()
            for total in result.control_totals
        )
        lines.append(
            f"| {result.export} | {result.billing_period} | {result.status} "
            f"| {result.rows:,} | {totals} |"
        )
    return {
        "dagster/row_count": dg.MetadataValue.int(sum(result.rows for result in landed)),
        "partitions": dg.MetadataValue.int(len(landed)),
        "schema_drift": dg.MetadataValue.md(_drift(landed) or "Columns are as before."),
        "damage": dg.MetadataValue.md(_damage(landed) or "What was landed before is whole."),
        "landed": dg.MetadataValue.md("\n".join(lines) if landed else "No export has this feed."),
    }


def _places(exports: list[Export]) -> dg.MetadataValue:
    lines = [f"| {export.name} | `{export.path}` |" for export in exports]
    return dg.MetadataValue.md("\n".join(["| export | path or address |", "|---|---|", *lines]))


def _drift(landed: list[LandingResult]) -> str:
    changes = [(result, change) for result in landed for change in result.drift]
    lines = ["| export | period | change | column | was |", "|---|---|---|---|---|"] * bool(changes)
    lines += [
        f"| {result.export} | {result.billing_period} | {change.kind} | {change.column} "
        f"| {change.was or ''} |"
        for result, change in changes
    ]
    return "\n".join(lines)


def _damage(landed: list[LandingResult]) -> str:
    harmed = [result for result in landed if result.damage]
    lines = ["| export | period | landed again, for |", "|---|---|---|"] * bool(harmed)
    lines += [f"| {one.export} | {one.billing_period} | {one.damage} |" for one in harmed]
    return "\n".join(lines)


_LEDGER = {
    "control_totals": (
        "What each landed partition says it holds: rows, and sums per measure and currency. "
        "The marts are held against it, to the last decimal."
    ),
    "account_totals": "The same by account, of every version that was landed.",
    "landing_versions": "Every version of each landed partition, and when it was received.",
    "schema_changes": "Columns that were new, gone or renamed in a delivery.",
}


@dg.multi_asset(
    name="raw_ledger",
    specs=[
        dg.AssetSpec(
            ["raw", name],
            group_name=LAND,
            kinds={"json"},
            description=description,
            deps=[["raw", feed] for feed in FEEDS],
        )
        for name, description in _LEDGER.items()
    ],
)
def control_totals(tollgate: Tollgate) -> Iterator[dg.MaterializeResult[None]]:
    """Brings the landed Parquet to the warehouse; DuckDB reads it in place."""
    settings = tollgate.settings
    ensure_contracts(settings.lake)
    partitions = load(settings)
    for name in _LEDGER:
        yield dg.MaterializeResult(
            asset_key=["raw", name],
            metadata={"partitions": partitions, "engine": settings.engine},
        )
