{#-
    Tags of a Google Cloud charge, from canonical JSON objects: labels of the resource keep their keys; the other
    schemes are told apart by a prefix. Null where there are none.
-#}
{% macro google_tags(labels, tags, project_labels, system_labels) -%}
    {{ valueless_tags_true("'{' || nullif(" ~ joined([
        json_prefixed_members(labels, ''), json_prefixed_members(tags, 'tag/'),
        json_prefixed_members(project_labels, 'project/'), json_prefixed_members(system_labels, 'goog/')
    ]) ~ ", '') || '}'") }}
{%- endmacro %}
