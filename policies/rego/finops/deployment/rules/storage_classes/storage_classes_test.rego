package finops.deployment.rules.storage_classes_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.storage_classes

terms := {
	"attributes": {"aws_ebs_volume": "type"}, "older": ["^gp2$", "^standard$"],
	"denied_in": ["production"], "reported_in": ["staging"], "ignored_in": ["sandbox"],
}

disk(attributes, patches) := q.changed(array.concat(
	[
		{"op": "replace", "path": "/plan/resources/0/type", "value": "aws_ebs_volume"},
		{"op": "replace", "path": "/plan/resources/0/attributes", "value": attributes},
	],
	patches,
))

elsewhere(name) := [{"op": "replace", "path": "/environment", "value": name}]

denials(question) := found if {
	found := {f.message | some f in storage_classes.deny} with input as question
		with data.finops.config.deployment.storage_classes as terms
}

warnings(question) := found if {
	found := {f.message | some f in storage_classes.warn} with input as question
		with data.finops.config.deployment.storage_classes as terms
}

test_current_class_and_other_types_pass if {
	count(denials(disk({"type": "gp3"}, []))) == 0
	count(denials(q.question)) == 0
}

test_older_class_is_denied_reported_or_ignored_as_configured if {
	denials(disk({"type": "gp2"}, [])) == {"Storage class gp2 is an older one."}
	count(denials(disk({"type": "gp2"}, elsewhere("staging")))) == 0
	warnings(disk({"type": "gp2"}, elsewhere("staging"))) == {"1 of an older storage class, or of none that is set: aws_instance.web."}
	count(denials(disk({"type": "gp2"}, elsewhere("sandbox")))) == 0
	count(warnings(disk({"type": "gp2"}, elsewhere("sandbox")))) == 0
}

test_class_that_is_left_to_the_provider_is_denied if {
	every attributes in [{}, {"type": null}, {"type": ""}, {"type": 3}, null] {
		count(denials(disk(attributes, []))) == 1
	}
}

test_disk_that_goes_passes if {
	count(denials(disk({"type": "gp2"}, [{"op": "replace", "path": "/plan/resources/0/actions", "value": ["delete"]}]))) == 0
}

test_missing_configuration_denies if {
	found := {f.subject | some f in storage_classes.deny} with input as q.question with data.finops.config.deployment.storage_classes as {}
	found == {"config"}
}
