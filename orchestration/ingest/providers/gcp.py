"""Google Cloud: billing export to BigQuery, standard and detailed, nested or flattened.

Nested records flatten to `parent_child`; key/value arrays become JSON objects; `credits` stays an
array of objects, since one row may carry several.
"""

from __future__ import annotations

from orchestration.ingest.contract import Column, Feed, Fold, Measure, Rename

_COLUMNS = (
    Column("billing_account_id", required=True),
    Column("service_id"),
    Column("service_description"),
    Column("sku_id"),
    Column("sku_description"),
    Column("usage_start_time", "timestamp", required=True),
    Column("usage_end_time", "timestamp"),
    Column("project_id"),
    Column("project_number"),
    Column("project_name"),
    Column("project_labels", "json", shape="labels"),
    Column("labels", "json", shape="labels"),
    Column("system_labels", "json", shape="labels"),
    Column("tags", "json", shape="labels"),
    Column("location_location"),
    Column("location_country"),
    Column("location_region"),
    Column("location_zone"),
    Column("resource_name"),
    Column("resource_global_name"),
    Column("cost", "decimal", required=True),
    Column("currency", required=True),
    Column("currency_conversion_rate", "decimal"),
    Column("usage_amount", "decimal"),
    Column("usage_unit"),
    Column("usage_amount_in_pricing_units", "decimal"),
    Column("usage_pricing_unit"),
    # [{"amount": "-1.5", "full_name": …, "id": …, "name": …, "type": …}, …]
    Column("credits", "json", shape="credits"),
    Column("invoice_month", required=True),
    Column("invoice_publisher_type"),
    Column("cost_type"),
    Column("adjustment_info_id"),
    Column("adjustment_info_description"),
    Column("adjustment_info_mode"),
    Column("adjustment_info_type"),
    Column("cost_at_list", "decimal"),
    Column("cost_at_effective_price_default", "decimal"),
    Column("cost_at_list_consumption_model", "decimal"),
    Column("price_effective_price", "decimal"),
    Column("price_effective_price_default", "decimal"),
    Column("price_list_price", "decimal"),
    Column("price_list_price_consumption_model", "decimal"),
    Column("price_tier_start_amount", "decimal"),
    Column("price_unit"),
    Column("price_pricing_unit_quantity", "decimal"),
    Column("transaction_type"),
    Column("seller_name"),
    Column("subscription_instance_id"),
    Column("consumption_model_id"),
    Column("consumption_model_description"),
    Column("export_time", "timestamp"),
)


# A flattened export keeps a JSON copy of each record beside its fields, and vice versa.
_COPIES = (
    ("service", "service_id"),
    ("sku", "sku_id"),
    ("project", "project_id"),
    ("location", "location_location"),
    ("resource", "resource_name"),
    ("price", "price_effective_price"),
    ("usage", "usage_amount"),
    ("invoice", "invoice_month"),
    ("adjustment_info", "adjustment_info_id"),
    ("subscription", "subscription_instance_id"),
    ("consumption_model", "consumption_model_id"),
    ("labels_key", "labels"),
    ("labels_value", "labels"),
    ("labels_1_key", "labels_1"),
    ("labels_1_value", "labels_1"),
    ("system_labels_key", "system_labels"),
    ("system_labels_value", "system_labels"),
    ("tags_key", "tags"),
    ("tags_value", "tags"),
    ("ancestors_resource_name", "ancestors"),
    ("ancestors_display_name", "ancestors"),
    ("credits_name", "credits"),
    ("credits_amount", "credits"),
    ("credits_full_name", "credits"),
    ("credits_id", "credits"),
    ("credits_type", "credits"),
)


def _export(name: str, description: str, *marker: tuple[str, ...]) -> Feed:
    return Feed(
        name=name,
        kind="bill",
        description=description,
        columns=_COLUMNS,
        billing_period="regexp_replace(invoice_month, '^(\\d{4})-?(\\d\\d).*$', '\\1-\\2')",
        period_columns=("invoice_month",),
        amount="cost",
        currency="currency",
        account="billing_account_id",
        usage="usage_start_time",
        signature=(("billing_account_id",), ("sku_id",), ("usage_start_time",), *marker),
        measures=(
            Measure("cost", "cost"),
            Measure("credits", "credits", json_amounts=True),
        ),
        # BigQuery numbers the second `labels` of a flattened table: the first is the project's.
        renames=(Rename("labels_1", (("labels", "project_labels"), ("labels_1", "labels"))),),
        # A table with one flattened credit per row, and no list of them.
        folds=(Fold("credits", ("credits_", "credits.")),),
        copies=_COPIES,
        sub_account="project_id",
    )


FEEDS = (
    _export("gcp_standard", "Google Cloud billing export, standard (no resource column)"),
    _export(
        "gcp_detailed",
        "Google Cloud billing export, detailed (with resource.name)",
        ("resource_name", "resource_global_name"),
    ),
)
