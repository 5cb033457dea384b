{#-
    Two models hold the same money: the sums of the measures agree exactly in every group. Groups that only one
    of them has count as 0 in the other. Name the currency among the groups: currencies are never added.
-#}
{% test sums_equal(model, compare_model, group_by, measures, compare_group_by=none, compare_where='true') %}
{%- set sides = [[model, group_by, 1, 'true'], [compare_model, compare_group_by or group_by, -1, compare_where]] %}
with both_sides as (
    {%- for relation, expressions, sign, condition in sides %}
    select
        {%- for expression in expressions %}
        {{ expression }} as group_{{ loop.index }},
        {%- endfor %}
        {%- for measure in measures %}
        {{ sign }} * {{ measure }} as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    {%- for column in group_by %}
    group_{{ loop.index }} as {{ column }},
    {%- endfor %}
    {%- for measure in measures %}
    sum({{ measure }}) as {{ measure }}_difference{{ ',' if not loop.last }}
    {%- endfor %}
from both_sides
group by {% for column in group_by %}group_{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}
having {% for measure in measures %}sum({{ measure }}) <> 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
