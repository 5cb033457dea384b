package finops.deployment.rules.estimate_sound_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.estimate_sound

test_sound_estimate_passes if count(estimate_sound.deny) == 0 with input as q.question

test_line_openly_not_priced_passes if {
	count(estimate_sound.deny) == 0 with input as q.changed([
		{"op": "replace", "path": "/estimate/lines/1/status", "value": "unsupported"},
		{"op": "replace", "path": "/estimate/lines/1/monthly_after", "value": null},
	])
}

test_resource_without_a_line_is_denied if {
	denials := estimate_sound.deny with input as q.without("/estimate/lines/1")
	{d.subject | some d in denials} == {"aws_volume_attachment.web"}
}

test_unchanged_resource_needs_no_line if {
	count(estimate_sound.deny) == 0 with input as q.changed([
		{"op": "remove", "path": "/estimate/lines/1"},
		{"op": "replace", "path": "/plan/resources/1/actions", "value": ["no-op"]},
	])
}

test_line_without_a_resource_is_denied if {
	denials := estimate_sound.deny with input as q.without("/plan/resources/1")
	{d.subject | some d in denials} == {"aws_volume_attachment.web"}
}

test_line_without_an_address_is_denied if {
	"(missing)" in {d.subject | some d in estimate_sound.deny} with input as q.without("/estimate/lines/1/address")
}

test_priced_line_without_an_amount_is_denied if {
	every field in ["monthly_before", "monthly_after", "low", "high", "status", "price_source"] {
		count(estimate_sound.deny) > 0 with input as q.without(sprintf("/estimate/lines/0/%s", [field]))
		count(estimate_sound.deny) > 0 with input as q.set(sprintf("/estimate/lines/0/%s", [field]), null)
	}
}

test_total_that_is_not_the_sum_is_denied if {
	count(estimate_sound.deny) == 1 with input as q.set("/estimate/high", "17.00")
}

test_difference_that_does_not_add_up_is_denied if {
	count(estimate_sound.deny) == 1 with input as q.set("/estimate/monthly_delta", "0.00")
}

test_gross_that_is_not_of_the_lines_is_denied if {
	gross := [{"op": "add", "path": "/estimate/added", "value": "15.82"}, {"op": "add", "path": "/estimate/removed", "value": "0.00"}]
	count(estimate_sound.deny) == 0 with input as q.changed(gross)
	count(estimate_sound.deny) == 0 with input as swap
	every field in ["added", "removed"] {
		every value in ["15.83", "-15.82", null] {
			count(estimate_sound.deny) == 1 with input as q.changed([{"op": "add", "path": sprintf("/estimate/%s", [field]), "value": value}])
		}
	}
}

# What one line adds, another takes away.
swap := q.changed([
	{"op": "replace", "path": "/estimate/lines/1/monthly_before", "value": "15.82"},
	{"op": "replace", "path": "/estimate/monthly_before", "value": "15.82"},
	{"op": "replace", "path": "/estimate/monthly_delta", "value": "0.00"},
	{"op": "add", "path": "/estimate/added", "value": "15.82"},
	{"op": "add", "path": "/estimate/removed", "value": "15.82"},
])
