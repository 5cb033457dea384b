package finops.deployment.rules.estimate_record_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.estimate_record

terms := {
	"max_actual_ratio": 1.25, "min_observations": 10,
	"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

record := {"observations": 12, "changes": 4, "median_ratio": "1.6", "factor": "1"}

calibrated(change, patches) := q.changed(array.concat(
	[{"op": "add", "path": "/estimate/lines/0/calibration", "value": object.union(record, change)}],
	patches,
))

in_(name) := [{"op": "replace", "path": "/environment", "value": name}]

denials(question) := found if {
	found := {f.message | some f in estimate_record.deny} with input as question
		with data.finops.config.deployment.estimate_record as terms
}

warnings(question) := found if {
	found := {f.message | some f in estimate_record.warn} with input as question
		with data.finops.config.deployment.estimate_record as terms
}

test_kind_without_a_record_passes if {
	count(denials(q.question)) == 0
	count(denials(q.changed([{"op": "add", "path": "/estimate/lines/0/calibration", "value": null}]))) == 0
}

test_kind_whose_bills_were_well_above_its_estimates_is_denied if {
	denials(calibrated({}, [])) == {"Bills were 1.6 times the estimate of resources like this one (median of 12 bills of 4 changes); allowed is 1.25."}
	count(denials(calibrated({"median_ratio": "1.26"}, []))) == 1
	count(denials(calibrated({"median_ratio": "1.25"}, []))) == 0
	every lower in ["0.1", "0", "-1"] {
		count(denials(calibrated({"median_ratio": lower}, []))) == 0
	}
}

test_bias_that_calibration_has_corrected_passes if {
	count(denials(calibrated({"factor": "1.6"}, []))) == 0
	count(denials(calibrated({"factor": "1.2"}, []))) == 1
}

test_few_bills_prove_nothing if {
	count(denials(calibrated({"observations": 9}, []))) == 0
	count(denials(calibrated({"observations": 10}, []))) == 1
}

test_resource_that_goes_is_let_alone if {
	count(denials(calibrated({}, [
		{"op": "replace", "path": "/estimate/lines/0/monthly_before", "value": "15.82"},
		{"op": "replace", "path": "/estimate/lines/0/monthly_after", "value": "0.00"},
	]))) == 0
	count(denials(calibrated({}, [{"op": "remove", "path": "/estimate/lines/0/monthly_after"}]))) == 1
}

test_record_that_says_nothing_is_denied_everywhere if {
	every name in ["production", "staging", "sandbox"] {
		every change in [{"median_ratio": null}, {"median_ratio": 1}, {"factor": "0"}, {"observations": "12"}, {"changes": -1}] {
			count(denials(calibrated(change, in_(name)))) == 1
		}
	}
}

test_poor_record_is_reported_or_ignored_where_configured if {
	count(denials(calibrated({}, in_("staging")))) == 0
	warnings(calibrated({}, in_("staging"))) == {"1 of kinds whose bills were up to 1.6 times the estimate: aws_instance.web."}
	count(warnings(calibrated({}, []))) == 0
	count(denials(calibrated({}, in_("sandbox")))) == 0
	count(warnings(calibrated({}, in_("sandbox")))) == 0
}

test_missing_configuration_denies if {
	found := {f.subject | some f in estimate_record.deny} with input as q.question
		with data.finops.config.deployment.estimate_record as {}
	found == {"config"}
}
