package finops.deployment.rules.storage_lifecycle_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.storage_lifecycle

terms := {
	"types": ["aws_s3_bucket"], "denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

bucket(attributes, patches) := q.changed(array.concat(
	[
		{"op": "replace", "path": "/plan/resources/0/type", "value": "aws_s3_bucket"},
		{"op": "replace", "path": "/plan/resources/0/attributes", "value": attributes},
	],
	patches,
))

elsewhere(name) := [{"op": "replace", "path": "/environment", "value": name}]

denials(question) := found if {
	found := {f.message | some f in storage_lifecycle.deny} with input as question
		with data.finops.config.deployment.storage_lifecycle as terms
}

warnings(question) := found if {
	found := {f.message | some f in storage_lifecycle.warn} with input as question
		with data.finops.config.deployment.storage_lifecycle as terms
}

test_store_with_rules_and_other_types_pass if {
	count(denials(bucket({"lifecycle": "own"}, []))) == 0
	count(denials(bucket({"lifecycle": "aws_s3_bucket_lifecycle_configuration.logs"}, []))) == 0
	count(denials(q.question)) == 0
}

test_store_without_rules_is_denied_reported_or_ignored_as_configured if {
	none := {"lifecycle": "none"}
	denials(bucket(none, [])) == {"The store has no lifecycle rules, so it only grows."}
	count(denials(bucket(none, elsewhere("staging")))) == 0
	warnings(bucket(none, elsewhere("staging"))) == {"1 without lifecycle rules that are known: aws_instance.web."}
	count(denials(bucket(none, elsewhere("sandbox")))) == 0
	count(warnings(bucket(none, elsewhere("sandbox")))) == 0
}

test_lifecycle_that_is_not_known_is_denied if {
	every attributes in [{}, {"lifecycle": null}, {"lifecycle": ""}, {"lifecycle": 3}, null] {
		denials(bucket(attributes, [])) == {"Whether the store has lifecycle rules is not known."}
	}
}

test_store_that_goes_passes if {
	count(denials(bucket({"lifecycle": "none"}, [{"op": "replace", "path": "/plan/resources/0/actions", "value": ["delete"]}]))) == 0
}

test_missing_configuration_denies if {
	found := {f.subject | some f in storage_lifecycle.deny} with input as q.question with data.finops.config.deployment.storage_lifecycle as {}
	found == {"config"}
}
