-- What commitments cost each covered line: one row per line and commitment. A pool's fees are spread in
-- proportion to what is covered and sum up exactly; laid end to end beside the lines, they tell which
-- commitment paid for which.
{%- set pool = ['x_feed', 'x_export', 'x_billing_period', 'billing_account_id', 'currency', 'charge_date',
    'commitment_shape', 'pool_key'] %}
{%- set pool_columns = pool | join(', ') %}
{%- set same_pool = 'partition by keyed.' ~ pool | join(', keyed.') %}
{%- set by_weight = 'covered_cost desc, x_source_row_number asc, x_source_file asc' %}
with fees as (
    select
        {{ pool_columns }}, commitment_id,
        min(commitment_kind) as commitment_kind,
        sum(spread) as spread,
        sum(sum(spread)) over (partition by {{ pool_columns }} order by commitment_id) as until
    from {{ ref('int_gcp__fees') }}
    where pool_key is not null
    group by {{ pool_columns }}, commitment_id
),

totals as (
    select {{ pool_columns }}, sum(spread) as total from fees group by {{ pool_columns }}
),

covered as (
    select
        {% for column in pool -%}
        keyed.{{ column }},
        {% endfor -%}
        x_source_file, x_source_row_number, covered_cost, total,
        sum(covered_cost) over ({{ same_pool }}) as pool_cost,
        max(covered_cost) over ({{ same_pool }}) as largest_cost
    from {{ ref('int_gcp__commitment_keys') }} as keyed
    inner join totals
        on {% for column in pool -%}
        keyed.{{ column }} = totals.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    where is_covered and covered_cost > 0
),

proportional as (
    select
        covered.*,
        case
            -- Priced by its commitment, usage costs what it used of the fee, but for the rounding of the two.
            when commitment_shape = 'model' and abs(total - pool_cost) <= least(0.01, largest_cost)
                then covered_cost
            else {{ money('total * ' ~ exact_ratio('covered_cost', 'pool_cost')) }}
        end as cut_share
    from covered
),

shares as (
    select
        proportional.*,
        {{ money(with_residual('cut_share', 'total', pool_columns, by_weight)) }} as share
    from proportional
),

laid as (
    select
        shares.*,
        sum(share) over (partition by {{ pool_columns }} order by {{ by_weight }}) as until
    from shares
),

parts as (
    select
        {% for column in pool -%}
        laid.{{ column }},
        {% endfor -%}
        laid.x_source_file, laid.x_source_row_number, fees.commitment_id, fees.commitment_kind,
        least(laid.until, fees.until)
        - greatest(laid.until - laid.share, fees.until - fees.spread) as fee_share
    from laid
    inner join fees
        on {% for column in pool -%}
        laid.{{ column }} = fees.{{ column }} and {% endfor %}
        laid.until > fees.until - fees.spread
        and fees.until > laid.until - laid.share
)

select
    x_feed, x_export, x_billing_period, x_source_file, x_source_row_number, commitment_id,
    min(commitment_kind) as commitment_kind,
    {{ money('sum(fee_share)') }} as fee_share
from parts
group by x_feed, x_export, x_billing_period, x_source_file, x_source_row_number, commitment_id
