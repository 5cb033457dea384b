package finops.capacity.rules.steps_limited_test

import data.finops.capacity.question_test as q
import data.finops.capacity.rules.steps_limited

test_small_steps_pass if count(steps_limited.deny) == 0 with input as q.question

test_step_above_the_limit_is_denied_and_named if {
	denials := steps_limited.deny with input as q.set("/guardrails/step_limit", 1)
	[d.message | some d in denials] == ["Period 1 does not follow the one before within the step limit of 1."]
}

test_period_that_does_not_follow_the_one_before_is_denied if {
	count(steps_limited.deny) == 1 with input as q.set("/plan/current_units", 5)
	count(steps_limited.deny) == 1 with input as q.set("/plan/steps/2/before", 5)
}

test_limit_wider_than_the_environment_allows_is_denied if {
	every limit in [51, 0, 1.5, "4", null] {
		count(steps_limited.deny) > 0 with input as q.set("/guardrails/step_limit", limit)
	}
}

test_missing_facts_are_denied if {
	every path in ["/guardrails/step_limit", "/environment", "/plan/steps/1/before", "/plan/steps/1/units", "/plan/current_units"] {
		count(steps_limited.deny) > 0 with input as q.without(path)
	}
}
