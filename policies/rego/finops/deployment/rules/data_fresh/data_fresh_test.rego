package finops.deployment.rules.data_fresh_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.data_fresh

terms := {
	"max_data_age_hours": 336,
	"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

facts := {
	"rate_card": {"rates": 1},
	"freshness": {"data_as_of": "2026-10-27T00:00:00Z", "reconciled": true, "providers": {"aws": "2026-10-26"}},
}

own(environment, patches) := q.changed(array.concat(
	[
		{"op": "replace", "path": "/environment", "value": environment},
		{"op": "replace", "path": "/estimate/lines/0/price_source/kind", "value": "own"},
		{"op": "add", "path": "/facts", "value": facts},
	],
	patches,
))

denials(question) := found if {
	found := {f.subject | some f in data_fresh.deny} with input as question
		with data.finops.config.deployment.freshness as terms
}

warnings(question) := found if {
	found := {f.message | some f in data_fresh.warn} with input as question
		with data.finops.config.deployment.freshness as terms
}

test_own_rates_of_a_current_bill_and_no_own_rates_pass if {
	count(denials(own("production", []))) == 0
	count(warnings(own("staging", []))) == 0
	count(denials(q.question)) == 0
}

test_own_rates_of_an_old_or_unreconciled_bill_are_denied if {
	every patch in [
		{"op": "replace", "path": "/facts/freshness/data_as_of", "value": "2026-10-01T00:00:00Z"},
		{"op": "replace", "path": "/facts/freshness/reconciled", "value": false},
		{"op": "remove", "path": "/facts/freshness"},
		{"op": "replace", "path": "/facts/freshness/providers", "value": {}},
		{"op": "replace", "path": "/facts/rate_card", "value": null},
		{"op": "remove", "path": "/facts"},
	] {
		denials(own("production", [patch])) == {"rates"}
		count(denials(own("staging", [patch]))) == 0
		count(warnings(own("staging", [patch]))) == 1
		count(warnings(own("sandbox", [patch]))) == 0
	}
}

test_rate_card_behind_weaker_prices_counts_too if {
	denials(q.changed([{"op": "add", "path": "/facts", "value": {"rate_card": {"rates": 1}, "freshness": null}}])) == {"rates"}
}

test_missing_configuration_denies if {
	found := {f.subject | some f in data_fresh.deny} with input as q.question with data.finops.config.deployment.freshness as {}
	found == {"config"}
}
