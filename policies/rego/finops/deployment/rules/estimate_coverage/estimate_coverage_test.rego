package finops.deployment.rules.estimate_coverage_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.estimate_coverage

test_priced_change_passes if {
	count(estimate_coverage.deny) == 0 with input as q.question
}

test_change_without_lines_passes if {
	count(estimate_coverage.deny) == 0 with input as q.changed([{"op": "replace", "path": "/estimate/lines", "value": []}])
}

test_unpriced_resource_is_denied_and_named if {
	denials := estimate_coverage.deny with input as q.changed([
		{"op": "replace", "path": "/estimate/lines/0/status", "value": "unsupported"},
		{"op": "replace", "path": "/estimate/coverage_pct", "value": 0},
	])
	some denial in denials
	contains(denial.message, "aws_instance.web (unsupported)")
}

test_wrong_figure_does_not_open_the_gate if {
	denials := estimate_coverage.deny with input as q.changed([
		{"op": "replace", "path": "/estimate/lines/0/status", "value": "unsupported"},
		{"op": "replace", "path": "/environment", "value": "development"},
	])
	{d.subject | some d in denials} == {"estimate"}
	count(estimate_coverage.deny) == 1 with input as q.without("/estimate/coverage_pct")
	count(estimate_coverage.deny) == 1 with input as q.without("/estimate/lines")
}

test_free_resources_do_not_dilute_the_share if {
	free := q.question.estimate.lines[1]
	unpriced := object.union(q.question.estimate.lines[0], {"status": "unsupported"})
	denials := estimate_coverage.deny with input as q.changed([
		{"op": "replace", "path": "/environment", "value": "development"},
		{"op": "replace", "path": "/estimate/lines", "value": array.concat([unpriced], [free | some _ in numbers.range(1, 8)])},
	])
	{d.subject | some d in denials} == {"estimate"}
}

test_cost_under_the_name_of_free_counts if {
	count(estimate_coverage.counted) == 1 with input as q.question
	count(estimate_coverage.counted) == 2 with input as q.set("/estimate/lines/1/monthly_after", "9.00")
}

test_change_of_free_resources_alone_passes if {
	count(estimate_coverage.deny) == 0 with input as q.without("/estimate/lines/0")
}

test_gap_in_a_price_is_named_as_not_priced if {
	denials := estimate_coverage.deny with input as q.changed([{"op": "add", "path": "/estimate/lines/0/not_counted", "value": ["replica"]}])
	some denial in denials
	contains(denial.message, "not priced: aws_instance.web (priced)")
}

test_environment_that_is_not_configured_is_denied_and_named if {
	denials := estimate_coverage.deny with input as q.set("/environment", "elsewhere")
	[d.message | some d in denials] == ["Environment elsewhere is not configured."]
}
