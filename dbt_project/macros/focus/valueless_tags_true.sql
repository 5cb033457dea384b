{#-
    FOCUS's value of a tag without one: `{"env":""}` becomes `{"env":true}`. In canonical JSON an empty text after
    a colon and before `,` or `}` can only be a value, so text replacement is exact.
-#}
{% macro valueless_tags_true(expression) -%}
    {{ regexp_replace_all(expression, ':""([,}])', ':true\\1') }}
{%- endmacro %}
