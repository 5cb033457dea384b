{#- Where the condition holds, the column sums to 0 in every group. Name the currency among the groups. -#}
{% test cancels_out(model, column_name, group_by, condition) %}
select {{ group_by | join(', ') }}, sum({{ column_name }}) as {{ column_name }}
from {{ model }}
where {{ condition }}
group by {{ group_by | join(', ') }}
having sum({{ column_name }}) <> 0
{% endtest %}
