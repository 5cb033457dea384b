{#-
    FOCUS tags keep one scheme without a prefix: `{"user:team":"web"}` becomes `{"team":"web"}`. In canonical
    JSON a quote after `{` or `,` and before this prefix can only open a key, so text replacement is exact.
-#}
{% macro unprefixed_tags(expression, prefix) -%}
    {{ regexp_replace_all(expression, '([{,])"' ~ prefix, '\\1"') }}
{%- endmacro %}
