-- Consecutive versions of a landed month, account by account, where an amount differs. A version that was
-- landed before accounts were recorded has no row: its parts are not known.
{%- set version_key = 'x_feed, x_export, x_billing_period, version_number' %}
with versions as (
    select * from {{ ref('int_ledger__versions') }}
),

known as (
    select distinct x_feed, x_export, x_billing_period, x_landing_id
    from {{ ref('int_ledger__account_totals') }}
    where is_by_account
),

restatements as (
    select
        newer.x_feed, newer.x_export, newer.x_billing_period, newer.version_number, newer.received_at,
        older.version_status as status_before,
        newer.version_status as status_after,
        older.x_landing_id as old_landing_id,
        newer.x_landing_id as new_landing_id,
        older.source_files as old_source_files,
        newer.source_files as new_source_files
    from versions as newer
    inner join versions as older
        on newer.x_feed = older.x_feed and newer.x_export = older.x_export
        and newer.x_billing_period = older.x_billing_period
        and newer.version_number = older.version_number + 1
    inner join known as known_newer
        on newer.x_feed = known_newer.x_feed and newer.x_export = known_newer.x_export
        and newer.x_billing_period = known_newer.x_billing_period
        and newer.x_landing_id = known_newer.x_landing_id
    inner join known as known_older
        on older.x_feed = known_older.x_feed and older.x_export = known_older.x_export
        and older.x_billing_period = known_older.x_billing_period
        and older.x_landing_id = known_older.x_landing_id
),

amounts as (
    {%- for side in ['old', 'new'] %}
    select
        restatements.x_feed, restatements.x_export, restatements.x_billing_period,
        restatements.version_number,
        totals.billing_account_id, totals.sub_account_id, totals.billing_currency, totals.measure,
        {{ 'totals.amount' if side == 'old' else '0' }} as old_amount,
        {{ 'totals.amount' if side == 'new' else '0' }} as new_amount
    from restatements
    inner join {{ ref('int_ledger__account_totals') }} as totals
        on restatements.x_feed = totals.x_feed and restatements.x_export = totals.x_export
        and restatements.x_billing_period = totals.x_billing_period
        and restatements.{{ side }}_landing_id = totals.x_landing_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

changed as (
    select
        {{ version_key }}, billing_account_id, sub_account_id, billing_currency, measure,
        {{ money('sum(old_amount)') }} as old_amount,
        {{ money('sum(new_amount)') }} as new_amount
    from amounts
    group by {{ version_key }}, billing_account_id, sub_account_id, billing_currency, measure
    having sum(old_amount) <> sum(new_amount)
)

select
    changed.*,
    {{ money('changed.new_amount - changed.old_amount') }} as difference,
    restatements.received_at,
    restatements.status_before,
    restatements.status_after,
    restatements.status_after = 'restated' as is_of_closed_period,
    case
        when restatements.status_after = 'restated'
            then md5(
                changed.x_feed || '/' || changed.x_export || '/' || changed.x_billing_period || '/'
                || changed.billing_account_id || '|' || changed.billing_currency || '|'
                || cast(changed.version_number as text)
            )
    end as finding_id,
    restatements.old_landing_id,
    restatements.new_landing_id,
    restatements.old_source_files,
    restatements.new_source_files
from changed
inner join restatements
    on changed.x_feed = restatements.x_feed and changed.x_export = restatements.x_export
    and changed.x_billing_period = restatements.x_billing_period
    and changed.version_number = restatements.version_number
