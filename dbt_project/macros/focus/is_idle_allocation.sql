{#- OpenCost's CSV export idles in a namespace of that name, its `/allocation` in an allocation: `shop/__idle__`. -#}
{% macro is_idle_allocation() -%}
    {{ matches("concat_ws('/', allocations.namespace, allocations.name)", '__idle__$') }}
{%- endmacro %}
