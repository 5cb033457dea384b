{#- What each workload used of its cluster, as OpenCost sees it. -#}
{%- set columns = {
    'window_start': 'window_start',
    'cluster': 'cluster',
    'namespace': 'namespace',
    'labels': 'labels',
    'total_cost': 'total_cost',
    'currency': 'currency',
} -%}
{{ landed_rows(['kubernetes_opencost'], columns) }}
