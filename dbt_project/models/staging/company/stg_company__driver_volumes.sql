{#- Daily business volumes. -#}
{%- set columns = {
    'metric_date': 'metric_date',
    'metric': 'metric',
    'product': 'product',
    'tenant_id': 'tenant_id',
    'quantity': 'quantity',
    'unit': 'unit',
} -%}
{{ landed_rows(['business_drivers'], columns) }}
