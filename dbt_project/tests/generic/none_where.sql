{#- No row satisfies the condition; those that do are the result. -#}
{% test none_where(model, condition) %}
select *
from {{ model }}
where {{ condition }}
{% endtest %}
