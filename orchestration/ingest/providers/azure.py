"""Azure: cost exports, actual and amortised, of all agreement types in one raw contract.

Both exports are needed: the actual one holds purchases, the amortised one spreads them over usage.
"""

from __future__ import annotations

from orchestration.ingest.contract import Column, Feed, Measure

_COLUMNS = (
    Column("billing_account_id", aliases=("EnrollmentNumber",)),
    Column("billing_account_name"),
    Column("billing_period_start_date", "date"),
    Column("billing_period_end_date", "date"),  # inclusive, as Azure writes it
    Column("billing_profile_id"),
    Column("billing_profile_name"),
    Column("invoice_id"),
    Column("invoice_section_id"),
    Column("invoice_section_name", aliases=("InvoiceSection",)),
    Column("account_name"),
    Column("subscription_id", aliases=("SubscriptionGuid",)),
    Column("subscription_name"),
    Column("date", "date", required=True, aliases=("UsageDateTime", "UsageDate")),
    Column("product_name", aliases=("Product",)),
    Column("product_id"),
    Column("part_number"),
    Column("meter_id"),
    Column("meter_name"),
    Column("meter_category"),
    Column("meter_sub_category"),
    Column("meter_region"),
    Column("service_family"),
    Column("quantity", "decimal", aliases=("UsageQuantity",)),
    Column("effective_price", "decimal", aliases=("ResourceRate",)),
    Column("cost", "decimal", required=True, aliases=("CostInBillingCurrency", "PreTaxCost")),
    Column("unit_price", "decimal"),
    Column("payg_price", "decimal"),
    Column("payg_cost_in_billing_currency", "decimal"),
    Column("billing_currency", required=True, aliases=("BillingCurrencyCode", "Currency")),
    Column("pricing_currency", aliases=("PricingCurrencyCode",)),
    Column("cost_in_pricing_currency", "decimal"),
    Column("exchange_rate_pricing_to_billing", "decimal"),
    Column("resource_location"),
    Column("availability_zone"),
    Column("consumed_service"),
    Column("resource_id", aliases=("InstanceId", "InstanceName")),
    Column("resource_name"),
    Column("resource_group", aliases=("ResourceGroupName",)),
    Column("service_info1"),
    Column("service_info2"),
    Column("additional_info", "json"),
    Column("tags", "json", shape="loose_object"),
    Column("cost_center"),
    Column("unit_of_measure"),
    Column("reservation_id"),
    Column("reservation_name"),
    Column("product_order_id"),
    Column("product_order_name"),
    Column("benefit_id"),
    Column("benefit_name"),
    Column("offer_id"),
    Column("term"),
    Column("publisher_name"),
    Column("publisher_type"),
    Column("partner_name"),
    Column("plan_name"),
    Column("charge_type"),
    Column("frequency"),
    Column("pricing_model"),
    Column("is_azure_credit_eligible"),
)


_COVERED = """(lower(replace(pricing_model, ' ', '')) IN ('reservation', 'savingsplan')
    OR (pricing_model IS NULL AND reservation_id IS NOT NULL))"""

# Both exports have the same headers. Only the actual one has what was paid for commitments;
# only the amortised one spreads it over what they covered and left unused.
_ONLY_ACTUAL = f"{_COVERED} AND lower(charge_type) IN ('purchase', 'refund')"
_ONLY_AMORTIZED = f"""{_COVERED} AND (
    (lower(charge_type) = 'usage' AND cost > 0)
    OR lower(charge_type) IN ('unusedreservation', 'unusedsavingsplan'))"""

# An actual export leaves covered usage at 0, a weak sign: an amortised one may round to 0.
COVERED_AT_ZERO = f"{_COVERED} AND lower(charge_type) = 'usage' AND cost = 0"


def _export(name: str, description: str, evidence: str) -> Feed:
    return Feed(
        name=name,
        kind="bill",
        description=description,
        columns=_COLUMNS,
        billing_period="strftime(coalesce(billing_period_start_date, date), '%Y-%m')",
        period_columns=("billing_period_start_date", "date"),
        amount="cost",
        currency="billing_currency",
        account="billing_account_id",
        usage="date",
        signature=(
            ("MeterCategory", "MeterId"),
            ("ConsumedService", "ResourceId", "InstanceId"),
            ("UsageDateTime", "UsageDate", "Date"),
        ),
        measures=(Measure("cost", "cost"),),
        evidence=evidence,
    )


FEEDS = (
    _export("azure_actual", "Azure cost export, actual cost (purchases as billed)", _ONLY_ACTUAL),
    _export(
        "azure_amortized",
        "Azure cost export, amortised cost (purchases spread over usage)",
        _ONLY_AMORTIZED,
    ),
)
