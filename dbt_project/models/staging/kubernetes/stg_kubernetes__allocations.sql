{#- What each workload used of its cluster, as OpenCost sees it. -#}
{%- set columns = {
    'window_start': 'window_start',
    'window_end': 'window_end',
    'name': 'name',
    'cluster': 'cluster',
    'node': 'node',
    'provider_id': 'provider_id',
    'namespace': 'namespace',
    'controller': 'controller',
    'pod': 'pod',
    'container': 'container',
    'labels': 'labels',
    'cpu_core_hours': 'cpu_core_hours',
    'ram_byte_hours': 'ram_byte_hours',
    'total_cost': 'total_cost',
    'currency': 'currency',
} -%}
{{ landed_rows(['kubernetes_opencost'], columns) }}
