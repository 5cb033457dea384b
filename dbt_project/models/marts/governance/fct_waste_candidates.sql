with candidates as (
    select *
    from {{ ref('int_inventory__waste_states') }}
    where waste_kind is not null and snapshot_date = latest_snapshot_date
),

first_days as (
    select provider, account_id, resource_id, waste_kind, min(snapshot_date) as first_seen
    from {{ ref('int_inventory__waste_states') }}
    where waste_kind is not null and snapshot_date > coalesce(last_useful_date, cast('1900-01-01' as date))
    group by provider, account_id, resource_id, waste_kind
),

-- Bills arrive late: the last two days that a provider has charges for are not complete.
complete as (
    select
        service_provider_name,
        max(cast(charge_period_start as date)) - 2 as complete_until
    from {{ ref('fct_focus_charges') }}
    where charge_category = 'Usage'
    group by service_provider_name
),

keys as (
    select distinct provider, lower(resource_id) as resource_key from candidates
),

resource_days as (
    select
        charges.service_provider_name,
        keys.resource_key,
        charges.billing_currency,
        cast(charges.charge_period_start as date) as charge_date,
        sum(charges.effective_cost) as effective_cost
    from {{ ref('fct_focus_charges') }} as charges
    inner join complete on charges.service_provider_name = complete.service_provider_name
    -- Google's bill names a resource by its full path, its inventory by the last part of it.
    inner join keys
        on charges.service_provider_name = keys.provider
        and keys.resource_key in (lower(charges.resource_id), lower(charges.resource_name))
    where
        charges.charge_category = 'Usage'
        and cast(charges.charge_period_start as date) <= complete.complete_until
        and cast(charges.charge_period_start as date) > complete.complete_until - 30
    group by 1, 2, 3, 4
),

costs as (
    select
        service_provider_name,
        resource_key,
        billing_currency,
        count(*) as charged_days,
        sum(effective_cost) as effective_cost,
        {{ exact_ratio('sum(effective_cost) * 30', 'count(*)') }} as monthly_effective_cost
    from resource_days
    group by service_provider_name, resource_key, billing_currency
)

select
    candidates.waste_kind,
    candidates.provider as service_provider_name,
    candidates.account_id,
    candidates.region,
    candidates.resource_id,
    candidates.resource_type,
    candidates.resource_name,
    dimensions.owner,
    dimensions.environment,
    candidates.managed_by,
    candidates.tags,
    first_days.first_seen,
    candidates.snapshot_date,
    costs.billing_currency,
    costs.monthly_effective_cost,
    {{ json_facts({
        'attached_to': 'candidates.attached_to', 'charged_days': 'costs.charged_days',
        'cpu_avg_pct': 'candidates.cpu_avg_pct', 'cpu_max_pct': 'candidates.cpu_max_pct',
        'instance_type': 'candidates.instance_type', 'last_used_at': 'candidates.last_used_at',
        'network_bytes_per_day': 'candidates.network_bytes_per_day', 'size_gb': 'candidates.size_gb',
        'state': 'candidates.state'
    }) }} as evidence
from candidates
left join first_days
    on candidates.provider = first_days.provider and candidates.account_id = first_days.account_id
    and candidates.resource_id = first_days.resource_id and candidates.waste_kind = first_days.waste_kind
left join costs
    on candidates.provider = costs.service_provider_name
    and lower(candidates.resource_id) = costs.resource_key
left join {{ ref('int_allocation__tag_dimensions') }} as dimensions on candidates.tags = dimensions.tags
