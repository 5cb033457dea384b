-- Which exports hold an account's period. Both kinds are needed: the actual export knows purchases, the
-- amortised one spreads them. Exports named in the seed lone_exports count as if alone.
select
    billing_account_key,
    x_billing_period,
    min(case when x_feed = 'azure_actual' then x_export end) as actual_export,
    min(case when x_feed = 'azure_amortized' then x_export end) as amortized_export
from (
    select distinct
        x_feed,
        x_export,
        x_billing_period,
        {{ azure_billing_account() }} as billing_account_key
    from {{ ref('stg_azure__cost_lines') }}
) as holders
where x_export not in (select export_name from {{ ref('lone_exports') }})
group by billing_account_key, x_billing_period
