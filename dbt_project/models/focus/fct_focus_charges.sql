{{ config(
    materialized='incremental',
    incremental_strategy='replace_landings',
    on_schema_change='append_new_columns',
    post_hook="{{ record_conformed_landings() }}",
) }}
{#- All refs are named here, since the branches below are only written where a partition has changed. -#}
{%- set conformed = {
    'int_focus__aws': ref('int_focus__aws'),
    'int_focus__azure': ref('int_focus__azure'),
    'int_focus__gcp': ref('int_focus__gcp'),
    'int_focus__oci': ref('int_focus__oci'),
    'int_focus__kubernetes': ref('int_focus__kubernetes'),
    'int_focus__focus': ref('int_focus__focus'),
} -%}
{%- set landings = ref('stg_landing__control_totals') -%}
{%- set plan = conform_plan(is_incremental()) -%}
{%- set columns = focus_columns() + focus_custom_columns() -%}
{{ written_plan(plan) }}
with charges as (
    {%- set branches = [] -%}
    {%- for name, family in focus_families().items() -%}
        {%- set condition = partitions_filter(plan.changed | selectattr(0, 'in', family.feeds) | list) -%}
        {%- if condition -%}
            {%- do branches.append(
                'select ' ~ columns | join(', ') ~ '\n    from ' ~ conformed[name]
                ~ '\n    where ' ~ condition
            ) -%}
        {%- endif -%}
    {%- endfor %}
    {{ branches | join('\n    union all\n    ')
        or 'select ' ~ columns | join(', ') ~ ' from ' ~ conformed['int_focus__focus'] ~ ' where false' }}
)

select
    {%- for column in columns %}
    {%- if column == 'service_category' %}
    coalesce(charges.service_category, categories.service_category, 'Other') as service_category,
    {%- elif column == 'service_subcategory' %}
    case
        when charges.service_category is not null
            then coalesce(
                charges.service_subcategory,
                case when charges.service_category = categories.service_category
                    then categories.service_subcategory end,
                'Other (' || charges.service_category || ')'
            )
        else coalesce(categories.service_subcategory, 'Other (Other)')
    end as service_subcategory,
    {%- elif column == 'invoice_detail_id' %}
    {{ invoice_detail_id() }} as invoice_detail_id,
    {%- elif column in ('pricing_currency_list_unit_price', 'pricing_currency_contracted_unit_price') %}
    {%- set price = column | replace('pricing_currency_', '') %}
    coalesce(
        charges.{{ column }},
        case when charges.pricing_currency = charges.billing_currency then charges.{{ price }} end
    ) as {{ column }},
    {%- elif column == 'x_source_row_number' %}
    cast(charges.x_source_row_number as bigint) as x_source_row_number,
    {%- else %}
    charges.{{ column }}{{ ',' if not loop.last }}
    {%- endif %}
    {%- endfor %}
from charges
left join {{ ref('service_categories') }} as categories
    on charges.service_name = categories.service_name
