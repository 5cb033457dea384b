{#- No two rows share these columns, and none of those not listed as nullable is null: one query for both. -#}
{% test unique_key(model, columns, nullable=[]) %}
select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- for column in columns if column not in nullable %} or {{ column }} is null{% endfor %}
{% endtest %}
