package finops.remediation.rules.run_limits_test

import data.finops.remediation.question_test as q
import data.finops.remediation.rules.run_limits

test_first_action_passes if count(run_limits.deny) == 0 with input as q.question

over := [
	["/run/actions_in_run", 10],
	["/run/actions_owner_today", 5],
	["/run/dollars_in_run", "9960.01"],
	["/run/dollars_owner_today", "4960.01"],
]

test_each_limit_holds_alone if {
	every case in over {
		count(run_limits.deny) == 1 with input as q.set(case[0], case[1])
	}
}

test_limit_that_is_exceeded_is_told_from_one_that_cannot_be_checked if {
	exceeded := run_limits.deny with input as q.set("/run/actions_in_run", 10)
	{d.message | some d in exceeded} == {"With this action, the limit actions_per_run (10) is exceeded."}
	unknown := run_limits.deny with input as q.without("/run/actions_in_run")
	{d.message | some d in unknown} == {"With this action, the limit actions_per_run (10) cannot be checked."}
}

test_limit_that_is_no_number_is_denied if {
	every limit in [null, "10"] {
		count(run_limits.deny) == 1 with input as q.question with data.finops.config.remediation.limits.actions_per_run as limit
	}
}

test_dear_resource_passes_every_limit_in_money if {
	count(run_limits.deny) == 3 with input as q.set("/run/affected_monthly_cost", "10000.01")
}

test_last_action_within_the_limits_passes if {
	count(run_limits.deny) == 0 with input as q.changed([
		{"op": "replace", "path": "/run/actions_in_run", "value": 9},
		{"op": "replace", "path": "/run/dollars_in_run", "value": "9960.00"},
	])
}

test_negative_counters_are_denied if {
	every case in [
		["/run/actions_in_run", -1], ["/run/dollars_in_run", "-1.00"],
		["/run/dollars_owner_today", "-1.00"], ["/run/affected_monthly_cost", "-1.00"],
	] {
		count(run_limits.deny) > 0 with input as q.set(case[0], case[1])
	}
}

test_missing_counters_are_denied if {
	every field, _ in q.question.run {
		count(run_limits.deny) > 0 with input as q.without(sprintf("/run/%s", [field]))
	}
}

test_currency_without_limits_is_denied if {
	denials := run_limits.deny with input as q.set("/saving/currency", "XTS")
	count(denials) == 3
	some denial in denials
	contains(denial.message, "not configured")
}
