{#-
    Which conformed model holds which feeds. `together` marks feeds whose charges depend on each other: a change
    in one export of a period means that all of the family's partitions of that period are conformed again.
-#}
{% macro focus_families() -%}
    {{ return({
        'int_focus__aws': {'feeds': ['aws_cur_legacy', 'aws_cur2'], 'together': false},
        'int_focus__azure': {'feeds': ['azure_actual', 'azure_amortized'], 'together': true},
        'int_focus__gcp': {'feeds': ['gcp_standard', 'gcp_detailed'], 'together': false},
        'int_focus__oci': {'feeds': ['oci_cost'], 'together': false},
        'int_focus__kubernetes': {'feeds': ['kubernetes_opencost'], 'together': false},
        'int_focus__focus': {'feeds': ['focus'], 'together': false},
    }) }}
{%- endmacro %}

{#- The feeds that become charges, as a SQL list. -#}
{% macro conformed_feeds() -%}
    {%- set feeds = [] -%}
    {%- for family in focus_families().values() -%}{%- do feeds.extend(family.feeds) -%}{%- endfor -%}
    '{{ feeds | join("', '") }}'
{%- endmacro %}

{#- What is conformed on its own: an export, or all exports of a family whose charges depend on each other. -#}
{% macro conformed_unit() -%}
    case
        {%- for name, family in focus_families().items() if family.together %}
        when x_feed in ('{{ family.feeds | join("', '") }}') then '{{ name }}'
        {%- endfor %}
        else x_feed || '/' || x_export
    end
{%- endmacro %}
