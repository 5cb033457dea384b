"""The query for what moved behind findings: all findings at once, in one pass over the charges."""

from __future__ import annotations

import pandas as pd

from orchestration.analytics.explain import MOST_WINDOWS, compared_days
from orchestration.analytics.series import ALL, FINEST, LEVEL_KEYS, NONE, SERIES_KEYS
from orchestration.ingest.engine import text

# Both sides of the comparison are the series that was judged: usage, at effective cost.
_MOVED = """
with spans (finding_id, {keys}, first_day, last_day, days_apart) as (values {values}),
daily as (
  select charge_date, service_provider_name, coalesce(sub_account_id, '{none}') as sub_account_id,
         service_name, billing_currency
  from marts.fct_daily_costs where charge_category = 'Usage'
),
known as (
  select spans.finding_id, min(spans.first_day) - min(daily.charge_date) as known_days
  from spans join daily on {on_daily}
  group by spans.finding_id
),
charges as (
  select cast(charge_period_start as date) as charge_date, service_provider_name, {told},
         coalesce(sub_account_id, '{none}') as sub_account_id, service_name, billing_currency,
         case
           when charge_class = 'Correction' then 'restatement'
           when effective_cost < 0 then 'credit'
           when commitment_discount_status = 'Unused' then 'unused'
           else 'usage'
         end as nature,
         coalesce(commitment_discount_status, '') = 'Used'
           or coalesce(pricing_category, '') = 'Committed' as is_covered,
         coalesce(resource_id, '{none}') as resource_id,
         coalesce(x_usage_type, sku_id, '{none}') as usage_type,
         coalesce(region_id, '{none}') as region_id,
         coalesce(pricing_unit, '{none}') as unit, fct_focus_charges.tags,
         pricing_quantity, effective_cost
  from focus.fct_focus_charges{tags}
  where charge_category = 'Usage' and {services}
    and charge_period_start >= date '{since}'
),
dated as (
  select spans.finding_id, spans.first_day, spans.last_day, spans.days_apart, charges.*,
         case when charges.charge_date >= spans.first_day then 0
              else cast(ceil((spans.first_day - charges.charge_date) / (1.0 * spans.days_apart))
                as integer)
         end as windows_back
  from charges join spans on {on_charges}
  where charges.charge_date between
    spans.first_day - {most} * spans.days_apart and spans.last_day
)
select dated.finding_id, windows_back, known_days, nature, is_covered, resource_id, usage_type,
       region_id, unit, case when min(tags) = max(tags) then max(tags) end as tags,
       sum(pricing_quantity) as quantity, sum(effective_cost) as cost
from dated join known on dated.finding_id = known.finding_id
where charge_date <= last_day - windows_back * days_apart
group by 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
# What the tags of a charge say, as in fct_daily_tag_costs.
_TAGS = """
  left join intermediate.int_allocation__tag_dimensions as dimensions
    on fct_focus_charges.tags = dimensions.tags
"""
_TOLD = f"""
         coalesce(dimensions.owner, '{NONE}') as owner,
         coalesce(dimensions.product, '{NONE}') as product,
         coalesce(dimensions.environment, '{NONE}') as environment"""
_UNTOLD = "null as owner, null as product, null as environment"
# What a sum holds; how far back it is known, its provider's or account's days tell.
_IN_ACCOUNT = (
    "spans.service_provider_name = {table}.service_provider_name "
    "and spans.billing_currency = {table}.billing_currency "
    f"and spans.sub_account_id in ('{ALL}', {{table}}.sub_account_id)"
)
_IN_MEMBER = """ and spans.member = case spans.level
  when 'region' then charges.region_id when 'owner' then charges.owner
  when 'product' then charges.product when 'environment' then charges.environment else spans.member
end"""


def moved_charges(findings: pd.DataFrame) -> list[str]:
    """Selects whose rows are the cells of `explain_findings`; `findings` is not empty.

    Services are joined by their keys. Sums need the tags of charges, and a comparison with each.
    """
    days = compared_days(findings)
    finest = days["level"] == FINEST
    return [
        _select(part, sums=sums)
        for part, sums in ((days[finest], False), (days[~finest], True))
        if not part.empty
    ]


def _select(days: pd.DataFrame, *, sums: bool) -> str:
    values = ", ".join(
        f"({', '.join(text(str(row[key])) for key in ('finding_id', *LEVEL_KEYS))}, "
        f"date '{row['first_day']}', date '{row['last_day']}', {row['days_apart']})"
        for row in days.to_dict("records")
    )
    reach = pd.to_timedelta(days["days_apart"] * MOST_WINDOWS, unit="D")
    since = (pd.to_datetime(days["first_day"]) - reach).min().date()
    column = "service_provider_name" if sums else "service_name"
    named = ", ".join(text(name) for name in sorted(set(days[column])))
    return _MOVED.format(
        keys=", ".join(LEVEL_KEYS),
        values=values,
        none=NONE,
        told=_TOLD if sums else _UNTOLD,
        tags=_TAGS if sums else "",
        services=f"{column} in ({named})",
        since=since,
        most=MOST_WINDOWS,
        on_daily=_IN_ACCOUNT.format(table="daily") if sums else _on("daily"),
        on_charges=_IN_ACCOUNT.format(table="charges") + _IN_MEMBER if sums else _on("charges"),
    )


def _on(table: str) -> str:
    return " and ".join(f"spans.{key} = {table}.{key}" for key in SERIES_KEYS)
