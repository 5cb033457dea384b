-- Each snapshot of a resource with the kind of waste it shows, if any. Thresholds are project variables.
{%- set machines = "('ec2_instance', 'azure_vm', 'gce_instance')" %}
{%- set disks = "('ebs_volume', 'azure_disk', 'gce_disk')" %}
with states as (
    select
        resources.*,
        case
            when
                resource_type in {{ disks }} and state = 'available' and attached_to is null
                and coalesce(last_used_at, created_at)
                <= cast(snapshot_date as timestamp) - interval '{{ var("waste_unattached_days") }} days'
                then 'unattached_volume'
            when
                resource_type in {{ machines }} and state = 'running'
                and cpu_avg_pct <= {{ var('waste_idle_cpu_avg_pct') }}
                and cpu_max_pct <= {{ var('waste_idle_cpu_max_pct') }}
                then 'idle_instance'
        end as waste_kind
    from {{ ref('stg_company__resources') }} as resources
)

select
    states.*,
    max(snapshot_date) over (partition by provider) as latest_snapshot_date,
    -- The last day on which it was not (this kind of) waste: the present spell began after it.
    max(case when waste_kind is null then snapshot_date end)
        over (partition by provider, account_id, resource_id) as last_useful_date
from states
