{#- The charges under the column names of one version of FOCUS, Tollgate's own columns last. -#}
{% macro focus_view(version) -%}
{%- set removed = {'ProviderName': 'coalesce(host_provider_name, service_provider_name)', 'PublisherName': 'coalesce(x_seller_name, service_provider_name)'} -%}
{%- set added = {
    '1.3': ['allocated_method_details', 'allocated_method_id', 'allocated_resource_id', 'allocated_resource_name',
            'allocated_tags', 'contract_applied', 'host_provider_name', 'service_provider_name'],
    '1.4': ['commitment_program_eligibility_details', 'invoice_detail_id']
} -%}
{%- set later = [] -%}
{%- for since, columns in added.items() if since > version -%}{%- do later.extend(columns) -%}{%- endfor -%}
select
    {%- for column in focus_columns() if column not in later %}
    {{ column }} as "{{ pascal_case(column) }}",
    {%- endfor %}
    {%- if version < '1.4' -%}
    {%- for name, expression in removed.items() %}
    {{ expression }} as "{{ name }}",
    {%- endfor %}
    {%- endif %}
    {%- for column in focus_custom_columns() %}
    {{ column }} as "{{ pascal_case(column) }}"{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('fct_focus_charges') }}
{%- endmacro %}
