{#-
    Who is invoiced: the enrolment (EA), the billing profile where an account has several (MCA), the subscription
    where a pay-as-you-go file names nothing else.
-#}
{% macro azure_billing_account() -%}
    case
        when {{ azure_has_profile() }} then billing_profile_id
        else coalesce(billing_account_id, billing_profile_id, subscription_id, 'unknown')
    end
{%- endmacro %}

{#- Enterprise agreements repeat the account as the profile, pay-as-you-go the subscription. -#}
{% macro azure_has_profile() -%}
    coalesce(billing_profile_id <> coalesce(billing_account_id, '') and billing_profile_id <> coalesce(subscription_id, ''), false)
{%- endmacro %}
