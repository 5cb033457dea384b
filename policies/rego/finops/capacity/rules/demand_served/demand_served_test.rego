package finops.capacity.rules.demand_served_test

import data.finops.capacity.question_test as q
import data.finops.capacity.rules.demand_served

test_served_demand_passes if {
	count(demand_served.deny) == 0 with input as q.question
	count(demand_served.warn) == 0 with input as q.question
}

test_unserved_demand_is_denied_and_can_be_waived if {
	denials := demand_served.deny with input as q.set("/plan/steps/2/expected", "6001")
	[[d.subject, d.waivable] | some d in denials] == [["storefront-web", true]]
}

test_share_that_the_environment_lets_fail_only_warns if {
	question := q.changed([
		{"op": "replace", "path": "/environment", "value": "staging"},
		{"op": "replace", "path": "/plan/steps/2/expected", "value": "6001"},
	])
	count(demand_served.deny) == 0 with input as question
	count(demand_served.warn) == 1 with input as question
}

test_period_without_a_forecast_is_left_to_the_forecast_rule if {
	count(demand_served.deny) == 0 with input as q.set("/plan/steps/2/expected", null)
}

test_missing_facts_are_denied_for_good_even_where_some_may_fail if {
	every case in [
		["/plan/steps/1/serving", -1], ["/plan/steps/1/serving", 7], ["/plan/steps/1/serving", null],
		["/plan/steps/1/expected", "-5"], ["/plan/steps/1/expected", 5], ["/plan/steps/1/units", null],
	] {
		denials := demand_served.deny with input as q.changed([
			{"op": "replace", "path": "/environment", "value": "staging"},
			{"op": "replace", "path": case[0], "value": case[1]},
		])
		[d.waivable | some d in denials] == [false]
	}
	every path in ["/unit/capacity", "/plan/steps", "/plan/steps/1/serving", "/plan/steps/1/expected", "/environment"] {
		count(demand_served.deny) > 0 with input as q.without(path)
	}
	every case in [["/unit/capacity", "0"], ["/plan/steps", {"x": "y"}], ["/plan/steps", []]] {
		count(demand_served.deny) > 0 with input as q.set(case[0], case[1])
	}
}
