package finops.deployment.rules.open_pull_requests_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.open_pull_requests

request(high) := {"number": "12", "head_sha": "abc", "monthly_delta": "80.00", "high": high, "currency": "USD"}

with_others(requests) := q.changed([{"op": "add", "path": "/pull_requests", "value": requests}])

test_change_that_fits_beside_the_others_passes if {
	count(open_pull_requests.deny) == 0 with input as with_others([])
	count(open_pull_requests.deny) == 0 with input as with_others([request("7000.00"), request("900.00")])
}

test_change_that_exceeds_the_budget_together_with_others_is_denied if {
	denials := open_pull_requests.deny with input as with_others([request("7000.00"), request("990.00")])
	[[d.waivable, d.amount] | some d in denials] == [[true, "17.58"]]
	some denial in denials
	contains(denial.message, "2 other open pull requests")
}

test_what_others_would_save_is_not_spent_yet if {
	count(open_pull_requests.deny) == 1 with input as with_others([request("7990.00"), request("-5000.00")])
}

test_earlier_estimate_of_this_change_is_not_another if {
	own := object.union(request("7990.00"), {"head_sha": "4f0d2c9"})
	count(open_pull_requests.deny) == 0 with input as with_others([own])
}

test_estimates_that_are_not_known_deny if {
	every change in [{"currency": "EUR"}, {"high": null}, {"high": "much"}] {
		count(open_pull_requests.deny) == 1 with input as with_others([object.union(request("1.00"), change)])
	}
	count(open_pull_requests.deny) == 1 with input as with_others(["x"])
}

test_change_that_is_alone_is_for_the_budget_to_judge if {
	count(open_pull_requests.deny) == 0 with input as q.set("/estimate/high", "99999.00")
	count(open_pull_requests.deny) == 0 with input as q.question
}

test_others_that_are_no_list_deny if {
	every requests in [null, "none", {"number": "12"}] {
		denials := open_pull_requests.deny with input as with_others(requests)
		false in {d.waivable | some d in denials}
	}
}
