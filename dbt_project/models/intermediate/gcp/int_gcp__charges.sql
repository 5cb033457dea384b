-- Google Cloud lines as charges: usage, fees and what was unused of them, taxes, adjustments, and
-- credits that were granted after the fact.
-- Rules 4, 5, 7, 8, 12, 17, 18, 19 of the normalisation list; named in the unit tests.
{%- set line = ['x_feed', 'x_export', 'x_billing_period', 'x_source_file', 'x_source_row_number'] %}
{%- set measures = ['usage_amount', 'pricing_quantity', 'list_cost', 'contracted_cost'] %}
{%- set facts = gcp_line_columns() | reject('in', measures) | list %}
with lines as (
    select * from {{ ref('int_gcp__lines') }}
),

covered as (
    select * from {{ ref('int_gcp__covered_charges') }}
),

with_charges as (
    select distinct {{ line | join(', ') }} from covered
),

fees as (
    select
        {% for column in facts %}lines.{{ column }}, {% endfor %}
        lines.usage_amount, lines.pricing_quantity, lines.list_cost, lines.contracted_cost,
        lines.sku_description as description,
        fees.commitment_id, fees.commitment_kind, fees.billed_cost as fee, fees.unused_cost,
        coalesce({{ exact_ratio('fees.unused_cost', 'fees.billed_cost') }}, 1) as unused_portion
    from lines
    inner join {{ ref('int_gcp__fees') }} as fees
        on {% for column in line -%}
        lines.{{ column }} = fees.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor %}
),

credits as (
    {{ gcp_credit_rows('lines') }}
)

select
    {% for column in facts %}lines.{{ column }}, {% endfor %}
    'charge' as part, charge_category,
    cast(null as text) as commitment_status, cast(null as text) as commitment_id,
    cast(null as text) as commitment_kind, sku_description as description,
    net_cost as billed_cost, net_cost as effective_cost,
    {% for measure in measures -%}
    {{ money(measure) }} as {{ measure }}{{ ',' if not loop.last }}
    {% endfor %}
from lines
left join with_charges
    on {% for column in line -%}
    lines.{{ column }} = with_charges.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor %}
where not lines.is_fee and with_charges.x_feed is null
union all
select
    {% for column in facts %}{{ column }}, {% endfor %}
    part, charge_category, commitment_status, commitment_id, commitment_kind, description,
    billed_cost, effective_cost,
    {{ measures | join(', ') }}
from covered
union all
select
    {% for column in facts %}{{ column }}, {% endfor %}
    'charge', 'Purchase', null, commitment_id, commitment_kind, description, fee, {{ money(0) }},
    {% for measure in measures -%}
    {{ money(measure) }}{{ ',' if not loop.last }}
    {% endfor %}
from fees
union all
select
    {% for column in facts %}{{ column }}, {% endfor %}
    'unused', 'Usage', 'Unused', commitment_id, commitment_kind, description, {{ money(0) }}, unused_cost,
    {{ money('null') }}, {{ money('pricing_quantity * unused_portion') }}, {{ money(0) }}, {{ money(0) }}
from fees
where unused_cost <> 0
union all
select
    {% for column in facts %}{{ column }}, {% endfor %}
    'credit ' || cast(credit_position as text), 'Credit', null, null, null, credit_name,
    {{ (['credit_amount'] * 2) | join(', ') }}, {{ money('null') }}, {{ money('null') }},
    {{ (['credit_amount'] * 2) | join(', ') }}
from credits
where credit_kind is null or not {{ matches('credit_kind', gcp_kinds_in_the_row()) }}
