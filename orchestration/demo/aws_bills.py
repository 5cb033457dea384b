"""Writes Acme's AWS reports: legacy CSV with manifests and assemblies, and CUR 2.0 Parquet."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from orchestration.demo.amounts import column_floats, column_texts, guid
from orchestration.demo.aws_rows import AMOUNTS, TAGS
from orchestration.demo.company import AWS_PAYER, DAYS, FIRST_DAY, Month, day_date

_LAST_LOOKUP = DAYS + 40
_STAMPS = pa.array(
    [f"{day_date(d).isoformat()}T00:00:00.000Z" for d in range(_LAST_LOOKUP)]
).dictionary_encode()
_SHORT = pa.array([f"{day_date(d).isoformat()}T00:00:00Z" for d in range(_LAST_LOOKUP)])
_TIMES = pa.array(
    [
        datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(days=d)
        for d in range(_LAST_LOOKUP)
    ],
    pa.timestamp("ms"),
)

REPORT = "acme-cur"

# legacy header -> canonical column; dates and the interval are made separately
# fmt: off
_LEGACY = (
    ("identity/LineItemId", "identity_line_item_id"),
    ("identity/TimeInterval", "interval"),
    ("bill/InvoicingEntity", "bill_invoicing_entity"),
    ("bill/BillingEntity", "bill_billing_entity"),
    ("bill/BillType", "bill_bill_type"),
    ("bill/PayerAccountId", "bill_payer_account_id"),
    ("bill/BillingPeriodStartDate", "period_start"),
    ("bill/BillingPeriodEndDate", "period_end"),
    ("lineItem/UsageAccountId", "line_item_usage_account_id"),
    ("lineItem/LineItemType", "line_item_line_item_type"),
    ("lineItem/UsageStartDate", "usage_start"),
    ("lineItem/UsageEndDate", "usage_end"),
    ("lineItem/ProductCode", "line_item_product_code"),
    ("lineItem/UsageType", "line_item_usage_type"),
    ("lineItem/Operation", "line_item_operation"),
    ("lineItem/AvailabilityZone", "line_item_availability_zone"),
    ("lineItem/ResourceId", "line_item_resource_id"),
    ("lineItem/UsageAmount", "line_item_usage_amount"),
    ("lineItem/CurrencyCode", "line_item_currency_code"),
    ("lineItem/UnblendedRate", "line_item_unblended_rate"),
    ("lineItem/UnblendedCost", "line_item_unblended_cost"),
    ("lineItem/BlendedCost", "line_item_blended_cost"),
    ("lineItem/LineItemDescription", "line_item_line_item_description"),
    ("lineItem/TaxType", "line_item_tax_type"),
    ("lineItem/LegalEntity", "line_item_legal_entity"),
    ("product/ProductName", "product_product_name"),
    ("product/instanceType", "product_instance_type"),
    ("product/location", "product_location"),
    ("product/productFamily", "product_product_family"),
    ("product/region", "product_region_code"),
    ("product/servicecode", "product_servicecode"),
    ("product/sku", "product_sku"),
    ("pricing/LeaseContractLength", "pricing_lease_contract_length"),
    ("pricing/OfferingClass", "pricing_offering_class"),
    ("pricing/PurchaseOption", "pricing_purchase_option"),
    ("pricing/RateCode", "pricing_rate_code"),
    ("pricing/RateId", "pricing_rate_id"),
    ("pricing/currency", "pricing_currency"),
    ("pricing/publicOnDemandCost", "pricing_public_on_demand_cost"),
    ("pricing/publicOnDemandRate", "pricing_public_on_demand_rate"),
    ("pricing/term", "pricing_term"),
    ("pricing/unit", "pricing_unit"),
    ("reservation/AmortizedUpfrontCostForUsage", "reservation_amortized_upfront_cost_for_usage"),
    ("reservation/AmortizedUpfrontFeeForBillingPeriod",
     "reservation_amortized_upfront_fee_for_billing_period"),
    ("reservation/EffectiveCost", "reservation_effective_cost"),
    ("reservation/RecurringFeeForUsage", "reservation_recurring_fee_for_usage"),
    ("reservation/ReservationARN", "reservation_reservation_a_r_n"),
    ("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
     "reservation_unused_amortized_upfront_fee_for_billing_period"),
    ("reservation/UnusedQuantity", "reservation_unused_quantity"),
    ("reservation/UnusedRecurringFee", "reservation_unused_recurring_fee"),
    ("savingsPlan/TotalCommitmentToDate", "savings_plan_total_commitment_to_date"),
    ("savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n"),
    ("savingsPlan/SavingsPlanRate", "savings_plan_savings_plan_rate"),
    ("savingsPlan/UsedCommitment", "savings_plan_used_commitment"),
    ("savingsPlan/SavingsPlanEffectiveCost", "savings_plan_savings_plan_effective_cost"),
    ("savingsPlan/AmortizedUpfrontCommitmentForBillingPeriod",
     "savings_plan_amortized_upfront_commitment_for_billing_period"),
    ("savingsPlan/RecurringCommitmentForBillingPeriod",
     "savings_plan_recurring_commitment_for_billing_period"),
    *((f"resourceTags/{tag}", tag) for tag in TAGS),
)
# fmt: on


def legacy_table(table: pa.Table, month: Month) -> pa.Table:
    """A canonical table under legacy headers, in their order; dates and amounts as text."""
    rows = table.num_rows
    start, end = table.column("usage_start_day"), table.column("usage_end_day")
    made = {
        "usage_start": _STAMPS.take(start.combine_chunks()),
        "usage_end": _STAMPS.take(end.combine_chunks()),
        "interval": pc.binary_join_element_wise(
            _SHORT.take(start.combine_chunks()), _SHORT.take(end.combine_chunks()), "/"
        ),
        "period_start": pa.repeat(f"{month.start.isoformat()}T00:00:00.000Z", rows),
        "period_end": pa.repeat(f"{month.end.isoformat()}T00:00:00.000Z", rows),
    }
    for name in AMOUNTS:
        made[name] = column_texts(table.column(name))
    return pa.table(
        {header: made[name] if name in made else table.column(name) for header, name in _LEGACY}
    )


@contextmanager
def gzip_file(path: Path) -> Iterator[IO[bytes]]:
    """A gzip file whose bytes depend on its content alone: no name, no time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
        yield packed  # type: ignore[misc]


