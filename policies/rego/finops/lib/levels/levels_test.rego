package finops.lib.levels_test

import data.finops.lib.levels

terms := {"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"]}

test_environment_denies_unless_it_is_listed_as_lenient if {
	every name in ["production", "elsewhere", "", null] {
		not levels.lenient(terms) with input as {"environment": name}
	}
	not levels.lenient(terms) with input as {}
	not levels.lenient({}) with input as {"environment": "staging"}
}

test_reported_and_ignored_environments_are_lenient if {
	levels.lenient(terms) with input as {"environment": "staging"}
	levels.lenient(terms) with input as {"environment": "sandbox"}
}

test_only_reported_environments_report if {
	levels.reports(terms) with input as {"environment": "staging"}
	not levels.reports(terms) with input as {"environment": "sandbox"}
}
