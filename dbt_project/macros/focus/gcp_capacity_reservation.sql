{#- Google's reservations of capacity, by the labels that it puts on what they are used for and on what is unused. -#}
{% macro gcp_capacity_reservation() -%}
    case
        when charge_category = 'Usage' then nullif(concat_ws(
            '/', {{ json_text('system_labels', 'compute.googleapis.com/reservation_project_id') }},
            {{ json_text('system_labels', 'compute.googleapis.com/reservation_name') }}
        ), '')
    end
{%- endmacro %}

{% macro gcp_reservation_status() -%}
    case
        when {{ json_text('system_labels', 'compute.googleapis.com/is_unused_reservation') }} = 'true' then 'Unused'
        else 'Used'
    end
{%- endmacro %}
