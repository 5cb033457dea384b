package finops.deployment.rules.relative_increase_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.relative_increase

terms := {
	"max_pct": {"production": 100, "staging": 100, "sandbox": 100},
	"from": {"USD": "100.00"},
	"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

costing(environment, before, after) := q.changed([
	{"op": "replace", "path": "/environment", "value": environment},
	{"op": "replace", "path": "/estimate/monthly_before", "value": before},
	{"op": "replace", "path": "/estimate/monthly_after", "value": after},
])

denials(question) := found if {
	found := {f.message | some f in relative_increase.deny} with input as question
		with data.finops.config.deployment.relative_increase as terms
}

warnings(question) := found if {
	found := {f.message | some f in relative_increase.warn} with input as question
		with data.finops.config.deployment.relative_increase as terms
}

test_up_to_the_share_is_allowed if {
	count(denials(costing("production", "100.00", "200.00"))) == 0
	count(warnings(costing("staging", "100.00", "200.00"))) == 0
}

test_more_is_denied_reported_or_ignored_by_environment if {
	denials(costing("production", "100.00", "200.01")) == {"What cost 100.00 USD a month would cost 200.01; environment production allows 100 % more."}
	count(warnings(costing("production", "100.00", "200.01"))) == 0
	count(denials(costing("staging", "100.00", "200.01"))) == 0
	count(warnings(costing("staging", "100.00", "200.01"))) == 1
	count(denials(costing("sandbox", "100.00", "200.01"))) == 0
	count(warnings(costing("sandbox", "100.00", "200.01"))) == 0
}

test_what_cost_little_before_is_not_compared if {
	count(denials(costing("production", "99.99", "999.99"))) == 0
}

test_leap_of_one_resource_does_not_hide_behind_others if {
	question := q.changed([{"op": "add", "path": "/estimate/lines/-", "value": object.union(q.question.estimate.lines[0], {
		"address": "aws_instance.y", "monthly_before": "100.00", "monthly_after": "200.01",
	})}])
	found := {f.subject | some f in relative_increase.deny} with input as question
		with data.finops.config.deployment.relative_increase as terms
	found == {"aws_instance.y"}
}

test_missing_cost_before_denies if {
	question := q.changed([{"op": "remove", "path": "/estimate/monthly_before"}])
	count(denials(question)) == 1
}

test_environment_or_currency_that_is_not_configured_denies if {
	count(denials(costing("elsewhere", "100.00", "200.01"))) == 2
	found := {f.message | some f in relative_increase.deny} with input as q.question
		with data.finops.config.deployment.relative_increase as {}
	some message in found
	contains(message, "no (it is not configured)")
}
