package finops.deployment.rules.estimate_coverage_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.estimate_coverage

test_priced_change_passes if {
	count(estimate_coverage.deny) == 0 with input as q.question
	count(estimate_coverage.warn) == 0 with input as q.question
}

test_change_without_lines_passes if {
	count(estimate_coverage.deny) == 0 with input as q.changed([{"op": "replace", "path": "/estimate/lines", "value": []}])
}

test_unpriced_resource_is_denied_and_named if {
	denials := estimate_coverage.deny with input as q.changed([
		{"op": "replace", "path": "/estimate/lines/0/status", "value": "unsupported"},
		{"op": "replace", "path": "/estimate/coverage_pct", "value": 50},
	])
	some denial in denials
	contains(denial.message, "aws_instance.web (unsupported)")
}

test_wrong_figure_does_not_open_the_gate if {
	count(estimate_coverage.deny) == 1 with input as q.set("/estimate/lines/0/status", "unsupported")
	count(estimate_coverage.deny) == 1 with input as q.without("/estimate/coverage_pct")
	count(estimate_coverage.deny) == 1 with input as q.without("/estimate/lines")
}

test_environment_that_is_not_configured_is_denied if {
	count(estimate_coverage.deny) == 1 with input as q.set("/environment", "elsewhere")
}

test_old_price_is_a_warning if {
	warnings := estimate_coverage.warn with input as q.set("/estimate/lines/0/price_source/date", "2020-01-01")
	{w.subject | some w in warnings} == {"aws_instance.web"}
}
