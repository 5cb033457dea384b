package finops.deployment.rules.price_outliers_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.price_outliers

terms := {
	"max_dispersion": 0.5, "list_ratio": {"min": 0.4, "max": 1.5},
	"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

dispersion := "/estimate/lines/0/price_source/dispersion"

ratio := "/estimate/lines/0/price_source/list_ratio"

denials(question) := found if {
	found := {f.message | some f in price_outliers.deny} with input as question
		with data.finops.config.deployment.unit_prices as terms
}

warnings(question) := found if {
	found := {f.message | some f in price_outliers.warn} with input as question
		with data.finops.config.deployment.unit_prices as terms
}

test_steady_price_near_the_list_passes if {
	count(denials(q.question)) == 0
	count(denials(q.set(ratio, "0.4"))) == 0
	count(denials(q.set(ratio, "1.5"))) == 0
	count(denials(q.set(dispersion, "0.5"))) == 0
}

test_price_far_from_the_list_is_denied_on_both_sides if {
	denials(q.set(ratio, "0.39")) == {"A unit price is 0.39 times the vendor's list price; allowed is 0.4 to 1.5."}
	count(denials(q.set(ratio, "1.51"))) == 1
}

test_price_that_was_paid_in_many_heights_is_denied if {
	denials(q.set(dispersion, "0.51")) == {"What was paid for a unit (10th to 90th percentile) differs by 0.51 of its price; allowed is 0.5."}
}

test_missing_or_garbled_facts_deny_everywhere if {
	every path in [dispersion, ratio] {
		every patch in [
			{"op": "remove", "path": path},
			{"op": "replace", "path": path, "value": "much"},
			{"op": "replace", "path": path, "value": 12345},
		] {
			every name in ["production", "staging", "sandbox"] {
				count(denials(q.changed([patch, {"op": "replace", "path": "/environment", "value": name}]))) == 1
			}
		}
	}
	count(denials(q.set(dispersion, null))) == 1
}

test_outlier_is_reported_or_ignored_where_configured if {
	elsewhere := [{"op": "replace", "path": ratio, "value": "3"}, {"op": "replace", "path": "/environment", "value": "staging"}]
	count(denials(q.changed(elsewhere))) == 0
	count(warnings(q.changed(elsewhere))) == 1
	ignored := array.concat(elsewhere, [{"op": "replace", "path": "/environment", "value": "sandbox"}])
	count(denials(q.changed(ignored))) == 0
	count(warnings(q.changed(ignored))) == 0
}

test_missing_configuration_denies if {
	found := {f.subject | some f in price_outliers.deny} with input as q.question with data.finops.config.deployment.unit_prices as {}
	"config" in found
}