CSV_OPTIONS = pcsv.WriteOptions(include_header=False, quoting_style="needed")


def csv_line(names: Iterable[str]) -> bytes:
    """A header line without quotes, as the providers write it."""
    return (",".join(names) + "\n").encode()


def write_legacy(
    root: Path,
    month: Month,
    tables: Iterable[pa.Table],
    assembly: int,
    *,
    chunk_rows: int = 400_000,
) -> list[Path]:
    """Write one assembly of a month; the month's manifest then names it as the current one."""
    folder = f"{month.start:%Y%m%d}-{month.end:%Y%m%d}"
    assembly_id = guid("assembly", month.name, assembly)
    files: list[Path] = []
    with ExitStack() as stack:
        sink, rows = None, 0
        for table in tables:
            if sink is None or rows >= chunk_rows:
                stack.close()
                files.append(root / folder / assembly_id / f"{REPORT}-{len(files) + 1:05d}.csv.gz")
                sink, rows = stack.enter_context(gzip_file(files[-1])), 0
                sink.write(csv_line(header for header, _ in _LEGACY))
            pcsv.write_csv(legacy_table(table, month), sink, CSV_OPTIONS)
            rows += table.num_rows
    manifest = {
        "assemblyId": assembly_id,
        "account": AWS_PAYER,
        "columns": [
            dict(zip(("category", "name"), h.split("/", 1), strict=True)) for h, _ in _LEGACY
        ],
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "reportId": guid("report", REPORT),
        "reportName": REPORT,
        "billingPeriod": {
            "start": f"{month.start:%Y%m%d}T000000.000Z",
            "end": f"{month.end:%Y%m%d}T000000.000Z",
        },
        "bucket": "acme-billing",
        "reportKeys": [f"cur/{REPORT}/{folder}/{assembly_id}/{f.name}" for f in files],
        "additionalArtifactKeys": [],
    }
    body = json.dumps(manifest, indent=2) + "\n"
    for target in (root / folder, root / folder / assembly_id):
        (target / f"{REPORT}-Manifest.json").write_text(body)
    return files


