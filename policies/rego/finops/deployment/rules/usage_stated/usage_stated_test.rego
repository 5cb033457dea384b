package finops.deployment.rules.usage_stated_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.usage_stated

terms := {
	"max_share_pct": 50,
	"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

# Two priced lines: of 15.82 and of `other`, whose use is stated.
stating(environment, other, quantity) := q.changed([
	{"op": "replace", "path": "/environment", "value": environment},
	{"op": "add", "path": "/estimate/lines/-", "value": object.union(q.question.estimate.lines[0], {
		"address": "aws_nat_gateway.x", "monthly_after": other,
		"parts": [{"basis": "plan", "quantity": "730"}, {"basis": "file", "quantity": quantity}],
	})},
])

denials(question) := found if {
	found := {f.message | some f in usage_stated.deny} with input as question
		with data.finops.config.deployment.usage_file as terms
}

warnings(question) := found if {
	found := {f.message | some f in usage_stated.warn} with input as question
		with data.finops.config.deployment.usage_file as terms
}

test_estimate_without_a_usage_file_says_nothing if {
	count(denials(q.question)) == 0
	count(warnings(q.question)) == 0
}

test_little_from_a_usage_file_is_reported if {
	count(denials(stating("production", "15.82", "5"))) == 0
	warnings(stating("production", "15.82", "5")) == {"15.82 of 31.64 USD a month are of resources whose use is from a usage file (1; 0 with a use of 0): aws_nat_gateway.x."}
}

test_much_from_a_usage_file_is_denied_reported_or_ignored if {
	count(denials(stating("production", "15.83", "5"))) == 1
	count(warnings(stating("production", "15.83", "5"))) == 0
	count(denials(stating("staging", "15.83", "5"))) == 0
	count(warnings(stating("staging", "15.83", "5"))) == 1
	count(denials(stating("sandbox", "15.83", "5"))) == 0
	count(warnings(stating("sandbox", "15.83", "5"))) == 0
	count(denials(stating("elsewhere", "15.83", "5"))) == 1
}

test_stated_use_of_nothing_is_denied_however_little_it_costs if {
	some message in denials(stating("production", "0.01", "0"))
	contains(message, "1 with a use of 0")
	count(warnings(stating("staging", "0.01", "0"))) == 1
}

test_missing_configuration_denies if {
	found := {f.subject | some f in usage_stated.deny} with input as q.question with data.finops.config.deployment.usage_file as {}
	found == {"config"}
}
