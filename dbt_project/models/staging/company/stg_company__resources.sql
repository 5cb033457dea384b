{#- Daily snapshots of resources. -#}
{%- set columns = {
    'snapshot_date': 'snapshot_date',
    'provider': 'provider',
    'account_id': 'account_id',
    'region': 'region',
    'resource_id': 'resource_id',
    'resource_type': 'resource_type',
    'resource_name': 'resource_name',
    'state': 'state',
    'attached_to': 'attached_to',
    'instance_type': 'instance_type',
    'size_gb': 'size_gb',
    'created_at': 'created_at',
    'last_used_at': 'last_used_at',
    'cpu_avg_pct': 'cpu_avg_pct',
    'cpu_max_pct': 'cpu_max_pct',
    'network_bytes_per_day': 'network_bytes_per_day',
    'managed_by': 'managed_by',
    'tags': 'tags',
} -%}
{{ landed_rows(['resource_inventory'], columns) }}
