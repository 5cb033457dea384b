package finops.deployment.rules.monthly_budget_delta_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.monthly_budget_delta

test_small_change_passes if {
	count(monthly_budget_delta.deny) == 0 with input as q.question
	count(monthly_budget_delta.warn) == 0 with input as q.question
}

test_change_above_the_limit_of_its_environment_is_denied if {
	denials := monthly_budget_delta.deny with input as q.set("/estimate/monthly_delta", "1000.01")
	some denial in denials
	denial.message == "The change adds 1000.01 USD a month; environment production allows 1000.00 USD."
}

test_change_above_the_limit_is_told_once if {
	asked := q.changed([{"op": "replace", "path": p, "value": "2000.01"} | some p in ["/estimate/monthly_delta", "/estimate/high"]])
	count(monthly_budget_delta.deny) == 1 with input as asked
	terms := {"max_pct": {"production": 200}, "denied_in": [], "reported_in": ["production"], "ignored_in": []}
	count(monthly_budget_delta.warn) == 0 with input as asked with data.finops.config.deployment.high_end as terms
}

test_change_at_the_limit_passes if {
	count(monthly_budget_delta.deny) == 0 with input as q.set("/estimate/monthly_delta", "1000.00")
}

test_environment_that_is_not_configured_is_denied if {
	denials := monthly_budget_delta.deny with input as q.set("/environment", "elsewhere")
	some denial in denials
	contains(denial.message, "not configured")
}

test_high_end_may_exceed_the_limit_by_its_share if {
	count(monthly_budget_delta.deny) == 0 with input as q.set("/estimate/high", "2000.00")
	denials := monthly_budget_delta.deny with input as q.set("/estimate/high", "2000.01")
	[d.message | some d in denials] == ["The change may add up to 2000.01 USD a month; environment production allows 200 % of its limit of 1000.00 USD at the high end."]
}

test_high_end_is_reported_where_the_environment_only_reports if {
	asked := q.set("/estimate/high", "2000.01")
	terms := {"max_pct": {"production": 200}, "denied_in": [], "reported_in": ["production"], "ignored_in": []}
	count(monthly_budget_delta.deny) == 0 with input as asked with data.finops.config.deployment.high_end as terms
	count(monthly_budget_delta.warn) == 1 with input as asked with data.finops.config.deployment.high_end as terms
}

test_high_end_without_its_share_is_denied if {
	denials := monthly_budget_delta.deny with input as q.question with data.finops.config.deployment.high_end as {}
	some denial in denials
	contains(denial.message, "not configured")
}

test_high_end_above_what_is_left_is_denied if {
	denials := monthly_budget_delta.deny with input as q.set("/estimate/high", "8000.01")
	some denial in denials
	contains(denial.message, "has 8000.00 USD left")
}

test_used_up_budget_still_welcomes_savings if {
	count(monthly_budget_delta.deny) == 0 with input as q.changed([
		{"op": "replace", "path": "/estimate/monthly_delta", "value": "-10.00"},
		{"op": "replace", "path": "/estimate/high", "value": "-9.00"},
		{"op": "replace", "path": "/budget/spent", "value": "51000.00"},
		{"op": "replace", "path": "/budget/remaining", "value": "-1000.00"},
	])
}

test_other_currency_than_the_budget_is_denied if {
	count(monthly_budget_delta.deny) == 1 with input as q.set("/budget/currency", "EUR")
}

test_budget_without_its_figures_is_denied if {
	every field in ["scope", "currency", "source", "monthly_limit", "spent", "forecast", "remaining"] {
		count(monthly_budget_delta.deny) > 0 with input as q.without(sprintf("/budget/%s", [field]))
	}
}

test_budget_that_does_not_add_up_is_denied if {
	count(monthly_budget_delta.deny) == 1 with input as q.set("/budget/remaining", "9000.00")
}

test_unknown_spend_is_a_warning if {
	count(monthly_budget_delta.warn) == 1 with input as q.set("/budget/source", "not_known")
}