def _cur2(table: pa.Table, month: Month) -> pa.Table:
    rows = table.num_rows
    strings = [
        n
        for n in table.column_names
        if n not in AMOUNTS
        and n not in TAGS
        and not n.endswith("_day")
        and n not in ("product_product_name", "product_location")
    ]
    columns = {name: table.column(name) for name in strings}
    for name in AMOUNTS:
        columns[name] = column_floats(table.column(name))
    start = table.column("usage_start_day").combine_chunks()
    end = table.column("usage_end_day").combine_chunks()
    columns["identity_time_interval"] = pc.binary_join_element_wise(
        _SHORT.take(start), _SHORT.take(end), "/"
    )
    columns["line_item_usage_start_date"] = _TIMES.take(start)
    columns["line_item_usage_end_date"] = _TIMES.take(end)
    for name, day in (("start", month.start), ("end", month.end)):
        value = pa.scalar(datetime.combine(day, datetime.min.time()), pa.timestamp("ms"))
        columns[f"bill_billing_period_{name}_date"] = pa.repeat(value, rows)
    columns["product"] = _map(
        table, {"product_name": "product_product_name", "location": "product_location"}
    )
    # Folding makes one key of user:Team and user:team.
    columns["resource_tags"] = _map(
        table, {_folded(tag): tag for tag in TAGS if tag != "user:Team"}, {"user_team": "user:Team"}
    )
    return pa.table({name: columns[name] for name in sorted(columns)})


def _folded(tag: str) -> str:
    """A tag key as CUR 2.0 writes it: snake case, with the scheme as a prefix."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", tag).replace(":", "_").lower()


def _map(table: pa.Table, keys: dict[str, str], instead: dict[str, str] | None = None) -> pa.Array:
    """A map column of the values that are there."""
    columns = []
    for key, source in keys.items():
        column = table.column(source).combine_chunks().cast(pa.string())
        if instead and key in instead:
            other = table.column(instead[key]).combine_chunks().cast(pa.string())
            column = pc.coalesce(column, other)
        columns.append(column)
    rows = table.num_rows
    # Row by row: the positions of the present values give keys, items and offsets at once.
    present = np.column_stack([c.is_valid().to_numpy(zero_copy_only=False) for c in columns])
    offsets = np.zeros(rows + 1, dtype=np.int32)
    np.cumsum(present.sum(axis=1), out=offsets[1:])
    flat = pa.concat_arrays(columns)
    row, which = np.nonzero(present)
    items = flat.take(pa.array(which * rows + row))
    names = pa.DictionaryArray.from_arrays(
        pa.array(which.astype(np.int32)), pa.array(list(keys))
    ).cast(pa.string())
    return pa.MapArray.from_arrays(pa.array(offsets), names, items)


def write_cur2(root: Path, month: Month, tables: Iterable[pa.Table]) -> list[Path]:
    """Write a month as CUR 2.0 Parquet, overwriting style: one set of files per period."""
    path = root / f"BILLING_PERIOD={month.name}" / "acme-cur2-00001.snappy.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    writer: pq.ParquetWriter | None = None
    for table in tables:
        out = _cur2(table, month)
        if writer is None:
            writer = pq.ParquetWriter(path, out.schema, compression="snappy")
        writer.write_table(out)
    if writer is not None:
        writer.close()
    return [path]
