package finops.deployment.rules.commitment_waste_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.commitment_waste

limits := {"production": {"USD": "100.00"}}

covered(before, after) := [
	{"op": "replace", "path": "/estimate/lines/0/covered_before", "value": before},
	{"op": "replace", "path": "/estimate/lines/0/covered_after", "value": after},
]

denials(question) := found if {
	found := commitment_waste.deny with input as question
		with data.finops.config.deployment.commitments.max_released as limits
}

warnings(question) := found if {
	found := commitment_waste.warn with input as question
		with data.finops.config.deployment.commitments.max_released as limits
}

test_change_without_commitments_passes if {
	count(denials(q.question)) == 0
	count(warnings(q.question)) == 0
}

test_commitment_that_loses_its_use_is_denied_above_the_limit if {
	found := denials(q.changed(covered("320.50", "120.25")))
	{[d.subject, d.amount, d.currency] | some d in found} == {["commitments.aws", "200.25", "USD"]}
}

test_small_loss_is_reported if {
	question := q.changed(covered("100.00", "0.00"))
	count(denials(question)) == 0
	{w.amount | some w in warnings(question)} == {"100"}
}

test_commitment_that_gains_use_passes if {
	question := q.changed(covered("0.00", "500.00"))
	count(denials(question)) == 0
	count(warnings(question)) == 0
}

test_what_another_line_of_the_cloud_takes_over_is_set_off if {
	over := {"op": "replace", "path": "/estimate/lines/1/covered_after", "value": "300.00"}
	count(denials(q.changed(array.concat(covered("320.50", "0.00"), [over])))) == 0
	elsewhere := {"op": "replace", "path": "/estimate/lines/1/type", "value": "google_compute_instance"}
	count(denials(q.changed(array.concat(covered("320.50", "0.00"), [over, elsewhere])))) == 1
}

test_line_that_does_not_say_denies if {
	every field in ["covered_before", "covered_after"] {
		path := sprintf("/estimate/lines/0/%s", [field])
		count(denials(q.without(path))) == 1
		count(denials(q.set(path, null))) == 1
		count(denials(q.set(path, "much"))) == 1
	}
}

test_line_openly_not_priced_need_not_say if {
	count(denials(q.changed([
		{"op": "replace", "path": "/estimate/lines/0/status", "value": "unknown"},
		{"op": "remove", "path": "/estimate/lines/0/covered_after"},
	]))) == 0
}

test_environment_or_currency_without_a_limit_denies if {
	count(denials(q.set("/environment", "elsewhere"))) == 1
	found := denials(q.changed(array.concat(covered("1.00", "0.00"), [{"op": "replace", "path": "/environment", "value": "elsewhere"}])))
	{d.subject | some d in found} == {"config", "commitments.aws"}
}
