{#- What //compute.googleapis.com/projects/p/zones/z/instances/i is: instances; else the service that it belongs to. -#}
{% macro gcp_resource_type() -%}
    case
        when {{ matches('resource_global_name', '^.*/([^/]+)/[^/]+$') }}
            then {{ regexp_replace_all('resource_global_name', '^.*/([^/]+)/[^/]+$', '\\1') }}
        when coalesce(resource_global_name, resource_name) is not null then native_service
    end
{%- endmacro %}
