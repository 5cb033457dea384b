{#-
    The reservation of capacity that usage is of: by its column, or by the resource of what stood unused. Lines of all
    that was reserved, at no cost, are neither used nor unused.
-#}
{% macro aws_capacity_reservation() -%}
    case
        when charge_category <> 'Usage' or lower(capacity_reservation_status) = 'reserved'
            or {{ matches('line_item_usage_type', '(^|-)(Reservation|DedicatedRes):') }} then null
        when capacity_reservation_arn is not null then capacity_reservation_arn
        when {{ matches('line_item_resource_id', ':capacity-reservation/') }} then line_item_resource_id
    end
{%- endmacro %}

{#- What was cancelled, of one for a future date, is paid for and not used either. -#}
{% macro aws_capacity_status() -%}
    case
        when {{ matches('lower(capacity_reservation_status)', 'unused|cancel') }}
            or {{ matches('line_item_usage_type', '(^|-)Unused(Box|Ded)') }} then 'Unused'
        else 'Used'
    end
{%- endmacro %}
