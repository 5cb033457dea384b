package finops.lib.waivers_test

import data.finops.lib.waivers

denial := {"rule_id": "deployment.x", "subject": "aws_instance.web", "waivable": true, "amount": "10.00", "currency": "USD"}

waiver := {
	"waiver_id": "W-1", "rule_id": "deployment.x", "subject": "aws_instance.web", "owner": "ann", "reason": "leaves soon",
	"expires_at": "2026-11-01T00:00:00Z", "max_amount": "10.00", "currency": "USD",
}

question := {
	"schema": "deployment/v1", "now": "2026-10-28T12:00:00Z", "environment": "production",
	"git": {"repository": "acme/shop", "pull_request": "7"},
	"plan": {"resources": [{"address": "aws_instance.web"}, {"address": "blue: aws_instance.web"}]},
}

# How often the waiver with these changes excuses a finding with those.
excuses(finding, changes) := count(found) if {
	found := waivers.valid(object.union(denial, finding)) with input as object.union(question, {"waivers": [object.union(waiver, changes)]})
		with data.finops.config.waivers.max_days as 180
}

test_what_other_changes_use_is_not_there_again if {
	use := {"facts": {"waivers": {"source": "store", "as_of": null, "used": [{"waiver_id": "W-1", "amount": "4.00"}]}}}
	left := waivers.faults(waiver, object.union(denial, {"amount": "6.00"})) with input as object.union(question, use)
		with data.finops.config.waivers.max_days as 180
	left == set()
	more := waivers.faults(waiver, object.union(denial, {"amount": "6.01"})) with input as object.union(question, use)
		with data.finops.config.waivers.max_days as 180
	more == {waivers.words.amount}
}

test_use_that_nobody_counted_excuses_nothing_where_it_must_be_known if {
	found := waivers.faults(waiver, denial) with input as question
		with data.finops.config.waivers as {"max_days": 180, "use_not_known": {"denied_in": ["production"], "reported_in": [], "ignored_in": []}}
	found == {waivers.words.use}
}

test_old_count_of_a_card_excuses_nothing_and_the_store_has_none if {
	config := {"max_days": 180, "count_max_age_hours": 48}
	every case in [
		{"source": "card", "as_of": "2026-10-27T12:00:00Z", "found": set()}, {"source": "card", "as_of": "2026-10-26T11:59:59Z", "found": {waivers.words.counted}},
		{"source": "card", "as_of": null, "found": {waivers.words.counted}}, {"source": "store", "as_of": null, "found": set()},
	] {
		facts := {"facts": {"waivers": {"source": case.source, "as_of": case.as_of, "used": []}}}
		found := waivers.faults(waiver, denial) with input as object.union(question, facts)
			with data.finops.config.waivers as config
		found == case.found
	}
}

faults(finding, changes) := found if {
	found := waivers.faults(object.union(waiver, changes), object.union(denial, finding)) with input as question
		with data.finops.config.waivers.max_days as 180
}

test_waiver_of_one_resource_needs_no_repository if excuses({}, {}) == 1

test_waiver_holds_where_it_says_and_nowhere_else if {
	every named in [{"repository": "acme/shop"}, {"repository": "*"}, {"environment": "production"}, {"pull_request": "7"}] {
		excuses({}, named) == 1
	}
	every named in [
		{"repository": "acme/other"}, {"repository": ""}, {"repository": null}, {"environment": "staging"},
		{"environment": null}, {"pull_request": "8"}, {"pull_request": 7},
	] {
		excuses({}, named) == 0
		count(faults({}, named)) == 1
	}
}

test_waiver_of_a_budget_must_name_its_repository if {
	budget := {"subject": "default"}
	excuses(budget, budget) == 0
	faults(budget, budget) == {waivers.words.repository}
	every repository in ["acme/shop", "*"] {
		excuses(budget, object.union(budget, {"repository": repository})) == 1
	}
}

test_other_gates_have_no_repositories_to_name if {
	budget := {"subject": "default"}
	found := waivers.valid(object.union(denial, budget)) with input as {
		"schema": "capacity/v1", "now": question.now,
		"waivers": [object.union(waiver, budget)],
	}
	count(found) == 1
}

test_waiver_of_an_address_holds_in_each_of_several_plans if {
	excuses({"subject": "blue: aws_instance.web"}, {}) == 1
	excuses({"subject": "blue: aws_instance.web"}, {"subject": "blue: aws_instance.web"}) == 1
	excuses({"subject": "blue: aws_instance.web"}, {"subject": "green: aws_instance.web"}) == 0
	excuses({"subject": "blue: aws_instance.other"}, {}) == 0
}

test_waiver_that_ends_too_far_ahead_or_never_excuses_nothing if {
	excuses({}, {"expires_at": "2027-04-26T12:00:00Z"}) == 1
	excuses({}, {"expires_at": "2027-04-26T12:00:01Z"}) == 0
	faults({}, {"expires_at": "2027-04-26T12:00:01Z"}) == {waivers.words.distant}
	every never in ["9999-12-31T00:00:00Z", "2026-02-30T00:00:00Z", "never", null] {
		excuses({}, {"expires_at": never}) == 0
	}
}

test_without_a_limit_no_waiver_is_near_enough if {
	found := waivers.valid(denial) with input as object.union(question, {"waivers": [waiver]})
		with data.finops.config.waivers as {}
	count(found) == 0
}
