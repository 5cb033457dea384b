"""AWS lines as Arrow tables in one canonical layout: CUR 2.0 names, money as integers of 1e-10.

The writers in `aws_bills.py` turn this layout into the legacy CSV and the CUR 2.0 Parquet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.demo.amounts import Ints, Mask, line_ids, mix, units
from orchestration.demo.aws_commitments import Reservation, SavingsPlan
from orchestration.demo.aws_lines import COVERED, DISCOUNTED, KINDS, NEGATION, Charge, Lines
from orchestration.demo.aws_prices import product_name, sku_code
from orchestration.demo.company import AWS_ACCOUNT_NAMES, AWS_PAYER
from orchestration.demo.meters import Meter

# fmt: off
TAGS = (
    "user:team", "user:Team", "user:product", "user:environment", "user:cost_center",
    "user:eks_cluster", "user:tollgate:protected", "aws:createdBy",
)
# fmt: on
ENTITY = "Amazon Web Services EMEA SARL"

# fmt: off
STRINGS = (
    "identity_line_item_id", "bill_invoicing_entity", "bill_billing_entity", "bill_bill_type",
    "bill_payer_account_id", "bill_payer_account_name", "line_item_usage_account_id",
    "line_item_usage_account_name", "line_item_line_item_type", "line_item_product_code",
    "line_item_usage_type", "line_item_operation", "line_item_availability_zone",
    "line_item_resource_id", "line_item_currency_code", "line_item_line_item_description",
    "line_item_tax_type", "line_item_legal_entity", "product_product_name",
    "product_product_family", "product_servicecode", "product_region_code", "product_location",
    "product_instance_type", "product_sku", "pricing_rate_code", "pricing_rate_id",
    "pricing_currency", "pricing_term", "pricing_unit", "pricing_purchase_option",
    "pricing_lease_contract_length", "pricing_offering_class", "reservation_reservation_a_r_n",
    "savings_plan_savings_plan_a_r_n", *TAGS,
)
# fmt: on
# fmt: off
AMOUNTS = (
    "line_item_usage_amount", "line_item_unblended_rate", "line_item_unblended_cost",
    "line_item_blended_cost", "pricing_public_on_demand_cost", "pricing_public_on_demand_rate",
    "reservation_effective_cost", "reservation_amortized_upfront_cost_for_usage",
    "reservation_amortized_upfront_fee_for_billing_period", "reservation_recurring_fee_for_usage",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "reservation_unused_quantity", "savings_plan_savings_plan_rate",
    "savings_plan_savings_plan_effective_cost", "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment", "savings_plan_recurring_commitment_for_billing_period",
    "savings_plan_amortized_upfront_commitment_for_billing_period",
)
# fmt: on
DAYS = ("usage_start_day", "usage_end_day")
SCHEMA = pa.schema(
    [(name, pa.dictionary(pa.int32(), pa.string())) for name in STRINGS[1:]]
    + [(name, pa.int64()) for name in AMOUNTS]
    + [(name, pa.int32()) for name in DAYS]
    + [(STRINGS[0], pa.string())]
)


class AwsRows:
    """Turns lines and charges of one catalogue into canonical tables."""

    def __init__(
        self, meters: Sequence[Meter], plan: SavingsPlan, reserved: Sequence[Reservation], seed: int
    ):
        self._seed = seed
        self._reserved = list(reserved)
        self._arns = {r.key: r.arn for r in reserved}
        self._plan = plan
        static = [self._static(m) for m in meters]
        self._static_table = pa.table(
            {
                name: pa.array([row.get(name) for row in static], pa.string()).dictionary_encode()
                for name in STRINGS[1:]
            }
        )
        self._power = np.array([10 ** (10 - m.sku.digits) for m in meters], dtype=np.int64)
        self._rate = np.array([units(m.sku.rate) for m in meters], dtype=np.int64)
        self._plan_rate = np.array([plan.rates.get(m.sku.key, 0) for m in meters], dtype=np.int64)
        keys = [r.key for r in reserved]
        index = [keys.index(m.coverage) if m.coverage in keys else -1 for m in meters]
        self._upfront = np.array([reserved[i].upfront if i >= 0 else 0 for i in index])
        self._recurring = np.array([reserved[i].recurring if i >= 0 else 0 for i in index])

    def _static(self, meter: Meter) -> dict[str, str | None]:
        f = meter.sku.fields
        seller = f.get("seller")
        code = sku_code(meter.sku.key)
        row: dict[str, str | None] = {
            **_bill(meter.account),
            "bill_billing_entity": "AWS Marketplace" if seller else "AWS",
            "line_item_product_code": f["service"],
            "line_item_usage_type": f["usage_type"],
            "line_item_operation": f["operation"],
            "line_item_availability_zone": meter.fields.get("zone"),
            "line_item_resource_id": meter.resource,
            "line_item_line_item_description": _description(meter),
            "line_item_legal_entity": seller or ENTITY,
            "product_product_name": f["product_name"],
            "product_product_family": f["family"],
            "product_servicecode": f["service"],
            "product_region_code": f["region"],
            "product_location": f["location"],
            "product_instance_type": f["instance_type"] or None,
            "product_sku": code,
            "pricing_rate_code": f"{code}.JRTCKXETXF.6YS6EN2CT7",
            "pricing_rate_id": str(int(code[:9], 16)),
            "pricing_currency": "USD",
            "pricing_term": "Spot" if meter.coverage == "spot" else "OnDemand",
            "pricing_unit": meter.sku.unit,
            "reservation_reservation_a_r_n": self._arns.get(meter.coverage),
            "savings_plan_savings_plan_a_r_n": self._plan.arn if meter.coverage == "sp" else None,
        }
        row.update({f"user:{key}": value for key, value in meter.tags.items()})
        if meter.resource.startswith(("i-", "vol-")):
            row["aws:createdBy"] = f"AssumedRole:AROAEXAMPLE:{meter.tags.get('team', 'ci')}"
        return row

    def lines(self, lines: Lines) -> pa.Table:
        """Resource lines."""
        n = len(lines)
        taken = self._static_table.take(pa.array(lines.meter))
        columns: dict[str, Any] = {name: taken.column(name) for name in taken.column_names}
        kind = lines.kind
        discounted, covered, negation = kind == DISCOUNTED, kind == COVERED, kind == NEGATION
        columns["identity_line_item_id"] = line_ids(
            mix(self._seed, lines.meter, lines.day, kind * 2 + lines.copy)
        )
        kinds = pa.DictionaryArray.from_arrays(pa.array(kind.astype(np.int32)), pa.array(KINDS))
        columns["line_item_line_item_type"] = kinds
        columns["pricing_term"] = _where(discounted, "Reserved", columns["pricing_term"])
        columns["pricing_term"] = _blank(negation, columns["pricing_term"])
        columns["reservation_reservation_a_r_n"] = _blank(
            ~discounted, columns["reservation_reservation_a_r_n"]
        )
        columns["savings_plan_savings_plan_a_r_n"] = _blank(
            ~(covered | negation), columns["savings_plan_savings_plan_a_r_n"]
        )
        rate = self._rate[lines.meter]
        hours = lines.quantity
        columns["line_item_usage_amount"] = pa.array(lines.quantity * self._power[lines.meter])
        columns["line_item_unblended_rate"] = pa.array(np.where(discounted, 0, rate))
        columns["line_item_unblended_cost"] = pa.array(lines.cost)
        columns["line_item_blended_cost"] = pa.array(lines.cost)
        columns["pricing_public_on_demand_cost"] = pa.array(lines.public, mask=negation)
        columns["pricing_public_on_demand_rate"] = pa.array(rate, mask=negation)
        upfront = np.where(discounted, self._upfront[lines.meter] * hours, 0)
        columns["reservation_effective_cost"] = pa.array(lines.effective, mask=~discounted)
        columns["reservation_amortized_upfront_cost_for_usage"] = pa.array(
            upfront, mask=~discounted
        )
        columns["reservation_recurring_fee_for_usage"] = pa.array(
            np.where(discounted, self._recurring[lines.meter] * hours, 0), mask=~discounted
        )
        columns["savings_plan_savings_plan_rate"] = pa.array(
            self._plan_rate[lines.meter], mask=~covered
        )
        columns["savings_plan_savings_plan_effective_cost"] = pa.array(
            lines.effective, mask=~covered
        )
        columns["usage_start_day"] = pa.array(lines.day.astype(np.int32))
        columns["usage_end_day"] = pa.array((lines.day + 1).astype(np.int32))
        return _table(columns, n)

    def charges(self, charges: Sequence[Charge]) -> pa.Table:
        """Fees, taxes, credits and refunds."""
        rows = [self._charge(c) for c in charges]
        columns: dict[str, Any] = {}
        for schema_field in SCHEMA:
            values = [row.get(schema_field.name) for row in rows]
            if pa.types.is_dictionary(schema_field.type):
                columns[schema_field.name] = pa.array(values, pa.string()).dictionary_encode()
            else:
                columns[schema_field.name] = pa.array(values, schema_field.type)
        numbers: Ints = np.arange(len(rows), dtype=np.int64)
        first = np.array([c.day for c in charges], dtype=np.int64)
        columns["identity_line_item_id"] = line_ids(mix(self._seed, numbers - 5000, first, 77))
        return _table(columns, len(rows))

    def _charge(self, c: Charge) -> dict[str, Any]:
        plan = c.kind.startswith("SavingsPlan")
        tax = c.kind == "Tax"
        v = c.values
        return {
            **_bill(c.account),
            "bill_billing_entity": "AWS",
            "line_item_line_item_type": c.kind,
            "line_item_product_code": c.product,
            "line_item_usage_type": c.usage_type or None,
            "line_item_resource_id": c.arn or None,
            "line_item_line_item_description": c.description,
            "line_item_tax_type": "VAT" if tax else None,
            "line_item_legal_entity": ENTITY,
            "product_product_name": product_name(c.product),
            "product_servicecode": c.product,
            "product_region_code": "eu-west-1" if c.kind == "RIFee" else None,
            "pricing_unit": "Hrs" if c.arn else None,
            "pricing_currency": None if tax else "USD",
            "pricing_term": "Reserved" if c.kind == "RIFee" else None,
            "pricing_purchase_option": "No Upfront" if plan else None,
            "pricing_lease_contract_length": "1yr" if plan else None,
            "reservation_reservation_a_r_n": None if plan else c.arn or None,
            "savings_plan_savings_plan_a_r_n": c.arn if plan else None,
            "line_item_usage_amount": c.quantity * 10**10,
            "line_item_unblended_cost": c.cost,
            "line_item_blended_cost": c.cost,
            "reservation_unused_quantity": v.get("unused_quantity"),
            "reservation_unused_amortized_upfront_fee_for_billing_period": v.get("unused_upfront"),
            "reservation_unused_recurring_fee": v.get("unused_recurring"),
            "reservation_amortized_upfront_fee_for_billing_period": v.get("amortized_upfront"),
            "savings_plan_total_commitment_to_date": v.get("total"),
            "savings_plan_used_commitment": v.get("used"),
            "savings_plan_recurring_commitment_for_billing_period": v.get("recurring"),
            "savings_plan_amortized_upfront_commitment_for_billing_period": 0 if plan else None,
            "usage_start_day": c.day,
            "usage_end_day": c.last,
        }


def _description(meter: Meter) -> str:
    return f"${meter.sku.rate} per {meter.sku.unit} - {meter.sku.fields['location']}"


def _bill(account: str) -> dict[str, str | None]:
    return {
        "bill_invoicing_entity": ENTITY,
        "bill_bill_type": "Anniversary",
        "bill_payer_account_id": AWS_PAYER,
        "bill_payer_account_name": AWS_ACCOUNT_NAMES[AWS_PAYER],
        "line_item_usage_account_id": account,
        "line_item_usage_account_name": AWS_ACCOUNT_NAMES[account],
        "line_item_currency_code": "USD",
    }


def _table(columns: dict[str, Any], rows: int) -> pa.Table:
    """All columns of the schema; those a kind of line does not have are null."""
    return pa.table(
        [columns[f.name] if f.name in columns else pa.nulls(rows, f.type) for f in SCHEMA],
        schema=SCHEMA,
    )


def _dictionary(apply: Callable[[pa.Array], pa.Array], column: Any) -> pa.Array:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return apply(whole.cast(pa.string())).dictionary_encode()


def _where(mask: Mask, value: str, column: Any) -> pa.Array:
    return _dictionary(lambda c: pc.if_else(pa.array(mask), pa.scalar(value), c), column)


def _blank(mask: Mask, column: Any) -> pa.Array:
    return _dictionary(
        lambda c: pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), c), column
    )
