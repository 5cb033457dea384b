# METADATA
# title: Public models tested
# description: >
#   Each public model has enough data tests, one of them of its grain; a view of one of them needs none.
# custom:
#   rule_id: dbt.models_tested
#   severity: medium
#   remedy: Add a data test that the key of the model is unique.
#   effective_on: "1970-01-01T00:00:00Z"
#   waivable: false
package finops.dbt.rules.models_tested

import data.finops.lib.finding

terms := data.finops.config.dbt.tests

# METADATA
# title: Model not tested
# description: Denies a public model unless it has as many tests as configured.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(model, "unique_id", "(missing)"),
	"message": sprintf("The model is public and has fewer data tests than %v.", [
		object.get(terms, "min_per_model", "(not configured)"),
	]),
}) if {
	some model in input.models
	not tested(model)
}

# METADATA
# title: Grain not tested
# description: Denies a public model unless a test holds its grain.
deny contains finding.new(rego.metadata.chain(), {
	"subject": object.get(model, "unique_id", "(missing)"),
	"message": "The model is public and no test holds its grain.",
}) if {
	some model in input.models
	not grain_tested(model)
}

# METADATA
# title: Models not known
# description: Denies unless the public models are listed.
deny contains finding.new(rego.metadata.chain(), {
	"subject": finding.fact(["project", "name"]),
	"message": "The public models are not known.",
}) if {
	not listed
}

tested(model) if count(model.tests) >= terms.min_per_model

tested(model) if grain_tested(parent(model))

grain_tested(model) if {
	some test in model.tests
	test.test in terms.of_the_grain
}

grain_tested(model) if {
	some test in parent(model).tests
	test.test in terms.of_the_grain
}

# A view of one public model and nothing else is that model under other names.
parent(model) := [other |
	model.materialized == "view"
	count(model.reads) == 1
	some other in input.models
	other.unique_id == model.reads[0]
][0]

listed if count(input.models) > 0
