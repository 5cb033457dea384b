{#-
    The share of a row, plus, in the first row of the pool by `order_by`, what the shares of the pool leave of
    its total: so that they sum to it exactly. The same text on each engine.
-#}
{% macro with_residual(share, total, pool, order_by) -%}
    {{ share }} + case
        when row_number() over (partition by {{ pool }} order by {{ order_by }}) = 1
            then {{ total }} - sum({{ share }}) over (partition by {{ pool }})
        else 0
    end
{%- endmacro %}
