{#- What a commitment is for, as its fee's SKU or the name of its credit says it: only like covers like. -#}
{% macro gcp_commitment_kind(expression) -%}
    case
        when {{ matches('lower(' ~ expression ~ ')', 'dollar|spend|flexible') }} then 'spend'
        when {{ matches('lower(' ~ expression ~ ')', '(^|[^a-z])(ram|memory)([^a-z]|$)') }} then 'ram'
        when {{ matches('lower(' ~ expression ~ ')', '(^|[^a-z])(cpu|vcpu|core)([^a-z]|$)') }} then 'cpu'
        when {{ matches('lower(' ~ expression ~ ')', '(^|[^a-z])(gpu|tpu)([^a-z]|$)') }} then 'accelerator'
        when {{ matches('lower(' ~ expression ~ ')', '(^|[^a-z])ssd([^a-z]|$)') }} then 'ssd'
        else 'other'
    end
{%- endmacro %}
