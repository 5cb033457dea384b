{#-
    What Python writes and dbt reads back, and the record of conformed landings: created where missing, here and
    nowhere else; a column that a table of an older version lacks is added. Python replaces their rows, each table in
    one transaction.
-#}
{% macro create_platform_tables() -%}
    {%- if execute and flags.WHICH not in ('parse', 'compile', 'list', 'docs') -%}
        {%- do run_query('create schema if not exists platform') -%}
        {%- set tables, known = [], [] -%}
        {%- for row in run_query(
            "select table_name, column_name from information_schema.columns where table_schema = 'platform'"
        ) -%}
            {%- do tables.append(row[0]) -%}
            {%- do known.append(row[0] ~ '.' ~ row[1]) -%}
        {%- endfor -%}
        {%- for table, columns in platform_tables().items() -%}
            {%- set definitions = [] -%}
            {%- for column, type in columns.items() -%}{%- do definitions.append('"' ~ column ~ '" ' ~ type) -%}{%- endfor -%}
            {%- do run_query('create table if not exists platform.' ~ table ~ ' (' ~ definitions | join(', ') ~ ')') -%}
            {%- for column, type in columns.items() if table in tables and table ~ '.' ~ column not in known -%}
                {%- do run_query('alter table platform.' ~ table ~ ' add column "' ~ column ~ '" ' ~ type) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do run_query('commit') if target.type == 'postgres' -%}
    {%- endif -%}
{%- endmacro %}

{% macro platform_tables() -%}
    {%- set money = 'numeric(38, 12)' -%}
    {%- set target_resource = {
        'service_provider_name': 'text', 'account_id': 'text', 'region': 'text', 'resource_id': 'text', 'owner': 'text',
        'billing_currency': 'text', 'expected_monthly_saving': money, 'saving_low': money, 'saving_high': money
    } -%}
    {{ return({
        'conformed_landings': {
            'x_feed': 'text', 'x_export': 'text', 'x_billing_period': 'text', 'x_landing_id': 'text', 'definition': 'text',
            'conformed_by': 'text'
        },
        'replayed_costs': {
            'state_id': 'text', 'x_feed': 'text', 'x_export': 'text', 'x_billing_period': 'text',
            'service_provider_name': 'text', 'billing_account_id': 'text', 'billing_currency': 'text',
            'charge_category': 'text', 'service_name': 'text', 'charge_date': 'date', 'billed_cost': money,
            'effective_cost': money
        },
        'anomalies': {
            'finding_id': 'text', 'series_id': 'text', 'service_provider_name': 'text', 'sub_account_id': 'text',
            'service_name': 'text', 'billing_currency': 'text', 'kind': 'text', 'first_seen': 'date', 'last_seen': 'date',
            'status': 'text', 'state': 'text', 'detected_on': 'date', 'delay_days': 'integer', 'reopened': 'integer',
            'expected_cost': money, 'actual_cost': money, 'impact_cost': money, 'monthly_cost': money, 'score': 'float8',
            'detectors': 'text', 'why': 'text', 'drivers': 'text', 'suppressed_by': 'integer',
            'parent_finding_id': 'text', 'arrived_share': 'float8', 'as_of': 'date', 'level': 'text', 'member': 'text'
        },
        'anomaly_drivers': {
            'finding_id': 'text', 'driver_rank': 'integer', 'cause': 'text', 'resource_id': 'text', 'usage_type': 'text',
            'region_id': 'text', 'tags': 'text', 'items': 'integer', 'change_cost': money,
            'finding_change_cost': money, 'finding_before_cost': money, 'finding_after_cost': money,
            'billing_currency': 'text', 'first_day': 'date', 'last_day': 'date', 'reference_windows': 'integer'
        },
        'detector_feedback': {
            'seq': 'integer', 'finding_id': 'text', 'detector': 'text', 'series_id': 'text', 'kind': 'text',
            'first_seen': 'date', 'verdict': 'text', 'reason': 'text', 'until': 'date', 'given_at': 'timestamp'
        },
        'detection_budgets': {
            'service_provider_name': 'text', 'judged': 'integer', 'false_findings': 'integer', 'false_share': 'float8',
            'false_alarms': 'float8', 'tuned_false_alarms': 'float8', 'as_of': 'date'
        },
        'judged_series': {
            'series_id': 'text', 'service_provider_name': 'text', 'level': 'text', 'as_of': 'date',
            'detection_version': 'text', 'fingerprint': 'text', 'charges_fingerprint': 'text', 'findings': 'integer', 'planned': 'text',
            'judged_through': 'date', 'arrived_share': 'float8', 'newest_cost': 'float8', 'newest_unsure': 'float8'
        },
        'forecasts': {
            'series_id': 'text', 'service_provider_name': 'text', 'billing_currency': 'text', 'as_of': 'date',
            'model': 'text', 'horizon_days': 'integer', 'ds': 'date', 'p50': money, 'p10': money, 'p90': money,
            'p025': money, 'p975': money
        },
        'forecast_totals': {
            'billing_currency': 'text', 'as_of': 'date', 'ds': 'date', 'p50': money, 'p10': money, 'p90': money,
            'p025': money, 'p975': money, 'parts': 'integer'
        },
        'forecast_months': {
            'service_provider_name': 'text', 'billing_currency': 'text', 'charge_category': 'text',
            'cost_basis': 'text', 'as_of': 'date', 'month': 'date', 'cutoff': 'date', 'known_cost': money,
            'p50': money, 'p10': money, 'p90': money, 'p025': money, 'p975': money
        },
        'forecast_purchases': {
            'service_provider_name': 'text', 'billing_currency': 'text', 'service_name': 'text', 'item': 'text',
            'cadence': 'text', 'as_of': 'date', 'ds': 'date', 'p50': money, 'least_cost': money,
            'most_cost': money, 'times_seen': 'integer', 'last_seen': 'date'
        },
        'forecast_parts': {
            'level': 'text', 'member': 'text', 'series_id': 'text', 'service_provider_name': 'text',
            'billing_currency': 'text', 'as_of': 'date', 'model': 'text', 'ds': 'date', 'p50': money, 'p10': money,
            'p90': money, 'p025': money, 'p975': money
        },
        'forecast_backtests': {
            'series_id': 'text', 'model': 'text', 'cutoff': 'date', 'horizon_days': 'integer', 'wape': 'float8',
            'bias': 'float8', 'coverage_80': 'float8', 'coverage_95': 'float8', 'mase': 'float8', 'points': 'integer'
        },
        'budgets': {'scope': 'text', 'billing_currency': 'text', 'limit_cost': money, 'covers': 'text'},
        'budget_covers': {'scope': 'text', 'dimension': 'text', 'covered_value': 'text'},
        'capacity_forecasts': {
            'series_id': 'text', 'metric': 'text', 'unit': 'text', 'as_of': 'timestamp', 'model': 'text',
            'ds': 'timestamp', 'p50': money, 'p10': money, 'p90': money, 'p025': money, 'p975': money
        },
        'capacity_plans': {
            'target_name': 'text', 'kind': 'text', 'environment': 'text', 'owner': 'text', 'series_id': 'text',
            'as_of': 'timestamp', 'period_start': 'timestamp', 'action': 'text', 'units_before': 'integer',
            'units': 'integer', 'units_serving': 'integer', 'expected_demand': money, 'planned_demand': money,
            'planned_cost': money, 'unchanged_cost': money, 'billing_currency': 'text', 'reason': 'text',
            'decision_id': 'text', 'allow': 'boolean'
        },
        'proposals': dict(
            {'proposal_id': 'text', 'action_id': 'text'}, **dict(target_resource, **{
                'evidence': 'text', 'evidence_as_of': 'timestamp', 'created_at': 'timestamp'
            })
        ),
        'decisions': {
            'decision_id': 'text', 'gate': 'text', 'decided_at': 'timestamp', 'subject': 'text', 'allow': 'boolean',
            'denials': 'text', 'warnings': 'text', 'waived': 'text', 'evaluated': 'text', 'input_sha256': 'text',
            'bundle_sha256': 'text', 'policy_revision': 'text'
        },
        'estimates': {
            'decision_id': 'text', 'decided_at': 'timestamp', 'subject': 'text', 'allow': 'boolean',
            'repository': 'text', 'head_sha': 'text', 'pull_request': 'text', 'environment': 'text', 'address': 'text',
            'change_kind': 'text', 'resource_type': 'text', 'service_provider_name': 'text', 'region_id': 'text',
            'sku': 'text', 'status': 'text', 'price_source': 'text', 'price_date': 'date', 'usage_basis': 'text',
            'billing_currency': 'text', 'monthly_before_cost': money, 'monthly_after_cost': money, 'low_cost': money,
            'high_cost': money, 'after_low_cost': money, 'after_high_cost': money, 'committed_before_cost': money,
            'committed_after_cost': money, 'calibration_factor': money
        },
        'estimate_links': {
            'decision_id': 'text', 'address': 'text', 'part': 'integer', 'resource_name': 'text', 'source': 'text',
            'applied_at': 'timestamp'
        },
        'action_events': {
            'run_id': 'text', 'seq': 'integer', 'plan_id': 'text', 'proposal_id': 'text', 'action_id': 'text',
            'resource_id': 'text', 'event': 'text', 'at': 'timestamp', 'detail': 'text', 'prev_hash': 'text', 'hash': 'text'
        },
        'planned_actions': dict(
            {'plan_id': 'text', 'plan_hash': 'text', 'proposal_id': 'text', 'action_id': 'text'},
            **dict(target_resource, **{
                'reversibility': 'text', 'status': 'text', 'decision_id': 'text', 'created_at': 'timestamp'
            })
        ),
    }) }}
{%- endmacro %}
