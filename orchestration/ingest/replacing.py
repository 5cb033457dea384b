"""What may take the place of a month that is landed, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from orchestration.ingest.delivery import Delivered
from orchestration.ingest.errors import IngestError
from orchestration.ingest.manifest import Manifest


def refuse_other_accounts(before: Manifest | None, parts: Sequence[Delivered], period: str) -> None:
    """An error where the landed month is of other accounts than the bill."""
    new = {account for part in parts for account in part.facts.periods[period].accounts}
    if before is None or not before.accounts or not new or new & set(before.accounts):
        return
    raise IngestError(
        f"{', '.join(part.original.name for part in parts)}: this bill is of account"
        f" {', '.join(sorted(new))}, but {before.feed}/{before.export} {period} holds account"
        f" {', '.join(before.accounts)} and would be replaced."
        " Give the other account's bills a name of their own: --export NAME."
    )


def refuse_shrinking(before: Manifest | None, parts: Sequence[Delivered], period: str) -> None:
    """A month that nobody named is more likely to have stray late rows than to be restated."""
    rows = sum(part.facts.periods[period].rows for part in parts)
    if before is None or 2 * rows >= before.rows:
        return
    raise IngestError(
        f"{', '.join(part.original.name for part in parts)}: {before.feed}/{before.export} {period}"
        f" holds {before.rows} rows and would be replaced by {rows}, less than half."
        f" Give all files of {period} together, or confirm that this is the whole month:"
        f" --billing-period {period}."
    )


def received_at(before: Manifest | None, declared: datetime | None, now: datetime) -> str:
    """When a delivery was received; versions follow each other, also where a clock was set back."""
    last = (before and (before.data_as_of or before.landed_at)) or ""
    if before is None or declared is None or utc(declared) >= last:
        return max(utc(declared or now), last)
    raise IngestError(
        f"{before.feed}/{before.export} {before.billing_period}: the version that is landed was"
        f" received {last}, after {utc(declared)}. Ingest deliveries in the order in which they"
        " came."
    )


def utc(moment: datetime) -> str:
    """RFC 3339 with seconds, as manifests hold times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
