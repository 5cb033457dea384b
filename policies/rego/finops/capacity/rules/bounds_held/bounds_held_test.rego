package finops.capacity.rules.bounds_held_test

import data.finops.capacity.question_test as q
import data.finops.capacity.rules.bounds_held

test_units_within_the_bounds_pass if count(bounds_held.deny) == 0 with input as q.question

test_units_outside_the_bounds_are_denied_and_named if {
	every units in [1, 13, -1, 4.5, "4", null] {
		denials := bounds_held.deny with input as q.set("/plan/steps/1/units", units)
		some denial in denials
		startswith(denial.message, "Period 1 has")
	}
}

test_units_of_now_must_be_within_too if {
	every units in [1, 13, null] {
		count(bounds_held.deny) == 1 with input as q.set("/plan/current_units", units)
	}
}

test_bounds_wider_than_the_environment_allows_are_denied if {
	count(bounds_held.deny) == 1 with input as q.set("/guardrails/max_units", 201)
	count(bounds_held.deny) == 1 with input as q.set("/guardrails/min_units", 0)
	count(bounds_held.deny) == 1 with input as q.set("/environment", "elsewhere")
}

test_missing_bounds_are_denied if {
	every path in ["/guardrails/min_units", "/guardrails/max_units", "/plan/current_units", "/plan/steps/0/units"] {
		count(bounds_held.deny) > 0 with input as q.without(path)
	}
}

test_plan_without_periods_is_denied if {
	count(bounds_held.deny) == 1 with input as q.set("/plan/steps", [])
	count(bounds_held.deny) == 1 with input as q.without("/plan/steps")
	count(bounds_held.deny) > 0 with input as q.set("/plan/steps", {"x": "y"})
}
