-- Covered usage as charges: a part for each commitment that covers it, billed 0, and the rest none covers.
-- The parts of a line add up to it: quantities, list cost and contracted cost exactly.
{%- set line = ['x_feed', 'x_export', 'x_billing_period', 'x_source_file', 'x_source_row_number'] %}
{%- set this_line = 'partition by ' ~ line | join(', ') %}
{%- set of_the_line = 'partition by lines.' ~ line | join(', lines.') %}
{%- set measures = ['usage_amount', 'pricing_quantity', 'list_cost', 'contracted_cost'] %}
with parts as (
    select
        {% for column in gcp_line_columns() if column not in measures %}lines.{{ column }}, {% endfor %}
        lines.usage_amount, lines.pricing_quantity, lines.list_cost, lines.contracted_cost,
        -- The share of a fee takes the place of what Google asks for the covered part.
        {{ money("case when lines.commitment_shape = 'credit' then lines.net_cost
            else lines.net_cost - sum(fee_share) over (" ~ of_the_line ~ ") end") }} as rest_cost,
        coalesce(covered.commitment_id, lines.credit_commitment_id) as commitment_id,
        coalesce(covered.commitment_kind, lines.commitment_kind) as commitment_kind,
        {{ money('coalesce(fee_share, 0)') }} as fee_share,
        -- Cut to 12 decimals: two such factors are all that 38 digits hold.
        cast(case
            when lines.commitment_shape = 'model' or lines.coverable_cost <= lines.covered_cost then 1
            else {{ exact_ratio('lines.covered_cost', 'lines.coverable_cost') }}
        end
        * coalesce({{ exact_ratio('fee_share', 'sum(fee_share) over (' ~ of_the_line ~ ')') }}, 1)
        as numeric(38, 12))
            as portion,
        row_number() over ({{ of_the_line }} order by fee_share desc, covered.commitment_id asc) as position
    from {{ ref('int_gcp__lines') }} as lines
    left join {{ ref('int_gcp__covered_usage') }} as covered
        on {% for column in line -%}
        lines.{{ column }} = covered.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    -- Priced by a commitment whose fee is not in the bill, usage is charged as it is priced.
    where lines.is_covered and (lines.commitment_shape = 'credit' or covered.commitment_id is not null)
),

cut as (
    select
        parts.*,
        {%- for measure in measures %}
        {{ money(measure ~ ' * portion') }} as cut_{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from parts
)

select
    {% for column in gcp_line_columns() if column not in measures %}{{ column }}, {% endfor %}
    'covered ' || coalesce(commitment_id, '') as part,
    'Usage' as charge_category,
    'Used' as commitment_status,
    commitment_id, commitment_kind,
    sku_description as description,
    {{ money(0) }} as billed_cost,
    fee_share as effective_cost,
    {%- for measure in measures %}
    {{ money('case when rest_cost <> 0 or position > 1 then cut_' ~ measure
        ~ ' else ' ~ measure ~ ' - (sum(cut_' ~ measure ~ ') over (' ~ this_line ~ ') - cut_' ~ measure
        ~ ') end') }} as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from cut
union all
select
    {% for column in gcp_line_columns() if column not in measures %}{{ column }}, {% endfor %}
    'charge', 'Usage', null, null, null, sku_description,
    rest_cost as billed_cost, rest_cost as effective_cost,
    {%- for measure in measures %}
    {{ money(measure ~ ' - covered_' ~ measure) }}{{ ',' if not loop.last }}
    {%- endfor %}
from (
    select
        cut.*,
        {%- for measure in measures %}
        sum(cut_{{ measure }}) over ({{ this_line }}) as covered_{{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from cut
) as summed
where position = 1 and rest_cost <> 0
