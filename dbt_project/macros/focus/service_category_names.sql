{#- FOCUS's 19 service categories, as a SQL list. -#}
{% macro service_category_names() -%}
    ('AI and Machine Learning', 'Analytics', 'Business Applications', 'Compute', 'Databases', 'Developer Tools',
    'Multicloud', 'Identity', 'Integration', 'Internet of Things', 'Management and Governance', 'Media', 'Migration',
    'Mobile', 'Networking', 'Security', 'Storage', 'Web', 'Other')
{%- endmacro %}
