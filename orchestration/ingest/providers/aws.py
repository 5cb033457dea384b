"""AWS: Cost and Usage Reports, legacy and 2.0, in one raw contract named as CUR 2.0 names it.

Legacy headers (`lineItem/UnblendedCost`) fold to the same names by AWS's own rule; tag columns
(`resourceTags/user:team`, `resource_tags_user_team`) fold into the `resource_tags` object.
"""

from __future__ import annotations

from orchestration.ingest.contract import Column, Feed, Fold, Measure, Need

_ACCOUNT_DIGITS = 12


def _product(name: str, key: str, *aliases: str) -> Column:
    """A product attribute: a column in legacy files, often a key of CUR 2.0's `product`."""
    return Column(name, aliases=aliases, from_map=("product", key))


_COLUMNS = (
    Column("identity_line_item_id"),
    Column("identity_time_interval"),
    Column("bill_invoice_id"),
    Column("bill_invoicing_entity"),
    Column("bill_billing_entity"),
    Column("bill_bill_type"),
    Column("bill_payer_account_id", required=True, digits=_ACCOUNT_DIGITS),
    Column("bill_payer_account_name"),
    Column("bill_billing_period_start_date", "timestamp", required=True),
    Column("bill_billing_period_end_date", "timestamp"),
    Column("line_item_usage_account_id", digits=_ACCOUNT_DIGITS),
    Column("line_item_usage_account_name"),
    Column("line_item_line_item_type"),
    Column("line_item_usage_start_date", "timestamp", required=True),
    Column("line_item_usage_end_date", "timestamp"),
    Column("line_item_product_code"),
    Column("line_item_usage_type"),
    Column("line_item_operation"),
    Column("line_item_availability_zone"),
    Column("line_item_resource_id"),
    Column("line_item_usage_amount", "decimal"),
    Column("line_item_normalized_usage_amount", "decimal"),
    Column("line_item_currency_code", required=True),
    Column("line_item_unblended_rate", "decimal"),
    Column("line_item_unblended_cost", "decimal", required=True),
    Column("line_item_net_unblended_rate", "decimal"),
    Column("line_item_net_unblended_cost", "decimal"),
    Column("line_item_blended_cost", "decimal"),
    Column("line_item_line_item_description"),
    Column("line_item_tax_type"),
    Column("line_item_legal_entity"),
    _product("product_product_name", "product_name"),
    _product("product_product_family", "product_family"),
    _product("product_servicecode", "servicecode"),
    _product("product_servicename", "servicename"),
    _product("product_region_code", "region_code", "product/region"),
    _product("product_location", "location"),
    _product("product_instance_type", "instance_type"),
    _product("product_sku", "sku"),
    Column("product", "json"),
    Column("pricing_rate_code"),
    Column("pricing_rate_id"),
    Column("pricing_currency"),
    Column("pricing_public_on_demand_cost", "decimal"),
    Column("pricing_public_on_demand_rate", "decimal"),
    Column("pricing_term"),
    Column("pricing_unit"),
    Column("pricing_purchase_option"),
    Column("pricing_lease_contract_length"),
    Column("pricing_offering_class"),
    Column("reservation_reservation_a_r_n", aliases=("reservation_reservation_arn",)),
    Column("reservation_effective_cost", "decimal"),
    Column("reservation_net_effective_cost", "decimal"),
    Column("reservation_amortized_upfront_cost_for_usage", "decimal"),
    Column("reservation_amortized_upfront_fee_for_billing_period", "decimal"),
    Column("reservation_recurring_fee_for_usage", "decimal"),
    Column("reservation_unused_amortized_upfront_fee_for_billing_period", "decimal"),
    Column("reservation_unused_recurring_fee", "decimal"),
    Column("reservation_net_unused_amortized_upfront_fee_for_billing_period", "decimal"),
    Column("reservation_net_unused_recurring_fee", "decimal"),
    Column("reservation_unused_quantity", "decimal"),
    Column("reservation_unused_normalized_unit_quantity", "decimal"),
    Column("reservation_total_reserved_units", "decimal"),
    Column("reservation_total_reserved_normalized_units", "decimal"),
    # Terms stay text: a date that is none must not keep a bill from landing.
    Column("reservation_start_time"),
    Column("reservation_end_time"),
    Column("savings_plan_start_time"),
    Column("savings_plan_end_time"),
    Column("savings_plan_purchase_term"),
    Column("savings_plan_payment_option"),
    Column("savings_plan_savings_plan_a_r_n", aliases=("savings_plan_savings_plan_arn",)),
    Column("savings_plan_savings_plan_rate", "decimal"),
    Column("savings_plan_savings_plan_effective_cost", "decimal"),
    Column("savings_plan_net_savings_plan_effective_cost", "decimal"),
    Column("savings_plan_total_commitment_to_date", "decimal"),
    Column("savings_plan_used_commitment", "decimal"),
    Column("savings_plan_recurring_commitment_for_billing_period", "decimal"),
    Column("savings_plan_amortized_upfront_commitment_for_billing_period", "decimal"),
    Column("savings_plan_net_recurring_commitment_for_billing_period", "decimal"),
    Column("savings_plan_net_amortized_upfront_commitment_for_billing_period", "decimal"),
    Column("capacity_reservation_capacity_reservation_arn"),
    Column("capacity_reservation_capacity_reservation_status"),
    # Split cost allocation data: a row per pod or task and meter, beside the instance it ran on
    Column("split_line_item_parent_resource_id"),
    Column("split_line_item_split_usage", "decimal"),
    Column("split_line_item_split_cost", "decimal"),
    Column("split_line_item_unused_cost", "decimal"),
    Column("split_line_item_net_split_cost", "decimal"),
    Column("split_line_item_net_unused_cost", "decimal"),
    Column("discount", "json"),
    # {"user:team": "…", "aws:createdBy": "…"}: the scheme stays as prefix
    Column("resource_tags", "json", shape="scheme_tags"),
    # CUR 2.0, instead or beside it: {"resourceTags/team": "…", "accountTag/team": "…",
    # "userAttribute/…", "iamPrincipal/…", "costCategory/…"}
    Column("tags", "json", shape="scheme_tags"),
    Column("cost_category", "json"),
)


