{#-
    A FOCUS row's tags. Google's export has no Tags: labels and tags stand in columns of its own, which get the
    prefixes that its other exports' schemes have here.
-#}
{% macro focus_tags() -%}
    coalesce(tags, {{ valueless_tags_true("'{' || nullif(" ~ joined([
        json_prefixed_members('x_labels', ''), json_prefixed_members('x_tags', 'tag/'),
        json_prefixed_members('x_project_labels', 'project/'), json_prefixed_members('x_system_labels', 'goog/')
    ]) ~ ", '') || '}'") }})
{%- endmacro %}
