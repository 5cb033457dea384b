package finops.deployment.rules.prices_trusted_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.prices_trusted

terms := {
	"signatures": ["verified"], "min_line_items": 10, "untrusted": ["sample"],
	"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

card := {"signature": "verified", "min_line_items": 10}

asked(environment, kind, rate_card) := q.changed([
	{"op": "replace", "path": "/environment", "value": environment},
	{"op": "replace", "path": "/estimate/lines/0/price_source/kind", "value": kind},
	{"op": "add", "path": "/facts", "value": {"rate_card": rate_card}},
])

denials(question) := found if {
	found := {f.subject | some f in prices_trusted.deny} with input as question
		with data.finops.config.deployment.trusted_prices as terms
}

warnings(question) := found if {
	found := {f.subject | some f in prices_trusted.warn} with input as question
		with data.finops.config.deployment.trusted_prices as terms
}

test_signed_card_and_vendors_lists_are_trusted if {
	every question in [asked("production", "own", card), asked("production", "list", null)] {
		count(denials(question)) == 0
		count(warnings(question)) == 0
	}
}

test_card_that_is_unsigned_unchecked_or_of_few_lines_is_not if {
	every change in [
		{"signature": "unsigned"}, {"signature": "not_checked"}, {"signature": null},
		{"min_line_items": 9}, {"min_line_items": null},
	] {
		changed := object.union(card, change)
		denials(asked("production", "own", changed)) == {"rates"}
		count(denials(asked("staging", "own", changed))) == 0
		warnings(asked("staging", "own", changed)) == {"rates"}
		count(denials(asked("sandbox", "own", changed))) == 0
		count(warnings(asked("sandbox", "own", changed))) == 0
	}
	denials(asked("production", "own", {})) == {"rates"}
}

test_sample_is_not_trusted if {
	denials(asked("production", "sample", null)) == {"estimate"}
	warnings(asked("staging", "sample", null)) == {"estimate"}
	count(denials(asked("elsewhere", "sample", null))) == 1
}

test_missing_configuration_denies if {
	found := {f.subject | some f in prices_trusted.deny} with input as q.question with data.finops.config.deployment.trusted_prices as {}
	"config" in found
}
