package finops.lib.waiver_use_test

import data.finops.lib.waiver_use

waiver := {"waiver_id": "W-1", "max_amount": "100.00", "currency": "USD"}

terms := {"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"]}

question(source, used) := {
	"schema": "deployment/v1", "environment": "production",
	"facts": {"waivers": {"source": source, "as_of": null, "used": used}},
}

in_environment(name) := object.union(question("not_known", []), {"environment": name})

test_uses_of_one_waiver_are_added_and_those_of_others_are_not if {
	uses := [
		{"waiver_id": "W-1", "amount": "30.00"}, {"waiver_id": "W-1", "amount": "12.50"},
		{"waiver_id": "W-2", "amount": "7.00"},
	]
	waiver_use.used(waiver) == 42.5 with input as question("store", uses)
	waiver_use.said(waiver) == "Other changes use 42.5 of its 100.00 USD already." with input as question("card", uses)
}

test_without_facts_nothing_is_used if waiver_use.used(waiver) == 0 with input as {}

test_use_that_is_no_amount_is_not_nothing if {
	every text in ["-5.00", "much", 5, null] {
		not waiver_use.used(waiver) with input as question("store", [{"waiver_id": "W-1", "amount": text}])
	}
}

test_use_that_nobody_counted_passes_only_where_it_may if {
	every name in ["staging", "sandbox"] {
		waiver_use.passes with input as in_environment(name) with data.finops.config.waivers.use_not_known as terms
	}
	every name in ["production", "elsewhere"] {
		not waiver_use.passes with input as in_environment(name) with data.finops.config.waivers.use_not_known as terms
	}
	waiver_use.passes with input as question("store", []) with data.finops.config.waivers.use_not_known as terms
	waiver_use.passes with input as {"schema": "capacity/v1"} with data.finops.config.waivers.use_not_known as terms
}

test_it_is_said_that_nobody_counted_where_that_is_reported if {
	contains(waiver_use.said(waiver), "not known") with input as in_environment("staging")
		with data.finops.config.waivers.use_not_known as terms
	not waiver_use.said(waiver) with input as in_environment("sandbox") with data.finops.config.waivers.use_not_known as terms
	not waiver_use.said(waiver) with input as question("store", []) with data.finops.config.waivers.use_not_known as terms
}

counted_at(as_of) := {"now": "2026-10-03T00:00:00Z", "facts": {"waivers": {"source": "card", "as_of": as_of, "used": []}}}

test_count_is_recent_up_to_the_age_that_is_configured if {
	every as_of in ["2026-10-03T00:00:00Z", "2026-10-01T00:00:00Z"] {
		waiver_use.is_recent with input as counted_at(as_of) with data.finops.config.waivers.count_max_age_hours as 48
	}
	every as_of in ["2026-09-30T23:59:59Z", "2026-10-03T00:00:01Z", "lately", 5, null] {
		not waiver_use.is_recent with input as counted_at(as_of) with data.finops.config.waivers.count_max_age_hours as 48
	}
}

test_no_count_is_recent_without_a_limit if {
	not waiver_use.is_recent with input as counted_at("2026-10-03T00:00:00Z") with data.finops.config.waivers as {}
}
