"""A bill that makes up the same month of another export already: landing it would count twice."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from orchestration.ingest.delivery import Delivered, Job
from orchestration.ingest.errors import IngestError
from orchestration.ingest.manifest import Manifest, partition, partitions, read
from orchestration.ingest.totals import totals_in

#: Bills of fewer rows may agree by chance: one line of a round price.
_BY_CHANCE = 10
#: A landed sum keeps twelve decimals of every row.
_KEPT = Decimal("0.000000000001")


def refuse_landed_elsewhere(job: Job, export: str, period: str, parts: Sequence[Delivered]) -> None:
    """An error where another export of the feed has a file of these, or all of it in other bytes.

    The same bill as CSV and Parquet, packed or in another order, has the same accounts, as many
    rows and equal sums of every measure in every currency.
    """
    if job.feed.kind != "bill":
        return
    names = {part.original.sha256: part.original.name for part in parts}
    own = partition(job.lake, job.feed.name, export, period)
    for folder in partitions(job.lake, job.feed.name):
        other = read(folder) if folder.name == own.name and folder != own else None
        if other is None:
            continue
        same = [f.sha256 for f in other.source_files if f.sha256 in names]
        landed = f"landed as {job.feed.name}/{folder.parent.name} {period} already"
        remedy = (
            f"Ingest it under that name (--export {folder.parent.name}); if that name was wrong,"
            f" remove {folder} first."
        )
        if same:
            raise IngestError(f"{names[same[0]]} is {landed}, and would count twice. {remedy}")
        if _is_same_bill(other, period, parts):
            raise IngestError(
                f"{', '.join(names.values())}: the same bill is {landed}, from"
                f" {', '.join(f.name for f in other.source_files)}: as many rows of the same"
                f" accounts, and the same sums. It would count twice. {remedy}"
            )


def _is_same_bill(other: Manifest, period: str, parts: Sequence[Delivered]) -> bool:
    facts = [part.facts.periods[period] for part in parts]
    rows = sum(part.rows for part in facts)
    accounts = {account for part in facts for account in part.accounts}
    if rows != other.rows or rows < _BY_CHANCE or accounts != set(other.accounts):
        return False
    sums = totals_in(facts)
    landed = {(total.measure, total.currency): total.amount for total in other.control_totals}
    return (
        sums.keys() == landed.keys()
        and any(landed.values())
        and all(abs(sums[key].amount - landed[key]) <= rows * _KEPT for key in landed)
    )