_FOLDS = (
    Fold("resource_tags", ("resourceTags/",)),
    Fold("resource_tags", ("resource_tags_",), keys="scheme"),
    Fold("cost_category", ("costCategory/", "cost_category_")),
    Fold("discount", ("discount/", "discount_"), keys="snake"),
    Fold("product", ("product/", "product_"), keys="snake"),
)

_NEEDS = (
    Need(
        "line_item_line_item_type",
        "line_item_unblended_cost < 0 OR savings_plan_savings_plan_a_r_n IS NOT NULL"
        " OR reservation_reservation_a_r_n IS NOT NULL",
        "credits, refunds, fees and what they cover could not be told from usage",
    ),
    Need(
        "savings_plan_savings_plan_effective_cost",
        "line_item_line_item_type = 'SavingsPlanCoveredUsage'"
        " AND savings_plan_net_savings_plan_effective_cost IS NULL",
        "usage that a savings plan covers would cost nothing",
    ),
    Need(
        "reservation_effective_cost",
        "line_item_line_item_type = 'DiscountedUsage' AND line_item_unblended_cost = 0",
        "usage that a reservation covers would cost nothing",
    ),
    # Writers that fill what is missing with zeros
    Need(
        "discount",
        "line_item_net_unblended_cost = 0 AND line_item_unblended_cost <> 0",
        "every net cost of the month is 0, and only a discount of all of it could be the reason."
        " If there is none, leave out line_item_net_unblended_cost",
        even_empty=True,
        unless="bool_or(line_item_net_unblended_cost <> 0) OR bool_or(discount IS NOT NULL)"
        " OR bool_or(line_item_line_item_type LIKE '%Discount')",
    ),
)


def _cur(name: str, description: str, marker: str) -> Feed:
    return Feed(
        name=name,
        kind="bill",
        description=description,
        columns=_COLUMNS,
        billing_period="strftime(bill_billing_period_start_date, '%Y-%m')",
        period_columns=("bill_billing_period_start_date",),
        amount="line_item_unblended_cost",
        currency="line_item_currency_code",
        account="bill_payer_account_id",
        usage="line_item_usage_start_date",
        # Writers in Python print their None: nothing was said, as in an empty field.
        absent_number="None",
        signature=((marker,),),
        measures=(
            Measure("unblended_cost", "line_item_unblended_cost"),
            Measure("net_unblended_cost", "line_item_net_unblended_cost", optional=True),
        ),
        folds=_FOLDS,
        sub_account="line_item_usage_account_id",
        invoice="bill_invoice_id",
        needs=_NEEDS,
    )


FEEDS = (
    _cur(
        "aws_cur_legacy",
        "AWS Cost and Usage Report, legacy (headers like lineItem/UnblendedCost)",
        "lineItem/UsageStartDate",
    ),
    _cur(
        "aws_cur2",
        "AWS Cost and Usage Report 2.0 (headers like line_item_unblended_cost)",
        "line_item_usage_start_date",
    ),
)
