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
