{{ config(materialized='table') }}
-- Each day's costs with who pays for them, or by which rule they are split.
with daily as (
    select
        cast(charge_period_start as date) as charge_date,
        service_provider_name, billing_account_id, sub_account_id, service_name, service_category,
        charge_category, commitment_discount_status, billing_currency, tags,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('fct_focus_charges') }}
    group by
        cast(charge_period_start as date), service_provider_name, billing_account_id, sub_account_id,
        service_name, service_category, charge_category, commitment_discount_status, billing_currency, tags
),

described as (
    select
        daily.charge_date, daily.service_provider_name, daily.billing_account_id, daily.sub_account_id,
        daily.service_name, daily.service_category, daily.charge_category, daily.commitment_discount_status,
        daily.billing_currency,
        dimensions.environment,
        dimensions.cluster_name,
        dimensions.product,
        dimensions.owner as tagged_owner,
        dimensions.is_owned_by_product,
        sum(daily.billed_cost) as billed_cost,
        sum(daily.effective_cost) as effective_cost
    from daily
    left join {{ ref('int_allocation__tag_dimensions') }} as dimensions on daily.tags = dimensions.tags
    group by
        daily.charge_date, daily.service_provider_name, daily.billing_account_id, daily.sub_account_id,
        daily.service_name, daily.service_category, daily.charge_category, daily.commitment_discount_status,
        daily.billing_currency,
        dimensions.environment, dimensions.cluster_name, dimensions.product,
        dimensions.owner, dimensions.is_owned_by_product
),

sharing as (
    select
        described.*,
        (
            select min(shared_costs.priority)
            from {{ ref('shared_costs') }} as shared_costs
            where
                {%- for column in [
                    'product', 'charge_category', 'commitment_discount_status', 'service_provider_name',
                    'service_name'
                ] %}
                (shared_costs.{{ column }} is null or shared_costs.{{ column }} = described.{{ column }})
                {{ 'and' if not loop.last }}
                {%- endfor %}
                -- An owner in the tags goes before every rule but those that name a product.
                and (shared_costs.product is not null or described.tagged_owner is null)
        ) as shared_priority
    from described
)

select
    sharing.charge_date, sharing.service_provider_name, sharing.billing_account_id, sharing.sub_account_id,
    sharing.service_name, sharing.service_category, sharing.charge_category, sharing.billing_currency,
    sharing.environment, sharing.cluster_name, sharing.billed_cost, sharing.effective_cost,
    case
        when sharing.cluster_name is not null then 'kubernetes'
        when sharing.shared_priority is not null then 'shared'
        when sharing.tagged_owner is not null then 'tag'
        when defaults.owner is not null then 'sub_account'
        else 'unallocated'
    end as allocation_method,
    case
        when sharing.cluster_name is not null then 'cluster ' || sharing.cluster_name
        when sharing.shared_priority is not null then shared_costs.rule
        when sharing.is_owned_by_product then 'owner of the product in the tags'
        when sharing.tagged_owner is not null then 'owner in the tags'
        when defaults.owner is not null then 'default owner of the sub account'
        else 'no rule matches'
    end as allocation_rule,
    coalesce(sharing.tagged_owner, defaults.owner, 'unallocated') as owner,
    coalesce(
        sharing.product, case when sharing.tagged_owner is null then defaults.product end, owned.product
    ) as product
from sharing
left join {{ ref('shared_costs') }} as shared_costs on sharing.shared_priority = shared_costs.priority
left join {{ ref('sub_account_owners') }} as defaults
    -- Whoever sells what runs in it: in a marketplace the provider is the seller.
    on sharing.sub_account_id = defaults.sub_account_id
-- A team that owns one customer product is tagged well enough.
left join (
    select owner, min(product) as product
    from {{ ref('products') }}
    where kind <> 'shared'
    group by owner
    having count(*) = 1
) as owned
    on sharing.tagged_owner = owned.owner
