{#- The column is 0 in every row; the rows that are not are the result. -#}
{% test always_zero(model, column_name) %}
select *
from {{ model }}
where {{ column_name }} is null or {{ column_name }} <> 0
{% endtest %}
