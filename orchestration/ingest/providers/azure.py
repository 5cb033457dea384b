"""Azure: cost exports, actual and amortised, of all agreement types in one raw contract.

Both exports are needed: the actual one holds purchases, the amortised one spreads them over usage.
"""

from __future__ import annotations

from orchestration.ingest.contract import Column, ColumnType, Feed, Measure, Rename, Unread
from orchestration.ingest.providers.azure_dialects import aliases

_TYPES: tuple[tuple[str, ColumnType], ...] = (
    ("billing_account_id", "string"),
    ("billing_account_name", "string"),
    ("billing_period_start_date", "date"),
    ("billing_period_end_date", "date"),  # inclusive, as Azure writes it
    ("billing_profile_id", "string"),
    ("billing_profile_name", "string"),
    ("invoice_id", "string"),
    ("previous_invoice_id", "string"),  # of a refund: the invoice that it corrects
    ("invoice_section_id", "string"),
    ("invoice_section_name", "string"),
    ("account_name", "string"),
    ("subscription_id", "string"),
    ("subscription_name", "string"),
    ("date", "date"),
    ("service_period_start_date", "date"),
    ("service_period_end_date", "date"),
    ("product_name", "string"),
    ("product_id", "string"),
    ("part_number", "string"),
    ("meter_id", "string"),
    ("meter_name", "string"),
    ("meter_category", "string"),
    ("meter_sub_category", "string"),
    ("meter_region", "string"),
    ("service_family", "string"),
    ("quantity", "decimal"),
    ("effective_price", "decimal"),
    ("cost", "decimal"),
    ("unit_price", "decimal"),
    ("payg_price", "decimal"),
    ("payg_cost_in_billing_currency", "decimal"),
    ("billing_currency", "string"),
    ("pricing_currency", "string"),
    ("cost_in_pricing_currency", "decimal"),
    ("exchange_rate_pricing_to_billing", "decimal"),
    ("resource_location", "string"),
    ("location", "string"),  # Azure's own normalised name of the place
    ("availability_zone", "string"),
    ("consumed_service", "string"),
    ("resource_type", "string"),
    ("resource_id", "string"),
    ("resource_name", "string"),
    ("resource_group", "string"),
    ("service_info1", "string"),
    ("service_info2", "string"),
    ("additional_info", "json"),
    ("tags", "json"),
    ("cost_center", "string"),
    ("unit_of_measure", "string"),
    ("reservation_id", "string"),
    ("reservation_name", "string"),
    ("product_order_id", "string"),
    ("product_order_name", "string"),
    ("benefit_id", "string"),
    ("benefit_name", "string"),
    ("offer_id", "string"),
    ("term", "string"),
    ("publisher_id", "string"),
    ("publisher_name", "string"),
    ("publisher_type", "string"),
    ("partner_name", "string"),
    ("reseller_name", "string"),
    ("customer_name", "string"),
    ("plan_name", "string"),
    ("charge_type", "string"),
    ("frequency", "string"),
    ("pricing_model", "string"),
    ("is_azure_credit_eligible", "string"),
)

_COLUMNS = tuple(
    Column(
        name,
        kind,
        required=name in ("date", "cost", "billing_currency"),
        aliases=aliases(name),
        shape="loose_object" if name == "tags" else "object",
    )
    for name, kind in _TYPES
)

# Daily-rated usage of a partner (CSP), from Partner Center. Microsoft invoices the partner; the
# Azure subscription is the entitlement. Every line is usage, whatever its order was ("new").
_PARTNERS_MARK = "EntitlementId"
_OF_PARTNERS = (
    ("PartnerId", "BillingAccountId"),
    ("PartnerName", "BillingAccountName"),
    ("SubscriptionId", "OrderedSubscriptionId"),
    ("EntitlementId", "SubscriptionId"),
    ("EntitlementDescription", "SubscriptionName"),
    ("ChargeType", "OrderType"),
    # The effective price has the partner's discount.
    ("UnitPrice", "PayGPrice"),
    ("BenefitType", "PricingModel"),
    ("BenefitOrderId", "ProductOrderId"),
)


def _any_of(*columns: str) -> tuple[str, ...]:
    """A group of the signature: any spelling of these columns, the usual English ones first."""
    return (*columns, *(spelling for column in columns for spelling in aliases(column)))


_COVERED = """(lower(replace(pricing_model, ' ', '')) IN ('reservation', 'savingsplan')
    OR (pricing_model IS NULL AND reservation_id IS NOT NULL))"""

_KIND = "lower(replace(charge_type, ' ', ''))"

# Both exports have the same headers. Only the actual one has what was paid for commitments;
# only the amortised one spreads it over what they covered and left unused.
_ONLY_ACTUAL = f"{_COVERED} AND {_KIND} IN ('purchase', 'refund')"
_ONLY_AMORTIZED = f"""{_COVERED} AND (
    ({_KIND} = 'usage' AND cost > 0)
    OR {_KIND} IN ('unusedreservation', 'unusedsavingsplan'))"""

# An actual export leaves covered usage at 0, a weak sign: an amortised one may round to 0.
COVERED_AT_ZERO = f"{_COVERED} AND {_KIND} = 'usage' AND cost = 0"

# The billing profile, where an account has several (MCA); enterprise agreements repeat the account
# as the profile, pay-as-you-go the subscription. The charges' macro azure_billing_account agrees.
_PAYER = """
    CASE
        WHEN billing_profile_id <> coalesce(billing_account_id, '')
            AND billing_profile_id <> coalesce(subscription_id, '') THEN billing_profile_id
        ELSE coalesce(billing_account_id, billing_profile_id, subscription_id)
    END
"""


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
            (*_any_of("meter_category", "meter_id"), _PARTNERS_MARK),
            _any_of("consumed_service", "resource_id"),
            _any_of("date"),
        ),
        measures=(Measure("cost", "cost"),),
        renames=(
            # Old enterprise files number their subscriptions beside the GUID that all others name.
            Rename("SubscriptionGuid", (("SubscriptionId", "SubscriptionNumber"),)),
            Rename(_PARTNERS_MARK, _OF_PARTNERS),
        ),
        evidence=evidence,
        sub_account="subscription_id",
        payer=_PAYER,
        invoice="invoice_id",
    )


FEEDS = (
    _export("azure_actual", "Azure cost export, actual cost (purchases as billed)", _ONLY_ACTUAL),
    _export(
        "azure_amortized",
        "Azure cost export, amortised cost (purchases spread over usage)",
        _ONLY_AMORTIZED,
    ),
)

UNREAD = (
    Unread(
        "an invoice reconciliation file of Partner Center",
        signature=(("PartnerId",), ("TaxTotal", "TotalForCustomer", "PostTaxTotal")),
        remedy="Its Azure usage is the sum of the daily-rated usage reconciliation file: ingest"
        " that one. What else is invoiced, as licences and reservations, can come as FOCUS.",
    ),
)
