"""Oracle Cloud Infrastructure: cost reports (`reports/cost-csv`), headers like cost/myCost.

The report is hourly and has no billing period, so a line belongs to the month of its usage.
Corrections are lines of their own that name the line they correct.
"""

from __future__ import annotations

from orchestration.ingest.contract import Column, Feed, Fold, Measure

FEEDS = (
    Feed(
        name="oci_cost",
        kind="bill",
        description="OCI cost report (headers like lineItem/tenantId and cost/myCost)",
        columns=(
            Column("reference_no", aliases=("lineItem/referenceNo",)),
            Column("tenant_id", required=True, aliases=("lineItem/tenantId",)),
            Column(
                "interval_usage_start",
                "timestamp",
                required=True,
                aliases=("lineItem/intervalUsageStart",),
            ),
            Column("interval_usage_end", "timestamp", aliases=("lineItem/intervalUsageEnd",)),
            Column("is_correction", aliases=("lineItem/isCorrection",)),
            Column("backreference_no", aliases=("lineItem/backreferenceNo",)),
            Column("service", aliases=("product/service",)),
            Column("resource", aliases=("product/resource",)),
            Column("compartment_id", aliases=("product/compartmentId",)),
            Column("compartment_name", aliases=("product/compartmentName",)),
            Column("region", aliases=("product/region",)),
            Column("availability_domain", aliases=("product/availabilityDomain",)),
            Column("resource_id", aliases=("product/resourceId",)),
            Column("description", aliases=("product/Description",)),
            Column("consumed_quantity", "decimal", aliases=("usage/consumedQuantity",)),
            Column("consumed_quantity_units", aliases=("usage/consumedQuantityUnits",)),
            Column("billed_quantity", "decimal", aliases=("usage/billedQuantity",)),
            Column("billed_quantity_overage", "decimal", aliases=("usage/billedQuantityOverage",)),
            Column("subscription_id", aliases=("cost/subscriptionId",)),
            Column("product_sku", aliases=("cost/productSku",)),
            Column("unit_price", "decimal", aliases=("cost/unitPrice",)),
            Column("unit_price_overage", "decimal", aliases=("cost/unitPriceOverage",)),
            Column("my_cost", "decimal", required=True, aliases=("cost/myCost",)),
            Column("my_cost_overage", "decimal", aliases=("cost/myCostOverage",)),
            Column("currency_code", required=True, aliases=("cost/currencyCode",)),
            # Newer reports fill the one, older ones the other.
            Column("sku_unit_description", aliases=("cost/skuUnitDescription",)),
            Column("billing_unit_readable", aliases=("cost/billingUnitReadable",)),
            Column("overage_flag", aliases=("cost/overageFlag",)),
            # {"team": "…", "Oracle-Tags.CreatedBy": "…"}: a defined tag keeps its namespace
            Column("tags", "json"),
        ),
        folds=(Fold("tags", ("tags/",)),),
        billing_period="strftime(interval_usage_start, '%Y-%m')",
        period_columns=("interval_usage_start",),
        amount="my_cost",
        currency="currency_code",
        account="tenant_id",
        usage="interval_usage_start",
        signature=(("lineItem/tenantId", "tenant_id"), ("cost/myCost", "my_cost")),
        measures=(
            Measure("my_cost", "my_cost"),
            Measure("my_cost_overage", "my_cost_overage", optional=True),
        ),
    ),
)
