{#- In every group the parts sum exactly to the whole that each of its rows repeats. -#}
{% test parts_sum_to(model, part, whole, group_by) %}
select {{ group_by | join(', ') }}, sum({{ part }}) as sum_of_parts, min({{ whole }}) as whole
from {{ model }}
group by {{ group_by | join(', ') }}
having sum({{ part }}) <> min({{ whole }}) or min({{ whole }}) <> max({{ whole }})
{% endtest %}
